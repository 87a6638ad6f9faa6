#include "core/encoder_config.h"

#include <algorithm>
#include <array>

#include "core/files.h"
#include "core/json_section.h"
#include "core/log.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr uint64_t kMaxConfigBytes = UINT64_C(16) << 20;
constexpr int64_t kMaxSize = INT64_C(1) << 24;  // larger than any real vocabulary or width; keeps products in range
constexpr int64_t kMaxLayers = 1024;
constexpr const char* kOwnConfig = "use the config.json that belongs to the model";

constexpr EncoderFamily Bert(std::string_view type, std::string_view prefix, std::string_view architecture) {
  return {type,
          prefix,
          architecture,
          "encoder.layer",
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "attention.output.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm"};
}

constexpr std::array kFamilies = {
    Bert("bert", "bert", "BertForTokenClassification"),
    Bert("roberta", "roberta", "RobertaForTokenClassification"),
    Bert("xlm-roberta", "roberta", "XLMRobertaForTokenClassification"),
    Bert("camembert", "roberta", "CamembertForTokenClassification"),
    EncoderFamily{"distilbert", "distilbert", "DistilBertForTokenClassification", "transformer.layer",
                  "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm",
                  "ffn.lin1", "ffn.lin2", "output_layer_norm"},
    Bert("electra", "electra", "ElectraForTokenClassification"),
};

const EncoderFamily* FindFamily(std::string_view model_type) {
  for (const EncoderFamily& family : kFamilies) {
    if (family.model_type == model_type) return &family;
  }
  return nullptr;
}

/// The family by the class name of `architectures`, e.g. "BertForMaskedLM": files of 2019 have no model_type.
const EncoderFamily* FamilyOfArchitecture(const Json& config) {
  const auto list = config.find("architectures");
  if (list == config.end() || !list->is_array() || list->empty() || !list->front().is_string()) return nullptr;
  const auto name = list->front().get<std::string>();
  for (const EncoderFamily& family : kFamilies) {
    const std::string_view stem = family.architecture.substr(0, family.architecture.find("For"));
    if (name == std::string(stem) + "Model" || name.starts_with(std::string(stem) + "For")) return &family;
  }
  return nullptr;
}

std::string FamilyList() {
  std::string list;
  for (const std::string& known : EncoderFamilies()) list += (list.empty() ? "" : ", ") + known;
  return "supported model types: " + list;
}

const EncoderFamily* FamilyOf(const JsonSection& section, const Json& config, const std::string& path) {
  const Json* type = section.Find("model_type");
  if (type != nullptr && type->is_string()) {
    const auto name = type->get<std::string>();
    if (const EncoderFamily* family = FindFamily(name)) return family;
    section.Add("model_type '" + Printable(name) + "' is not supported" + DidYouMean(name, EncoderFamilies()),
                FamilyList());
    return nullptr;
  }
  if (type != nullptr && !type->is_null()) {
    section.Add("'model_type' is not a string");
    return nullptr;
  }
  const EncoderFamily* family = FamilyOfArchitecture(config);
  const bool bert_sizes = config.contains("intermediate_size") && config.contains("type_vocab_size");
  if (family == nullptr && bert_sizes) family = &kFamilies.front();
  if (family == nullptr) {
    section.Add("'model_type' is missing", FamilyList());
  } else {
    LogWarning("model type", "'model_type' is missing; taken as " + std::string(family->model_type), path,
               "add \"model_type\": \"" + std::string(family->model_type) + "\" to the file");
  }
  return family;
}

/// Keys that differ between the families.
struct Keys {
  const char *hidden = "hidden_size", *layers = "num_hidden_layers", *heads = "num_attention_heads",
             *inner = "intermediate_size", *activation = "hidden_act", *dropout = "hidden_dropout_prob",
             *attention_dropout = "attention_probs_dropout_prob";
};
constexpr Keys kDistilKeys = {"dim", "n_layers", "n_heads", "hidden_dim", "activation", "dropout", "attention_dropout"};

Activation ReadActivation(const JsonSection& section, const char* key) {
  const std::string name = section.OneOf(
      key, {"gelu", "gelu_python", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu", "silu", "swish"}, "gelu");
  if (name == "relu") return Activation::kRelu;
  if (name == "silu" || name == "swish") return Activation::kSilu;
  return name == "gelu" || name == "gelu_python" ? Activation::kGelu : Activation::kGeluTanh;
}

void CheckFlags(const JsonSection& section) {
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    const Json* value = section.Find(key);
    if (value != nullptr && value->is_boolean() && value->get<bool>())
      section.Add(section.Key(key) + " is true", "only encoders are supported, in which every piece sees all others");
  }
  (void)section.OneOf("position_embedding_type", {"absolute"}, "absolute");
}

EncoderConfig ReadFields(const JsonSection& section, const EncoderFamily& family) {
  EncoderConfig config;
  config.family = &family;
  const bool distil = family.stack == "transformer.layer";
  const Keys keys = distil ? kDistilKeys : Keys{};
  config.vocab_size = section.Integer("vocab_size", 1, kMaxSize);
  config.hidden_size = section.Integer(keys.hidden, 1, kMaxSize);
  config.layers = section.Integer(keys.layers, 1, kMaxLayers);
  config.heads = section.Integer(keys.heads, 1, kMaxSize);
  config.intermediate_size = section.Integer(keys.inner, 1, kMaxSize);
  config.position_rows = section.Integer("max_position_embeddings", 1, kMaxSize);
  config.type_vocab_size = distil ? 0 : section.Integer("type_vocab_size", 1, kMaxSize);
  config.embedding_size = family.model_type == "electra"
                              ? section.IntegerOr("embedding_size", config.hidden_size, 1, kMaxSize)
                              : config.hidden_size;
  // Rows up to that of the padding are never a position (fairseq; transformers: create_position_ids_from_input_ids).
  if (family.prefix == "roberta") config.position_offset = section.IntegerOr("pad_token_id", 1, 0, kMaxSize) + 1;
  config.layer_norm_eps = distil ? 1e-12 : section.RateOr("layer_norm_eps", family.prefix == "roberta" ? 1e-5 : 1e-12);
  config.hidden_dropout = section.RateOr(keys.dropout, 0.1);
  config.attention_dropout = section.RateOr(keys.attention_dropout, 0.1);
  config.activation = ReadActivation(section, keys.activation);
  if (config.hidden_size > 0 && config.heads > 0 && config.hidden_size % config.heads != 0) {
    section.Add(section.Key(keys.hidden) + " (" + std::to_string(config.hidden_size) + ") is not a multiple of " +
                section.Key(keys.heads) + " (" + std::to_string(config.heads) + ")");
  }
  if (config.position_rows > 0 && config.position_rows <= config.position_offset) {
    section.Add("'max_position_embeddings' (" + std::to_string(config.position_rows) + ") leaves no row behind the " +
                std::to_string(config.position_offset) + " that padding takes");
  }
  return config;
}

void AddPair(const std::string& name, std::vector<int64_t> weight, int64_t bias, std::vector<ExpectedTensor>* tensors) {
  tensors->push_back({name + ".weight", std::move(weight)});
  tensors->push_back({name + ".bias", {bias}});
}

bool EatPrefix(std::string_view* name, std::string_view prefix) {
  if (!name->starts_with(prefix)) return false;
  name->remove_prefix(prefix.size());
  return true;
}

void ReplaceSuffix(std::string* name, std::string_view from, std::string_view to) {
  if (name->ends_with(from)) name->replace(name->size() - from.size(), from.size(), to);
}

}  // namespace

std::vector<std::string> EncoderFamilies() {
  std::vector<std::string> names;
  for (const EncoderFamily& family : kFamilies) names.emplace_back(family.model_type);
  return names;
}

std::optional<EncoderConfig> ParseEncoderConfig(const Json& json, const std::string& path, ProblemList* problems) {
  const size_t before = problems->total();
  const JsonSection section(json, "", path, kOwnConfig, problems);
  const EncoderFamily* family = FamilyOf(section, json, path);
  if (family == nullptr) return std::nullopt;
  CheckFlags(section);
  EncoderConfig config = ReadFields(section, *family);
  config.json = json;
  if (problems->total() > before) return std::nullopt;
  return config;
}

EncoderConfig ReadEncoderConfig(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "config.json";
  const Json json = ParseJson(ReadFile(path, kMaxConfigBytes), path.string(), ErrorCode::kCorrupt);
  if (!json.is_object()) throw Error(ErrorCode::kCorrupt, "config.json is not an object", path.string(), kOwnConfig);
  ProblemList problems;
  std::optional<EncoderConfig> config = ParseEncoderConfig(json, path.string(), &problems);
  problems.ThrowIfAny();
  return std::move(*config);
}

std::vector<ExpectedTensor> ExpectedEncoderTensors(const EncoderConfig& config) {
  const EncoderFamily& family = *config.family;
  const int64_t table = config.embedding_size, hidden = config.hidden_size, inner = config.intermediate_size;
  std::vector<ExpectedTensor> tensors = {{"embeddings.word_embeddings.weight", {config.vocab_size, table}},
                                         {"embeddings.position_embeddings.weight", {config.position_rows, table}}};
  if (config.type_vocab_size > 0)
    tensors.push_back({"embeddings.token_type_embeddings.weight", {config.type_vocab_size, table}});
  AddPair("embeddings.LayerNorm", {table}, table, &tensors);
  if (config.projects_embeddings()) AddPair("embeddings_project", {hidden, table}, hidden, &tensors);
  for (int64_t i = 0; i < config.layers; ++i) {
    const std::string layer = std::string(family.stack) + "." + std::to_string(i) + ".";
    const auto add = [&](std::string_view part, std::vector<int64_t> weight, int64_t bias) {
      AddPair(layer + std::string(part), std::move(weight), bias, &tensors);
    };
    for (const std::string_view part : {family.query, family.key, family.value, family.attention_dense})
      add(part, {hidden, hidden}, hidden);
    add(family.attention_norm, {hidden}, hidden);
    add(family.intermediate, {inner, hidden}, inner);
    add(family.output, {hidden, inner}, hidden);
    add(family.output_norm, {hidden}, hidden);
  }
  return tensors;
}

std::string EncoderTensorName(const EncoderConfig& config, std::string_view stored) {
  std::string_view rest = stored;
  const std::string prefix = std::string(config.family->prefix) + ".";
  // Wrappers of data parallel training, sentence-transformers and task heads leave their names in front.
  while (EatPrefix(&rest, "module.") || EatPrefix(&rest, "model.") || EatPrefix(&rest, "0.auto_model.") ||
         EatPrefix(&rest, "auto_model.") || EatPrefix(&rest, "base_model.") || EatPrefix(&rest, prefix)) {
  }
  std::string name(rest);
  ReplaceSuffix(&name, ".gamma", ".weight");
  ReplaceSuffix(&name, ".beta", ".bias");
  const bool of_encoder = name.starts_with("embeddings.") || name.starts_with("embeddings_project.") ||
                          name.starts_with(std::string(config.family->stack) + ".");
  return of_encoder && name != "embeddings.position_ids" && name != "embeddings.token_type_ids" ? name : "";
}

}  // namespace clner
