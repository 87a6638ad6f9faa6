// What the float64 log-space passes have in common.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/crf.h"

namespace clner::crf::internal {

inline constexpr double kMinusInf = -std::numeric_limits<double>::infinity();

/// Scores of one call as doubles, forbidden ones as -inf.
class Scores {
 public:
  Scores(int64_t tags, const Params& params, const Constraints* constraints)
      : tags_(tags), params_(params), allowed_(constraints != nullptr ? *constraints : Constraints{}) {}
  [[nodiscard]] double Transition(int64_t from, int64_t to) const {
    if (allowed_.transitions != nullptr && allowed_.transitions[from * tags_ + to] == 0) return kMinusInf;
    return static_cast<double>(params_.transitions[from * params_.stride + to]);
  }
  [[nodiscard]] double Start(int64_t tag) const {
    return allowed_.start != nullptr && allowed_.start[tag] == 0 ? kMinusInf : static_cast<double>(params_.start[tag]);
  }
  [[nodiscard]] double End(int64_t tag) const {
    return allowed_.end != nullptr && allowed_.end[tag] == 0 ? kMinusInf : static_cast<double>(params_.end[tag]);
  }

 private:
  int64_t tags_;
  const Params& params_;
  Constraints allowed_;
};

inline double LogSumExp(const double* terms, int64_t count) {
  const double top = *std::max_element(terms, terms + count);
  if (top == kMinusInf) return kMinusInf;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += std::exp(terms[i] - top);
  return top + std::log(sum);
}

/// Taken out of the emissions of a word before they meet other scores: exact in float64, and keeps sums of large scores
/// small.
inline double ShiftOf(const float* emission, int64_t tags) {
  const float top = *std::max_element(emission, emission + tags);
  return std::isinf(top) ? 0.0 : static_cast<double>(top);
}

}  // namespace clner::crf::internal
