// Stages turn a packed batch into states, one row for every piece that is read from them.
#pragma once

#include <torch/nn/module.h>

#include "tensor/batch.h"

namespace clner::nn {

/// States [Q, D] of the pieces that `Batch::query_index` names.
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
