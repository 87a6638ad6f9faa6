// Model directories of a few hundred bytes, valid in every rule, for tests that then damage them.
#pragma once

#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/model_files.h"
#include "core/safetensors.h"
#include "core/sha256.h"
#include "program.h"

namespace clner::test {

/// Owns the values of tensors to be written.
struct TensorData {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
  DType dtype = DType::kF32;
};

struct TinyModel {
  Json config = {{"model_type", "bert"},
                 {"vocab_size", 7},
                 {"hidden_size", 4},
                 {"num_hidden_layers", 1},
                 {"num_attention_heads", 2},
                 {"intermediate_size", 6},
                 {"max_position_embeddings", 16},
                 {"type_vocab_size", 2},
                 {"hidden_act", "gelu"},
                 {"id2label", {{"0", "O"}, {"1", "B-PER"}, {"2", "I-PER"}}}};
  Json card = {{"format", 1},
               {"labels", {{"types", {"PER"}}, {"counts", {12}}, {"scheme", "BIO"}, {"tags", {"O", "B-PER", "I-PER"}}}},
               {"view", {{"type", "sentence"}, {"max_pieces", 16}, {"window_overlap", 4}}},
               {"encoder", {{"pool", "first"}, {"word_dropout", 0.1}}},
               {"head", {{"type", "crf"}, {"constraints", "decode"}}},
               {"training", {{"name", "tiny"}}}};
  std::vector<TensorData> tensors;
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\njane\ndoe\n";

  TinyModel() {
    ProblemList none;
    for (const ExpectedTensor& tensor : ExpectedEncoderTensors(ParseEncoderConfig(config, "", &none).value()))
      Add("bert." + tensor.name, tensor.shape);
    Add("classifier.weight", {3, 4});
    Add("classifier.bias", {3});
    Add("crf.transitions", {3, 3});
    Add("crf.start", {3});
    Add("crf.end", {3});
  }
  void Add(const std::string& name, const std::vector<int64_t>& shape) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    tensors.push_back({name, shape, std::vector<float>(static_cast<size_t>(count), 0.25F)});
  }
  TensorData& Tensor(const std::string& name) {
    for (TensorData& tensor : tensors) {
      if (tensor.name == name) return tensor;
    }
    throw std::runtime_error("no tensor " + name);
  }
  /// `trained` false: a plain encoder without clner.json and SHA256SUMS.
  void Write(const std::filesystem::path& directory, bool trained = true) const {
    std::filesystem::create_directories(directory);
    WriteText(directory / "config.json", DumpJson(config, 2));
    WriteText(directory / "vocab.txt", vocabulary);
    WriteText(directory / "tokenizer_config.json", "{\"do_lower_case\": true, \"tokenizer_class\": \"BertTokenizer\"}");
    std::vector<TensorInfo> infos;
    for (const TensorData& tensor : tensors)
      infos.push_back({tensor.name, tensor.dtype, tensor.shape, std::as_bytes(std::span(tensor.values))});
    WriteSafetensors(directory / "model.safetensors", infos, {{"format", "pt"}});
    if (!trained) return;
    WriteText(directory / "clner.json", DumpJson(card, 2));
    WriteChecksums(directory);
  }
};

}  // namespace clner::test
