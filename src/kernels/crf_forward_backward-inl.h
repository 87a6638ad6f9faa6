// Scaled forward-backward of one block in float32 (docs/internals/crf.md, "Scaled recursions").
#include <cmath>
#include <cstring>
#include <limits>

#include "hwy/highway.h"
#include "kernels/crf_lanes-inl.h"
#include "kernels/crf_simd.h"
#include "kernels/crf_tiles-inl.h"

#if defined(CLNER_KERNELS_CRF_FORWARD_BACKWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLNER_KERNELS_CRF_FORWARD_BACKWARD_INL_H_
#undef CLNER_KERNELS_CRF_FORWARD_BACKWARD_INL_H_
#else
#define CLNER_KERNELS_CRF_FORWARD_BACKWARD_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

/// Bits of 1e30f: the guard on b_i / z_i, which is d_i.
inline constexpr uint32_t kLargestBits = 0x7149f2cau;

/// What the steps of one block carry along.
struct BlockState {
  HWY_ALIGN float sums[kBlock * kLanes];        ///< lane-wise row sums of x_i
  HWY_ALIGN uint32_t largest[kBlock * kLanes];  ///< lane-wise maximum of the bits of d_i over the positions (the guard)
  double max_sum[kBlock] = {};                  ///< sum of m_i
  int64_t exponent[kBlock] = {};                ///< log2 of the scales taken out of x
};

/// E_i = exp(e_i - m_i) of the active rows.
HWY_INLINE void ExpEmissions(const ForwardBackwardTask& task, const Positions& at, const RowShape& shape,
                             BlockState* state) {
  const F32 d;
  const int64_t ld = task.params->ld;
  const Vec minus_inf = hn::Set(d, -std::numeric_limits<float>::infinity());
  const Mask tail = hn::FirstN(d, shape.tail);
  float* to = task.q + at.Base() * ld;
  for (int64_t slot = 0; slot < at.Active(); ++slot, to += ld) {
    const float* from = task.emission[static_cast<size_t>(slot)] + at.Index() * task.emission_stride;
    const size_t last = shape.vectors - 1;
    const Vec last_vector = hn::IfThenElse(tail, LoadTail(from + last * kLanes, shape.tail), minus_inf);
    Vec largest = last_vector;
    for (size_t v = 0; v < last; ++v) largest = hn::Max(largest, hn::LoadU(d, from + v * kLanes));
    largest = hn::MaxOfLanes(d, largest);
    for (size_t v = 0; v < last; ++v) {
      hn::Store(ExpNonPositive(hn::Sub(hn::LoadU(d, from + v * kLanes), largest)), d, to + v * kLanes);
    }
    hn::Store(ExpNonPositive(hn::Sub(last_vector, largest)), d, to + last * kLanes);
    state->max_sum[slot] += static_cast<double>(hn::GetLane(largest));
  }
}

/// x_i = c_{i-1} E_i o (G^T x_{i-1}) for a tile, with its part of the row sums.
struct ForwardTile {
  const float* previous;  ///< x_{i-1}
  const float* scales;    ///< c_{i-1}
  const float* e;         ///< E_i
  float* x;               ///< x_i
  const float* from_to;
  size_t ld, depth;
  float* sums;

  template <size_t R, size_t P>
  HWY_NOINLINE void Run(size_t row, size_t vector) const {
    const F32 d;
    Vec acc[R][P];
    MultiplyTile<R, P>(previous + row * ld, from_to + vector * kLanes, ld, depth, acc);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
      const Vec scale = hn::Set(d, scales[row + r]);
      const size_t offset = (row + r) * ld + vector * kLanes;
      Vec sum = vector == 0 ? hn::Zero(d) : hn::Load(d, sums + (row + r) * kLanes);
#pragma GCC unroll 4
      for (size_t p = 0; p < P; ++p) {
        const Vec value = hn::Mul(hn::Mul(acc[r][p], scale), hn::Load(d, e + offset + p * kLanes));
        hn::Store(value, d, x + offset + p * kLanes);
        sum = hn::Add(sum, value);
      }
      hn::Store(sum, d, sums + (row + r) * kLanes);
    }
  }
};

/// x_1 = S o E_1 of the rows of position 0.
HWY_INLINE void FirstForwardRows(const ForwardBackwardTask& task, int64_t rows, const RowShape& shape,
                                 BlockState* state) {
  const F32 d;
  for (int64_t row = 0; row < rows; ++row) {
    Vec sum = hn::Zero(d);
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t offset = static_cast<size_t>(row * task.params->ld) + v * kLanes;
      const Vec value = hn::Mul(hn::Load(d, task.params->start + v * kLanes), hn::Load(d, task.q + offset));
      hn::Store(value, d, task.x + offset);
      sum = hn::Add(sum, value);
    }
    hn::Store(sum, d, state->sums + static_cast<size_t>(row) * kLanes);
  }
}

/// c_i = 2^-floor(log2 z_i), an exact factor that keeps the next row near 1; a broken z_i yields a c_i that breaks the
/// row visibly.
HWY_INLINE void TakeScales(int64_t rows, BlockState* state, float* scales) {
  const F32 d;
  for (int64_t row = 0; row < rows; ++row) {
    const float sum = hn::GetLane(hn::SumOfLanes(d, hn::Load(d, state->sums + static_cast<size_t>(row) * kLanes)));
    uint32_t bits;
    std::memcpy(&bits, &sum, sizeof(bits));
    const uint32_t exponent = (bits >> 23) & 0xffu;
    const uint32_t scale_bits = (254u - exponent) << 23;
    std::memcpy(scales + row, &scale_bits, sizeof(scale_bits));
    state->exponent[row] += static_cast<int64_t>(exponent) - 127;
  }
}

/// Sum of a padded row product, <x, f>, and of x.
HWY_INLINE void EndSums(const float* x, const float* end, const RowShape& shape, float* with_end, float* plain) {
  const F32 d;
  Vec a = hn::Zero(d), b = hn::Zero(d);
  for (size_t v = 0; v < shape.vectors; ++v) {
    const Vec value = hn::Load(d, x + v * kLanes);
    a = hn::MulAdd(value, hn::Load(d, end + v * kLanes), a);
    b = hn::Add(b, value);
  }
  *with_end = hn::GetLane(hn::SumOfLanes(d, a));
  *plain = hn::GetLane(hn::SumOfLanes(d, b));
}

/// From d_i: unary row x_i o d_i (times the weight) and q_i = c_{i-1} E_i o d_i. `out` may be the row of x itself. d_i
/// is never negative, so its bits compare like its values, and broken values (NaN, a sign) compare as larger than any
/// sound one. `sums` (null: not wanted) receives the lane-wise sums of the unweighted unary row, `keep` (likewise) d_i.
template <size_t P>
HWY_INLINE void EmitVectors(const Vec (&di)[P], size_t vector, const RowShape& shape, float scale, float weight,
                            const float* x, float* q, float* out, uint32_t* largest, float* sums, float* keep) {
  const F32 d;
  const U32 du;
  const Vec scales = hn::Set(d, scale), weights = hn::Set(d, weight);
  auto top = hn::Load(du, largest);
  if (sums != nullptr) {
    Vec sum = vector == 0 ? hn::Zero(d) : hn::Load(d, sums);
#pragma GCC unroll 4
    for (size_t p = 0; p < P; ++p) sum = hn::Add(sum, hn::Mul(hn::Load(d, x + (vector + p) * kLanes), di[p]));
    hn::Store(sum, d, sums);
  }
#pragma GCC unroll 4
  for (size_t p = 0; p < P; ++p) {
    const size_t offset = (vector + p) * kLanes;
    const Vec unary = hn::Mul(hn::Mul(hn::Load(d, x + offset), di[p]), weights);
    if (keep != nullptr) hn::Store(di[p], d, keep + offset);
    hn::Store(hn::Mul(hn::Mul(hn::Load(d, q + offset), scales), di[p]), d, q + offset);
    top = hn::Max(top, hn::BitCast(du, di[p]));
    if (vector + p + 1 < shape.vectors) {
      hn::StoreU(unary, d, out + offset);
    } else {
      StoreTail(unary, out + offset, shape.tail);
    }
  }
  hn::Store(top, du, largest);
}

/// d_i = G q_{i+1} for a tile, then the outputs of the row.
struct BackwardTile {
  const ForwardBackwardTask* task;
  const float* next;    ///< q_{i+1}
  const float* x;       ///< x_i
  float* q;             ///< E_i, becomes q_i
  const float* scales;  ///< c_{i-1}
  float* const* out;    ///< unary row of each slot
  size_t ld, depth;
  RowShape shape;
  uint32_t* largest;
  float* sums;  ///< lane-wise sums of the unary rows, or null
  float* keep;  ///< d_i, or null

  template <size_t R, size_t P>
  HWY_NOINLINE void Run(size_t row, size_t vector) const {
    Vec acc[R][P];
    MultiplyTile<R, P>(next + row * ld, task->params->to_from + vector * kLanes, ld, depth, acc);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
      EmitVectors<P>(acc[r], vector, shape, scales[row + r], task->weight[row + r], x + (row + r) * ld,
                     q + (row + r) * ld, out[row + r], largest + (row + r) * kLanes,
                     sums != nullptr ? sums + (row + r) * kLanes : nullptr,
                     keep != nullptr ? keep + (row + r) * ld : nullptr);
    }
  }
};

/// Rows whose sentence ends here: d_n = F / <x_n, F>.
HWY_INLINE void LastBackwardRow(const BackwardTile& tile, size_t row, ForwardBackwardTask* task,
                                const BlockState& state) {
  const F32 d;
  const ScaledParams& params = *task->params;
  float with_end, plain;
  EndSums(tile.x + row * tile.ld, params.end, tile.shape, &with_end, &plain);
  // The guard on z_{n+1}: too little of the forward mass may end here. Written so that NaN fails.
  task->trusted[row] = with_end >= 1e-30f * plain && with_end > 0 && with_end < std::numeric_limits<float>::infinity();
  task->log_z[row] = std::log(static_cast<double>(with_end)) +
                     0.6931471805599453 * static_cast<double>(state.exponent[row]) + state.max_sum[row] +
                     params.max_start + params.max_end +
                     static_cast<double>(task->length[row] - 1) * params.max_transition;
  const Vec inverse = hn::Set(d, 1.0f / with_end);
  for (size_t v = 0; v < tile.shape.vectors; ++v) {
    const Vec di[1] = {hn::Mul(hn::Load(d, params.end + v * kLanes), inverse)};
    EmitVectors<1>(di, v, tile.shape, tile.scales[row], task->weight[row], tile.x + row * tile.ld,
                   tile.q + row * tile.ld, tile.out[row], tile.largest + row * kLanes, nullptr,
                   tile.keep != nullptr ? tile.keep + row * tile.ld : nullptr);
  }
}

HWY_INLINE Positions ForwardPass(ForwardBackwardTask* task, const RowShape& shape, BlockState* state) {
  const ScaledParams& params = *task->params;
  const auto ld = static_cast<size_t>(params.ld);
  Positions at(task->count, task->length);
  ExpEmissions(*task, at, shape, state);
  FirstForwardRows(*task, at.Active(), shape, state);
  Positions last = at;
  for (at.Next(); at.Active() > 0; at.Next()) {
    float* scales = task->scales + last.Base();
    TakeScales(at.Active(), state, scales);
    ExpEmissions(*task, at, shape, state);
    const auto base = static_cast<size_t>(at.Base());
    const ForwardTile tile{task->x + static_cast<size_t>(last.Base()) * ld,
                           scales,
                           task->q + base * ld,
                           task->x + base * ld,
                           params.from_to,
                           ld,
                           static_cast<size_t>(params.tags),
                           state->sums};
    ForEachTile(static_cast<size_t>(at.Active()), shape.vectors, tile);
    last = at;
  }
  return last;
}

/// Rounding lets <x_i, d_i> = 1 drift by about 1e-7 a word; from time to time the rows behind it are put right.
inline constexpr int64_t kDriftWords = 16;

HWY_INLINE void CorrectDrift(const BackwardTile& tile, size_t rows) {
  const F32 d;
  for (size_t row = 0; row < rows; ++row) {
    const Vec factor = hn::Div(hn::Set(d, 1.0f), hn::SumOfLanes(d, hn::Load(d, tile.sums + row * kLanes)));
    float* q = tile.q + row * tile.ld;
    for (size_t v = 0; v < tile.shape.vectors; ++v)
      hn::Store(hn::Mul(hn::Load(d, q + v * kLanes), factor), d, q + v * kLanes);
  }
}

HWY_INLINE void BackwardPass(ForwardBackwardTask* task, const RowShape& shape, Positions at, BlockState* state) {
  const auto ld = static_cast<size_t>(task->params->ld);
  const float ones[kBlock] = {1, 1, 1, 1, 1, 1, 1, 1};
  const float* next = nullptr;
  size_t continuing = 0;
  for (int64_t index = at.Index(); index >= 0; --index) {
    const auto rows = static_cast<size_t>(at.Active()), base = static_cast<size_t>(at.Base());
    Positions before = at;
    if (index > 0) before.Previous();
    float* out[kBlock];
    for (size_t row = 0; row < rows; ++row) {
      out[row] =
          task->out[row] != nullptr ? task->out[row] + index * task->out_stride[row] : task->x + (base + row) * ld;
    }
    const bool correct = index > 0 && index % kDriftWords == 0;
    const BackwardTile tile{task,
                            next,
                            task->x + base * ld,
                            task->q + base * ld,
                            index > 0 ? task->scales + before.Base() : ones,
                            out,
                            ld,
                            static_cast<size_t>(task->params->tags),
                            shape,
                            state->largest,
                            correct ? state->sums : nullptr,
                            task->d != nullptr ? task->d + base * ld : nullptr};
    if (continuing > 0) ForEachTile(continuing, shape.vectors, tile);
    if (correct) CorrectDrift(tile, continuing);
    for (size_t row = continuing; row < rows; ++row) LastBackwardRow(tile, row, task, *state);
    next = tile.q;
    continuing = rows;
    at = before;
  }
}

inline void ForwardBackward(ForwardBackwardTask* task) {
  const U32 du;
  const RowShape shape(task->params->tags);
  BlockState state;
  for (size_t slot = 0; slot < static_cast<size_t>(task->count); ++slot) {
    hn::Store(hn::Zero(du), du, state.largest + slot * kLanes);
    task->log_z[slot] = 0;  // stays for sentences without words
    task->trusted[slot] = true;
  }
  if (task->count == 0 || task->length[0] == 0) return;
  BackwardPass(task, shape, ForwardPass(task, shape, &state), &state);
  for (size_t slot = 0; slot < static_cast<size_t>(task->count); ++slot) {
    const uint32_t top = hn::GetLane(hn::MaxOfLanes(du, hn::Load(du, state.largest + slot * kLanes)));
    task->trusted[slot] = task->trusted[slot] && top <= kLargestBits;
  }
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
