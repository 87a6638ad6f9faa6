// Time for tests that expect something to be quick.
#pragma once

#include <ctime>

namespace clner::test {

/// Processor time of this process in seconds; other load of the machine does not count.
inline double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace clner::test
