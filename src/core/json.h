// Strict JSON for files from outside: depth <= 64, no duplicate keys, valid UTF-8, whole input consumed.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/error.h"

namespace clner {

using Json = nlohmann::ordered_json;

/// What becomes of integers beyond 64 bits. Hugging Face writes 10^30 for "no limit".
enum class BigIntegers { kRefused, kAsDouble };

/// Parses `text`; throws Error{code} with line:column of `name` on any violation.
[[nodiscard]] Json ParseJson(std::string_view text, const std::string& name, ErrorCode code,
                             BigIntegers big_integers = BigIntegers::kRefused);
/// dump() that never throws: invalid UTF-8 becomes U+FFFD. `indent` -1 = one line.
[[nodiscard]] std::string DumpJson(const Json& json, int indent = -1);
/// Shortest text that reads back as the same double (17 digits at most); "NaN"/"Infinity" become null.
[[nodiscard]] std::string JsonNumber(double value);

/// The problems of an error as [{"what", "where", "fix", "code"}], for commands that answer in JSON.
[[nodiscard]] Json ProblemsToJson(const Error& error);

}  // namespace clner
