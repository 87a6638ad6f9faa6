#include "nn/layer_mix.h"

#include <torch/torch.h>

namespace clner::nn {

LayerMix::LayerMix(LayerSelection::Mix mix, int64_t layers) {
  if (mix != LayerSelection::Mix::kScalar) return;
  weights_ = register_parameter("weights", at::zeros({layers}));
  gamma_ = register_parameter("gamma", at::ones({1}));
}

at::Tensor LayerMix::operator()(const std::vector<at::Tensor>& states) const {
  if (!weights_.defined()) return states.size() == 1 ? states[0] : at::stack(states).mean(0);
  const at::Tensor share = gamma_ * at::softmax(weights_, 0);
  at::Tensor sum = states[0] * share[0];
  for (size_t l = 1; l < states.size(); ++l) sum = sum + states[l] * share[static_cast<int64_t>(l)];
  return sum;
}

}  // namespace clner::nn
