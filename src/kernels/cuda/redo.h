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

/// One sentence whose emissions and parameters hold neither NaN nor +inf.
struct Redo {
  const View& view;
  const Scores& scores;
  const UnaryOut& out;
  int64_t sentence;
  Place place;
  double* scratch;    ///< [2][K]
  double* pair_sums;  ///< [K][K] += weight * pair marginals, or null

  /// log Z, -inf when no path is possible; then no output is written.
  template <class Group>
  CLNER_DEVICE double Run(const Group& group) const {
    const double log_z = BackwardPass(group);
    if (log_z == -kInf) return log_z;
    ForwardPass(group, log_z);
    double shifts = 0;
    for (int64_t i = group.Lane(); i < place.length; i += group.Lanes()) {
      shifts += static_cast<double>(view.top[place.row + i]);
    }
    return log_z + group.Sum(shifts);
  }

 private:
  /// Emission with the largest of its word taken out: exact in float64, and keeps sums of large scores small.
  [[nodiscard]] CLNER_DEVICE double Emission(int64_t i, int y) const {
    const int64_t row = place.row + i;
    return static_cast<double>(view.Emission(row)[y]) - static_cast<double>(view.top[row]);
  }
  [[nodiscard]] CLNER_DEVICE double* LogBackward(int64_t i) const {
    return view.LogBackward(place.row) + i * scores.tags;
  }

  /// log b_i, up to the shifts of the words behind, for all words; log Z without any shift.
  template <class Group>
  CLNER_DEVICE double BackwardPass(const Group& group) const {
    const int tags = scores.tags;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) LogBackward(place.length - 1)[y] = scores.End(y);
    group.Sync();
    for (int64_t i = place.length - 1; i > 0; --i) {
      const double* next = LogBackward(i);
      for (int from = group.Lane(); from < tags; from += group.Lanes()) {
        LogBackward(i - 1)[from] =
            LogSumExp(tags, [&](int y) { return scores.Transition(from, y) + Emission(i, y) + next[y]; });
      }
      group.Sync();
    }
    const auto term = [&](int y) { return scores.Start(y) + Emission(0, y) + LogBackward(0)[y]; };
    double top = -kInf;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) top = fmax(top, term(y));
    top = group.Max(top);
    if (top == -kInf) return top;
    double sum = 0;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) sum += exp(term(y) - top);
    return top + log(group.Sum(sum));
  }

  template <class Group>
  CLNER_DEVICE void ForwardPass(const Group& group, double log_z) const {
    const int tags = scores.tags;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) scratch[y] = scores.Start(y) + Emission(0, y);
    group.Sync();
    EmitUnary(group, 0, scratch, log_z);
    for (int64_t i = 1; i < place.length; ++i) {
      double *row = scratch + (i % 2) * tags, *before = scratch + (1 - i % 2) * tags;
      AddPairSums(group, i, before, log_z);
      for (int y = group.Lane(); y < tags; y += group.Lanes()) {
        row[y] = LogSumExp(tags, [&](int from) { return before[from] + scores.Transition(from, y); }) + Emission(i, y);
      }
      group.Sync();  // the row is complete, and `before` may be written by the next word
      EmitUnary(group, i, row, log_z);
    }
  }

  template <class Group>
  CLNER_DEVICE void EmitUnary(const Group& group, int64_t i, const double* forward, double log_z) const {
    const double* backward = LogBackward(i);
    const int64_t row = place.row + i;
    const float weight = out.Weight(sentence);
    for (int y = group.Lane(); y < scores.tags; y += group.Lanes()) {
      const double mu = exp(forward[y] + backward[y] - log_z);
      if (out.plain != nullptr) out.plain[row * scores.tags + y] = static_cast<float>(mu);
      if (out.unary.data != nullptr) {
        const auto weighted = static_cast<float>(static_cast<double>(weight) * mu);
        out.unary.data[row * out.unary.stride + y] = out.WithoutGold(weighted, weight, row, y);
      }
    }
    if (out.best == nullptr) return;
    const int best = FirstLargest(group, scores.tags, [&](int y) { return forward[y] + backward[y] - log_z; });
    if (group.Lane() == 0) out.best[row] = best;
  }

  /// A cell belongs to one lane, word after word.
  template <class Group>
  CLNER_DEVICE void AddPairSums(const Group& group, int64_t i, const double* before, double log_z) const {
    if (pair_sums == nullptr) return;
    const int tags = scores.tags;
    const double* backward = LogBackward(i);
    const auto weight = static_cast<double>(out.Weight(sentence));
    for (int cell = group.Lane(); cell < tags * tags; cell += group.Lanes()) {
      const int from = cell / tags, y = cell % tags;
      if (before[from] == -kInf) continue;
      const double log_p = before[from] + scores.Transition(from, y) + Emission(i, y) + backward[y] - log_z;
      pair_sums[cell] += weight * exp(log_p);
    }
  }
};

}  // namespace clner::crf::device
