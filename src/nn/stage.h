// Stages turn a packed batch into states, one row a piece.
#pragma once

#include <torch/nn/module.h>

#include "tensor/batch.h"

namespace clner::nn {

/// States [N, D] of the pieces of a batch.
struct States {
  at::Tensor rows = {};
};

/// One step of the encoder stack. Parameter names below a stage are checkpoint keys.
struct Stage : torch::nn::Module {
  using torch::nn::Module::Module;
  [[nodiscard]] virtual States Forward(const States& states, const Batch& batch) = 0;
  virtual void BeginEpoch() {}
  virtual void Commit() {}
};

}  // namespace clner::nn
