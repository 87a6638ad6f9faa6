// The transition part of the gradient: one tall-skinny product per block, X^T Q, cut into register tiles.
#include <algorithm>

#include "hwy/highway.h"
#include "kernels/crf_lanes-inl.h"
#include "kernels/crf_simd.h"
#include "kernels/crf_tiles-inl.h"

#if defined(CLNER_KERNELS_CRF_PAIR_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLNER_KERNELS_CRF_PAIR_SUMS_INL_H_
#undef CLNER_KERNELS_CRF_PAIR_SUMS_INL_H_
#else
#define CLNER_KERNELS_CRF_PAIR_SUMS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

/// Rows x[x_row + t] belong to rows q[q_row + t], t = 0..rows-1.
struct Span {
  int64_t x_row, q_row, rows;
};
inline constexpr size_t kSpans = 32;

/// raw[y'][vector..] (+)= sum over the spans of x[.][y'] q[.][vector..]; a "row" of the tile is a tag y'.
struct OuterTile {
  const float *x, *q;
  float* raw;
  size_t ld;
  const Span* spans;
  size_t span_count;
  bool accumulate;

  template <size_t R, size_t P>
  HWY_NOINLINE void Run(size_t row, size_t vector) const {
    const F32 d;
    float* to = raw + row * ld + vector * kLanes;
    Vec acc[R][P];
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (size_t p = 0; p < P; ++p) acc[r][p] = accumulate ? hn::Load(d, to + r * ld + p * kLanes) : hn::Zero(d);
    }
    for (size_t s = 0; s < span_count; ++s) {
      const float* HWY_RESTRICT left = x + static_cast<size_t>(spans[s].x_row) * ld + row;
      const float* HWY_RESTRICT right = q + static_cast<size_t>(spans[s].q_row) * ld + vector * kLanes;
      for (int64_t t = 0; t < spans[s].rows; ++t, left += ld, right += ld) {
        Vec values[P];
#pragma GCC unroll 4
        for (size_t p = 0; p < P; ++p) values[p] = hn::Load(d, right + p * kLanes);
#pragma GCC unroll 8
        for (size_t r = 0; r < R; ++r) {
          const Vec scalar = hn::Set(d, left[r]);
#pragma GCC unroll 4
          for (size_t p = 0; p < P; ++p) acc[r][p] = hn::MulAdd(scalar, values[p], acc[r][p]);
        }
      }
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (size_t p = 0; p < P; ++p) hn::Store(acc[r][p], d, to + r * ld + p * kLanes);
    }
  }
};

/// Cuts the rows of a block into chunks that stay in the first-level cache while all tiles pass over them.
inline void PairSums(const PairSumsTask& task) {
  const RowShape shape(task.tags);
  const int64_t chunk = std::max<int64_t>(2048 / task.ld, 8);
  Span spans[kSpans];
  size_t count = 0;
  int64_t rows = 0;
  bool accumulate = task.accumulate;
  const auto flush = [&] {
    const OuterTile tile{task.x, task.q, task.raw, static_cast<size_t>(task.ld), spans, count, accumulate};
    ForEachTile(static_cast<size_t>(task.tags), shape.vectors, tile);
    accumulate = true;
    count = 0;
    rows = 0;
  };
  Positions at(task.count, task.length);
  int64_t before = at.Base();
  for (at.Next(); at.Active() > 0; at.Next()) {
    const bool joins = count > 0 && spans[count - 1].x_row + spans[count - 1].rows == before;
    if (joins) {
      spans[count - 1].rows += at.Active();
    } else {
      spans[count++] = {before, at.Base(), at.Active()};
    }
    rows += at.Active();
    before = at.Base();
    if (rows >= chunk || count == kSpans) flush();
  }
  if (rows > 0 || !accumulate) flush();
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
