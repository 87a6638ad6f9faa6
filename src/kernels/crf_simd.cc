// Compiles the vector kernels once per SIMD target and lists them. The baseline of x86-64 is Highway's one-lane scalar
// target.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#endif
#ifndef HWY_BROKEN_EMU128
#define HWY_BROKEN_EMU128 1  // the baseline is the scalar target, not the emulation of 128-bit vectors
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/crf_simd.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/crf_cooperative-inl.h"
#include "kernels/crf_forward_backward-inl.h"
#include "kernels/crf_pair_sums-inl.h"
#include "kernels/crf_params-inl.h"
#include "kernels/crf_targets.h"
#include "kernels/crf_viterbi-inl.h"

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

inline constexpr SimdKernels kKernels = {
    HWY_TARGET == HWY_SCALAR ? "scalar"
    : HWY_TARGET == HWY_SSE4 ? "sse4"
    : HWY_TARGET == HWY_AVX2 ? "avx2"
                             : "avx3",
    static_cast<int64_t>(kLanes),
    &ScaleParams,
    &ViterbiParams,
    &ForwardBackward,
    &CooperativeBlock,
    &PairSums,
    &ViterbiBlock,
};

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "hwy/targets.h"

namespace clner::crf::internal {

/// The kernels of a target when they are compiled in and the processor runs them.
const SimdKernels* KernelsOf(SimdLevel level) {
  const int64_t runnable = hwy::SupportedTargets();
  switch (level) {
#if HWY_TARGETS & HWY_SCALAR
    case SimdLevel::kScalar:
      return &N_SCALAR::kKernels;
#endif
#if HWY_TARGETS & HWY_SSE4
    case SimdLevel::kSse4:
      return (runnable & HWY_SSE4) != 0 ? &N_SSE4::kKernels : nullptr;
#endif
#if HWY_TARGETS & HWY_AVX2
    case SimdLevel::kAvx2:
      return (runnable & HWY_AVX2) != 0 ? &N_AVX2::kKernels : nullptr;
#endif
#if HWY_TARGETS & HWY_AVX3
    case SimdLevel::kAvx3:
      return (runnable & HWY_AVX3) != 0 ? &N_AVX3::kKernels : nullptr;
#endif
    default:
      return nullptr;
  }
}

}  // namespace clner::crf::internal
#endif
