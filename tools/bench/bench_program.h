// What benchmarks have in common.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "clner/error.h"
#include "core/process_settings.h"

namespace clner::bench {

/// Seconds of a monotonic clock.
inline double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Largest less smallest value, as a share of the median.
inline double Spread(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return (*high - *low) / Median(values);
}

/// Runs `body` and turns its failure into a message and an exit code.
inline int ReportFailure(const char* name, int (*body)(int, char**), int argc, char** argv) {
  try {
    return body(argc, argv);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 70;
  }
}

/// The same for benchmarks that are linked to LibTorch, with the settings of the program: it sets them before it opens
/// LibTorch, so that these have to start anew.
inline int RunBenchmark(const char* name, int (*body)(int, char**), int argc, char** argv) {
  const bool set = std::getenv("GOMP_SPINCOUNT") != nullptr;
  PrepareProcessForLibTorch();
  if (!set) execv("/proc/self/exe", argv);
  return ReportFailure(name, body, argc, argv);
}

}  // namespace clner::bench
