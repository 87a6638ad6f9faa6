// A tiny random encoder directory and a toy corpus, for tests that train.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/random.h"
#include "model/weights.h"
#include "nn/encoder.h"
#include "support/toy_corpus.h"

namespace clner::test {

/// A fresh directory below the system's temporary directory, removed with the object.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "clner-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// An encoder with 2 layers, width 32, 64 positions and one piece per lower-case letter, digit and some marks.
inline void WriteTinyEncoder(const std::filesystem::path& directory, uint64_t seed = 7,
                             const std::string& model_type = "bert") {
  std::filesystem::create_directories(directory);
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  int64_t size = 5;
  for (const char letter : std::string("abcdefghijklmnopqrstuvwxyz0123456789.,-'@#")) {
    vocabulary += std::string(1, letter) + "\n##" + letter + "\n";
    size += 2;
  }
  WriteText(directory / "vocab.txt", vocabulary);
  WriteText(directory / "tokenizer_config.json", R"({"do_lower_case": true, "tokenizer_class": "BertTokenizer"})");
  const std::string sizes =
      model_type == "distilbert"
          ? R"("dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": 64)"
          : R"("hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
"max_position_embeddings": )" +
                std::string(model_type == "bert" || model_type == "electra" ? "64" : "66") +
                R"(, "type_vocab_size": 2, "embedding_size": 16)";
  WriteText(directory / "config.json",
            R"({"model_type": ")" + model_type + R"(", "vocab_size": )" + std::to_string(size) + ", " + sizes + "}");
  torch::manual_seed(seed);
  nn::Encoder encoder(ReadEncoderConfig(directory));
  torch::NoGradGuard no_grad;
  NamedTensors tensors;
  for (auto& [name, parameter] : NamedParameters(encoder)) {
    if (parameter.dim() > 1) {
      parameter.normal_(0, 0.3);
    } else {
      parameter.fill_(name.ends_with("_norm.weight") || name.ends_with("LayerNorm.weight") ? 1 : 0);
    }
    tensors.emplace_back(std::string(encoder.config().family->prefix) + "." + name, parameter);
  }
  SaveTensors(directory / "model.safetensors", tensors);
}

/// Sentences in which the words "anna", "bert", ... are PER and "paris", "rome", ... LOC; BIO, `count` sentences.
inline std::string ToyCorpus(int64_t count, uint64_t seed) {
  return ToyText({{"anna", "bert", "carl", "dora"},
                  {"paris", "rome", "oslo"},
                  {"met", "in", "and", "saw", "the", "old", "man", "near"},
                  9},
                 count, seed);
}

}  // namespace clner::test
