// Choice of the SIMD target and the switches of the tests. Not part of the contract.
#pragma once

#include "kernels/crf_simd.h"

namespace clner::crf::internal {

enum class SimdLevel : int { kScalar, kSse4, kAvx2, kAvx3 };
inline constexpr int kSimdLevels = 4;

/// Null when the target is not compiled in or the processor lacks it.
[[nodiscard]] const SimdKernels* KernelsOf(SimdLevel level);

/// The kernels calls of this thread use: a test's choice, else CLNER_SIMD (scalar, sse4, avx2, avx3; anything that
/// cannot run is ignored), else the best target of the processor.
[[nodiscard]] const SimdKernels& ActiveKernels();

/// What a test forces for calls of this thread while the object lives.
class TestScope {
 public:
  /// kernels null: the usual choice. force_redo: every sentence takes the float64 path.
  TestScope(const SimdKernels* kernels, bool force_redo);
  ~TestScope();
  TestScope(const TestScope&) = delete;
  TestScope& operator=(const TestScope&) = delete;

 private:
  const SimdKernels* previous_kernels_;
  bool previous_redo_;
};
[[nodiscard]] bool RedoForced();

}  // namespace clner::crf::internal
