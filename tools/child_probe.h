// Questions that are answered in a child process.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace clner::cli {

/// What `probe` returns, computed in a child process: a library that ends the process while it is loaded (MKL does) or
/// that hangs must not take this one with it. Whatever is printed meanwhile is part of the answer, so `probe` may also
/// become another program. nullopt with `*reason` when the child did not answer within 60 s or failed.
[[nodiscard]] std::optional<std::string> InChild(const std::function<std::string()>& probe, std::string* reason);

}  // namespace clner::cli
