// Padded copies of the parameters, once per call: exp-shifted for forward-backward, plain for Viterbi.
#include <cmath>
#include <limits>

#include "hwy/highway.h"
#include "kernels/crf_lanes-inl.h"
#include "kernels/crf_simd.h"

#if defined(CLNER_KERNELS_CRF_PARAMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLNER_KERNELS_CRF_PARAMS_INL_H_
#undef CLNER_KERNELS_CRF_PARAMS_INL_H_
#else
#define CLNER_KERNELS_CRF_PARAMS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

/// Largest value seen and whether values are unusable; all reductions over the real tags only.
struct RowScan {
  RowScan()
      : max(hn::Set(F32(), -std::numeric_limits<float>::infinity())),
        bad(hn::FirstN(F32(), 0)),
        huge(hn::FirstN(F32(), 0)) {}
  Vec max;
  Mask bad;
  Mask huge;
};

/// Copies `rows` rows of K floats into padded rows (lanes behind the tags -inf), applies `allowed` (null: all) and
/// scans them.
inline void CopyPadded(const float* from, int64_t stride, const uint8_t* allowed, int64_t rows, int64_t tags,
                       int64_t ld, float* to, RowScan* scan) {
  const F32 d;
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const RowShape shape(tags);
  const Vec inf = hn::Set(d, kInf), minus_inf = hn::Set(d, -kInf), limit = hn::Set(d, 1e30f);
  const Mask tail = hn::FirstN(d, shape.tail);
  for (int64_t r = 0; r < rows; ++r, from += stride, to += ld) {
    for (size_t v = 0; v < shape.vectors; ++v) {
      Vec x = LoadRow(from, v, shape);
      if (v + 1 == shape.vectors) x = hn::IfThenElse(tail, x, minus_inf);
      scan->bad = hn::Or(scan->bad, hn::Not(hn::Lt(x, inf)));  // before the constraints: a NaN anywhere is an error
      scan->huge = hn::Or(scan->huge, hn::AndNot(hn::Eq(x, minus_inf), hn::Gt(hn::Abs(x), limit)));
      hn::Store(x, d, to + v * kLanes);
      if (allowed == nullptr) scan->max = hn::Max(scan->max, x);
    }
    for (size_t y = shape.vectors * kLanes; y < static_cast<size_t>(ld); ++y) to[y] = -kInf;
    if (allowed == nullptr) continue;
    for (int64_t y = 0; y < tags; ++y) to[y] = allowed[r * tags + y] != 0 ? to[y] : -kInf;
    for (size_t v = 0; v < shape.vectors; ++v) scan->max = hn::Max(scan->max, hn::Load(d, to + v * kLanes));
  }
}

inline double LargestOf(const RowScan& scan, ScaledParams* out) {
  const F32 d;
  out->bad = out->bad || !hn::AllFalse(d, scan.bad);
  out->huge = out->huge || !hn::AllFalse(d, scan.huge);
  return static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, scan.max)));
}

/// rows = exp(rows - shift), in place; returns the shift, 0 when nothing is above -inf.
inline double ExpShifted(float* rows, int64_t count, double largest) {
  const F32 d;
  const double shift = std::isinf(largest) ? 0.0 : largest;
  const Vec shifts = hn::Set(d, static_cast<float>(shift));
  for (int64_t i = 0; i < count; i += static_cast<int64_t>(kLanes)) {
    hn::Store(ExpNonPositive(hn::Sub(hn::Load(d, rows + i), shifts)), d, rows + i);
  }
  return shift;
}

inline void ViterbiParams(const Params& params, const Constraints* constraints, ScaledParams* out) {
  const Constraints allowed = constraints != nullptr ? *constraints : Constraints{};
  const int64_t tags = out->tags, ld = out->ld;
  RowScan transitions, start, end;
  CopyPadded(params.transitions, params.stride, allowed.transitions, tags, tags, ld, out->from_to, &transitions);
  CopyPadded(params.start, tags, allowed.start, 1, tags, ld, out->start, &start);
  CopyPadded(params.end, tags, allowed.end, 1, tags, ld, out->end, &end);
  out->max_transition = LargestOf(transitions, out);
  out->max_start = LargestOf(start, out);
  out->max_end = LargestOf(end, out);
  Transpose(out->from_to, out->to_from, tags, ld, -std::numeric_limits<float>::infinity());
}

inline void ScaleParams(const Params& params, const Constraints* constraints, ScaledParams* out) {
  const Constraints allowed = constraints != nullptr ? *constraints : Constraints{};
  const int64_t tags = out->tags, ld = out->ld;
  RowScan transitions, start, end;
  CopyPadded(params.transitions, params.stride, allowed.transitions, tags, tags, ld, out->from_to, &transitions);
  CopyPadded(params.start, tags, allowed.start, 1, tags, ld, out->start, &start);
  CopyPadded(params.end, tags, allowed.end, 1, tags, ld, out->end, &end);
  out->max_transition = ExpShifted(out->from_to, tags * ld, LargestOf(transitions, out));
  out->max_start = ExpShifted(out->start, ld, LargestOf(start, out));
  out->max_end = ExpShifted(out->end, ld, LargestOf(end, out));
  Transpose(out->from_to, out->to_from, tags, ld, 0.0f);
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
