#include "config/regex_check.h"

// g++ 12 sees uninitialised members inside <regex> when sanitizers are on.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <regex>

namespace clner {

std::optional<std::string> RegexProblem(const std::string& pattern) {
  try {
    const std::regex probe(pattern, std::regex::ECMAScript);
    return std::nullopt;
  } catch (const std::regex_error& error) {
    return error.what();
  }
}

}  // namespace clner
