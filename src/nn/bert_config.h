// The fields of a Hugging Face config.json that shape a BERT encoder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/json.h"

namespace clner::nn {

struct BertConfig {
  int64_t vocab_size = 0, hidden_size = 0, layers = 0, heads = 0, intermediate_size = 0;
  int64_t positions = 0;  ///< rows of the position table
  int64_t type_vocab_size = 0;
  double layer_norm_eps = 1e-12;
  double hidden_dropout = 0.1, attention_dropout = 0.1;
  std::string activation = "gelu";  ///< gelu | gelu_new | relu
  Json json = {};                   ///< the whole file, so that saving keeps unknown fields
};

/// Parses and checks `directory`/config.json; kCorrupt for another model_type, missing fields or impossible sizes.
[[nodiscard]] BertConfig ReadBertConfig(const std::filesystem::path& directory);

}  // namespace clner::nn
