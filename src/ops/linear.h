// Matrix products of linear layers: oneDNN's where they beat those of LibTorch's BLAS, also in training.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "core/encoder_config.h"

namespace clner::ops {

/// x [N, in] W^T + b -> [N, out] for weight [out, in] and bias [out]. Differentiable; under autocast as at::linear.
[[nodiscard]] at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// The activation of a feed-forward part, element by element. Differentiable.
[[nodiscard]] at::Tensor Activate(const at::Tensor& x, Activation activation);

/// Linear layers of one input side by side, for inference, in the form that is fastest on this processor. Results are
/// equal to Linear's up to summation order.
class PackedLinear {
 public:
  /// `weights` [out_i, in] and `biases` [out_i] are copied.
  PackedLinear(const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& biases);
  /// x [N, in] -> [N, sum of out_i].
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
  [[nodiscard]] at::Tensor Activated(const at::Tensor& x, Activation activation) const;
  /// The product and `residual` [N, out] added up.
  [[nodiscard]] at::Tensor Plus(const at::Tensor& x, const at::Tensor& residual) const;

 private:
  at::Tensor weight_, bias_;
};

}  // namespace clner::ops
