// Nearest valid name for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// The candidate nearest to `name` by Damerau-Levenshtein distance (ignoring case), or "" if none is within a third of
/// its length (at least 2).
[[nodiscard]] std::string NearestName(std::string_view name, const std::vector<std::string>& candidates);
/// " (did you mean 'x'?)" or "".
[[nodiscard]] std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace clner
