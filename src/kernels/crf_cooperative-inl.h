// Cooperative Learning term of one block in float32: what the comparison asks of each word is spread over the sentence
// by the posterior's own transition kernels (docs/internals/crf.md, "Losses of the marginals").
#include "hwy/highway.h"
#include "kernels/crf_compare-inl.h"
#include "kernels/crf_forward_backward-inl.h"
#include "kernels/crf_lanes-inl.h"
#include "kernels/crf_simd.h"
#include "kernels/crf_tiles-inl.h"

#if defined(CLNER_KERNELS_CRF_COOPERATIVE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLNER_KERNELS_CRF_COOPERATIVE_INL_H_
#undef CLNER_KERNELS_CRF_COOPERATIVE_INL_H_
#else
#define CLNER_KERNELS_CRF_COOPERATIVE_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

/// mass / divisor, 0 where the mass is too small to matter (also 0 / 0). `top` collects the bits of the results: mass
/// on what float32 holds impossible, and everything broken, is found there.
HWY_INLINE Vec Spread(Vec mass, Vec divisor, hn::Vec<U32>* top) {
  const F32 d;
  const Vec magnitude = hn::Abs(mass);
  const Vec result = hn::IfThenZeroElse(hn::Lt(magnitude, hn::Set(d, 1e-20f)), hn::Div(mass, divisor));
  *top = hn::Max(*top, hn::BitCast(U32(), hn::Abs(result)));
  return result;
}

HWY_INLINE void AddToRow(Vec v, size_t index, const RowShape& shape, float* row) {
  const F32 d;
  const Vec sum = hn::Add(LoadRow(row, index, shape), v);
  if (index + 1 < shape.vectors) {
    hn::StoreU(sum, d, row + index * kLanes);
  } else {
    StoreTail(sum, row + index * kLanes, shape.tail);
  }
}

/// Left to right: R_i = q_i o (G^T rho_{i-1}), rho_i = (R_i + w_i) / d_i, kept in y.
struct RightwardTile {
  const float* previous;  ///< rho_{i-1}
  const float *q, *d, *w;
  float* rho;
  float* const* out;
  const float* from_to;
  size_t ld, depth;
  RowShape shape;
  uint32_t* largest;

  /// `mass` arrives at vector `vector` of a row from the left.
  HWY_INLINE void Emit(Vec mass, size_t row, size_t vector) const {
    const F32 f;
    const U32 du;
    const size_t offset = row * ld + vector * kLanes;
    const Vec total = hn::Add(mass, hn::Load(f, w + offset));
    AddToRow(total, vector, shape, out[row]);
    auto top = hn::Load(du, largest + row * kLanes);
    hn::Store(Spread(total, hn::Load(f, d + offset), &top), f, rho + offset);
    hn::Store(top, du, largest + row * kLanes);
  }
  template <size_t R, size_t P>
  HWY_NOINLINE void Run(size_t row, size_t vector) const {
    const F32 f;
    Vec acc[R][P];
    MultiplyTile<R, P>(previous + row * ld, from_to + vector * kLanes, ld, depth, acc);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (size_t p = 0; p < P; ++p) {
        Emit(hn::Mul(hn::Load(f, q + (row + r) * ld + (vector + p) * kLanes), acc[r][p]), row + r, vector + p);
      }
    }
  }
};

/// Right to left: L_i = x_i o (G lam_{i+1}), lam_i = (L_i + w_i) q_i / mu_i, which takes the place of w_i.
struct LeftwardTile {
  const float* next;  ///< lam_{i+1}
  const float *x, *q, *d;
  float* w;
  float* const* out;
  const float* to_from;
  size_t ld, depth;
  RowShape shape;
  uint32_t* largest;

  HWY_INLINE void Emit(Vec mass, size_t row, size_t vector) const {
    const F32 f;
    const U32 du;
    const size_t offset = row * ld + vector * kLanes;
    const Vec total = hn::Add(mass, hn::Load(f, w + offset));
    auto top = hn::Load(du, largest + row * kLanes);
    const Vec unary = hn::Mul(hn::Load(f, x + offset), hn::Load(f, d + offset));
    const Vec lam = hn::Mul(Spread(total, unary, &top), hn::Load(f, q + offset));
    hn::Store(hn::Max(top, hn::BitCast(du, hn::Abs(lam))), du, largest + row * kLanes);
    hn::Store(lam, f, w + offset);
  }
  template <size_t R, size_t P>
  HWY_NOINLINE void Run(size_t row, size_t vector) const {
    const F32 f;
    Vec acc[R][P];
    MultiplyTile<R, P>(next + row * ld, to_from + vector * kLanes, ld, depth, acc);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (size_t p = 0; p < P; ++p) {
        const Vec mass = hn::Mul(hn::Load(f, x + (row + r) * ld + (vector + p) * kLanes), acc[r][p]);
        AddToRow(mass, vector + p, shape, out[row + r]);
        Emit(mass, row + r, vector + p);
      }
    }
  }
};

/// Rows of the caller's gradient at a position.
HWY_INLINE void OutRows(const CooperativeTask& task, const Positions& at, float** out) {
  for (int64_t row = 0; row < at.Active(); ++row) {
    out[row] = task.out[static_cast<size_t>(row)] + at.Index() * task.out_stride;
  }
}

/// Returns the last position.
HWY_INLINE Positions RightwardPass(const CooperativeTask& task, const RowShape& shape, uint32_t* largest) {
  const auto ld = static_cast<size_t>(task.params->ld);
  float* out[kBlock];
  Positions at(task.count, task.length), last = at;
  for (; at.Active() > 0; at.Next()) {
    const size_t base = static_cast<size_t>(at.Base()) * ld;
    OutRows(task, at, out);
    const RightwardTile tile{task.y + static_cast<size_t>(last.Base()) * ld,
                             task.q + base,
                             task.d + base,
                             task.w + base,
                             task.y + base,
                             out,
                             task.params->from_to,
                             ld,
                             static_cast<size_t>(task.params->tags),
                             shape,
                             largest};
    const auto rows = static_cast<size_t>(at.Active());
    if (at.Index() > 0) {
      ForEachTile(rows, shape.vectors, tile);
    } else {
      for (size_t row = 0; row < rows; ++row) {
        for (size_t v = 0; v < shape.vectors; ++v) tile.Emit(hn::Zero(F32()), row, v);
      }
    }
    last = at;
  }
  return last;
}

HWY_INLINE void LeftwardPass(const CooperativeTask& task, const RowShape& shape, Positions at, uint32_t* largest) {
  const auto ld = static_cast<size_t>(task.params->ld);
  float* out[kBlock];
  const float* next = nullptr;
  size_t continuing = 0;
  for (int64_t index = at.Index(); index >= 0; --index) {
    const size_t base = static_cast<size_t>(at.Base()) * ld;
    OutRows(task, at, out);
    const LeftwardTile tile{next,
                            task.x + base,
                            task.q + base,
                            task.d + base,
                            task.w + base,
                            out,
                            task.params->to_from,
                            ld,
                            static_cast<size_t>(task.params->tags),
                            shape,
                            largest};
    const auto rows = static_cast<size_t>(at.Active());
    if (continuing > 0) ForEachTile(continuing, shape.vectors, tile);
    for (size_t row = continuing; row < rows; ++row) {
      for (size_t v = 0; v < shape.vectors; ++v) tile.Emit(hn::Zero(F32()), row, v);
    }
    next = tile.w;
    continuing = rows;
    if (index > 0) at.Previous();
  }
}

/// y = rho + nll_weight * x; all rows of slots that are not trusted are cleared.
HWY_INLINE void FinishRows(const CooperativeTask& task, const RowShape& shape) {
  const F32 d;
  for (Positions at(task.count, task.length); at.Active() > 0; at.Next()) {
    for (int64_t row = 0; row < at.Active(); ++row) {
      const auto slot = static_cast<size_t>(row);
      const int64_t offset = (at.Base() + row) * task.params->ld;
      float *x = task.x + offset, *q = task.q + offset, *w = task.w + offset, *y = task.y + offset;
      const Vec share = hn::Set(d, task.nll_weight[slot]);
      for (size_t v = 0; v < shape.vectors; ++v) {
        if (task.trusted[slot]) {
          hn::Store(hn::MulAdd(share, hn::Load(d, x + v * kLanes), hn::Load(d, y + v * kLanes)), d, y + v * kLanes);
        } else {
          for (float* values : {x, q, w, y}) hn::Store(hn::Zero(d), d, values + v * kLanes);
        }
      }
    }
  }
}

inline void CooperativeBlock(CooperativeTask* task) {
  const U32 du;
  const RowShape shape(task->params->tags);
  HWY_ALIGN uint32_t largest[kBlock * kLanes];
  for (size_t slot = 0; slot < static_cast<size_t>(task->count); ++slot) {
    hn::Store(hn::Zero(du), du, largest + slot * kLanes);
    task->loss[slot] = 0;
  }
  if (task->count == 0 || task->length[0] == 0) return;
  CompareBlock(task, shape);
  LeftwardPass(*task, shape, RightwardPass(*task, shape, largest), largest);
  for (size_t slot = 0; slot < static_cast<size_t>(task->count); ++slot) {
    const uint32_t top = hn::GetLane(hn::MaxOfLanes(du, hn::Load(du, largest + slot * kLanes)));
    task->trusted[slot] = task->trusted[slot] && top <= kLargestBits;
  }
  FinishRows(*task, shape);
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
