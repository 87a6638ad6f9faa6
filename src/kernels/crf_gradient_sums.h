// Sums of the parameter gradients of a call, in parts whose order does not depend on threads.
#pragma once

#include "kernels/crf.h"
#include "kernels/crf_plan.h"

namespace clner::crf::internal {

/// One part per group of blocks; parts are added in their order, in float64.
class GradientSums {
 public:
  struct Part {
    double *pairs, *start, *end;  ///< [K][ld], [K], [K]
    float* raw;                   ///< [K][ld] sums of x_{i-1} q_i^T of the running pass, still without G
    bool has_raw;
  };

  explicit GradientSums(const Plan& plan) : plan_(plan), cells_(plan.params.tags * plan.ld) {}
  void Clear() const;
  [[nodiscard]] Part Of(int64_t group) const;
  /// pairs += scale * G o raw.
  void Fold(const Part& part, double scale) const;
  void Write(const ParamGrads& grads) const;

 private:
  const Plan& plan_;
  int64_t cells_;
};

}  // namespace clner::crf::internal
