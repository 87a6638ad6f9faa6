// The Cooperative Learning term of a redone sentence: crf_redo_teacher.cc for a group of lanes.
#pragma once

#include "kernels/cuda/joint_call.h"
#include "kernels/cuda/redo.h"

namespace clner::crf::device {

/// Walks with the forward recursion of Redo, then back; adds to the gradient rows and the pair sums. Tag y, with column
/// y of the pair sums, belongs to one lane.
class TeacherPass {
 public:
  /// w: [n][K]; scratch: [4][K]. `teacher` has unary rows.
  CLNER_DEVICE TeacherPass(const RedoSentence& at, const JointData& joint, const TeacherRows& teacher, RowsOut out,
                           double* w, double* pair_sums, double* scratch)
      : at_(at),
        how_(joint.how),
        weight_(static_cast<double>(joint.ClWeight(at.sentence))),
        teacher_(teacher),
        out_(out),
        w_(w),
        pair_sums_(pair_sums),
        mass_(scratch),
        next_(scratch + at.scores.tags),
        log_p_(next_ + at.scores.tags),
        log_q_(log_p_ + at.scores.tags) {}

  [[nodiscard]] CLNER_DEVICE double Loss() const { return loss_; }

  /// Word i, from 0 on: log a_{i-1} in `before`, log a_i in `forward`. Keeps log a where log b is no longer needed.
  template <class Group>
  CLNER_DEVICE void Rightward(const Group& group, int64_t i, const double* before, const double* forward,
                              double log_z) {
    const Scores& scores = at_.scores;
    const int tags = scores.tags;
    const double* backward = at_.LogBackward(i);
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      log_p_[y] = forward[y] + backward[y] - log_z;
      log_q_[y] = LogTeacher(i, y);
    }
    loss_ += Compare(group, i);
    if (i > 0) {
      const double* reach = at_.LogBackward(i - 1);
      for (int y = group.Lane(); y < tags; y += group.Lanes()) {
        const double behind = at_.Emission(i, y) + backward[y];
        double sum = 0;
        for (int from = 0; from < tags; ++from) {
          if (mass_[from] == 0 || reach[from] == -kInf) continue;
          // log P(y_i = y | y_{i-1} = from): log b_{i-1} is the sum over these terms.
          const double flow = mass_[from] * exp(scores.Transition(from, y) + behind - reach[from]);
          sum += flow;
          pair_sums_[from * tags + y] += flow;
        }
        next_[y] = sum;
      }
      group.Sync();  // everybody has read the mass and log b of the word before
    }
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      if (i > 0) at_.LogBackward(i - 1)[y] = before[y];
      mass_[y] = (i > 0 ? next_[y] : 0.0) + W(i)[y];
      AddToRow(i, y, mass_[y]);
    }
    // The barrier after the next forward row shows the mass to all lanes.
  }

  /// After the last word.
  template <class Group>
  CLNER_DEVICE void Leftward(const Group& group) {
    const Scores& scores = at_.scores;
    const int tags = scores.tags;
    const int64_t last = at_.place.length - 1;
    group.Sync();  // log a of the last words, and the mass of the way there is no longer read
    for (int y = group.Lane(); y < tags; y += group.Lanes()) mass_[y] = W(last)[y];
    double* totals = log_p_;
    for (int64_t i = last; i > 0; --i) {
      const double* before = at_.LogBackward(i - 1);
      for (int y = group.Lane(); y < tags; y += group.Lanes()) {
        totals[y] = LogSumExp(tags, [&](int from) { return before[from] + scores.Transition(from, y); });
        if (mass_[y] == 0 || totals[y] == -kInf) continue;
        for (int from = 0; from < tags; ++from) pair_sums_[from * tags + y] += Flow(before, totals, from, y);
      }
      group.Sync();
      for (int from = group.Lane(); from < tags; from += group.Lanes()) {
        double sum = 0;
        for (int y = 0; y < tags; ++y) {
          if (mass_[y] != 0 && totals[y] != -kInf) sum += Flow(before, totals, from, y);
        }
        next_[from] = sum;
      }
      group.Sync();  // everybody has read the mass
      for (int y = group.Lane(); y < tags; y += group.Lanes()) {
        AddToRow(i - 1, y, next_[y]);
        mass_[y] = next_[y] + W(i - 1)[y];
      }
    }
  }

 private:
  static constexpr double kLogTiny = -87.33654475055310898657;  // log FLT_MIN

  [[nodiscard]] CLNER_DEVICE double* W(int64_t i) const { return w_ + i * at_.scores.tags; }
  [[nodiscard]] CLNER_DEVICE double LogTeacher(int64_t i, int y) const {
    if (teacher_.log_unary != nullptr) return teacher_.log_unary[i * at_.scores.tags + y];
    return log(static_cast<double>(teacher_.unary[i * teacher_.stride + y]));
  }
  CLNER_DEVICE void AddToRow(int64_t i, int y, double value) const {
    float* cell = out_.data + (at_.place.row + i) * out_.stride + y;
    *cell = static_cast<float>(static_cast<double>(*cell) + value);
  }
  /// Part of the mass on y that came from `from`.
  [[nodiscard]] CLNER_DEVICE double Flow(const double* before, const double* totals, int from, int y) const {
    return mass_[y] * exp(before[from] + at_.scores.Transition(from, y) - totals[y]);
  }

  /// log = log softmax(log / tau).
  template <class Group>
  CLNER_DEVICE void Temper(const Group& group, double tau, double* log) const {
    const int tags = at_.scores.tags;
    const double sum = LogSumExpOfLanes(group, tags, [&](int y) { return log[y] / tau; });
    for (int y = group.Lane(); y < tags; y += group.Lanes()) log[y] = log[y] / tau - sum;
  }

  /// The word's loss; w_i = minus the weight times what crf.md calls w_k. Lanes only touch their own tags.
  template <class Group>
  [[nodiscard]] CLNER_DEVICE double Compare(const Group& group, int64_t i) const {
    const int tags = at_.scores.tags;
    const auto tau = static_cast<double>(how_.tau);
    const double entropy = how_.entropy ? 1.0 : 0.0;
    Temper(group, 1, log_p_);  // the scores of a long sentence leave rounding in all of a row
    Temper(group, 1, log_q_);
    double* p = next_;  // free until the mass moves on
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      p[y] = exp(log_p_[y]);
      const bool absent = log_p_[y] <= kLogTiny && log_q_[y] <= kLogTiny;
      log_p_[y] = absent ? -kInf : fmax(log_p_[y], kLogTiny);
      log_q_[y] = absent ? -kInf : fmax(log_q_[y], kLogTiny);
    }
    if (how_.tau != 1.0f) {
      Temper(group, tau, log_p_);
      Temper(group, tau, log_q_);
    }
    double forward = 0, reverse = 0, rest = 0;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      if (log_p_[y] == -kInf) continue;  // in neither view
      forward += exp(log_q_[y]) * (entropy * log_q_[y] - log_p_[y]);
      reverse += exp(log_p_[y]) * (entropy * log_p_[y] - log_q_[y]);
    }
    forward = group.Sum(forward);
    reverse = group.Sum(reverse);
    const auto forward_share = static_cast<double>(how_.forward), reverse_share = static_cast<double>(how_.reverse);
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      W(i)[y] = 0;
      if (log_p_[y] == -kInf) continue;
      const double p_tau = exp(log_p_[y]), excess = reverse - (entropy * log_p_[y] - log_q_[y]);
      W(i)[y] = tau * (forward_share * (exp(log_q_[y]) - p_tau) + reverse_share * p_tau * excess);
      rest += W(i)[y];
    }
    rest = group.Sum(rest);
    for (int y = group.Lane(); y < tags; y += group.Lanes()) W(i)[y] = -weight_ * (W(i)[y] - p[y] * rest);
    return tau * tau * (forward_share * forward + reverse_share * reverse);
  }

  const RedoSentence& at_;
  const internal::Comparison& how_;
  double weight_;
  const TeacherRows& teacher_;
  RowsOut out_;
  double* w_;
  double* pair_sums_;
  double *mass_, *next_, *log_p_, *log_q_;
  double loss_ = 0;
};

}  // namespace clner::crf::device
