#include "core/model_files.h"

#include <map>
#include <optional>

#include "core/files.h"
#include "core/layer_selection.h"
#include "core/sha256.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr uint64_t kMaxJsonBytes = UINT64_C(16) << 20;
constexpr const char* kSameModel = "use weights and config.json of the same model";
constexpr const char* kOtherModel = "the file belongs to another model";
constexpr const char* kCopyAgain = "copy the model again";
constexpr const char* kTrainedWeights = "model.safetensors";

Json ReadObject(const std::filesystem::path& path) {
  Json json = ParseJson(ReadFile(path, kMaxJsonBytes), path.string(), ErrorCode::kCorrupt);
  if (!json.is_object()) {
    throw Error(ErrorCode::kCorrupt, "the file is not a JSON object", path.string(), kCopyAgain);
  }
  return json;
}

bool Exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool IsFloating(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16 || dtype == DType::kF64;
}

/// True for the parts of a trained model besides its encoder.
bool IsPartOfHead(const std::string& name) {
  return name.starts_with("classifier.") || name.starts_with("crf.") || name.starts_with("layer_mix.");
}

/// "tensor 'NAME'", safe to print.
std::string Quoted(const TensorInfo& tensor) { return "tensor '" + Printable(tensor.name, 200) + "'"; }

/// Compares stored tensors with the expected ones; what remains in `stored` was not asked for.
void CheckShapes(const std::vector<ExpectedTensor>& expected, std::map<std::string, const TensorInfo*>* stored,
                 const std::string& path, ProblemList* problems) {
  for (const ExpectedTensor& tensor : expected) {
    const auto found = stored->find(tensor.name);
    if (found == stored->end()) {
      problems->Add(ErrorCode::kCorrupt, {"tensor '" + tensor.name + "' is missing", path, kSameModel});
      continue;
    }
    if (found->second->shape != tensor.shape) {
      problems->Add(ErrorCode::kCorrupt, {Quoted(*found->second) + " has shape " + ShapeText(found->second->shape) +
                                              ", the configuration asks for " + ShapeText(tensor.shape),
                                          path, kSameModel});
    }
    stored->erase(found);
  }
}

/// Python users read the tags from config.json.
void CheckLabelNames(const ModelFiles& files, const std::vector<std::string>& tags, ProblemList* problems) {
  const std::string config = (files.directory / "config.json").string();
  const auto names = files.config.find("id2label");
  if (names == files.config.end() || !names->is_object() || names->size() != tags.size()) {
    problems->Add(
        ErrorCode::kCorrupt,
        {"'id2label' does not hold the " + std::to_string(tags.size()) + " tags of clner.json", config, kSameModel});
    return;
  }
  for (size_t i = 0; i < tags.size(); ++i) {
    const auto name = names->find(std::to_string(i));
    if (name == names->end() || !name->is_string() || name->get<std::string>() != tags[i]) {
      problems->Add(ErrorCode::kCorrupt,
                    {"'id2label' of " + std::to_string(i) + " is not '" + Printable(tags[i]) + "' as in clner.json",
                     config, kSameModel});
    }
  }
}

/// True when clner.json breaks no rule.
bool CheckCard(const ModelFiles& files, const EncoderConfig* encoder, ProblemList* problems) {
  const size_t before = problems->total();
  CheckModelCard(files.card, encoder, (files.directory / "clner.json").string(), problems);
  const bool sound = problems->total() == before;
  if (const std::vector<std::string> tags = files.tags(); !tags.empty()) CheckLabelNames(files, tags, problems);
  return sound;
}

/// The name by which the rules know a stored tensor: without the encoder's prefix; "" for one that nothing uses. A
/// trained model is loaded by exact names; other prefixes and left-overs are tolerated in encoders only.
std::string UsedName(const EncoderConfig& encoder, const std::string& stored, bool trained) {
  if (trained && IsPartOfHead(stored)) return stored;
  std::string name = EncoderTensorName(encoder, stored);
  return trained && stored != std::string(encoder.family->prefix) + "." + name ? "" : name;
}

/// The tensors of the encoder and, in a trained model, of its head, by their names in the rules.
std::map<std::string, const TensorInfo*> UsedTensors(const ModelFiles& files, const EncoderConfig& encoder,
                                                     ModelVerification* result, ProblemList* problems) {
  const std::string path = files.weights.path().string();
  std::map<std::string, const TensorInfo*> used;
  for (const TensorInfo& tensor : files.weights.tensors()) {
    const std::string name = UsedName(encoder, tensor.name, files.trained());
    if (name.empty() && files.trained()) {
      problems->Add(ErrorCode::kCorrupt, {"unexpected " + Quoted(tensor), path, kOtherModel});
    } else if (name.empty()) {
      result->unused.push_back(tensor.name);
    } else if (!used.emplace(name, &tensor).second) {
      problems->Add(ErrorCode::kCorrupt,
                    {Quoted(tensor) + " is stored under two names", path, "export the model again"});
    } else if (!IsFloating(tensor.dtype)) {
      problems->Add(ErrorCode::kCorrupt,
                    {Quoted(tensor) + " has type " + Name(tensor.dtype) + ", weights are F32, F16, BF16 or F64", path,
                     "export the model again"});
    } else if (tensor.dtype != DType::kF32) {
      result->converted.push_back(tensor.name + " (" + Name(tensor.dtype) + ")");
    }
  }
  return used;
}

void CheckValues(const ModelFiles& files, ModelVerification* result, ProblemList* problems) {
  for (const TensorInfo& tensor : files.weights.tensors()) {
    try {
      CheckFinite(tensor, files.weights.FileOf(tensor));
    } catch (const Error& error) {
      for (const Problem& problem : error.problems()) problems->Add(error.code(), problem);
    }
    ++result->tensors;
    result->values += tensor.elements();
  }
}

/// Classifier, chain and layer mix as a sound clner.json describes them.
void AddHeadTensors(const ModelFiles& files, const EncoderConfig& encoder, std::vector<ExpectedTensor>* expected) {
  const auto tags = static_cast<int64_t>(files.tags().size());
  const int64_t width = encoder.hidden_size * (files.card.at("encoder").at("pool") == "first_last" ? 2 : 1);
  expected->push_back({"classifier.weight", {tags, width}});
  expected->push_back({"classifier.bias", {tags}});
  if (files.card.at("head").at("type") == "crf") {
    expected->push_back({"crf.transitions", {tags, tags}});
    expected->push_back({"crf.start", {tags}});
    expected->push_back({"crf.end", {tags}});
  }
  if (files.card.at("encoder").value("layer_mix", "mean") == "scalar") {
    const auto layers = SelectedLayers(files.card.at("encoder").value("layers", "-1"), encoder.layers,
                                       ErrorCode::kCorrupt, "clner.json");
    expected->push_back({"layer_mix.weights", {static_cast<int64_t>(layers.size())}});
    expected->push_back({"layer_mix.gamma", {1}});
  }
}

void CheckTensors(const ModelFiles& files, ModelVerification* result, ProblemList* problems) {
  result->skipped = files.weights.Skipped();
  CheckValues(files, result, problems);
  const std::optional<EncoderConfig> encoder =
      ParseEncoderConfig(files.config, (files.directory / "config.json").string(), problems);
  const bool known_head = files.trained() && CheckCard(files, encoder ? &*encoder : nullptr, problems);
  if (!encoder) return;
  std::map<std::string, const TensorInfo*> stored = UsedTensors(files, *encoder, result, problems);
  std::vector<ExpectedTensor> expected = ExpectedEncoderTensors(*encoder);
  if (known_head) AddHeadTensors(files, *encoder, &expected);
  CheckShapes(expected, &stored, files.weights.path().string(), problems);
  for (const auto& [name, tensor] : stored) {
    if (!files.trained()) {
      result->unused.push_back(tensor->name);
    } else if (known_head) {
      problems->Add(ErrorCode::kCorrupt, {"unexpected " + Quoted(*tensor), files.weights.path().string(), kOtherModel});
    }
  }
}

/// The file that holds or lists the weights; a trained model is written by clner, which writes one file.
std::optional<std::filesystem::path> WeightsOf(const std::filesystem::path& directory) {
  if (!Exists(directory / "clner.json")) return FindWeights(directory);
  const std::filesystem::path path = directory / kTrainedWeights;
  return Exists(path) ? std::optional(path) : std::nullopt;
}

}  // namespace

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

int64_t ModelFiles::parameters() const {
  int64_t sum = 0;
  for (const TensorInfo& tensor : weights.tensors()) sum += IsFloating(tensor.dtype) ? tensor.elements() : 0;
  return sum;
}

std::vector<std::string> ModelFiles::tags() const {
  std::vector<std::string> tags;
  if (!card.is_object()) return tags;
  const auto labels = card.find("labels");
  if (labels == card.end() || !labels->is_object()) return tags;
  const auto list = labels->find("tags");
  if (list == labels->end() || !list->is_array()) return tags;
  for (const Json& tag : *list) {
    if (!tag.is_string()) return {};
    tags.push_back(tag.get<std::string>());
  }
  return tags;
}

ModelFiles ReadModelFiles(const std::filesystem::path& directory) {
  const std::string shown = directory.string();
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored)) {
    throw Error(ErrorCode::kNoInput, "'" + Printable(shown) + "' is not a directory", shown,
                "give a model directory such as runs/NAME/best or a Hugging Face encoder directory");
  }
  const bool listed = Exists(directory / "SHA256SUMS");  // the list of clner holds every file of the model
  if (!Exists(directory / "config.json") && !listed) {
    throw Error(ErrorCode::kNoInput, "'" + Printable(shown) + "' is not a model directory (no config.json)", shown,
                "give a directory such as runs/NAME/best or a Hugging Face encoder directory");
  }
  const auto require = [&](const char* name, bool exists) {
    if (!listed || exists) return;
    throw Error(ErrorCode::kCorrupt, "file '" + std::string(name) + "' is missing", (directory / name).string(),
                kCopyAgain);
  };
  require("config.json", Exists(directory / "config.json"));
  require(kTrainedWeights, WeightsOf(directory).has_value());
  Json card;
  if (Exists(directory / "clner.json")) card = ReadObject(directory / "clner.json");
  Json config = ReadObject(directory / "config.json");
  const bool trained = !card.is_null();
  return {directory, std::move(config), std::move(card),
          trained ? WeightFiles(directory / kTrainedWeights) : OpenWeights(directory)};
}

ModelVerification VerifyModelDirectory(const std::filesystem::path& directory, std::optional<ModelFiles>* files) {
  ModelVerification result;
  ProblemList problems;
  const auto collect = [&problems](const auto& check) {
    try {
      check();
    } catch (const Error& error) {
      // What cannot be found is another exit code than what is damaged.
      if (error.code() != ErrorCode::kCorrupt) throw;
      for (const Problem& problem : error.problems()) problems.Add(error.code(), problem);
    }
  };
  if (Exists(directory / "SHA256SUMS") || Exists(directory / "clner.json")) {
    collect([&] {
      VerifyChecksums(directory);
      result.checksums = true;
    });
  }
  // A file that the list has named as missing is not reported again.
  const bool complete = Exists(directory / "config.json") && WeightsOf(directory).has_value();
  if (complete || problems.empty()) {
    collect([&] {
      ModelFiles read = ReadModelFiles(directory);
      CheckTensors(read, &result, &problems);
      if (files != nullptr) files->emplace(std::move(read));
    });
  }
  problems.ThrowIfAny();
  return result;
}

}  // namespace clner
