// Whether a text is a regular expression.
#pragma once

#include <optional>
#include <string>

namespace clner {

/// Why `pattern` is not an ECMAScript regular expression, or nullopt.
[[nodiscard]] std::optional<std::string> RegexProblem(const std::string& pattern);

}  // namespace clner
