// How the marginals of student and teacher are compared, word by word, in float32 (docs/internals/crf.md, "Losses of
// the marginals").
#include <algorithm>
#include <limits>

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

/// Probabilities of one word in both views, and where its w_k goes. The steps below take the words of one position
/// together: those of different sentences do not wait for each other.
struct WordPair {
  const float *x, *d, *teacher;  ///< mu = x o d
  float *p, *q;                  ///< normalised; q at temperature tau
  float *p_tau, *log_p, *log_q;  ///< p and the logarithms of both at temperature tau; p_tau may be p
  float* w;
  float scale;       ///< of w
  float loss, rest;  ///< rest: sum of w before the scale
  size_t slot;
};

HWY_INLINE float SumVector(Vec v) { return hn::GetLane(hn::SumOfLanes(F32(), v)); }

/// The products x o d and the teacher's row, both normalised.
HWY_INLINE void NormaliseWords(WordPair* words, size_t count, const RowShape& shape) {
  const F32 d;
  for (WordPair* word = words; word != words + count; ++word) {
    Vec sum_p = hn::Zero(d), sum_q = hn::Zero(d);
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      const Vec p = hn::Mul(hn::Load(d, word->x + at), hn::Load(d, word->d + at)), q = LoadRow(word->teacher, v, shape);
      hn::Store(p, d, word->p + at);
      hn::Store(q, d, word->q + at);
      sum_p = hn::Add(sum_p, p);
      sum_q = hn::Add(sum_q, q);
    }
    const Vec scale_p = hn::Set(d, 1.0f / SumVector(sum_p)), scale_q = hn::Set(d, 1.0f / SumVector(sum_q));
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      hn::Store(hn::Mul(hn::Load(d, word->p + at), scale_p), d, word->p + at);
      hn::Store(hn::Mul(hn::Load(d, word->q + at), scale_q), d, word->q + at);
    }
  }
}

/// The usual case, teacher to student at temperature 1, needs one logarithm.
HWY_INLINE void CompareForward(bool entropy, WordPair* words, size_t count, const RowShape& shape) {
  const F32 d;
  const Vec one = hn::Set(d, 1.0f), tiny = hn::Set(d, std::numeric_limits<float>::min());
  for (WordPair* word = words; word != words + count; ++word) {
    Vec loss = hn::Zero(d), rest = hn::Zero(d);
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      const Vec p = hn::Load(d, word->p + at), q = hn::Load(d, word->q + at);
      const Vec ratio = hn::Div(entropy ? hn::Max(q, tiny) : one, hn::Max(p, tiny));
      loss = hn::MulAdd(q, LogNormal(ratio), loss);
      const Vec w = hn::Sub(q, p);
      hn::Store(w, d, word->w + at);
      rest = hn::Add(rest, w);
    }
    word->loss = SumVector(loss);
    word->rest = SumVector(rest);
  }
}

HWY_INLINE void TakeLogs(WordPair* words, size_t count, const RowShape& shape) {
  const F32 d;
  const Vec tiny = hn::Set(d, std::numeric_limits<float>::min());
  for (WordPair* word = words; word != words + count; ++word) {
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      hn::Store(LogNormal(hn::Max(hn::Load(d, word->p + at), tiny)), d, word->log_p + at);
      hn::Store(LogNormal(hn::Max(hn::Load(d, word->q + at), tiny)), d, word->log_q + at);
    }
  }
}

/// Replaces q by softmax(log q / tau) and p_tau by softmax(log p / tau), over the tags that either view holds possible,
/// and the logarithms by theirs.
HWY_INLINE void TemperWords(float tau, WordPair* words, size_t count, const RowShape& shape) {
  const F32 d;
  const Vec impossible = LogNormal(hn::Set(d, std::numeric_limits<float>::min()));
  const Vec inverse = hn::Set(d, 1.0f / tau);
  HWY_ALIGN float sum_p[kBlock + kLanes], sum_q[kBlock + kLanes], log_p[kBlock + kLanes], log_q[kBlock + kLanes];
  for (size_t i = 0; i < count; ++i) {
    const WordPair& word = words[i];
    Vec top_p = impossible, top_q = impossible;
    for (size_t v = 0; v < shape.vectors; ++v) {
      top_p = hn::Max(top_p, hn::Load(d, word.log_p + v * kLanes));
      top_q = hn::Max(top_q, hn::Load(d, word.log_q + v * kLanes));
    }
    top_p = hn::MaxOfLanes(d, top_p);
    top_q = hn::MaxOfLanes(d, top_q);
    Vec total_p = hn::Zero(d), total_q = hn::Zero(d);
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      Vec p = hn::Load(d, word.log_p + at), q = hn::Load(d, word.log_q + at);
      const Mask absent = hn::Le(hn::Max(p, q), impossible);
      p = hn::Mul(hn::Sub(p, top_p), inverse);
      q = hn::Mul(hn::Sub(q, top_q), inverse);
      const Vec exp_p = hn::IfThenZeroElse(absent, ExpNonPositive(p));
      const Vec exp_q = hn::IfThenZeroElse(absent, ExpNonPositive(q));
      hn::Store(p, d, word.log_p + at);
      hn::Store(q, d, word.log_q + at);
      hn::Store(exp_p, d, word.p_tau + at);
      hn::Store(exp_q, d, word.q + at);
      total_p = hn::Add(total_p, exp_p);
      total_q = hn::Add(total_q, exp_q);
    }
    sum_p[i] = SumVector(total_p);
    sum_q[i] = SumVector(total_q);
  }
  std::fill(sum_p + count, sum_p + kBlock + kLanes, 1.0f);
  std::fill(sum_q + count, sum_q + kBlock + kLanes, 1.0f);
  for (size_t i = 0; i < kBlock; i += kLanes) {
    hn::StoreU(LogNormal(hn::LoadU(d, sum_p + i)), d, log_p + i);
    hn::StoreU(LogNormal(hn::LoadU(d, sum_q + i)), d, log_q + i);
  }
  for (size_t i = 0; i < count; ++i) {
    const WordPair& word = words[i];
    const Vec scale_p = hn::Set(d, 1.0f / sum_p[i]), scale_q = hn::Set(d, 1.0f / sum_q[i]);
    const Vec log_sum_p = hn::Set(d, log_p[i]), log_sum_q = hn::Set(d, log_q[i]);
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      hn::Store(hn::Mul(hn::Load(d, word.p_tau + at), scale_p), d, word.p_tau + at);
      hn::Store(hn::Mul(hn::Load(d, word.q + at), scale_q), d, word.q + at);
      hn::Store(hn::Sub(hn::Load(d, word.log_p + at), log_sum_p), d, word.log_p + at);
      hn::Store(hn::Sub(hn::Load(d, word.log_q + at), log_sum_q), d, word.log_q + at);
    }
  }
}

/// Losses, and w up to its scale, from the tempered rows in either direction.
HWY_INLINE void CompareWords(const Comparison& how, WordPair* words, size_t count, const RowShape& shape) {
  const F32 d;
  const Vec entropy = hn::Set(d, how.entropy ? 1.0f : 0.0f);
  const Vec forward = hn::Set(d, how.forward * how.tau), reverse = hn::Set(d, how.reverse * how.tau);
  Vec reverse_loss[kBlock];
  for (size_t i = 0; i < count; ++i) {
    Vec sum_forward = hn::Zero(d), sum_reverse = hn::Zero(d);
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      const Vec log_p = hn::Load(d, words[i].log_p + at), log_q = hn::Load(d, words[i].log_q + at);
      sum_forward = hn::MulAdd(hn::Load(d, words[i].q + at), hn::Sub(hn::Mul(entropy, log_q), log_p), sum_forward);
      sum_reverse = hn::MulAdd(hn::Load(d, words[i].p_tau + at), hn::Sub(hn::Mul(entropy, log_p), log_q), sum_reverse);
    }
    reverse_loss[i] = hn::SumOfLanes(d, sum_reverse);
    words[i].loss =
        how.tau * how.tau * (how.forward * SumVector(sum_forward) + how.reverse * hn::GetLane(reverse_loss[i]));
  }
  for (size_t i = 0; i < count; ++i) {
    Vec rest = hn::Zero(d);
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      const Vec p = hn::Load(d, words[i].p_tau + at), q = hn::Load(d, words[i].q + at);
      const Vec log_p = hn::Load(d, words[i].log_p + at), log_q = hn::Load(d, words[i].log_q + at);
      const Vec excess = hn::Sub(reverse_loss[i], hn::Sub(hn::Mul(entropy, log_p), log_q));
      const Vec w = hn::MulAdd(reverse, hn::Mul(p, excess), hn::Mul(forward, hn::Sub(q, p)));
      hn::Store(w, d, words[i].w + at);
      rest = hn::Add(rest, w);
    }
    words[i].rest = SumVector(rest);
  }
}

/// w = scale * (w - rest p): the sum of w is rounding only, but that of n words would spoil small gradients.
HWY_INLINE void FinishWords(const WordPair* words, size_t count, const RowShape& shape) {
  const F32 d;
  for (const WordPair* word = words; word != words + count; ++word) {
    const Vec rest = hn::Set(d, word->rest), scale = hn::Set(d, word->scale);
    for (size_t v = 0; v < shape.vectors; ++v) {
      const size_t at = v * kLanes;
      const Vec w = hn::NegMulAdd(hn::Load(d, word->p + at), rest, hn::Load(d, word->w + at));
      hn::Store(hn::Mul(w, scale), d, word->w + at);
    }
  }
}

/// Losses, and w of every row times minus the weight of the term: all that follows is linear in w.
HWY_INLINE void CompareBlock(CooperativeTask* task, const RowShape& shape) {
  const F32 d;
  const int64_t ld = task->params->ld;
  const Comparison& how = task->comparison;
  const bool tempered = how.tau != 1.0f;
  for (Positions at(task->count, task->length); at.Active() > 0; at.Next()) {
    WordPair words[kBlock];
    size_t count = 0;
    for (int64_t row = 0; row < at.Active(); ++row) {
      const auto slot = static_cast<size_t>(row);
      const int64_t offset = (at.Base() + row) * ld;
      if (task->teacher[slot] == nullptr) {
        for (size_t v = 0; v < shape.vectors; ++v) hn::Store(hn::Zero(d), d, task->w + offset + v * kLanes);
        continue;
      }
      float* scratch = task->scratch + row * kCompareRows * ld;
      words[count++] = {task->x + offset,
                        task->d + offset,
                        task->teacher[slot] + at.Index() * task->teacher_stride,
                        scratch,
                        scratch + ld,
                        tempered ? scratch + 2 * ld : scratch,
                        scratch + 3 * ld,
                        scratch + 4 * ld,
                        task->w + offset,
                        -task->weight[slot],
                        0,
                        0,
                        slot};
    }
    NormaliseWords(words, count, shape);
    if (!tempered && how.reverse == 0) {
      CompareForward(how.entropy, words, count, shape);
    } else {
      TakeLogs(words, count, shape);
      if (tempered) TemperWords(how.tau, words, count, shape);
      CompareWords(how, words, count, shape);
    }
    FinishWords(words, count, shape);
    for (size_t i = 0; i < count; ++i) task->loss[words[i].slot] += static_cast<double>(words[i].loss);
  }
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
