// Texts as states of an encoder, for comparing texts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/encoder.h"
#include "tokenize/tokenizer.h"

namespace clner {

struct TextEncoderOptions {
  std::optional<int64_t> layer = {};  ///< hidden state, negative ones from the end
  bool recommended_layer = false;     ///< without `layer`: RecommendedLayer of the model, if it is known and there
  bool verify = true;                 ///< check SHA256SUMS where there is one
  std::string precision = "fp32";     ///< as SetPrecision
  int64_t batch_pieces = 4096;        ///< of a batch; a longer text stands alone
  at::Device device = at::kCPU;       ///< where the encoder computes; states come back from it
};

/// An encoder with its tokenizer from a trained model or any Hugging Face directory. Not thread-safe.
class TextEncoder {
 public:
  /// kNoInput, kCorrupt for directories that cannot be read, kUsage for a layer that is not there.
  TextEncoder(const std::filesystem::path& directory, const TextEncoderOptions& options);
  /// EncodeText with the limit of the encoder, or that of its tokenizer if it is lower.
  [[nodiscard]] std::vector<int32_t> Pieces(std::string_view text) const;
  /// One tensor of its own for every text (as Pieces gives it), f32 rows of unit length: the states of its p pieces
  /// [p, D], or with `mean` that of their mean [1, D]. kCorrupt when states are not finite.
  [[nodiscard]] std::vector<at::Tensor> States(const std::vector<const std::vector<int32_t>*>& texts, bool mean);
  [[nodiscard]] const SpecialIds& special() const { return tokenizer_->special(); }
  [[nodiscard]] int64_t width() const { return encoder_->config().hidden_size; }
  [[nodiscard]] int64_t layer() const { return layer_; }
  /// Changes when states may: layer, precision, limit and the content of configuration, weights and tokenizer.
  [[nodiscard]] std::string identity() const;

 private:
  std::filesystem::path directory_;
  std::string precision_;
  int64_t batch_pieces_, layer_ = 0, max_pieces_ = 0;
  at::Device device_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::shared_ptr<nn::Encoder> encoder_;
};

}  // namespace clner
