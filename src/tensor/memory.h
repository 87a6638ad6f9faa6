// Memory of the process, and how LibTorch says that there is none left.
#pragma once

#include <exception>

namespace clner {

/// True for every form in which LibTorch or the standard library reports exhausted memory.
[[nodiscard]] bool IsOutOfMemory(const std::exception& error);
/// Most memory the process has had so far, in megabytes (2^20 bytes).
[[nodiscard]] double PeakMegabytes();

}  // namespace clner
