// The one place where combinations of options are checked.
#pragma once

#include <functional>
#include <string>

#include "config/options.h"
#include "core/error.h"

namespace clner {

/// Adds every problem of `config`: ranges, and options that exclude each other or have no effect. `place_of` names
/// where a key was set.
void CollectProblems(const RunConfig& config, const std::function<std::string(const std::string&)>& place_of,
                     ProblemList* problems);

}  // namespace clner
