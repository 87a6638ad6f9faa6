#include "nn/bert_config.h"

#include "core/files.h"
#include "core/suggest.h"

namespace clner::nn {
namespace {

constexpr uint64_t kMaxConfigBytes = UINT64_C(16) << 20;
constexpr int64_t kMaxSize = INT64_C(1) << 24;  // larger than any real vocabulary or width; keeps products in range

class Fields {
 public:
  Fields(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  int64_t Size(const char* name) const {
    const auto found = json_.find(name);
    if (found == json_.end()) Fail(std::string("'") + name + "' is missing");
    if (!found->is_number_integer()) Fail(std::string("'") + name + "' is not an integer");
    const int64_t value = found->get<int64_t>();
    if (value < 1 || value > kMaxSize)
      Fail(std::string("'") + name + "' is " + std::to_string(value) + ", allowed: 1 to " + std::to_string(kMaxSize));
    return value;
  }
  double Number(const char* name, double fallback, double low, double high) const {
    const auto found = json_.find(name);
    if (found == json_.end() || found->is_null()) return fallback;
    if (!found->is_number()) Fail(std::string("'") + name + "' is not a number");
    const double value = found->get<double>();
    if (!(value >= low && value < high)) Fail(std::string("'") + name + "' is out of range");
    return value;
  }
  std::string Text(const char* name, const std::string& fallback) const {
    const auto found = json_.find(name);
    if (found == json_.end() || found->is_null()) return fallback;
    if (!found->is_string()) Fail(std::string("'") + name + "' is not a string");
    return found->get<std::string>();
  }
  [[noreturn]] void Fail(const std::string& what,
                         const std::string& fix = "use the config.json that belongs to the model") const {
    throw Error(ErrorCode::kCorrupt, what, path_, fix);
  }

 private:
  const Json& json_;
  std::string path_;
};

}  // namespace

BertConfig ReadBertConfig(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "config.json";
  BertConfig config;
  config.json = ParseJson(ReadFile(path, kMaxConfigBytes), path.string(), ErrorCode::kCorrupt);
  const Fields fields(config.json, path.string());
  if (!config.json.is_object()) fields.Fail("config.json is not an object");
  const std::string type = fields.Text("model_type", "");
  if (type != "bert") {
    fields.Fail("model_type '" + type + "' is not supported" + DidYouMean(type, {"bert"}),
                "supported model types: bert");
  }
  config.vocab_size = fields.Size("vocab_size");
  config.hidden_size = fields.Size("hidden_size");
  config.layers = fields.Size("num_hidden_layers");
  config.heads = fields.Size("num_attention_heads");
  config.intermediate_size = fields.Size("intermediate_size");
  config.positions = fields.Size("max_position_embeddings");
  config.type_vocab_size = fields.Size("type_vocab_size");
  config.layer_norm_eps = fields.Number("layer_norm_eps", 1e-12, 0, 1);
  config.hidden_dropout = fields.Number("hidden_dropout_prob", 0.1, 0, 1);
  config.attention_dropout = fields.Number("attention_probs_dropout_prob", 0.1, 0, 1);
  config.activation = fields.Text("hidden_act", "gelu");
  if (config.activation != "gelu" && config.activation != "gelu_new" && config.activation != "relu") {
    fields.Fail("hidden_act '" + config.activation + "' is not supported",
                "supported activations: gelu, gelu_new, relu");
  }
  if (fields.Text("position_embedding_type", "absolute") != "absolute") {
    fields.Fail("position_embedding_type '" + fields.Text("position_embedding_type", "") + "' is not supported",
                "only absolute positions are");
  }
  if (config.hidden_size % config.heads != 0) fields.Fail("hidden_size is not a multiple of num_attention_heads");
  return config;
}

}  // namespace clner::nn
