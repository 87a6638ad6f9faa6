// Float64 log-space path for sentences the float32 recursions cannot serve: crf_redo.cc for a group of lanes.
#pragma once

#include "kernels/cuda/posterior_rows.h"

namespace clner::crf::device {

/// Scores as doubles, forbidden ones as -inf.
struct Scores {
  Params params;
  Constraints allowed;
  int tags;

  [[nodiscard]] CLNER_DEVICE double Transition(int from, int to) const {
    if (allowed.transitions != nullptr && allowed.transitions[from * tags + to] == 0) return -kInf;
    return static_cast<double>(params.transitions[from * params.stride + to]);
  }
  [[nodiscard]] CLNER_DEVICE double Start(int y) const {
    return allowed.start != nullptr && allowed.start[y] == 0 ? -kInf : static_cast<double>(params.start[y]);
  }
  [[nodiscard]] CLNER_DEVICE double End(int y) const {
    return allowed.end != nullptr && allowed.end[y] == 0 ? -kInf : static_cast<double>(params.end[y]);
  }
};

/// log sum exp over [0, count) by one lane.
template <class Term>
[[nodiscard]] CLNER_DEVICE double LogSumExp(int count, const Term& term) {
  double top = -kInf;
  for (int k = 0; k < count; ++k) top = fmax(top, term(k));
  if (top == -kInf) return -kInf;
  double sum = 0;
  for (int k = 0; k < count; ++k) sum += exp(term(k) - top);
  return top + log(sum);
}

/// The same over the lanes of a group.
template <class Group, class Term>
[[nodiscard]] CLNER_DEVICE double LogSumExpOfLanes(const Group& group, int count, const Term& term) {
  double top = -kInf;
  for (int k = group.Lane(); k < count; k += group.Lanes()) top = fmax(top, term(k));
  top = group.Max(top);
  if (top == -kInf) return -kInf;
  double sum = 0;
  for (int k = group.Lane(); k < count; k += group.Lanes()) sum += exp(term(k) - top);
  return top + log(group.Sum(sum));
}

/// One sentence whose emissions and parameters hold neither NaN nor +inf.
struct RedoSentence {
  const View& view;
  const Scores& scores;
  int64_t sentence;
  Place place;

  /// Emission with the largest of its word taken out: exact in float64, and keeps sums of large scores small.
  [[nodiscard]] CLNER_DEVICE double Emission(int64_t i, int y) const {
    const int64_t row = place.row + i;
    return static_cast<double>(view.Emission(row)[y]) - static_cast<double>(view.top[row]);
  }
  [[nodiscard]] CLNER_DEVICE double* LogBackward(int64_t i) const {
    return view.LogBackward(place.row) + i * scores.tags;
  }
};

/// What else walks with the forward recursion: nothing.
struct NoTeacher {
  template <class Group>
  CLNER_DEVICE void Rightward(const Group& /*group*/, int64_t /*i*/, const double* /*before*/,
                              const double* /*forward*/, double /*log_z*/) const {}
  template <class Group>
  CLNER_DEVICE void Leftward(const Group& /*group*/) const {}
};

/// Tag y, with column y of the pair sums, belongs to one lane in all passes.
template <class Teacher>
struct Redo {
  const RedoSentence& at;
  const UnaryOut& out;
  double* scratch;    ///< [2][K]
  double* pair_sums;  ///< [K][K] += weight * pair marginals, or null
  Teacher* teacher;

  /// log Z, -inf when no path is possible; then no output is written.
  template <class Group>
  CLNER_DEVICE double Run(const Group& group) const {
    const double log_z = BackwardPass(group);
    if (log_z == -kInf) return log_z;
    ForwardPass(group, log_z);
    teacher->Leftward(group);
    double shifts = 0;
    for (int64_t i = group.Lane(); i < at.place.length; i += group.Lanes()) {
      shifts += static_cast<double>(at.view.top[at.place.row + i]);
    }
    return log_z + group.Sum(shifts);
  }

 private:
  /// log b_i, up to the shifts of the words behind, for all words; log Z without any shift.
  template <class Group>
  CLNER_DEVICE double BackwardPass(const Group& group) const {
    const Scores& scores = at.scores;
    const int tags = scores.tags;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) at.LogBackward(at.place.length - 1)[y] = scores.End(y);
    group.Sync();
    for (int64_t i = at.place.length - 1; i > 0; --i) {
      const double* next = at.LogBackward(i);
      for (int from = group.Lane(); from < tags; from += group.Lanes()) {
        at.LogBackward(i - 1)[from] =
            LogSumExp(tags, [&](int y) { return scores.Transition(from, y) + at.Emission(i, y) + next[y]; });
      }
      group.Sync();
    }
    return LogSumExpOfLanes(group, tags,
                            [&](int y) { return scores.Start(y) + at.Emission(0, y) + at.LogBackward(0)[y]; });
  }

  template <class Group>
  CLNER_DEVICE void ForwardPass(const Group& group, double log_z) const {
    const Scores& scores = at.scores;
    const int tags = scores.tags;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) scratch[y] = scores.Start(y) + at.Emission(0, y);
    group.Sync();
    EmitUnary(group, 0, scratch, log_z);
    teacher->Rightward(group, 0, scratch, scratch, log_z);
    for (int64_t i = 1; i < at.place.length; ++i) {
      double *row = scratch + (i % 2) * tags, *before = scratch + (1 - i % 2) * tags;
      AddPairSums(group, i, before, log_z);
      for (int y = group.Lane(); y < tags; y += group.Lanes()) {
        row[y] =
            LogSumExp(tags, [&](int from) { return before[from] + scores.Transition(from, y); }) + at.Emission(i, y);
      }
      group.Sync();  // the row is complete, and `before` may be written by the next word
      EmitUnary(group, i, row, log_z);
      teacher->Rightward(group, i, before, row, log_z);
    }
  }

  template <class Group>
  CLNER_DEVICE void EmitUnary(const Group& group, int64_t i, const double* forward, double log_z) const {
    const double* backward = at.LogBackward(i);
    const int tags = at.scores.tags;
    const int64_t row = at.place.row + i;
    const float weight = out.Weight(at.sentence);
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      const double log_mu = forward[y] + backward[y] - log_z, mu = exp(log_mu);
      if (out.plain != nullptr) out.plain[row * tags + y] = static_cast<float>(mu);
      if (out.log_plain != nullptr) out.log_plain[row * tags + y] = log_mu;
      if (out.unary.data != nullptr) {
        const auto weighted = static_cast<float>(static_cast<double>(weight) * mu);
        out.unary.data[row * out.unary.stride + y] = out.WithoutGold(weighted, weight, row, y);
      }
    }
    if (out.best == nullptr) return;
    const int best = FirstLargest(group, tags, [&](int y) { return forward[y] + backward[y] - log_z; });
    if (group.Lane() == 0) out.best[row] = best;
  }

  template <class Group>
  CLNER_DEVICE void AddPairSums(const Group& group, int64_t i, const double* before, double log_z) const {
    if (pair_sums == nullptr) return;
    const int tags = at.scores.tags;
    const double* backward = at.LogBackward(i);
    const auto weight = static_cast<double>(out.Weight(at.sentence));
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      const double behind = at.Emission(i, y) + backward[y] - log_z;
      for (int from = 0; from < tags; ++from) {
        if (before[from] == -kInf) continue;
        pair_sums[from * tags + y] += weight * exp(before[from] + at.scores.Transition(from, y) + behind);
      }
    }
  }
};

}  // namespace clner::crf::device
