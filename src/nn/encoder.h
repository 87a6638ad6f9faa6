// The transformer encoder over packed sequences, for every family of core/encoder_config.h. Submodules carry Hugging
// Face's names, so weights map one to one.
#pragma once

#include <memory>
#include <vector>

#include "core/encoder_config.h"
#include "nn/layer_mix.h"
#include "nn/layers.h"
#include "nn/stage.h"

namespace clner::nn {

/// How the encoder runs; independent of its weights.
struct EncoderRunOptions {
  double hidden_dropout = 0.1, attention_dropout = 0.1;  ///< active in training mode only
  bool bf16 = false;  ///< bfloat16 autocast of the encoder; states come back as float32
};

struct EncoderLayer : torch::nn::Module {
  explicit EncoderLayer(const EncoderConfig& config);
  /// rows [N, D] -> [N, D]; with `queries_only` -> [Q, D], the rows `batch.query_index` names: all rows are keys and
  /// values, but the rest of the layer is computed for these alone (equal up to summation order).
  [[nodiscard]] at::Tensor Forward(const at::Tensor& rows, const Batch& batch, bool queries_only,
                                   const EncoderRunOptions& run);
  /// From now on for inference only, with packed weights; `queries_only` as Forward will be called.
  void Pack(bool queries_only);

  std::shared_ptr<Dense> query, key, value, attention_dense, intermediate, output;
  std::shared_ptr<const ops::PackedLinear> together;  ///< key, value and maybe query once they are packed
  std::shared_ptr<Norm> attention_norm, output_norm;
  int64_t heads;
  Activation activation;

 private:
  [[nodiscard]] at::Tensor Attend(const at::Tensor& asking, const at::Tensor& rows, const Batch& batch,
                                  const EncoderRunOptions& run) const;
};

/// Token type ids are all 0 (clner.md 3.3). There is no pooler. The weights are uninitialised until they are loaded.
class Encoder : public Stage {
 public:
  /// `selected` are the hidden states that `mix` makes one of, ascending from 0 = the embeddings; empty: the last
  /// alone. Layers above the highest are loaded, but not computed. `mix` belongs to the caller, who registers it: its
  /// parameters are not part of a pretrained encoder.
  explicit Encoder(const EncoderConfig& config, std::vector<int64_t> selected = {},
                   std::shared_ptr<LayerMix> mix = nullptr);
  /// `states` is not read: the first stage starts from the ids. Returns the mix, float32 [Q, D].
  [[nodiscard]] States Forward(const States& states, const Batch& batch) override;
  void set_run_options(const EncoderRunOptions& run) { run_ = run; }
  [[nodiscard]] const EncoderRunOptions& run_options() const { return run_; }
  [[nodiscard]] const EncoderConfig& config() const { return config_; }
  /// From now on for inference only, with the fastest exact products (Dense::Pack).
  void Pack();
  /// Turns the products of the layers, the second of each feed-forward part aside, into products of 8-bit integers, for
  /// inference (Dense::Quantize).
  void Quantize();

 private:
  [[nodiscard]] at::Tensor Embed(const Batch& batch);

  EncoderConfig config_;
  EncoderRunOptions run_;
  std::shared_ptr<Table> word_, position_, type_;  ///< type_ is null in families without type embeddings
  std::shared_ptr<Norm> embedding_norm_;
  std::shared_ptr<Dense> embedding_projection_;  ///< null unless the tables have another width than the layers
  std::vector<std::shared_ptr<EncoderLayer>> layers_;
  std::vector<int64_t> selected_;
  std::shared_ptr<LayerMix> mix_;
};

}  // namespace clner::nn
