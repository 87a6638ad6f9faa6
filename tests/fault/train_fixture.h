// A tiny encoder, a tiny tagger and a toy corpus whose training takes a few tenths of a second, written without
// LibTorch.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/tiny_model_files.h"
#include "core/json.h"
#include "core/random.h"
#include "core/sha256.h"
#include "fault.h"
#include "support/toy_corpus.h"

namespace clner::test {

/// BERT of one layer and width 8 with one piece for every lower-case letter and some marks; random weights. A large
/// `inner` size makes it slow and its activations much larger than its weights.
inline TinyModel LetterEncoder(uint64_t seed = 7, int64_t inner = 16) {
  TinyModel model;
  model.config = {{"model_type", "bert"},       {"hidden_size", 8},
                  {"num_hidden_layers", 1},     {"num_attention_heads", 2},
                  {"intermediate_size", inner}, {"max_position_embeddings", 64},
                  {"type_vocab_size", 2},       {"hidden_act", "gelu"},
                  {"hidden_dropout_prob", 0.1}, {"attention_probs_dropout_prob", 0.1}};
  model.vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (const char mark : std::string("abcdefghijklmnopqrstuvwxyz.[]<>/"))
    model.vocabulary += std::string(1, mark) + "\n##" + mark + "\n";
  model.config["vocab_size"] = std::count(model.vocabulary.begin(), model.vocabulary.end(), '\n');
  model.tensors.clear();
  ProblemList none;
  Random random(seed);
  for (const ExpectedTensor& tensor : ExpectedEncoderTensors(ParseEncoderConfig(model.config, "", &none).value())) {
    model.Add("bert." + tensor.name, tensor.shape);
    const bool is_scale = tensor.name.ends_with("LayerNorm.weight");
    for (float& value : model.tensors.back().values)
      value = tensor.shape.size() > 1 ? static_cast<float>(0.3 * random.Normal()) : is_scale ? 1.0F : 0.0F;
  }
  return model;
}

/// The encoder with a random head for these tags, as `clner train` would leave it.
inline TinyModel LetterTagger(const std::vector<std::string>& tags = {"O", "B-PER", "I-PER"}) {
  TinyModel model = LetterEncoder();
  const auto count = static_cast<int64_t>(tags.size());
  model.config["id2label"] = Json::object();
  for (size_t i = 0; i < tags.size(); ++i) model.config["id2label"][std::to_string(i)] = tags[i];
  const bool typed = tags.size() > 1;
  model.card = {{"format", 1},
                {"labels",
                 {{"types", typed ? Json({"PER"}) : Json::array()},
                  {"counts", typed ? Json({12}) : Json::array()},
                  {"scheme", "BIO"},
                  {"tags", tags}}},
                {"view", {{"type", "sentence"}, {"max_pieces", 64}, {"window_overlap", 16}}},
                {"encoder", {{"pool", "first"}, {"word_dropout", 0.1}}},
                {"head", {{"type", "crf"}, {"constraints", "decode"}}},
                {"training", Json::object()}};
  model.Add("classifier.weight", {count, 8});
  model.Add("classifier.bias", {count});
  model.Add("crf.transitions", {count, count});
  model.Add("crf.start", {count});
  model.Add("crf.end", {count});
  Random random(11);
  for (const char* name : {"classifier.weight", "crf.transitions"}) {
    for (float& value : model.Tensor(name).values) value = static_cast<float>(random.Normal());
  }
  return model;
}

/// Sentences of 1 to 6 words in which "anna" and "bert" are PER, "paris" and "rome" LOC.
inline std::string ToyCorpus(int64_t sentences, uint64_t seed) {
  return ToyText({{"anna", "bert"}, {"paris", "rome"}, {"met", "in", "and", "saw"}, 6}, sentences, seed);
}

/// A scratch directory with an encoder, a corpus and a configuration. It lies in memory where that is possible: fsync
/// takes most of the time of such a training, and no test here is about the disk itself.
class TrainFault : public Scratch {
 protected:
  void SetUp() override {
    if (access("/dev/shm", W_OK | X_OK) == 0 && std::getenv("TMPDIR") == nullptr) {
      std::string name = "/dev/shm/clner-fault-XXXXXX";
      ASSERT_NE(mkdtemp(name.data()), nullptr);
      directory_ = name;
    } else {
      Scratch::SetUp();
    }
    LetterEncoder().Write(Path("encoder"), false);
    WriteText(Path("train.conll"), ToyCorpus(24, 1));
    WriteText(Path("dev.conll"), ToyCorpus(12, 2));
    WriteText(Path("c.yaml"), R"(format: 1
name: toy
threads: 1
data:
  train: {sentences: train.conll}
  dev: {sentences: dev.conll}
  token_cache: off
model:
  encoder: {path: encoder, max_pieces: 64, window_overlap: 16}
train:
  epochs: 2
  batch_sentences: 4
  accumulate: 2
  lr: 5e-3
  save_every: 2
)");
  }
  /// The command line of a quiet training into `out`.
  [[nodiscard]] std::vector<std::string> TrainArguments(const std::string& out,
                                                        const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {CLNER_PROGRAM, "train", "-q", "-c", Path("c.yaml"), "-o", Path(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  /// The same, which says what it does.
  [[nodiscard]] std::vector<std::string> Talking(const std::string& out,
                                                 const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = TrainArguments(out, more);
    arguments.erase(std::find(arguments.begin(), arguments.end(), "-q"));
    return arguments;
  }
  [[nodiscard]] ProcessResult Train(const std::string& out, const std::vector<std::string>& more = {},
                                    const ProcessOptions& options = {}) const {
    return RunProcess(TrainArguments(out, more), options);
  }
  /// As Train, with a fault plan.
  [[nodiscard]] ProcessResult TrainWithFault(const std::string& out, const std::string& plan,
                                             const std::vector<std::string>& more = {}) const {
    ProcessOptions options;
    options.environment["CLNER_FAULT"] = plan;
    return Train(out, more, options);
  }
  /// The weights of best/; the same training must always give the same.
  [[nodiscard]] std::string Best(const std::string& out) const {
    return ReadText(Path(out) + "/best/model.safetensors");
  }
  [[nodiscard]] std::string StraightBest(const std::vector<std::string>& more = {}) const {
    const ProcessResult result = Train("straight", more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Best("straight");
  }
  /// Names of the published checkpoints, oldest first; none when there is no directory.
  [[nodiscard]] std::vector<std::string> Checkpoints(const std::string& out) const {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(Path(out) + "/checkpoints", none)) {
      if (entry.path().filename().string().rfind("step-", 0) == 0) names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  /// The objects of metrics.jsonl with this event.
  [[nodiscard]] std::vector<Json> Metrics(const std::string& out, const std::string& event) const {
    std::vector<Json> events;
    std::istringstream lines(ReadText(Path(out) + "/metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      Json json = ParseJson(line, "metrics.jsonl", ErrorCode::kData);
      if (json.at("event") == event) events.push_back(std::move(json));
    }
    return events;
  }
  /// Every published checkpoint and model is complete and undamaged, whatever happened to the writer.
  void ExpectNothingTorn(const std::string& out) const {
    for (const std::string& name : Checkpoints(out))
      EXPECT_NO_THROW(VerifyChecksums(Path(out) + "/checkpoints/" + name, "MANIFEST")) << name;
    // The old model may be half deleted as soon as the new one is there.
    const std::string best = Path(out) + "/best", old = Path(out) + "/.best-old";
    if (std::filesystem::exists(best) || std::filesystem::exists(old)) {
      EXPECT_NO_THROW(VerifyChecksums(std::filesystem::exists(best) ? best : old));
    }
    for (const char* name : {"report.json", "run.json"}) {
      const std::string path = Path(out) + "/" + name;
      if (std::filesystem::exists(path)) {
        EXPECT_NO_THROW((void)ParseJson(ReadText(path), path, ErrorCode::kData)) << name;
      }
    }
  }
  /// Nothing temporary is left.
  void ExpectTidy(const std::string& out) const {
    for (const std::string& name : Tree(Path(out))) {
      EXPECT_EQ(name.find(".tmp-"), std::string::npos) << name;
      EXPECT_EQ(name.find("-old"), std::string::npos) << name;
    }
  }
  /// A complete run with these weights.
  void ExpectWholeRun(const std::string& expected, const std::string& out) const {
    EXPECT_TRUE(Best(out) == expected) << "other weights than those of the uninterrupted run";
    EXPECT_TRUE(std::filesystem::exists(Path(out) + "/report.json"));
    ExpectNothingTorn(out);
    ExpectTidy(out);
  }
  /// Resumes a run that ended early and expects the bytes of the run that did not.
  void ExpectResumesTo(const std::string& expected, const std::string& out,
                       const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"--resume"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult result = Train(out, arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ExpectWholeRun(expected, out);
  }
};

}  // namespace clner::test
