// Outputs of the commands that must not replace what they read.
#pragma once

#include <string>
#include <vector>

namespace clner::cli {

/// Refuses outputs that are one of the inputs, one of the other outputs, or a directory, before anything is read or
/// written. Names may be "" (not given) or "-"; devices and pipes may be written to more than once. Throws kOutput.
void CheckOutputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs);

}  // namespace clner::cli
