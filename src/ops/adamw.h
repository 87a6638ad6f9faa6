// AdamW over named parameters through LibTorch's fused kernel.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace clner::ops {

struct AdamWSettings {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-6;
  /// true: eps is added to sqrt(v) before its bias correction, as transformers 3 did (CLNER's optimiser); false: after,
  /// as torch does.
  bool eps_before_correction = false;
};

/// Parameters that share a learning rate and a weight decay.
struct AdamWGroup {
  std::vector<std::string> names = {};
  std::vector<at::Tensor> parameters = {};
  double lr = 0, weight_decay = 0;
};

class AdamW {
 public:
  AdamW(std::vector<AdamWGroup> groups, AdamWSettings settings);
  /// L2 norm over all gradients; parameters without a gradient count as 0.
  [[nodiscard]] double GradientNorm() const;
  /// One update with every group's rate times `lr_factor`; gradients are multiplied by `gradient_scale` on the way
  /// (clipping).
  void Step(double lr_factor, double gradient_scale);
  void ZeroGradients();
  [[nodiscard]] const std::vector<AdamWGroup>& groups() const { return groups_; }
  [[nodiscard]] int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  /// `exp_avg.<name>` and `exp_avg_sq.<name>` of every parameter; the tensors alias the state.
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> State() const;

 private:
  std::vector<AdamWGroup> groups_;
  AdamWSettings settings_;
  std::vector<std::vector<at::Tensor>> exp_avg_, exp_avg_sq_;
  int64_t steps_ = 0;
};

}  // namespace clner::ops
