// What `clner doctor` finds on this machine. Never throws and never ends the process on a missing or broken library.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clner::cli {

enum class CheckState {
  kOk,
  kAbsent,
  kMissing
};  ///< kAbsent: optional part not there; kMissing: needed part not there

struct Check {
  std::string name;
  CheckState state = CheckState::kOk;
  std::string value;
  std::string fix = {};  ///< what to do; empty when all is well
};

/// Versions, processor, memory, LibTorch, GPU, models, token cache and locale, in the order they are shown.
[[nodiscard]] std::vector<Check> ProbeMachine();

}  // namespace clner::cli
