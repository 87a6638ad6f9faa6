#include <torch/torch.h>

#include "objectives/objective.h"
#include "ops/crf_op.h"

namespace clner {

StepLoss TaggingNll::Step(Model& model, const Batch& batch) {
  StepLoss loss;
  loss.total = ops::CrfNll(model.Emissions(batch), model.crf(), batch.cu_words, batch.tags);
  loss.terms.emplace_back("nll", loss.total.item<double>());
  return loss;
}

}  // namespace clner
