#include "kernels/crf_gradient_sums.h"

#include <algorithm>

namespace clner::crf::internal {

void GradientSums::Clear() const {
  std::fill_n(plan_.pair_sums, plan_.groups * cells_, 0.0);
  std::fill_n(plan_.end_sums, plan_.groups * 2 * plan_.ld, 0.0);
}

GradientSums::Part GradientSums::Of(int64_t group) const {
  double* ends = plan_.end_sums + group * 2 * plan_.ld;
  return {plan_.pair_sums + group * cells_, ends, ends + plan_.ld, plan_.raw_sums + group * cells_, false};
}

void GradientSums::Fold(const Part& part, double scale) const {
  if (!part.has_raw) return;
  const float* g = plan_.params.from_to;
  for (int64_t i = 0; i < cells_; ++i) {
    part.pairs[i] += scale * (static_cast<double>(part.raw[i]) * static_cast<double>(g[i]));
  }
}

void GradientSums::Write(const ParamGrads& grads) const {
  const int64_t tags = plan_.params.tags, ld = plan_.ld;
  const Part total = Of(0);
  for (int64_t group = 1; group < plan_.groups; ++group) {
    const Part part = Of(group);
    for (int64_t i = 0; i < cells_; ++i) total.pairs[i] += part.pairs[i];
    for (int64_t i = 0; i < 2 * ld; ++i) total.start[i] += part.start[i];
  }
  const bool any = plan_.groups > 0;
  for (int64_t from = 0; from < tags; ++from) {
    for (int64_t y = 0; y < tags; ++y) {
      grads.transitions[from * grads.stride + y] = any ? static_cast<float>(total.pairs[from * ld + y]) : 0.0f;
    }
  }
  for (int64_t y = 0; y < tags; ++y) {
    grads.start[y] = any ? static_cast<float>(total.start[y]) : 0.0f;
    grads.end[y] = any ? static_cast<float>(total.end[y]) : 0.0f;
  }
}

}  // namespace clner::crf::internal
