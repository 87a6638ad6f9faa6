#include "model/model.h"

#include <torch/torch.h>

namespace clner {

Model::Model(ModelSpec spec) : spec_(std::move(spec)) {
  encoder_ = register_module("bert", std::make_shared<nn::BertEncoder>(spec_.encoder));
  classifier_ = register_module("classifier", torch::nn::Linear(spec_.encoder.hidden_size, spec_.tags.size()));
  crf_ = register_module("crf", std::make_shared<nn::CrfModule>(spec_.tags.size()));
}

at::Tensor Model::Words(const Batch& batch) {
  const at::Tensor words = nn::PoolFirstPiece(encoder_->Forward({}, batch).rows, batch);
  return is_training() ? nn::WordDropout(words, batch, spec_.word_dropout) : words;
}

at::Tensor Model::Emissions(const Batch& batch) { return classifier_(Words(batch)); }

}  // namespace clner
