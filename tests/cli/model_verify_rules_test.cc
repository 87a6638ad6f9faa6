// `clner model verify`: configuration, labels and tensors must fit each other.
#include <functional>
#include <limits>
#include <tuple>

#include "model_command.h"

namespace clner::test {
namespace {

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

TEST_F(ModelCommand, TagsMustBeThoseOfSchemeAndTypes) {
  const std::vector<std::tuple<const char*, Json, std::string>> cases = {
      {"/labels/tags/1", "S-PER", "'labels.tags': tag 'S-PER' is none of the scheme BIO"},
      {"/labels/tags/1", "PER", "'labels.tags': tag 'PER' is none of the scheme BIO"},
      {"/labels/tags/2", "I-LOC", "'labels.tags': tag 'I-LOC' has the type 'LOC', which is not listed"},
      {"/labels/types/0", "LOC", "'labels.tags': type 'LOC' has no tag"},
      {"/labels/scheme", "BIOUX", "unknown tag scheme 'BIOUX'"}};
  for (const auto& [pointer, value, problem] : cases) {
    TinyModel model;
    model.card[Json::json_pointer(pointer)] = value;
    const Json tags = model.card["labels"]["tags"];
    for (size_t i = 0; i < tags.size(); ++i) model.config["id2label"][std::to_string(i)] = tags[i];
    ExpectFailure(Verify(model), 76, {problem, "clner.json"});
  }
  TinyModel other;
  other.card["labels"]["tags"] = {"O", "B-PER", "<unk>"};
  other.config["id2label"]["2"] = "<unk>";
  EXPECT_EQ(Verify(other).exit_code, 0) << "a tag that CLNER's dictionary has beside those of the scheme";
}

}  // namespace
}  // namespace clner::test
