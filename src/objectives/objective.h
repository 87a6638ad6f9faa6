// What training minimises.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "model/model.h"
#include "tensor/batch.h"

namespace clner {

struct StepLoss {
  at::Tensor total = {};                                   ///< scalar to differentiate
  std::vector<std::pair<std::string, double>> terms = {};  ///< unweighted values by name
};

struct Objective {
  virtual ~Objective() = default;
  [[nodiscard]] virtual StepLoss Step(Model& model, const Batch& batch) = 0;
};

/// Negative log-likelihood, mean over the sentences of the batch (clner.md 3.4).
struct TaggingNll final : Objective {
  [[nodiscard]] StepLoss Step(Model& model, const Batch& batch) override;
};

}  // namespace clner
