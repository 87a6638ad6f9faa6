#include "nn/layers.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/quantized/PackedParams.h>
#include <torch/torch.h>

#include "core/error.h"

namespace clner::nn {

namespace {
// Without VNNI sums of two products are kept in 16 bits and overflow unless the inputs lose one bit.
const bool kReduceRange = !__builtin_cpu_supports("avx512vnni");
}  // namespace

struct Dense::Packed {
  c10::intrusive_ptr<LinearPackedParamsBase> weight_and_bias;
  at::Tensor input_factor;  ///< [in], undefined when inputs are taken as they are
};

Dense::Dense(int64_t in, int64_t out)
    : weight(register_parameter("weight", at::empty({out, in}))), bias(register_parameter("bias", at::empty({out}))) {}

at::Tensor Dense::operator()(const at::Tensor& x) const {
  if (packed_ != nullptr) {
    const bool plain = !packed_->input_factor.defined();
    return packed_->weight_and_bias->apply_dynamic(plain ? x : x * packed_->input_factor, kReduceRange);
  }
  if (blocked_weight_.defined() && !at::autocast::is_autocast_enabled(at::kCPU)) {
    static const c10::OperatorHandle product =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "");
    std::vector<c10::IValue> stack = {x, blocked_weight_, bias, "none", c10::List<std::optional<at::Scalar>>(), ""};
    product.callBoxed(stack);
    return stack[0].toTensor();
  }
  return at::linear(x, weight, bias);
}

void Dense::Pack() {
  // MKL has no 512-bit code for AMD's processors: oneDNN is more than twice as fast there.
  const bool faster = __builtin_cpu_is("amd") && __builtin_cpu_supports("avx512f");
  const auto reorder = c10::Dispatcher::singleton().findSchema({"mkldnn::_reorder_linear_weight", ""});
  if (!faster || !at::hasMKLDNN() || !reorder.has_value()) return;
  torch::NoGradGuard no_grad;
  std::vector<c10::IValue> stack = {weight, c10::IValue()};
  reorder->callBoxed(stack);
  blocked_weight_ = stack[0].toTensor();
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
  packed_ = std::make_shared<const Packed>(Packed{found->typed<Prepack>().call(rounded, bias), factor});
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
