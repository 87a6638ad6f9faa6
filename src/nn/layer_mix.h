// One state per piece from several layers of the encoder.
#pragma once

#include <torch/nn/module.h>

#include <vector>

#include "core/layer_selection.h"

namespace clner::nn {

/// Mean, or gamma * sum softmax(weights)_l h_l (Peters et al., 2018, equation 1). Parameters `weights` [L] (0 at the
/// start) and `gamma` [1] (1) exist for the scalar mix only.
class LayerMix : public torch::nn::Module {
 public:
  LayerMix(LayerSelection::Mix mix, int64_t layers);
  /// L tensors [Q, D] -> [Q, D].
  [[nodiscard]] at::Tensor operator()(const std::vector<at::Tensor>& states) const;

 private:
  at::Tensor weights_, gamma_;
};

}  // namespace clner::nn
