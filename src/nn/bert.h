// BERT (Devlin et al., 2019) over packed sequences. Submodules carry Hugging Face's names, so weights map one to one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/bert_config.h"
#include "nn/layers.h"
#include "nn/stage.h"

namespace clner::nn {

/// How the encoder runs; independent of its weights.
struct EncoderRunOptions {
  double hidden_dropout = 0.1, attention_dropout = 0.1;  ///< active in training mode only
  bool bf16 = false;  ///< bfloat16 autocast of the encoder; states come back as float32
};

struct BertLayer : torch::nn::Module {
  explicit BertLayer(const BertConfig& config);
  /// rows [N, D] -> [N, D]; with `queries_only` -> [Q, D], the rows `batch.query_index` names: all rows are keys and
  /// values, but the rest of the layer is computed for these alone (equal up to summation order).
  [[nodiscard]] at::Tensor Forward(const at::Tensor& rows, const Batch& batch, bool queries_only,
                                   const EncoderRunOptions& run);

  std::shared_ptr<Dense> query, key, value, attention_dense, intermediate, output;
  std::shared_ptr<Norm> attention_norm, output_norm;
  int64_t heads;
  std::string activation;
};

/// Token type ids are all 0 (clner.md 3.3). There is no pooler. The weights are uninitialised until they are loaded.
class BertEncoder : public Stage {
 public:
  explicit BertEncoder(const BertConfig& config);
  /// `states` is not read: the first stage starts from the ids. Returns the last layer, float32 [Q, D].
  [[nodiscard]] States Forward(const States& states, const Batch& batch) override;
  void set_run_options(const EncoderRunOptions& run) { run_ = run; }
  [[nodiscard]] const EncoderRunOptions& run_options() const { return run_; }
  [[nodiscard]] const BertConfig& config() const { return config_; }

 private:
  BertConfig config_;
  EncoderRunOptions run_;
  std::shared_ptr<Table> word_, position_, type_;
  std::shared_ptr<Norm> embedding_norm_;
  std::vector<std::shared_ptr<BertLayer>> layers_;
};

}  // namespace clner::nn
