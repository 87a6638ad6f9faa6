#include "model/model.h"

#include <torch/torch.h>

namespace clner {

Model::Model(ModelSpec spec) : spec_(std::move(spec)) {
  std::vector<int64_t> selected =
      SelectedLayers(spec_.layers.layers, spec_.encoder.layers, ErrorCode::kConfig, "model.encoder.layers");
  mix_ = std::make_shared<nn::LayerMix>(spec_.layers.mix, static_cast<int64_t>(selected.size()));
  encoder_ = register_module(std::string(spec_.encoder.family->prefix),
                             std::make_shared<nn::Encoder>(spec_.encoder, std::move(selected), mix_));
  classifier_ = register_module("classifier", torch::nn::Linear(spec_.word_size(), spec_.tags.size()));
  crf_ = register_module("crf", std::make_shared<nn::CrfModule>(spec_.tags.size(), spec_.head == HeadType::kCrf));
  register_module("layer_mix", mix_);
}

at::Tensor Model::Words(const Batch& batch) { return nn::PoolPieces(encoder_->Forward({}, batch).rows, batch); }

at::Tensor Model::DropWords(const at::Tensor& words, const Batch& batch) const {
  return is_training() ? nn::WordDropout(words, batch, spec_.word_dropout) : words;
}

}  // namespace clner
