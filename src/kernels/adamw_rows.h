// AdamW on single rows of a large matrix. Plain pointers; no allocation, exception, logging or global state.
#pragma once

#include <cstdint>

namespace clner::adamw {

/// One step's numbers, the same for every row. The update is torch's: m += (1 - beta1)(g - m), v = beta2 v + (1 -
/// beta2) g^2, p -= step_size * m / (sqrt(v) / root_correction + eps), with g the stored gradient times gradient_scale.
/// There is no weight decay.
struct StepNumbers {
  float beta1 = 0, beta2 = 0, eps = 0;
  float gradient_scale = 1;
  float step_size = 0;        ///< learning rate / (1 - beta1^t)
  float root_correction = 1;  ///< sqrt(1 - beta2^t)
};

/// Updates `count` values of one row in place. gradient: null for a row without one in this step (g = 0).
/// parameter, m, v: (in/out) [count] f32.
void UpdateRow(const StepNumbers& step, int64_t count, const float* gradient, float* parameter, float* m, float* v);

}  // namespace clner::adamw
