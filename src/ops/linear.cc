#include "ops/linear.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/torch.h>

namespace clner::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Scalars = c10::List<std::optional<at::Scalar>>;

// MKL has no 512-bit code for AMD's processors: oneDNN is more than twice as fast there.
bool PrefersOneDnn() {
  static const bool prefers =
      __builtin_cpu_is("amd") && __builtin_cpu_supports("avx512f") && at::hasMKLDNN() &&
      c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""}).has_value() &&
      c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", "binary"}).has_value() &&
      c10::Dispatcher::singleton().findSchema({"mkldnn::_reorder_linear_weight", ""}).has_value();
  return prefers;
}

at::Tensor Call(const c10::OperatorHandle& op, std::vector<c10::IValue> stack) {
  op.callBoxed(stack);
  return stack[0].toTensor();
}

/// `after` is one of oneDNN's post-operations ("none", "gelu", ...), `algorithm` its variant.
at::Tensor Product(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                   const char* after = "none", const char* algorithm = "") {
  static const c10::OperatorHandle op = c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "");
  return Call(op, {x, weight, bias, after, Scalars(), algorithm});
}

at::Tensor ProductPlus(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& weight,
                       const at::Tensor& bias) {
  static const c10::OperatorHandle op =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "binary");
  return Call(op, {x, residual, weight, bias, "add"});
}

// All three products take transposed views as they are: nothing is copied.
struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    ctx->save_for_backward({x, weight});
    return Product(x, weight, bias);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grad_outputs) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], d_y = grad_outputs[0].contiguous();
    variable_list grads(3);
    if (ctx->needs_input_grad(0)) grads[0] = Product(d_y, weight.t(), std::nullopt);
    if (ctx->needs_input_grad(1)) grads[1] = Product(d_y.t(), x.t(), std::nullopt);
    if (ctx->needs_input_grad(2)) grads[2] = d_y.sum(0);
    return grads;
  }
};

}  // namespace

at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const bool plain = x.scalar_type() == at::kFloat && x.dim() == 2 && x.size(0) > 0 && x.is_contiguous() &&
                     x.device().is_cpu() && !at::autocast::is_autocast_enabled(at::kCPU);
  return plain && PrefersOneDnn() ? LinearFunction::apply(x, weight, bias) : at::linear(x, weight, bias);
}

at::Tensor Activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kSilu:
      return at::silu(x);
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kGelu:
      break;
  }
  return at::gelu(x, "none");
}

PackedLinear::PackedLinear(const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& biases) {
  torch::NoGradGuard no_grad;
  weight_ = at::cat(weights);
  bias_ = at::cat(biases);
  if (!PrefersOneDnn()) return;
  static const c10::OperatorHandle reorder =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_reorder_linear_weight", "");
  weight_ = Call(reorder, {weight_, c10::IValue()});
}

at::Tensor PackedLinear::operator()(const at::Tensor& x) const {
  return PrefersOneDnn() ? Product(x, weight_, bias_) : at::linear(x, weight_, bias_);
}

at::Tensor PackedLinear::Activated(const at::Tensor& x, Activation activation) const {
  if (!PrefersOneDnn()) return Activate(at::linear(x, weight_, bias_), activation);
  switch (activation) {
    case Activation::kRelu:
      return Product(x, weight_, bias_, "relu");
    case Activation::kSilu:
      return Product(x, weight_, bias_, "swish");
    case Activation::kGeluTanh:
      return Product(x, weight_, bias_, "gelu", "tanh");
    case Activation::kGelu:
      break;
  }
  return Product(x, weight_, bias_, "gelu", "none");
}

at::Tensor PackedLinear::Plus(const at::Tensor& x, const at::Tensor& residual) const {
  return PrefersOneDnn() ? ProductPlus(x, residual, weight_, bias_) : at::linear(x, weight_, bias_).add_(residual);
}

}  // namespace clner::ops
