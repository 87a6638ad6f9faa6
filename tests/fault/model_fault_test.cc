// Rows 30-38 of the fault matrix without LibTorch: damaged weights, configurations and tokenizers of model directories.
#include <limits>

#include "cli/tiny_model_files.h"
#include "core/json.h"
#include "core/random.h"
#include "fault.h"

namespace clner::test {
namespace {

class ModelFault : public Scratch {
 protected:
  [[nodiscard]] ProcessResult Verify(const TinyModel& model, bool trained = true) const {
    model.Write(Path("m"), trained);
    return RunClner({"model", "verify", Path("m")});
  }
  [[nodiscard]] ProcessResult Tokens(const std::string& vocabulary, const std::string& text = "jane O\ndoe O\n") const {
    TinyModel model;
    model.vocabulary = vocabulary;
    model.Write(Path("m"), false);
    WriteText(Path("in"), text);
    return RunClner({"inspect", "tokens", "-m", Path("m"), Path("in"), "-o", Path("out")});
  }
  /// Writes a safetensors file with this header and so many bytes of data.
  void WriteWeights(const std::string& header, size_t data_bytes) const {
    const uint64_t length = header.size();
    WriteText(Path("m/model.safetensors"), std::string(reinterpret_cast<const char*>(&length), sizeof(length)) +
                                               header + std::string(data_bytes, '\0'));
  }
};

std::string Entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

// Row 30.
TEST_F(ModelFault, BadSafetensorsFilesNameTheRule) {
  TinyModel().Write(Path("m"), false);
  struct Case {
    std::string header;
    size_t data_bytes;
    std::string rule;
  };
  const std::vector<Case> cases = {
      {"[]", 0, "does not start with '{'"},
      {" {}", 0, "does not start with '{'"},
      {"{\"a\":", 0, "JSON"},
      {"{" + Entry("a", "[1]", "[0,4]") + "," + Entry("a", "[1]", "[4,8]") + "}", 8, "duplicate key"},
      {"{" + Entry("a", "[2]", "[0,8]") + "," + Entry("b", "[2]", "[4,12]") + "}", 12, "overlap"},
      {"{" + Entry("a", "[1]", "[0,4]") + "," + Entry("b", "[1]", "[8,12]") + "}", 12, "hole of 4 bytes"},
      {"{" + Entry("a", "[1]", "[0,4]") + "}", 8, "4 trailing bytes"},
      {"{" + Entry("a", "[2]", "[0,8]") + "}", 4, "lies beyond the 4 bytes"},
      {"{" + Entry("a", "[4294967296,4294967296]", "[0,4]") + "}", 4, "shape overflow"},
      {"{" + Entry("a", "[99999999999999999999]", "[0,4]") + "}", 4, "exceeds 64 bits"},
      {"{" + Entry("a", "[-1]", "[0,4]") + "}", 4, "-1"},
      {"{" + Entry("a", "[1]", "[-4,0]") + "}", 4, "-4"},
      {"{" + Entry("a", "[1]", "[4,0]") + "}", 4, "backwards"},
      {"{" + Entry("a", "[3]", "[0,4]") + "}", 4, "need 12 bytes"},
      {"{" + Entry("a", "[1]", "[0,4]", "Q7") + "}", 4, "unsupported dtype 'Q7'"},
      {"{" + Entry("a", "[1.5]", "[0,4]") + "}", 4, "fraction"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "'data_offsets' is missing"},
      {"{\"a\":" + Repeat("[", 100000) + "}", 0, "entry 'a' is an array"},
      {"{" + Entry("a\\u0000\\u001b[31m", "[3]", "[0,4]") + "}", 4, "need 12 bytes"}};
  for (const Case& tested : cases) {
    SCOPED_TRACE(tested.header.substr(0, 100));
    WriteWeights(tested.header, tested.data_bytes);
    for (const char* command : {"verify", "info"}) {
      const ProcessResult result = RunClner({"model", command, Path("m")});
      ExpectFailure(result, 76, {tested.rule, Path("m/model.safetensors")});
      EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
    }
  }
}

// Row 30.
TEST_F(ModelFault, BadSafetensorsFramesAreRefusedBeforeAllocation) {
  TinyModel().Write(Path("m"), false);
  const auto with_length = [&](uint64_t length, const std::string& rest) {
    WriteText(Path("m/model.safetensors"), std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + rest);
    return RunBounded("\"$clner\" model verify '" + Path("m") + "'", 1, 60);
  };
  ExpectFailure(with_length(UINT64_MAX, "{}"), 76, {"limit of 100000000"});
  ExpectFailure(with_length(100000001, "{}"), 76, {"limit of 100000000"});
  ExpectFailure(with_length(100000000, "{}"), 76, {"exceeds the file of 10 bytes"});
  ExpectFailure(with_length(3, "{}"), 76, {"exceeds the file of 10 bytes"});
  ExpectFailure(with_length(0, ""), 76, {"does not start with '{'"});
  for (const std::string& text : {std::string(), std::string("1234567")}) {
    WriteText(Path("m/model.safetensors"), text);
    ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"the header length alone takes 8"});
  }
}

// Row 30: a million tensors in 70 MB.
TEST_F(ModelFault, MillionTensorsAreRefusedWithin1SecondAndTwiceTheFile) {
  TinyModel().Write(Path("m"), false);
  [[maybe_unused]] double megabytes = 0;
  {
    std::string header = "{";
    for (int i = 0; i < 1000000; ++i)
      header += (i > 0 ? "," : "") + Entry("tensor." + std::to_string(i), "[0]", "[0,0]");
    WriteWeights(header + "}", 0);
    megabytes = static_cast<double>(header.size()) / (1 << 20);
  }
  // The text that this process wrote counts as memory of its children until they become another program.
  const ProcessResult result = RunBounded("\"$clner\" model verify '" + Path("m") + "'", 1, 1e9);
  ExpectFailure(result, 76, {"tensors"});
#ifndef CLNER_SANITIZED
  const int limit = static_cast<int>(2048 * megabytes) + 40000;
  ExpectFailure(RunClnerShell("ulimit -v " + std::to_string(limit) + "; \"$clner\" model verify '" + Path("m") + "'"),
                76, {"tensors"});
#endif
}

// Row 30.
TEST_F(ModelFault, RandomDamageOfTheHeaderIsRefusedOrHarmless) {
  TinyModel().Write(Path("m"), false);
  const std::string whole = ReadText(Path("m/model.safetensors"));
  uint64_t length = 0;
  std::memcpy(&length, whole.data(), sizeof(length));
  constexpr uint64_t kSeed = 30;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  for (int i = 0; i < 60; ++i) {
    std::string damaged = whole;
    damaged[random.Below(sizeof(length) + length)] = static_cast<char>(random.Below(256));
    if (i % 4 == 0) damaged.resize(random.Below(damaged.size()));
    WriteText(Path("m/model.safetensors"), damaged);
    const ProcessResult result = RunClner({"model", "verify", Path("m")});
    if (result.exit_code != 0) ExpectFailure(result, 76, {Path("m/model.safetensors")});
  }
}

// Row 31.
TEST_F(ModelFault, FlippedBitsNameTheFile) {
  TinyModel().Write(Path("m"));
  ASSERT_EQ(RunClner({"model", "verify", Path("m")}).exit_code, 0);
  for (const char* name : {"model.safetensors", "config.json", "clner.json", "vocab.txt", "tokenizer_config.json"}) {
    const std::string whole = ReadText(Path("m") + "/" + name);
    std::string damaged = whole;
    damaged[damaged.size() - 3] = static_cast<char>(damaged[damaged.size() - 3] ^ 1);
    WriteText(Path("m") + "/" + name, damaged);
    const ProcessResult result = RunClner({"model", "verify", Path("m")});
    ExpectFailure(result, 76, {name, "SHA-256"});
    WriteText(Path("m") + "/" + name, whole);
  }
  WriteText(Path("m/SHA256SUMS"), "");
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"SHA256SUMS"});
}

// Row 32.
TEST_F(ModelFault, EveryNonFiniteWeightIsNamed) {
  TinyModel model;
  model.Tensor("bert.embeddings.LayerNorm.weight").values[3] = std::numeric_limits<float>::quiet_NaN();
  model.Tensor("classifier.bias").values[0] = std::numeric_limits<float>::infinity();
  model.Tensor("crf.end").values[2] = -std::numeric_limits<float>::infinity();
  const ProcessResult result = Verify(model);
  ExpectFailure(
      result, 76,
      {"'bert.embeddings.LayerNorm.weight' (element 3)", "'classifier.bias' (element 0)", "'crf.end' (element 2)"});
  EXPECT_EQ(Count(result.err, "non-finite value"), 3U) << result.err;
}

// Row 33.
TEST_F(ModelFault, ShapesAndNamesAgainstTheConfigurationAreListedTogether) {
  TinyModel model;
  model.Tensor("bert.encoder.layer.0.intermediate.dense.bias").name = "bert.encoder.layer.0.intermediate.dense.bia";
  model.Tensor("classifier.weight").shape = {4, 3};
  ExpectFailure(Verify(model), 76,
                {"'encoder.layer.0.intermediate.dense.bias' is missing",
                 "unexpected tensor 'bert.encoder.layer.0.intermediate.dense.bia'",
                 "'classifier.weight' has shape [4, 3], the configuration asks for [3, 4]"});
  TinyModel labels;
  labels.card["labels"]["tags"] = {"O", "B-PER", "I-PER", "B-ORG"};
  ExpectFailure(Verify(labels), 76, {"clner.json", "config.json"});
  for (const Json& value : {Json(0), Json(-4), Json(1e30), Json("4"), Json(nullptr), Json(16777217)}) {
    TinyModel size;
    size.config["hidden_size"] = value;
    ExpectFailure(Verify(size), 76, {"'hidden_size'", "config.json"});
  }
}

// Row 36.
TEST_F(ModelFault, BadVocabulariesNameTheLineAndLeaveNoOutput) {
  const std::string good = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\njane\ndoe\n";
  const std::string dir = Path("m");
  EXPECT_EQ(Tokens(good).exit_code, 0);
  const std::string expected = ReadText(Path("out"));
  std::filesystem::remove(Path("out"));
  for (const auto& [vocabulary, names] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"", {"empty", "vocab.txt"}},
           {good + "jane\n", {"duplicate piece 'jane', first on line 6", "vocab.txt:8"}},
           {good + std::string(200000, 'x') + "\n", {"200000 bytes", "vocab.txt:8"}},
           {good + "\n", {"empty line", "vocab.txt:8"}},
           {good + "\xff\n", {"UTF-8", "vocab.txt:8"}},
           {good + std::string("a\0b\n", 4), {"NUL", "vocab.txt:8"}},
           {"[PAD]\n[UNK]\n[CLS]\n", {"[SEP]", "vocab.txt"}},
           {"[PAD]\n[UNK]\n[CL", {"[CLS]", "vocab.txt"}}}) {
    ExpectFailure(Tokens(vocabulary), 76, names);
    EXPECT_FALSE(std::filesystem::exists(Path("out")));
  }
  std::string dos;
  for (const char byte : good) dos += byte == '\n' ? std::string("\r\n") : std::string(1, byte);
  for (const std::string& vocabulary : {dos, "\xEF\xBB\xBF" + good, good.substr(0, good.size() - 1)}) {
    const ProcessResult result = Tokens(vocabulary);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(ReadText(Path("out")), expected);
    std::filesystem::remove(Path("out"));
  }
  std::filesystem::remove(Path("m/vocab.txt"));
  ExpectFailure(RunClner({"inspect", "tokens", "-m", Path("m"), Path("in")}), 76, {"no tokenizer", "vocab.txt", dir});
}

// Row 36.
TEST_F(ModelFault, VocabularyAndEmbeddingMustFit) {
  TinyModel model;
  model.vocabulary += "extra\n";
  ExpectFailure(Verify(model), 76, {"8", "7"});
}

// Row 38.
TEST_F(ModelFault, UnknownModelTypeNamesTheSupportedOnes) {
  for (const char* type : {"xlm-robert", "bertt", "", "bert-v99"}) {
    TinyModel model;
    model.config["model_type"] = type;
    ExpectFailure(Verify(model), 76, {"model_type '" + std::string(type) + "'", "supported model types: bert"});
  }
  TinyModel model;
  model.config.erase("model_type");
  model.config.erase("type_vocab_size");
  ExpectFailure(Verify(model), 76, {"'model_type' is missing", "supported model types: bert"});
}

// Files of 2019 have no model_type: the class of `architectures` or the sizes of BERT decide.
TEST_F(ModelFault, MissingModelTypeIsInferredWithAWarning) {
  TinyModel model;
  model.config.erase("model_type");
  const ProcessResult bert = Verify(model);
  EXPECT_EQ(bert.exit_code, 0);
  EXPECT_NE(bert.err.find("'model_type' is missing; taken as bert"), std::string::npos) << bert.err;
  model.config["architectures"] = {"ElectraForPreTraining"};
  ExpectFailure(Verify(model), 76, {"bert.embeddings", "unexpected tensor"});
}

}  // namespace
}  // namespace clner::test
