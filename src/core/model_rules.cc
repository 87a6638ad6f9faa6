// The rules of model_files.h: what config.json and clner.json of a model may say. They are the rules of the loader
// (nn/bert_config.h, model/model_directory.h), all collected, without Torch.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <set>
#include <string_view>

#include "core/error.h"
#include "core/model_files.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr int64_t kFormat = 1;  // of clner.json
constexpr int64_t kMaxSize = INT64_C(1) << 24;
constexpr int64_t kMaxLayers = 1024;
constexpr int64_t kSpecialPieces = 2;  // [CLS] and [SEP] of every window
constexpr size_t kMaxTags = 1024;      // of the CRF kernels
constexpr const char* kOwnConfig = "use the config.json that belongs to the model";
constexpr const char* kWrittenByClner = "the file is written by clner; train or copy the model again";

/// Values of one section of a JSON file, "" for its root. What is missing or wrong becomes a problem.
class Section {
 public:
  Section(const Json& json, std::string name, std::string path, std::string fix, ProblemList* problems)
      : json_(json), name_(std::move(name)), path_(std::move(path)), fix_(std::move(fix)), problems_(problems) {}

  void Add(const std::string& what) const { problems_->Add(ErrorCode::kCorrupt, {what, path_, fix_}); }
  void Add(const std::string& what, const std::string& fix) const {
    problems_->Add(ErrorCode::kCorrupt, {what, path_, fix});
  }
  /// "'view.max_pieces'".
  [[nodiscard]] std::string Key(const std::string& key) const {
    return "'" + (name_.empty() ? key : name_ + "." + key) + "'";
  }
  /// Null when the key is absent.
  [[nodiscard]] const Json* Find(const std::string& key) const {
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }
  /// Null with a problem when the key is absent.
  const Json* Need(const std::string& key) const {
    const Json* value = Find(key);
    if (value == nullptr) Add(Key(key) + " is missing");
    return value;
  }
  /// An integer in [low, high], or -1 with a problem; `low` is not negative.
  int64_t Integer(const std::string& key, int64_t low, int64_t high) const {
    const Json* value = Need(key);
    if (value == nullptr) return -1;
    if (!value->is_number_integer()) {
      Add(Key(key) + " is not an integer");
    } else if (value->get<int64_t>() < low || value->get<int64_t>() > high) {
      Add(Key(key) + " is " + value->dump() + ", allowed: " + std::to_string(low) + " to " + std::to_string(high));
    } else {
      return value->get<int64_t>();
    }
    return -1;
  }
  /// A number in [0, 1); `absent` says that it may be left out or null.
  void Rate(const std::string& key, bool absent) const {
    const Json* value = absent ? Find(key) : Need(key);
    if (value == nullptr || (absent && value->is_null())) return;
    const bool inside = value->is_number() && value->get<double>() >= 0 && value->get<double>() < 1;
    if (!inside) Add(Key(key) + " is not a number from 0 to below 1");
  }
  /// One of the texts; `absent` says that it may be left out or null.
  void OneOf(const std::string& key, std::initializer_list<std::string_view> allowed, bool absent) const {
    const Json* value = absent ? Find(key) : Need(key);
    if (value == nullptr || (absent && value->is_null())) return;
    std::string list;
    for (const std::string_view text : allowed) {
      if (value->is_string() && value->get_ref<const std::string&>() == text) return;
      list += (list.empty() ? "" : ", ") + std::string(text);
    }
    Add(Key(key) + " is " + Printable(DumpJson(*value)) + ", supported: " + list);
  }
  /// The strings of a list without doubled ones, or nothing with a problem.
  std::optional<std::vector<std::string>> Names(const std::string& key, size_t least) const {
    const Json* value = Find(key);
    const bool fits = value != nullptr && value->is_array() && value->size() >= least &&
                      std::all_of(value->begin(), value->end(), [](const Json& item) { return item.is_string(); });
    if (!fits) {
      Add(Key(key) +
          (least > 0 ? " is missing, empty or not a list of strings" : " is missing or not a list of strings"));
      return std::nullopt;
    }
    const auto names = value->get<std::vector<std::string>>();
    std::set<std::string> seen;
    for (const std::string& name : names) {
      if (!seen.insert(name).second) Add(Key(key) + " holds '" + Printable(name) + "' twice");
    }
    return names;
  }

 private:
  const Json& json_;
  std::string name_, path_, fix_;
  ProblemList* problems_;
};

void AddDense(const std::string& name, int64_t out, int64_t in, std::vector<ExpectedTensor>* tensors) {
  tensors->push_back({name + ".weight", {out, in}});
  tensors->push_back({name + ".bias", {out}});
}

void AddNorm(const std::string& name, int64_t size, std::vector<ExpectedTensor>* tensors) {
  tensors->push_back({name + ".weight", {size}});
  tensors->push_back({name + ".bias", {size}});
}

void CheckLabels(const Section& labels) {
  const auto types = labels.Names("types", 0), tags = labels.Names("tags", 1);
  if (tags.has_value() && tags->size() > kMaxTags) {
    labels.Add(labels.Key("tags") + " holds " + std::to_string(tags->size()) + " tags, at most " +
               std::to_string(kMaxTags) + " are possible");
  }
  if (tags.has_value() && std::find(tags->begin(), tags->end(), "O") == tags->end())
    labels.Add(labels.Key("tags") + " has no 'O'");
  const Json* counts = labels.Find("counts");
  const bool fits = counts != nullptr && counts->is_array() &&
                    (!types.has_value() || counts->size() == types->size()) &&
                    std::all_of(counts->begin(), counts->end(), [](const Json& n) { return n.is_number_integer(); });
  if (!fits) labels.Add(labels.Key("counts") + " does not hold one integer for each of the types");
  if (const Json* scheme = labels.Find("scheme"); scheme == nullptr || !scheme->is_string())
    labels.Add(labels.Key("scheme") + " is missing or not a string");
}

}  // namespace

std::vector<ExpectedTensor> ExpectedEncoderTensors(const Json& config, const std::string& path, ProblemList* problems) {
  const Section section(config, "", path, kOwnConfig, problems);
  const Json* type = section.Find("model_type");
  const std::string name = type != nullptr && type->is_string() ? type->get<std::string>() : "";
  if (name != "bert") {
    section.Add("model_type '" + Printable(name) + "' is not supported" + DidYouMean(name, {"bert"}),
                "supported model types: bert");
    return {};
  }
  const int64_t vocabulary = section.Integer("vocab_size", 1, kMaxSize);
  const int64_t hidden = section.Integer("hidden_size", 1, kMaxSize);
  const int64_t layers = section.Integer("num_hidden_layers", 1, kMaxLayers);
  const int64_t heads = section.Integer("num_attention_heads", 1, kMaxSize);
  const int64_t inner = section.Integer("intermediate_size", 1, kMaxSize);
  const int64_t positions = section.Integer("max_position_embeddings", 1, kMaxSize);
  const int64_t types = section.Integer("type_vocab_size", 1, kMaxSize);
  if (hidden > 0 && heads > 0 && hidden % heads != 0) {
    section.Add("'hidden_size' (" + std::to_string(hidden) + ") is not a multiple of 'num_attention_heads' (" +
                std::to_string(heads) + ")");
  }
  section.OneOf("hidden_act", {"gelu", "gelu_new", "relu"}, true);
  section.OneOf("position_embedding_type", {"absolute"}, true);
  for (const char* rate : {"layer_norm_eps", "hidden_dropout_prob", "attention_probs_dropout_prob"})
    section.Rate(rate, true);
  if (vocabulary < 0 || hidden < 0 || layers < 0 || inner < 0 || positions < 0 || types < 0) return {};
  std::vector<ExpectedTensor> tensors = {{"embeddings.word_embeddings.weight", {vocabulary, hidden}},
                                         {"embeddings.position_embeddings.weight", {positions, hidden}},
                                         {"embeddings.token_type_embeddings.weight", {types, hidden}}};
  AddNorm("embeddings.LayerNorm", hidden, &tensors);
  for (int64_t i = 0; i < layers; ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i) + ".";
    for (const char* part : {"query", "key", "value"})
      AddDense(layer + "attention.self." + part, hidden, hidden, &tensors);
    AddDense(layer + "attention.output.dense", hidden, hidden, &tensors);
    AddNorm(layer + "attention.output.LayerNorm", hidden, &tensors);
    AddDense(layer + "intermediate.dense", inner, hidden, &tensors);
    AddDense(layer + "output.dense", hidden, inner, &tensors);
    AddNorm(layer + "output.LayerNorm", hidden, &tensors);
  }
  return tensors;
}

void CheckModelCard(const Json& card, int64_t positions, const std::string& path, ProblemList* problems) {
  const Section root(card, "", path, kWrittenByClner, problems);
  const int64_t format = root.Integer("format", 1, INT64_MAX);
  if (format > kFormat) {
    root.Add("model format " + std::to_string(format) + " is newer than this program's " + std::to_string(kFormat),
             "use a newer clner");
  }
  const auto with = [&](const std::string& name, const auto& check) {
    const Json* section = root.Find(name);
    if (section != nullptr && section->is_object())
      return check(Section(*section, name, path, kWrittenByClner, problems));
    root.Add("'" + name + "' is missing or not an object");
  };
  with("labels", CheckLabels);
  with("view", [&](const Section& view) {
    view.OneOf("type", {"sentence"}, false);
    const int64_t most = positions > 0 ? positions : kMaxSize;
    const int64_t pieces = view.Integer("max_pieces", kSpecialPieces + 1, most);
    view.Integer("window_overlap", 0, (pieces > 0 ? pieces : most) - kSpecialPieces - 1);
  });
  with("encoder", [](const Section& encoder) {
    encoder.OneOf("pool", {"first"}, false);
    encoder.Rate("word_dropout", false);
  });
  with("head", [](const Section& head) {
    head.OneOf("type", {"crf"}, false);
    head.OneOf("constraints", {"off", "decode"}, false);
  });
  root.Need("training");
}

}  // namespace clner
