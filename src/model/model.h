// The model: encoder, pooling, emissions and CRF, and what belongs to it besides weights.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "model/tag_space.h"
#include "nn/crf_head.h"
#include "nn/encoder.h"
#include "views/context_view.h"

namespace clner {

enum class ConstraintMode { kOff, kDecode };
enum class HeadType { kCrf, kSoftmax };
/// Which views of a sentence the model was trained on.
enum class TrainedViews { kSentence, kContext, kBoth };

/// Everything but the weights; stored in config.json and clner.json.
struct ModelSpec {
  EncoderConfig encoder = {};
  LayerSelection layers = {};
  Pooling pooling = Pooling::kFirst;
  TagSpace tags = {};
  int64_t max_pieces = 512, window_overlap = 128;
  ContextLimits contexts = {};
  TrainedViews trained_views = TrainedViews::kSentence;
  double word_dropout = 0.1;
  HeadType head = HeadType::kCrf;
  ConstraintMode constraints = ConstraintMode::kDecode;
  Json training = Json::object();  ///< summary shown by `clner model info`
  /// Width D of the word vectors.
  [[nodiscard]] int64_t word_size() const { return encoder.hidden_size * (pooling == Pooling::kFirstLast ? 2 : 1); }
};

/// Parameter names are the checkpoint keys: the family's prefix (`bert.*`, `roberta.*`, ...), `classifier.*`, and as
/// far as the model has them `crf.*` and `layer_mix.*`.
class Model : public torch::nn::Module {
 public:
  explicit Model(ModelSpec spec);
  /// Word vectors [M, D] float32 of the mixed layers and pooled pieces.
  [[nodiscard]] at::Tensor Words(const Batch& batch);
  /// The same after word dropout, which acts in training mode.
  [[nodiscard]] at::Tensor DropWords(const at::Tensor& words, const Batch& batch) const;
  /// Emissions [M, K] float32 of word vectors.
  [[nodiscard]] at::Tensor Score(const at::Tensor& words) { return classifier_(words); }
  /// All three in turn.
  [[nodiscard]] at::Tensor Emissions(const Batch& batch) { return Score(DropWords(Words(batch), batch)); }
  [[nodiscard]] ops::CrfParams crf() const { return {crf_->transitions, crf_->start, crf_->end}; }
  /// Where its parameters are, and where it wants its batches.
  [[nodiscard]] at::Device device() const { return classifier_->weight.device(); }
  [[nodiscard]] const ModelSpec& spec() const { return spec_; }
  [[nodiscard]] ModelSpec& mutable_spec() { return spec_; }
  [[nodiscard]] nn::Encoder& encoder() { return *encoder_; }
  [[nodiscard]] torch::nn::Linear classifier() { return classifier_; }

 private:
  ModelSpec spec_;
  std::shared_ptr<nn::LayerMix> mix_;
  std::shared_ptr<nn::Encoder> encoder_;
  torch::nn::Linear classifier_{nullptr};
  std::shared_ptr<nn::CrfModule> crf_;
};

}  // namespace clner
