// How the marginals of student and teacher are compared, word by word, in float32 (docs/internals/crf.md, "Losses of
// the marginals").
#include <limits>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels/crf_lanes-inl.h"
#include "kernels/crf_simd.h"

#if defined(CLNER_KERNELS_CRF_COMPARE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLNER_KERNELS_CRF_COMPARE_INL_H_
#undef CLNER_KERNELS_CRF_COMPARE_INL_H_
#else
#define CLNER_KERNELS_CRF_COMPARE_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

/// Probabilities of one word in both views, with their logarithms. `p` stays at temperature 1.
struct RowPair {
  float *p, *p_tau, *q_tau, *log_p, *log_q;
};

HWY_INLINE Vec SumVector(Vec v) { return hn::SumOfLanes(F32(), v); }

/// x o d and the teacher's row, both normalised, and log max(., FLT_MIN) of them.
HWY_INLINE void NormaliseRows(const float* x, const float* dd, const float* teacher, const RowShape& shape,
                              const RowPair& rows) {
  const F32 d;
  Vec sum_p = hn::Zero(d), sum_q = hn::Zero(d);
  for (size_t v = 0; v < shape.vectors; ++v) {
    const size_t at = v * kLanes;
    const Vec p = hn::Mul(hn::Load(d, x + at), hn::Load(d, dd + at)), q = LoadRow(teacher, v, shape);
    hn::Store(p, d, rows.p + at);
    hn::Store(q, d, rows.q_tau + at);
    sum_p = hn::Add(sum_p, p);
    sum_q = hn::Add(sum_q, q);
  }
  const Vec one = hn::Set(d, 1.0f), tiny = hn::Set(d, std::numeric_limits<float>::min());
  const Vec scale_p = hn::Div(one, SumVector(sum_p)), scale_q = hn::Div(one, SumVector(sum_q));
  for (size_t v = 0; v < shape.vectors; ++v) {
    const size_t at = v * kLanes;
    const Vec p = hn::Mul(hn::Load(d, rows.p + at), scale_p), q = hn::Mul(hn::Load(d, rows.q_tau + at), scale_q);
    hn::Store(p, d, rows.p + at);
    hn::Store(q, d, rows.q_tau + at);
    hn::Store(hn::Log(d, hn::Max(p, tiny)), d, rows.log_p + at);
    hn::Store(hn::Log(d, hn::Max(q, tiny)), d, rows.log_q + at);
  }
}

/// Replaces q by softmax(log q / tau) and p_tau by softmax(log p / tau), over the tags that either view holds possible,
/// and the logarithms by theirs.
HWY_INLINE void TemperRows(float tau, const RowShape& shape, const RowPair& rows) {
  const F32 d;
  const Vec impossible = hn::Log(d, hn::Set(d, std::numeric_limits<float>::min()));
  const Vec inverse = hn::Set(d, 1.0f / tau);
  Vec top_p = impossible, top_q = impossible;
  for (size_t v = 0; v < shape.vectors; ++v) {
    top_p = hn::Max(top_p, hn::Load(d, rows.log_p + v * kLanes));
    top_q = hn::Max(top_q, hn::Load(d, rows.log_q + v * kLanes));
  }
  top_p = hn::MaxOfLanes(d, top_p);
  top_q = hn::MaxOfLanes(d, top_q);
  Vec sum_p = hn::Zero(d), sum_q = hn::Zero(d);
  for (size_t v = 0; v < shape.vectors; ++v) {
    const size_t at = v * kLanes;
    const Vec log_p = hn::Load(d, rows.log_p + at), log_q = hn::Load(d, rows.log_q + at);
    const Mask absent = hn::Le(hn::Max(log_p, log_q), impossible);
    const Vec p = hn::Mul(hn::Sub(log_p, top_p), inverse), q = hn::Mul(hn::Sub(log_q, top_q), inverse);
    const Vec exp_p = hn::IfThenZeroElse(absent, ExpNonPositive(p));
    const Vec exp_q = hn::IfThenZeroElse(absent, ExpNonPositive(q));
    hn::Store(p, d, rows.log_p + at);
    hn::Store(q, d, rows.log_q + at);
    hn::Store(exp_p, d, rows.p_tau + at);
    hn::Store(exp_q, d, rows.q_tau + at);
    sum_p = hn::Add(sum_p, exp_p);
    sum_q = hn::Add(sum_q, exp_q);
  }
  sum_p = SumVector(sum_p);
  sum_q = SumVector(sum_q);
  const Vec one = hn::Set(d, 1.0f), log_sum_p = hn::Log(d, sum_p), log_sum_q = hn::Log(d, sum_q);
  const Vec scale_p = hn::Div(one, sum_p), scale_q = hn::Div(one, sum_q);
  for (size_t v = 0; v < shape.vectors; ++v) {
    const size_t at = v * kLanes;
    hn::Store(hn::Mul(hn::Load(d, rows.p_tau + at), scale_p), d, rows.p_tau + at);
    hn::Store(hn::Mul(hn::Load(d, rows.q_tau + at), scale_q), d, rows.q_tau + at);
    hn::Store(hn::Sub(hn::Load(d, rows.log_p + at), log_sum_p), d, rows.log_p + at);
    hn::Store(hn::Sub(hn::Load(d, rows.log_q + at), log_sum_q), d, rows.log_q + at);
  }
}

/// Loss of one word; w receives scale * its w_k, whose sum is 0: what -dL/dlog p is up to a multiple of p.
HWY_INLINE float CompareRows(const Comparison& how, const RowShape& shape, const RowPair& rows, float scale, float* w) {
  const F32 d;
  const Vec entropy = hn::Set(d, how.entropy ? 1.0f : 0.0f);
  const Vec forward = hn::Set(d, how.forward * how.tau), reverse = hn::Set(d, how.reverse * how.tau);
  Vec sum_forward = hn::Zero(d), sum_reverse = hn::Zero(d);
  for (size_t v = 0; v < shape.vectors; ++v) {
    const size_t at = v * kLanes;
    const Vec p = hn::Load(d, rows.p_tau + at), q = hn::Load(d, rows.q_tau + at);
    const Vec log_p = hn::Load(d, rows.log_p + at), log_q = hn::Load(d, rows.log_q + at);
    sum_forward = hn::MulAdd(q, hn::Sub(hn::Mul(entropy, log_q), log_p), sum_forward);
    sum_reverse = hn::MulAdd(p, hn::Sub(hn::Mul(entropy, log_p), log_q), sum_reverse);
  }
  sum_forward = SumVector(sum_forward);
  sum_reverse = SumVector(sum_reverse);
  Vec rest = hn::Zero(d);
  for (size_t v = 0; v < shape.vectors; ++v) {
    const size_t at = v * kLanes;
    const Vec p = hn::Load(d, rows.p_tau + at), q = hn::Load(d, rows.q_tau + at);
    const Vec log_p = hn::Load(d, rows.log_p + at), log_q = hn::Load(d, rows.log_q + at);
    const Vec excess = hn::Sub(sum_reverse, hn::Sub(hn::Mul(entropy, log_p), log_q));
    const Vec value = hn::MulAdd(reverse, hn::Mul(p, excess), hn::Mul(forward, hn::Sub(q, p)));
    hn::Store(value, d, w + at);
    rest = hn::Add(rest, value);
  }
  rest = SumVector(rest);  // rounding only; n words of it would spoil small gradients
  const Vec scales = hn::Set(d, scale);
  for (size_t v = 0; v < shape.vectors; ++v) {
    const size_t at = v * kLanes;
    const Vec value = hn::NegMulAdd(hn::Load(d, rows.p + at), rest, hn::Load(d, w + at));
    hn::Store(hn::Mul(value, scales), d, w + at);
  }
  return how.tau * how.tau * (how.forward * hn::GetLane(sum_forward) + how.reverse * hn::GetLane(sum_reverse));
}

/// Losses, and w of every row times minus the weight of the term: all that follows is linear in w.
HWY_INLINE void CompareBlock(CooperativeTask* task, const RowShape& shape) {
  const F32 d;
  const int64_t ld = task->params->ld;
  float* scratch = task->scratch;
  const bool tempered = task->comparison.tau != 1.0f;
  const RowPair rows{scratch, tempered ? scratch + ld : scratch, scratch + 2 * ld, scratch + 3 * ld, scratch + 4 * ld};
  for (Positions at(task->count, task->length); at.Active() > 0; at.Next()) {
    for (int64_t row = 0; row < at.Active(); ++row) {
      const auto slot = static_cast<size_t>(row);
      const int64_t offset = (at.Base() + row) * ld;
      float* w = task->w + offset;
      if (task->teacher[slot] == nullptr) {
        for (size_t v = 0; v < shape.vectors; ++v) hn::Store(hn::Zero(d), d, w + v * kLanes);
        continue;
      }
      NormaliseRows(task->x + offset, task->d + offset, task->teacher[slot] + at.Index() * task->teacher_stride, shape,
                    rows);
      if (tempered) TemperRows(task->comparison.tau, shape, rows);
      task->loss[slot] += static_cast<double>(CompareRows(task->comparison, shape, rows, -task->weight[slot], w));
    }
  }
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
