// The transformer encoders this program runs: what a Hugging Face config.json says about them, and the tensors they are
// made of. BERT (Devlin et al., 2019), RoBERTa and its children, DistilBERT and ELECTRA are one architecture with
// options.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"

namespace clner {

/// How Hugging Face names the parts of a family. Names of layer parts are below `STACK.N.`.
struct EncoderFamily {
  std::string_view model_type;
  std::string_view prefix;        ///< of the encoder in a model with a head
  std::string_view architecture;  ///< class of a token classifier
  std::string_view stack;
  std::string_view query, key, value, attention_dense, attention_norm, intermediate, output, output_norm;
};

enum class Activation : uint8_t { kGelu, kGeluTanh, kRelu, kSilu };

/// The encoder of a model directory. Sizes are positive unless stated otherwise.
struct EncoderConfig {
  const EncoderFamily* family = nullptr;
  int64_t vocab_size = 0, hidden_size = 0, layers = 0, heads = 0, intermediate_size = 0;
  int64_t embedding_size = 0;   ///< width of the tables; another one than hidden_size needs a projection (ELECTRA)
  int64_t position_rows = 0;    ///< rows of the position table
  int64_t position_offset = 0;  ///< row of the first piece; pad_token_id + 1 in RoBERTa's children
  int64_t type_vocab_size = 0;  ///< 0 = no type embeddings (DistilBERT)
  double layer_norm_eps = 1e-12;
  double hidden_dropout = 0.1, attention_dropout = 0.1;
  Activation activation = Activation::kGelu;
  Json json = {};  ///< the whole file, so that saving keeps unknown fields

  /// Longest input in pieces, special ones included.
  [[nodiscard]] int64_t max_pieces() const { return position_rows - position_offset; }
  [[nodiscard]] bool projects_embeddings() const { return embedding_size != hidden_size; }
};

/// Every model_type that is supported, in the order of documentation.
[[nodiscard]] std::vector<std::string> EncoderFamilies();

/// Reads `config`, an object; every broken rule becomes a problem (kCorrupt), and then there is no result. A file
/// without model_type is taken for what its `architectures` say, else for BERT when all of BERT's sizes are there.
[[nodiscard]] std::optional<EncoderConfig> ParseEncoderConfig(const Json& config, const std::string& path,
                                                              ProblemList* problems);
/// Reads `directory`/config.json; kNoInput when there is none, kCorrupt with all problems.
[[nodiscard]] EncoderConfig ReadEncoderConfig(const std::filesystem::path& directory);

/// A tensor that an encoder needs, named without the family's prefix.
struct ExpectedTensor {
  std::string name;
  std::vector<int64_t> shape;
};
[[nodiscard]] std::vector<ExpectedTensor> ExpectedEncoderTensors(const EncoderConfig& config);

/// The name inside the encoder of a stored tensor, or "" for one it does not use (poolers, prediction heads, position
/// ids). Leading prefixes, also missing or doubled ones, and the old names gamma and beta are understood.
[[nodiscard]] std::string EncoderTensorName(const EncoderConfig& config, std::string_view stored);

}  // namespace clner
