#include "kernels/adamw_rows.h"

#include <cmath>

namespace clner::adamw {
namespace {

// `__restrict` lets the compiler use vector instructions without checks for overlap.
template <class Gradient>
inline void Update(const StepNumbers& step, int64_t count, Gradient gradient, float* __restrict parameter,
                   float* __restrict m, float* __restrict v) {
  const float rest1 = 1 - step.beta1, rest2 = 1 - step.beta2;
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient(i);
    m[i] += rest1 * (g - m[i]);
    v[i] = step.beta2 * v[i] + rest2 * g * g;
    parameter[i] -= step.step_size * m[i] / (std::sqrt(v[i]) / step.root_correction + step.eps);
  }
}

}  // namespace

void UpdateRow(const StepNumbers& step, int64_t count, const float* gradient, float* parameter, float* m, float* v) {
  if (gradient == nullptr)
    return Update(
        step, count, [](int64_t) { return 0.0F; }, parameter, m, v);
  const float* __restrict g = gradient;
  Update(
      step, count, [g, &step](int64_t i) { return g[i] * step.gradient_scale; }, parameter, m, v);
}

}  // namespace clner::adamw
