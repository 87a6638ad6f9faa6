#include "nn/layers.h"

#include <torch/torch.h>

namespace clner::nn {

Dense::Dense(int64_t in, int64_t out)
    : weight(register_parameter("weight", at::empty({out, in}))), bias(register_parameter("bias", at::empty({out}))) {}

at::Tensor Dense::operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

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
