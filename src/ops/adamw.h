// AdamW over named parameters: LibTorch's fused kernel for dense gradients, own rows for sparse ones.
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

/// Exactly dense AdamW, also for the sparse gradient of an embedding: a row that never had a gradient has zero moments,
/// so without weight decay its update is nothing, and only the rows that ever had one are visited (performance.md 5.3).
class AdamW {
 public:
  AdamW(std::vector<AdamWGroup> groups, AdamWSettings settings);
  /// L2 norm over all gradients; parameters without a gradient count as 0. Coalesces sparse gradients in place.
  [[nodiscard]] double GradientNorm();
  /// One update with every group's rate times `lr_factor`; gradients are multiplied by `gradient_scale` on the way
  /// (clipping).
  void Step(double lr_factor, double gradient_scale);
  /// Forgets all gradients, so that the next backward pass hands over its own tensors instead of adding to old ones.
  void ClearGradients();
  [[nodiscard]] const std::vector<AdamWGroup>& groups() const { return groups_; }
  [[nodiscard]] int64_t steps() const { return steps_; }
  /// After State() was filled from a checkpoint.
  void set_steps(int64_t steps);
  /// `exp_avg.<name>` and `exp_avg_sq.<name>` of every parameter; the tensors alias the state.
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> State() const;

 private:
  struct Moments {
    at::Tensor exp_avg = {}, exp_avg_sq = {};
    std::vector<bool> touched = {};  ///< rows that may have non-zero moments; empty until a sparse gradient comes
  };
  /// Root of the bias correction of the second moment at this step, and eps as it is added after that correction.
  struct Correction {
    double root = 1, eps = 0;
  };
  [[nodiscard]] Correction CorrectionNow() const;
  void StepDense(size_t group, double lr, double gradient_scale);
  void StepRows(const at::Tensor& parameter, Moments& moments, double lr, double gradient_scale) const;

  std::vector<AdamWGroup> groups_;
  AdamWSettings settings_;
  std::vector<std::vector<Moments>> moments_;
  int64_t steps_ = 0;
};

}  // namespace clner::ops
