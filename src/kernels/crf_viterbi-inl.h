// Viterbi of one block: max-plus scores forward, no back-pointers. The way back looks for the smallest previous tag
// whose sum, rounded exactly as on the way forward, equals the score of the current tag.
#include <cmath>
#include <limits>

#include "hwy/highway.h"
#include "kernels/crf_lanes-inl.h"
#include "kernels/crf_simd.h"
#include "kernels/crf_tiles-inl.h"

#if defined(CLNER_KERNELS_CRF_VITERBI_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLNER_KERNELS_CRF_VITERBI_INL_H_
#undef CLNER_KERNELS_CRF_VITERBI_INL_H_
#else
#define CLNER_KERNELS_CRF_VITERBI_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

/// best_i = max over y' of (best_{i-1}[y'] + A[y', .]) + e_i for a tile; `probe` collects values that are not finite.
struct ViterbiTile {
  const float* previous;
  float* best;
  const float* const* emission;  ///< row of each slot
  const float* from_to;
  size_t ld, depth;
  RowShape shape;
  float* probe;

  template <size_t R, size_t P>
  HWY_NOINLINE void Run(size_t row, size_t vector) const {
    const F32 d;
    const Vec minus_inf = hn::Set(d, -std::numeric_limits<float>::infinity());
    Vec acc[R][P];
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (size_t p = 0; p < P; ++p) acc[r][p] = minus_inf;
    }
    const float* HWY_RESTRICT left = previous + row * ld;
    const float* HWY_RESTRICT right = from_to + vector * kLanes;
    for (size_t k = 0; k < depth; ++k, ++left, right += ld) {
      Vec values[P];
#pragma GCC unroll 4
      for (size_t p = 0; p < P; ++p) values[p] = hn::Load(d, right + p * kLanes);
#pragma GCC unroll 8
      for (size_t r = 0; r < R; ++r) {
        const Vec scalar = hn::Set(d, left[r * ld]);
#pragma GCC unroll 4
        for (size_t p = 0; p < P; ++p) acc[r][p] = hn::Max(acc[r][p], hn::Add(scalar, values[p]));
      }
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) Finish<P>(acc[r], row + r, vector);
  }

  template <size_t P>
  HWY_INLINE void Finish(const Vec (&top)[P], size_t row, size_t vector) const {
    const F32 d;
    Vec seen = hn::Load(d, probe + row * kLanes);
#pragma GCC unroll 4
    for (size_t p = 0; p < P; ++p) {
      const Vec e = LoadRow(emission[row], vector + p, shape);
      // 1e8 e is not finite for NaN, infinities and values beyond 3e30; the sum keeps that.
      seen = hn::MulAdd(e, hn::Set(d, 1e8f), seen);
      hn::Store(hn::Add(top[p], e), d, best + row * ld + (vector + p) * kLanes);
    }
    hn::Store(seen, d, probe + row * kLanes);
  }
};

/// Smallest y in [0, K) with value(vector) == target, looking at 64 lanes at a time; 0 when there is none.
template <class F>
HWY_INLINE int32_t FirstEqual(const RowShape& shape, Vec target, const F& value) {
  constexpr size_t kChunk = 64 / kLanes;
  for (size_t first = 0; first < shape.vectors; first += kChunk) {
    const size_t end = first + kChunk < shape.vectors ? first + kChunk : shape.vectors;
    uint64_t bits = 0;
    for (size_t v = first; v < end; ++v) bits |= LaneBits(hn::Eq(value(v), target)) << ((v - first) * kLanes);
    if (bits != 0)
      return static_cast<int32_t>(first * kLanes) + static_cast<int32_t>(hwy::Num0BitsBelowLS1Bit_Nonzero64(bits));
  }
  return 0;
}

/// Last tag: arg max of best_n + f.
HWY_INLINE int32_t LastTag(const float* best, const float* end, const RowShape& shape, float* score) {
  const F32 d;
  const auto value = [&](size_t v) { return hn::Add(hn::Load(d, best + v * kLanes), hn::Load(d, end + v * kLanes)); };
  Vec top = value(0);
  for (size_t v = 1; v < shape.vectors; ++v) top = hn::Max(top, value(v));
  top = hn::MaxOfLanes(d, top);
  *score = hn::GetLane(top);
  return FirstEqual(shape, top, value);
}

HWY_INLINE void Backtrack(ViterbiTask* task, Positions at, const RowShape& shape) {
  const F32 d;
  const ScaledParams& params = *task->params;
  const int64_t ld = params.ld;
  int32_t tag[kBlock];
  int64_t known = 0;
  for (int64_t index = at.Index(); index >= 0; --index) {
    for (; known < at.Active(); ++known) {
      const auto slot = static_cast<size_t>(known);
      tag[slot] = LastTag(task->best + (at.Base() + known) * ld, params.end, shape, &task->score[slot]);
      task->tags[slot][index] = tag[slot];
    }
    if (index == 0) break;
    const int64_t base = at.Base();
    at.Previous();
    for (int64_t row = 0; row < known; ++row) {
      const auto slot = static_cast<size_t>(row);
      if (task->length[slot] <= index) continue;
      const float* column = params.to_from + tag[slot] * ld;
      const float* before = task->best + (at.Base() + row) * ld;
      const Vec e = hn::Set(d, task->emission[slot][index * task->emission_stride + tag[slot]]);
      const Vec target = hn::Set(d, task->best[(base + row) * ld + tag[slot]]);
      tag[slot] = FirstEqual(shape, target, [&](size_t v) {
        return hn::Add(hn::Add(hn::Load(d, before + v * kLanes), hn::Load(d, column + v * kLanes)), e);
      });
      task->tags[slot][index - 1] = tag[slot];
    }
  }
}

inline void ViterbiBlock(ViterbiTask* task) {
  const F32 d;
  const ScaledParams& params = *task->params;
  const RowShape shape(params.tags);
  const auto ld = static_cast<size_t>(params.ld);
  HWY_ALIGN float probe[kBlock * kLanes];
  for (size_t i = 0; i < kBlock; ++i) hn::Store(hn::Zero(d), d, probe + i * kLanes);
  Positions at(task->count, task->length), last = at;
  const float* rows[kBlock];
  const float* previous = nullptr;
  for (; at.Active() > 0; at.Next()) {
    const auto active = static_cast<size_t>(at.Active());
    for (size_t slot = 0; slot < active; ++slot) rows[slot] = task->emission[slot] + at.Index() * task->emission_stride;
    float* best = task->best + static_cast<size_t>(at.Base()) * ld;
    const ViterbiTile tile{previous, best, rows, params.from_to, ld, static_cast<size_t>(params.tags), shape, probe};
    if (previous == nullptr) {
      for (size_t slot = 0; slot < active; ++slot) {
        for (size_t v = 0; v < shape.vectors; ++v) {
          const Vec start[1] = {hn::Load(d, params.start + v * kLanes)};
          tile.Finish<1>(start, slot, v);
        }
      }
    } else {
      ForEachTile(active, shape.vectors, tile);
    }
    previous = best;
    last = at;
  }
  if (previous != nullptr) Backtrack(task, last, shape);
  for (size_t slot = 0; slot < static_cast<size_t>(task->count); ++slot) {
    const Vec seen = hn::Load(d, probe + slot * kLanes);
    task->clean[slot] = hn::AllTrue(d, hn::Lt(hn::Abs(seen), hn::Set(d, std::numeric_limits<float>::infinity())));
    if (task->length[slot] == 0) task->score[slot] = 0;
  }
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
