// How the marginals of student and teacher are compared, word by word (docs/internals/crf.md, "Losses of the
// marginals").
#pragma once

#include "kernels/cuda/joint_call.h"

namespace clner::crf::device {

/// Both distributions of one word. Values are computed anew in every pass over the tags: a word is a few dozen numbers.
class WordPair {
 public:
  struct Values {
    float p;             ///< at temperature 1
    float p_tau, q_tau;  ///< as they are compared
    float log_p, log_q;
  };

  /// p, q: rows of K values, not yet normalised.
  template <class Group>
  CLNER_DEVICE WordPair(const Group& group, const float* p, const float* q, int tags, float tau)
      : p_(p), q_(q), tau_(tau), log_tiny_(logf(kSmallestF)) {
    float sum_p = 0.0f, sum_q = 0.0f;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      sum_p += p[y];
      sum_q += q[y];
    }
    sum_p_ = group.Sum(sum_p);
    sum_q_ = group.Sum(sum_q);
    if (tau == 1.0f) return;
    float top_p = log_tiny_, top_q = log_tiny_;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      top_p = fmaxf(top_p, LogP(y));
      top_q = fmaxf(top_q, LogQ(y));
    }
    top_p_ = group.Max(top_p);
    top_q_ = group.Max(top_q);
    float total_p = 0.0f, total_q = 0.0f;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      if (Absent(y)) continue;
      total_p += expf((LogP(y) - top_p_) / tau);
      total_q += expf((LogQ(y) - top_q_) / tau);
    }
    total_p_ = group.Sum(total_p);
    total_q_ = group.Sum(total_q);
  }

  [[nodiscard]] CLNER_DEVICE Values Of(int y) const {
    const float p = p_[y] / sum_p_;
    if (tau_ == 1.0f) return {p, p, q_[y] / sum_q_, LogP(y), LogQ(y)};
    const float power_p = (LogP(y) - top_p_) / tau_, power_q = (LogQ(y) - top_q_) / tau_;
    const float log_p = power_p - logf(total_p_), log_q = power_q - logf(total_q_);
    if (Absent(y)) return {p, 0.0f, 0.0f, log_p, log_q};
    return {p, expf(power_p) / total_p_, expf(power_q) / total_q_, log_p, log_q};
  }

 private:
  [[nodiscard]] CLNER_DEVICE float LogP(int y) const { return logf(fmaxf(p_[y] / sum_p_, kSmallestF)); }
  [[nodiscard]] CLNER_DEVICE float LogQ(int y) const { return logf(fmaxf(q_[y] / sum_q_, kSmallestF)); }
  /// In neither view.
  [[nodiscard]] CLNER_DEVICE bool Absent(int y) const { return fmaxf(LogP(y), LogQ(y)) <= log_tiny_; }

  const float *p_, *q_;
  float tau_, log_tiny_;
  float sum_p_ = 1, sum_q_ = 1, top_p_ = 0, top_q_ = 0, total_p_ = 1, total_q_ = 1;
};

/// row_loss and w of every word of a student that float32 serves so far.
struct CompareRows {
  View view;
  JointData joint;

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* /*scratch*/) const {
    const WordAt at = WordOf(view.batch, index);
    if (!at.exists || joint.posterior[at.sentence] != 0) return;
    const TeacherRows teacher = TeacherOf(view, joint, at.sentence);
    if (teacher.unary == nullptr) return;
    const int tags = view.Tags();
    const internal::Comparison& how = joint.how;
    const WordPair pair(group, joint.unary + at.row * tags, teacher.unary + at.word * teacher.stride, tags, how.tau);
    const float entropy = how.entropy ? 1.0f : 0.0f;
    float forward = 0.0f, reverse = 0.0f;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      const auto v = pair.Of(y);
      forward += v.q_tau * (entropy * v.log_q - v.log_p);
      reverse += v.p_tau * (entropy * v.log_p - v.log_q);
    }
    forward = group.Sum(forward);
    reverse = group.Sum(reverse);
    const auto raw = [&](const WordPair::Values& v) {
      const float excess = reverse - (entropy * v.log_p - v.log_q);
      return how.forward * how.tau * (v.q_tau - v.p_tau) + how.reverse * how.tau * (v.p_tau * excess);
    };
    float rest = 0.0f;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) rest += raw(pair.Of(y));
    rest = group.Sum(rest);  // rounding only; n words of it would spoil small gradients
    const float weight = joint.ClWeight(at.sentence);
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      const auto v = pair.Of(y);
      joint.w[at.row * tags + y] = -weight * (raw(v) - v.p * rest);
    }
    if (group.Lane() == 0) {
      joint.row_loss[at.row] = how.tau * how.tau * (how.forward * forward + how.reverse * reverse);
    }
  }
};

}  // namespace clner::crf::device
