#include "nn/layers.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/quantized/PackedParams.h>
#include <torch/torch.h>

#include "core/error.h"

namespace clner::nn {

namespace {
// Without VNNI sums of two products are kept in 16 bits and overflow unless the inputs lose one bit.
const bool kReduceRange = !__builtin_cpu_supports("avx512vnni");
}  // namespace

struct Dense::Quantized {
  c10::intrusive_ptr<LinearPackedParamsBase> weight_and_bias;
  at::Tensor input_factor;  ///< [in], undefined when inputs are taken as they are
};

Dense::Dense(int64_t in, int64_t out)
    : weight(register_parameter("weight", at::empty({out, in}))), bias(register_parameter("bias", at::empty({out}))) {}

at::Tensor Dense::operator()(const at::Tensor& x) const {
  if (packed_ != nullptr) return (*packed_)(x);
  if (quantized_ == nullptr) return ops::Linear(x, weight, bias);
  const bool plain = !quantized_->input_factor.defined();
  return quantized_->weight_and_bias->apply_dynamic(plain ? x : x * quantized_->input_factor, kReduceRange);
}

at::Tensor Dense::Activated(const at::Tensor& x, Activation activation) const {
  return packed_ != nullptr ? packed_->Activated(x, activation) : ops::Activate((*this)(x), activation);
}

at::Tensor Dense::Plus(const at::Tensor& x, const at::Tensor& residual) const {
  return packed_ != nullptr ? packed_->Plus(x, residual) : (*this)(x) + residual;
}

void Dense::Pack() { packed_ = PackTogether({this}); }

std::shared_ptr<const ops::PackedLinear> Dense::PackTogether(const std::vector<Dense*>& layers) {
  std::vector<at::Tensor> weights, biases;
  for (const Dense* layer : layers) {
    weights.push_back(layer->weight);
    biases.push_back(layer->bias);
  }
  auto packed = std::make_shared<const ops::PackedLinear>(weights, biases);
  for (Dense* layer : layers) layer->weight.set_data(at::empty({0}));
  return packed;
}

void Dense::Quantize(const at::Tensor& spread) {
  using Prepack = c10::intrusive_ptr<LinearPackedParamsBase>(at::Tensor, std::optional<at::Tensor>);
  torch::NoGradGuard no_grad;
  at::Tensor factor, even = weight;
  if (spread.defined()) {
    factor = (weight.abs().amax(0).clamp_min(1e-6) / spread.clamp_min(1e-6)).sqrt();
    even = weight / factor;
  }
  const at::Tensor scales = even.abs().amax(1).clamp_min(1e-12).div(127).to(at::kDouble);
  const at::Tensor rounded =
      at::quantize_per_channel(even, scales, at::zeros({weight.size(0)}, at::kLong), /*axis=*/0, at::kQInt8);
  const auto found = c10::Dispatcher::singleton().findSchema({"quantized::linear_prepack", ""});
  if (!found.has_value()) {
    throw Error(ErrorCode::kConfig, "this LibTorch has no int8 kernels", "", "use --precision fp32");
  }
  quantized_ = std::make_shared<const Quantized>(Quantized{found->typed<Prepack>().call(rounded, bias), factor});
  weight.set_data(at::empty({0}));
}

Norm::Norm(int64_t width, double eps_in)
    : weight(register_parameter("weight", at::empty({width}))),
      bias(register_parameter("bias", at::empty({width}))),
      eps(eps_in) {}

at::Tensor Norm::operator()(const at::Tensor& x) const { return at::layer_norm(x, weight.sizes(), weight, bias, eps); }

Table::Table(int64_t rows, int64_t width) : weight(register_parameter("weight", at::empty({rows, width}))) {}

at::Tensor Table::operator()(const at::Tensor& index, bool sparse_gradient) const {
  return at::embedding(weight, index, /*padding_idx=*/-1, /*scale_grad_by_freq=*/false, sparse_gradient);
}

}  // namespace clner::nn
