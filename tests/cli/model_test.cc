// `clner model info | verify | diff`.
#include <cmath>
#include <functional>
#include <limits>
#include <tuple>

#include "core/utf8.h"
#include "program.h"
#include "support/torch_writer.h"
#include "tiny_model_files.h"

namespace clner::test {
namespace {

class ModelCommand : public Scratch {
 protected:
  ProcessResult Verify(const TinyModel& model, bool trained = true) {
    model.Write(Path("m"), trained);
    return RunClner({"model", "verify", Path("m")});
  }
};

TEST_F(ModelCommand, InfoShowsConfigurationLabelsAndTensors) {
  TinyModel().Write(Path("m"));
  const ProcessResult result = RunClner({"model", "info", Path("m")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* text : {"trained model", "hidden_size", "PER", "12", "tag scheme BIO, 3 tags", "crf.transitions",
                           "[3, 3]", "window_overlap"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << "\n" << result.out;
  }
}

TEST_F(ModelCommand, InfoJsonHoldsEverything) {
  TinyModel().Write(Path("m"));
  const ProcessResult result = RunClner({"model", "info", Path("m"), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("trained"), true);
  EXPECT_EQ(json.at("config").at("hidden_size"), 4);
  EXPECT_EQ(json.at("clner").at("labels").at("tags").size(), 3U);
  int64_t sum = 0;
  for (const Json& tensor : json.at("tensors")) sum += tensor.at("values").get<int64_t>();
  EXPECT_EQ(json.at("parameters"), sum);
  // 7*4 + 16*4 + 2*4 + 2*4 embeddings; 4*(16+4) + 2*4 attention; 6*4+6 + 4*6+4 + 2*4 feed-forward; 12+3 classifier;
  // 9+3+3 CRF.
  EXPECT_EQ(sum, 108 + 88 + 66 + 15 + 15);
}

TEST_F(ModelCommand, InfoOfAnEncoderSaysThatItIsNotTrained) {
  TinyModel().Write(Path("m"), false);
  EXPECT_NE(RunClner({"model", "info", Path("m")}).out.find("encoder without a trained head"), std::string::npos);
}

TEST_F(ModelCommand, MissingDirectoryIs66) {
  ExpectFailure(RunClner({"model", "info", Path("none")}), 66, {"is not a directory", "fix: give a model directory"});
  std::filesystem::create_directories(Path("empty"));
  ExpectFailure(RunClner({"model", "verify", Path("empty")}), 66, {"is not a model directory (no config.json)"});
}

TEST_F(ModelCommand, ModelWithoutWeightsIs66) {
  TinyModel().Write(Path("m"), false);
  std::filesystem::remove(Path("m/model.safetensors"));
  ExpectFailure(RunClner({"model", "info", Path("m")}), 66, {"model.safetensors"});
}

TEST_F(ModelCommand, WholeModelVerifies) {
  const ProcessResult result = Verify(TinyModel());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find(": ok\n"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("every file as written"), std::string::npos) << result.out;
}

TEST_F(ModelCommand, VerifyJsonCountsTensors) {
  TinyModel().Write(Path("m"));
  const Json json = ParseJson(RunClner({"model", "verify", Path("m"), "--json"}).out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("ok"), true);
  EXPECT_EQ(json.at("checksums"), true);
  EXPECT_EQ(json.at("tensors"), 26);
}

TEST_F(ModelCommand, EncoderVerifiesWithoutChecksumsAndListsUnusedTensors) {
  TinyModel model;
  model.Add("pooler.dense.weight", {4, 4});
  const ProcessResult result = Verify(model, false);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("SHA256SUMS   absent"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("pooler.dense.weight"), std::string::npos) << result.out;
}

TEST_F(ModelCommand, EveryFlippedBitOfTheWeightsIsFound) {
  TinyModel().Write(Path("m"));
  const std::string whole = ReadText(Path("m/model.safetensors"));
  for (size_t i = 0; i < whole.size(); i += whole.size() / 12) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    WriteText(Path("m/model.safetensors"), damaged);
    ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"model.safetensors"});
  }
}

TEST_F(ModelCommand, DamagedSmallFileIsNamed) {
  TinyModel().Write(Path("m"));
  WriteText(Path("m/vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\njane\nd0e\n");
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"vocab.txt"});
}

TEST_F(ModelCommand, MissingFileOfTheChecksumListIs76) {
  for (const char* name : {"config.json", "model.safetensors"}) {
    TinyModel().Write(Path("m"));
    std::filesystem::remove(Path("m") + "/" + name);
    const std::string what = "file '" + std::string(name) + "' is missing";
    const ProcessResult result = RunClner({"model", "verify", Path("m")});
    ExpectFailure(result, 76, {what, Path("m") + "/" + name});
    EXPECT_EQ(result.err.find(what), result.err.rfind(what)) << "named twice:\n" << result.err;
    ExpectFailure(RunClner({"model", "info", Path("m")}), 76, {what, "fix: copy the model again"});
  }
}

TEST_F(ModelCommand, IndexOfSeveralWeightFilesIsNotTrusted) {
  TinyModel().Write(Path("m"), false);
  const auto index = [&](const std::string& text) {
    WriteText(Path("m/model.safetensors.index.json"), text);
    return RunClner({"model", "verify", Path("m")});
  };
  ExpectFailure(index(R"({"weight_map": {"a": "../../etc/passwd"}})"), 76,
                {"file name '../../etc/passwd' is outside the model directory"});
  ExpectFailure(index(R"({"weight_map": {"a": "/etc/passwd"}})"), 76, {"outside the model directory"});
  ExpectFailure(index(R"({"weight_map": {"a": "parts/a.safetensors"}})"), 76, {"not a plain file name"});
  ExpectFailure(index(R"({"weight_map": {"a": 1}})"), 76, {"'weight_map' names no file for tensor 'a'"});
  ExpectFailure(index("{}"), 76, {"'weight_map' is missing or not an object"});
  const std::string inside = R"({"weight_map": {"a": "model-00001-of-00002.safetensors"}})";
  EXPECT_EQ(index(inside).exit_code, 0);  // model.safetensors comes first
  std::filesystem::create_symlink("/etc", Path("m/link"));
  ExpectFailure(index(R"({"weight_map": {"a": "link/passwd"}})"), 76, {"outside the model directory"});
  std::filesystem::remove(Path("m/link"));
  std::filesystem::remove(Path("m/model.safetensors"));
  ExpectFailure(index(inside), 66, {"file 'model-00001-of-00002.safetensors' of the weights is missing"});
}

TEST_F(ModelCommand, EncoderOfPyTorchVerifiesAndEqualsItsSafetensors) {
  TinyModel model;
  model.Write(Path("safe"), false);
  model.Write(Path("torch"), false);
  std::filesystem::remove(Path("torch/model.safetensors"));
  std::vector<std::string> entries = {pickle::Text("epoch"), pickle::Int(3)};
  Storages storages;
  for (const TensorData& tensor : model.tensors) {
    std::vector<int64_t> strides(tensor.shape.size(), 1);
    for (size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * tensor.shape[i];
    const auto count = static_cast<int64_t>(tensor.values.size());
    const std::string key = std::to_string(storages.size());
    entries.push_back(pickle::Text(tensor.name));
    entries.push_back(pickle::Tensor(pickle::Storage("FloatStorage", key, count), 0, tensor.shape, strides));
    storages.emplace_back(key,
                          std::string(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * 4));
  }
  for (const std::string& bytes :
       {TorchZip(pickle::Dict(entries), storages), TorchOld(pickle::Dict(entries), storages)}) {
    WriteText(Path("torch/pytorch_model.bin"), bytes);
    const ProcessResult verified = RunClner({"model", "verify", Path("torch")});
    EXPECT_EQ(verified.exit_code, 0) << verified.err;
    EXPECT_NE(verified.out.find("no tensors   epoch"), std::string::npos) << verified.out;
    const ProcessResult compared = RunClner({"model", "diff", Path("safe"), Path("torch")});
    EXPECT_EQ(compared.exit_code, 0) << compared.out << compared.err;
  }
  const Json info = ParseJson(RunClner({"model", "info", Path("torch"), "--json"}).out, "out", ErrorCode::kData);
  EXPECT_EQ(info.at("weights"), Json({"pytorch_model.bin"}));
  WriteText(Path("torch/pytorch_model.bin"), TorchZip(pickle::Global("os", "system") + ")R", {}));
  ExpectFailure(RunClner({"model", "verify", Path("torch")}), 76,
                {"this file wants to run 'os.system'; nothing of it was executed", "fix: if you trust it, convert it"});
}

TEST_F(ModelCommand, TrainedModelNeedsItsSafetensors) {
  TinyModel().Write(Path("m"));
  std::filesystem::rename(Path("m/model.safetensors"), Path("m/pytorch_model.bin"));
  ExpectFailure(RunClner({"model", "info", Path("m")}), 76, {"file 'model.safetensors' is missing"});
}

TEST_F(ModelCommand, FailuresAreAnsweredInJson) {
  TinyModel model;
  model.card["format"] = 99;
  model.config["num_attention_heads"] = 3;
  model.Write(Path("m"));
  const ProcessResult result = RunClner({"model", "verify", Path("m"), "--json"});
  EXPECT_EQ(result.exit_code, 76);
  EXPECT_NE(result.err.find("model format 99"), std::string::npos) << result.err;
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("ok"), false);
  EXPECT_EQ(json.at("total_problems"), 2);
  EXPECT_EQ(json.at("problems")[1].at("what"), "model format 99 is newer than this program's 1");
  EXPECT_EQ(json.at("problems")[1].at("where"), Path("m/clner.json"));
  EXPECT_EQ(json.at("problems")[1].at("fix"), "use a newer clner");
  EXPECT_EQ(json.at("problems")[1].at("code"), 76);
}

TEST_F(ModelCommand, MissingAndUnlistedFilesAreNamed) {
  TinyModel().Write(Path("m"));
  WriteText(Path("m/extra.txt"), "x");
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"extra.txt"});
  std::filesystem::remove(Path("m/extra.txt"));
  std::filesystem::remove(Path("m/tokenizer_config.json"));
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"tokenizer_config.json"});
}

TEST_F(ModelCommand, TrainedModelNeedsChecksums) {
  TinyModel().Write(Path("m"));
  std::filesystem::remove(Path("m/SHA256SUMS"));
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"SHA256SUMS"});
}

TEST_F(ModelCommand, NonFiniteValueIsNamed) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    TinyModel model;
    model.Tensor("crf.transitions").values[4] = bad;
    ExpectFailure(Verify(model), 76, {"non-finite value", "crf.transitions"});
  }
}

TEST_F(ModelCommand, ShapesThatDoNotFitTheConfigurationNameBothShapes) {
  TinyModel model;
  model.config["hidden_size"] = 8;
  ExpectFailure(
      Verify(model), 76,
      {"tensor 'bert.embeddings.word_embeddings.weight' has shape [7, 4], the configuration asks for [7, 8]"});
}

TEST_F(ModelCommand, MissingAndUnexpectedTensorsAreNamed) {
  TinyModel model;
  model.Tensor("bert.encoder.layer.0.output.dense.weight").name = "bert.encoder.layer.1.output.dense.weight";
  ExpectFailure(Verify(model), 76,
                {"tensor 'encoder.layer.0.output.dense.weight' is missing",
                 "unexpected tensor 'bert.encoder.layer.1.output.dense.weight'"});
}

TEST_F(ModelCommand, LabelsMustFitClassifierAndCrf) {
  TinyModel model;
  model.card["labels"]["tags"] = {"O", "B-PER"};
  model.config["id2label"] = {{"0", "O"}, {"1", "B-PER"}};
  ExpectFailure(Verify(model), 76,
                {"'classifier.weight' has shape [3, 4], the configuration asks for [2, 4]",
                 "'crf.transitions' has shape [3, 3], the configuration asks for [2, 2]"});
}

TEST_F(ModelCommand, LabelListsMustAgree) {
  TinyModel model;
  model.config["id2label"]["1"] = "B-LOC";
  ExpectFailure(Verify(model), 76, {"'id2label' of 1 is not 'B-PER' as in clner.json"});
  model = TinyModel();
  model.config.erase("id2label");
  ExpectFailure(Verify(model), 76, {"'id2label' does not hold the 3 tags of clner.json"});
  model = TinyModel();
  model.card["labels"]["tags"] = "O";
  ExpectFailure(Verify(model), 76, {"'labels.tags' is missing, empty or not a list of strings"});
  model = TinyModel();
  model.card["labels"]["tags"] = {"O", "B-PER", "B-PER"};
  ExpectFailure(Verify(model), 76, {"'labels.tags' holds 'B-PER' twice"});
}

TEST_F(ModelCommand, ConfigurationOfAnotherTypeIsRefused) {
  TinyModel model;
  model.config["model_type"] = "brt";
  ExpectFailure(Verify(model), 76,
                {"model_type 'brt' is not supported (did you mean 'bert'?)",
                 "supported model types: bert, roberta, xlm-roberta, camembert, distilbert, electra"});
  model = TinyModel();
  model.config.erase("intermediate_size");
  model.config["num_hidden_layers"] = "one";
  model.config["vocab_size"] = 0;
  ExpectFailure(
      Verify(model), 76,
      {"'intermediate_size' is missing", "'num_hidden_layers' is not an integer", "'vocab_size' is 0, allowed: 1 to"});
}

TEST_F(ModelCommand, ConfigurationThatTheLoaderRefusesIsNamed) {
  for (const auto& [key, value, what] : std::vector<std::tuple<std::string, Json, std::string>>{
           {"num_attention_heads", 3, "'hidden_size' (4) is not a multiple of 'num_attention_heads' (3)"},
           {"num_attention_heads", 0, "'num_attention_heads' is 0, allowed: 1 to"},
           {"hidden_act", "mish", "'hidden_act' is \"mish\", supported: gelu, "},
           {"hidden_act", 1, "'hidden_act' is 1, supported: gelu"},
           {"position_embedding_type", "relative_key", "'position_embedding_type' is \"relative_key\", supported: "},
           {"layer_norm_eps", "small", "'layer_norm_eps' is not a number from 0 to below 1"},
           {"hidden_dropout_prob", 1, "'hidden_dropout_prob' is not a number from 0 to below 1"},
           {"attention_probs_dropout_prob", -0.1, "'attention_probs_dropout_prob' is not a number"}}) {
    for (const bool trained : {true, false}) {
      TinyModel model;
      model.config[key] = value;
      ExpectFailure(Verify(model, trained), 76, {what, Path("m/config.json")});
      std::filesystem::remove_all(Path("m"));
    }
  }
  TinyModel model;
  model.config["hidden_act"] = nullptr;
  model.config.erase("layer_norm_eps");
  EXPECT_EQ(Verify(model).exit_code, 0);
}

TEST_F(ModelCommand, CardThatTheLoaderRefusesIsNamed) {
  const auto refused = [&](const std::function<void(Json*)>& change, const std::string& what) {
    TinyModel model;
    change(&model.card);
    ExpectFailure(Verify(model), 76, {what, Path("m/clner.json")});
  };
  const auto set = [&](const std::string& pointer, const Json& value, const std::string& what) {
    refused([&](Json* card) { (*card)[Json::json_pointer(pointer)] = value; }, what);
  };
  set("/format", 99, "model format 99 is newer than this program's 1");
  set("/format", 0, "'format' is 0, allowed: 1 to");
  set("/format", "1", "'format' is not an integer");
  set("/labels/scheme", "FOO", "unknown tag scheme 'FOO'");
  set("/labels/scheme", 1, "'labels.scheme' is missing or not a string");
  set("/labels/counts", {"a"}, "'labels.counts' does not hold one integer for each of the types");
  set("/labels/counts", {1, 2}, "'labels.counts' does not hold one integer for each of the types");
  set("/labels/types", {"PER", "PER"}, "'labels.types' holds 'PER' twice");
  set("/labels/types", "PER", "'labels.types' is missing or not a list of strings");
  set("/labels/tags", {"B-PER", "I-PER", "E-PER"}, "'labels.tags' has no 'O'");
  std::vector<std::string> many = {"O"};
  for (int i = 0; i < 1024; ++i) many.push_back("B-T" + std::to_string(i));
  set("/labels/tags", many, "'labels.tags' holds 1025 tags, at most 1024 are possible");
  set("/view/type", "window", "'view.type' is \"window\", supported: sentence");
  set("/view/max_pieces", 5000, "'view.max_pieces' is 5000, config.json allows 16 positions");
  set("/view/max_pieces", 2, "'view.max_pieces' is 2, allowed: 3 to 16777216");
  set("/view/window_overlap", 14, "'view.window_overlap' is 14, allowed: 0 to 13");
  set("/encoder/pool", "max", "'encoder.pool' is \"max\", supported: first, last, mean, first_last");
  set("/encoder/layers", "-9", "layers '-9': a layer is not there");
  set("/encoder/layers", 3, "'encoder.layers' is not a string");
  set("/encoder/layer_mix", "sum", "'encoder.layer_mix' is \"sum\", supported: mean, scalar");
  set("/encoder/word_dropout", "much", "'encoder.word_dropout' is not a number from 0 to below 1");
  set("/head/type", "dance", "'head.type' is \"dance\", supported: crf, softmax");
  set("/head/constraints", "train", "'head.constraints' is \"train\", supported: off, decode");
  set("/head", "crf", "'head' is missing or not an object");
  for (const char* key : {"labels", "view", "encoder", "head"})
    refused([&](Json* card) { card->erase(key); }, "'" + std::string(key) + "' is missing or not an object");
  refused([](Json* card) { card->erase("training"); }, "'training' is missing");
  refused([](Json* card) { card->at("encoder").erase("pool"); }, "'encoder.pool' is missing");
}

TEST_F(ModelCommand, TrainedModelHoldsExactlyItsOwnTensors) {
  for (const char* name : {"foo", "bert.pooler.dense.weight", "bert.embeddings.position_ids"}) {
    TinyModel model;
    model.Add(name, {2});
    ExpectFailure(Verify(model), 76, {"unexpected tensor '" + std::string(name) + "'", "model.safetensors"});
    std::filesystem::remove_all(Path("m"));
    EXPECT_EQ(Verify(model, false).exit_code, 0);
    std::filesystem::remove_all(Path("m"));
  }
  TinyModel model;
  model.Tensor("bert.embeddings.LayerNorm.weight").name = "bert.embeddings.LayerNorm.gamma";
  ExpectFailure(Verify(model), 76, {"unexpected tensor 'bert.embeddings.LayerNorm.gamma'"});
}

TEST_F(ModelCommand, WeightsMustBeFloatingNumbers) {
  for (const char* name : {"crf.transitions", "classifier.bias", "bert.embeddings.LayerNorm.bias"}) {
    TinyModel model;
    model.Tensor(name).dtype = DType::kI32;
    ExpectFailure(Verify(model), 76,
                  {"tensor '" + std::string(name) + "' has type I32, weights are F32, F16, BF16 or F64"});
  }
  TinyModel encoder;
  encoder.Tensor("bert.embeddings.LayerNorm.bias").dtype = DType::kI32;
  std::filesystem::remove_all(Path("m"));
  ExpectFailure(Verify(encoder, false), 76, {"'bert.embeddings.LayerNorm.bias' has type I32"});
}

TEST_F(ModelCommand, MalformedJsonIsNamedWithItsPlace) {
  TinyModel().Write(Path("m"), false);
  WriteText(Path("m/config.json"), "{\"model_type\": \n");
  ExpectFailure(RunClner({"model", "info", Path("m")}), 76, {"config.json:"});
  WriteText(Path("m/config.json"), "[]");
  ExpectFailure(RunClner({"model", "info", Path("m")}), 76, {"the file is not a JSON object"});
}

TEST_F(ModelCommand, OldNamesAndMissingPrefixAreAccepted) {
  TinyModel model;
  for (TensorData& tensor : model.tensors) {
    if (tensor.name.rfind("bert.", 0) == 0) tensor.name.erase(0, 5);
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"LayerNorm.weight", "LayerNorm.gamma"},
                                   {"LayerNorm.bias", "LayerNorm.beta"}}) {
      const size_t at = tensor.name.find(from);
      if (at != std::string::npos) tensor.name.replace(at, from.size(), to);
    }
  }
  EXPECT_EQ(Verify(model, false).exit_code, 0);
}

TEST_F(ModelCommand, TensorUnderTwoNamesIsRefused) {
  TinyModel model;
  model.Add("embeddings.LayerNorm.bias", {4});
  ExpectFailure(Verify(model), 76, {"unexpected tensor 'embeddings.LayerNorm.bias'"});
  for (const char* part : {"classifier.weight", "classifier.bias", "crf.transitions", "crf.start", "crf.end"})
    std::erase_if(model.tensors, [&](const auto& tensor) { return tensor.name == part; });
  std::filesystem::remove_all(Path("m"));
  ExpectFailure(Verify(model, false), 76, {"tensor 'embeddings.LayerNorm.bias' is stored under two names"});
}

TEST_F(ModelCommand, VocabularyLargerThanTheEmbeddingIsRefused) {
  TinyModel model;
  model.vocabulary += "smith\n";
  ExpectFailure(Verify(model), 76, {"the vocabulary has 8 pieces, the encoder 7 embedding rows"});
}

TEST_F(ModelCommand, EqualModelsDoNotDiffer) {
  TinyModel().Write(Path("a"));
  TinyModel().Write(Path("b"));
  const ProcessResult result = RunClner({"model", "diff", Path("a"), Path("b")});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(result.out, "26 of 26 tensors equal, largest difference 0\n");
}

TEST_F(ModelCommand, DifferencesAreListedAndExitIs1) {
  TinyModel a, b;
  b.Tensor("crf.start").values[1] = 0.75F;
  b.card["head"]["constraints"] = "off";
  b.config["hidden_act"] = "relu";
  b.Tensor("crf.end").name = "crf.stop";
  a.Write(Path("a"));
  b.Write(Path("b"));
  const ProcessResult text = RunClner({"model", "diff", Path("a"), Path("b")});
  EXPECT_EQ(text.exit_code, 1) << text.err;
  for (const char* part : {"head.constraints", "hidden_act", "crf.start", "0.5", "only in A", "crf.stop", "only in B",
                           "24 of 27 tensors equal"}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  }
  const ProcessResult result = RunClner({"model", "diff", "--json", Path("a"), Path("b")});
  EXPECT_EQ(result.exit_code, 1);
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("same"), false);
  EXPECT_EQ(json.at("max_abs"), 0.5);
  EXPECT_EQ(json.at("config").size(), 1U);
  EXPECT_EQ(json.at("clner").at(0).at("key"), "head.constraints");
  EXPECT_EQ(json.at("tensors").size(), 3U);
}

TEST_F(ModelCommand, OtherFilesAreCompared) {
  TinyModel a, b;
  b.vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ndoe\njane\n";
  a.Write(Path("a"), false);
  b.Write(Path("b"), false);
  WriteText(Path("a/tokenizer.json"), "{}");
  WriteText(Path("b/added_tokens.json"), "{}");
  for (const char* name : {"README.md", "metrics.json", ".hidden"}) WriteText(Path("b") + "/" + name, "not compared");
  const ProcessResult text = RunClner({"model", "diff", Path("a"), Path("b")});
  EXPECT_EQ(text.exit_code, 1) << text.err;
  EXPECT_EQ(text.out,
            "file               difference\nadded_tokens.json   only in B\ntokenizer.json      only in A\n"
            "vocab.txt             content\n\n26 of 26 tensors equal, largest difference 0\n");
  const Json json = ParseJson(RunClner({"model", "diff", "--json", Path("a"), Path("b")}).out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("same"), false);
  ASSERT_EQ(json.at("files").size(), 3U);
  EXPECT_EQ(json.at("files")[2], Json({{"name", "vocab.txt"}, {"difference", "content"}}));
}

TEST_F(ModelCommand, NotANumberOnOneSideIsAnInfiniteDifference) {
  TinyModel a, b;
  b.Tensor("crf.start").values[0] = std::numeric_limits<float>::quiet_NaN();
  a.Write(Path("a"));
  b.Write(Path("b"));
  const ProcessResult result = RunClner({"model", "diff", Path("a"), Path("b")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.out.find("inf"), std::string::npos) << result.out;
}

TEST_F(ModelCommand, DoctorReportsMachineAndMissingParts) {
  const ProcessResult result = RunClner({"doctor", "--json"});
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  bool missing = false;
  std::vector<std::string> names;
  for (const Json& check : json.at("checks")) {
    names.push_back(check.at("name").get<std::string>());
    missing = missing || check.at("state") == "missing";
    EXPECT_NE(check.at("value"), "") << names.back();
    if (check.at("state") != "ok") {
      EXPECT_NE(check.at("fix"), "") << names.back();
    }
  }
  EXPECT_EQ(json.at("usable"), !missing);
  EXPECT_EQ(result.exit_code, missing ? 1 : 0);
  for (const Json& check : json.at("checks")) {
    if (check.at("name") != "libraries") continue;
    EXPECT_NE(check.at("value").get<std::string>().find("utf8proc " + std::string(Utf8LibraryVersion()) + ","),
              std::string::npos)
        << check;
  }
  for (const char* name : {"clner", "compiler", "libraries", "processor", "SIMD", "memory", "libclner.so", "GPU",
                           "CUDA toolkit", "models/minilm-l6", "locale"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
}

TEST_F(ModelCommand, DoctorPrintsTextAndMarkdown) {
  EXPECT_NE(RunClner({"doctor"}).out.find("needed is"), std::string::npos);
  EXPECT_EQ(RunClner({"doctor", "--markdown"}).out.rfind("| part | state | what |\n|---|---|---|\n", 0), 0U);
}

TEST_F(ModelCommand, DoctorNamesALibraryThatCannotBeLoaded) {
  std::filesystem::create_directories(Path("bin"));
  std::filesystem::create_directories(Path("lib"));
  std::filesystem::copy_file(CLNER_PROGRAM, Path("bin/clner"));
  WriteText(Path("lib/libclner.so"), "not a library");
  const ProcessResult broken = RunProcess({Path("bin/clner"), "doctor"});
  EXPECT_EQ(broken.exit_code, 1) << broken.err;
  EXPECT_NE(broken.out.find("libclner.so       missing  " + Path("lib/libclner.so")), std::string::npos) << broken.out;
  EXPECT_NE(broken.out.find("fix: build again"), std::string::npos) << broken.out;
  std::filesystem::remove(Path("lib/libclner.so"));
  const ProcessResult absent = RunProcess({Path("bin/clner"), "doctor"});
  if (absent.out.find("libclner.so       ok") != std::string::npos) return;  // the loader found the one of this build
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_NE(absent.out.find("not found beside the program"), std::string::npos) << absent.out;
}

}  // namespace
}  // namespace clner::test
