// The parts of an encoder: parameters under Hugging Face's names, without the random start that a file overwrites.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "ops/linear.h"

namespace clner::nn {

/// y = x W^T + b. weight [out, in], bias [out]; uninitialised until weights are loaded.
class Dense : public torch::nn::Module {
 public:
  Dense(int64_t in, int64_t out);
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
  /// The activation behind the product.
  [[nodiscard]] at::Tensor Activated(const at::Tensor& x, Activation activation) const;
  /// y + residual.
  [[nodiscard]] at::Tensor Plus(const at::Tensor& x, const at::Tensor& residual) const;
  /// From now on for inference only: the weight as 8-bit integers with one scale per output, inputs quantised with one
  /// scale per call. `spread` [in] is how far the inputs of each column reach (undefined: all alike): half of the
  /// difference is moved into the weight, so that wide columns do not cost the others their precision (SmoothQuant,
  /// Xiao et al., 2023, with alpha 0.5). kConfig where this build of LibTorch has no such kernels. Frees the weight.
  void Quantize(const at::Tensor& spread = {});
  /// From now on for inference only: the weight in the form that is fastest here. Frees the weight.
  void Pack();
  /// Pack for layers that read the same input: one product gives all outputs, side by side. They cannot be used alone
  /// afterwards.
  [[nodiscard]] static std::shared_ptr<const ops::PackedLinear> PackTogether(const std::vector<Dense*>& layers);
  at::Tensor weight, bias;

 private:
  struct Quantized;
  std::shared_ptr<const Quantized> quantized_;       ///< null unless quantised
  std::shared_ptr<const ops::PackedLinear> packed_;  ///< null unless packed
};

/// Layer normalisation over the last axis. weight, bias [width]; uninitialised until weights are loaded.
struct Norm : torch::nn::Module {
  Norm(int64_t width, double eps);
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
  at::Tensor weight, bias;
  double eps;
};

/// Rows by index. weight [rows, width]; uninitialised until weights are loaded. `sparse_gradient`: the gradient holds
/// the rows of the batch alone.
struct Table : torch::nn::Module {
  Table(int64_t rows, int64_t width);
  [[nodiscard]] at::Tensor operator()(const at::Tensor& index, bool sparse_gradient) const;
  at::Tensor weight;
};

}  // namespace clner::nn
