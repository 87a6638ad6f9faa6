// What training minimises.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "model/model.h"
#include "objectives/rules.h"
#include "tensor/batch.h"

namespace clner {

/// Unweighted values of one loss, summed over so many sentences.
struct LossTerm {
  std::string name;
  double sum = 0;
  int64_t count = 0;
};

struct StepLoss {
  at::Tensor total = {};  ///< scalar to differentiate: the sum over the sentences, each with the batch's weights
  std::vector<LossTerm> terms = {};
};

struct Objective {
  virtual ~Objective() = default;
  [[nodiscard]] virtual StepLoss Step(Model& model, const Batch& batch) = 0;
};

/// Negative log-likelihood of the tags (clner.md 3.4): `nll` of the sentences alone, `nll_ext` of those with context.
struct TaggingNll final : Objective {
  [[nodiscard]] StepLoss Step(Model& model, const Batch& batch) override;
};

/// The same and, for every student of the batch, the distance to its teacher (clner.md 2.4, 3.6): `cl_kl` between the
/// posteriors of the tags, `cl_l2` between the word vectors. Both views come from one pass; the teacher is a constant.
class Cooperative final : public Objective {
 public:
  explicit Cooperative(const ObjectiveRules& rules) : rules_(rules) {}
  [[nodiscard]] StepLoss Step(Model& model, const Batch& batch) override;

 private:
  ObjectiveRules rules_;
};

[[nodiscard]] std::unique_ptr<Objective> MakeObjective(const ObjectiveRules& rules);

}  // namespace clner
