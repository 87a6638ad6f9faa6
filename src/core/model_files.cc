#include "core/model_files.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/files.h"
#include "core/sha256.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr uint64_t kMaxJsonBytes = UINT64_C(16) << 20;
constexpr int64_t kMaxSize = INT64_C(1) << 24;
constexpr int64_t kMaxLayers = 1024;
constexpr const char* kSameModel = "use weights and config.json of the same model";
constexpr const char* kWrittenByClner = "the file is written by clner; train or copy the model again";

Json ReadObject(const std::filesystem::path& path) {
  Json json = ParseJson(ReadFile(path, kMaxJsonBytes), path.string(), ErrorCode::kCorrupt);
  if (!json.is_object()) {
    throw Error(ErrorCode::kCorrupt, "the file is not a JSON object", path.string(), "copy the model again");
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

bool StartsWith(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

void ReplaceSuffix(std::string* name, const std::string& from, const std::string& to) {
  if (name->size() >= from.size() && name->compare(name->size() - from.size(), from.size(), from) == 0) {
    name->replace(name->size() - from.size(), from.size(), to);
  }
}

/// The name without the `bert.` prefix and with the present names of old `gamma` and `beta`.
std::string PlainName(std::string name) {
  if (StartsWith(name, "bert.")) name.erase(0, 5);
  ReplaceSuffix(&name, ".gamma", ".weight");
  ReplaceSuffix(&name, ".beta", ".bias");
  return name;
}

bool IsPartOfEncoder(const std::string& plain) {
  return (StartsWith(plain, "embeddings.") || StartsWith(plain, "encoder.")) && plain != "embeddings.position_ids";
}

/// An integer of config.json in [1, most], or 0 with a problem.
int64_t SizeOf(const Json& config, const char* key, int64_t most, const std::string& path, ProblemList* problems) {
  const auto found = config.find(key);
  std::string what;
  if (found == config.end()) {
    what = std::string("'") + key + "' is missing";
  } else if (!found->is_number_integer()) {
    what = std::string("'") + key + "' is not an integer";
  } else if (found->get<int64_t>() < 1 || found->get<int64_t>() > most) {
    what = std::string("'") + key + "' is " + found->dump() + ", allowed: 1 to " + std::to_string(most);
  } else {
    return found->get<int64_t>();
  }
  problems->Add(ErrorCode::kCorrupt, {what, path, "use the config.json that belongs to the model"});
  return 0;
}

void AddDense(const std::string& name, int64_t out, int64_t in, std::vector<ExpectedTensor>* tensors) {
  tensors->push_back({name + ".weight", {out, in}});
  tensors->push_back({name + ".bias", {out}});
}

void AddNorm(const std::string& name, int64_t size, std::vector<ExpectedTensor>* tensors) {
  tensors->push_back({name + ".weight", {size}});
  tensors->push_back({name + ".bias", {size}});
}

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
      problems->Add(ErrorCode::kCorrupt,
                    {"tensor '" + found->second->name + "' has shape " + ShapeText(found->second->shape) +
                         ", the configuration asks for " + ShapeText(tensor.shape),
                     path, kSameModel});
    }
    stored->erase(found);
  }
}

void CheckLabels(const ModelFiles& files, const std::vector<std::string>& tags, ProblemList* problems) {
  const std::string card = (files.directory / "clner.json").string();
  if (tags.empty()) {
    problems->Add(ErrorCode::kCorrupt,
                  {"'labels.tags' is missing, empty or not a list of strings", card, kWrittenByClner});
    return;
  }
  std::set<std::string> seen;
  for (const std::string& tag : tags) {
    if (!seen.insert(tag).second) {
      problems->Add(ErrorCode::kCorrupt, {"'labels.tags' holds '" + Printable(tag) + "' twice", card, kWrittenByClner});
    }
  }
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

void CheckTensors(const ModelFiles& files, ModelVerification* result, ProblemList* problems) {
  const std::string path = files.weights.path().string();
  std::map<std::string, const TensorInfo*> stored;
  for (const TensorInfo& tensor : files.weights.tensors()) {
    try {
      CheckFinite(tensor, files.weights.path());
    } catch (const Error& error) {
      for (const Problem& problem : error.problems()) problems->Add(error.code(), problem);
    }
    ++result->tensors;
    result->values += tensor.elements();
    const std::string plain = PlainName(tensor.name);
    const bool of_head = StartsWith(plain, "classifier.") || StartsWith(plain, "crf.");
    if (!IsPartOfEncoder(plain) && !(files.trained() && of_head)) {
      result->unused.push_back(tensor.name);
      continue;
    }
    if (tensor.dtype != DType::kF32) result->converted.push_back(tensor.name + " (" + Name(tensor.dtype) + ")");
    if (!stored.emplace(plain, &tensor).second) {
      problems->Add(ErrorCode::kCorrupt,
                    {"tensor '" + tensor.name + "' is stored under two names", path, "export the model again"});
    }
  }
  std::vector<ExpectedTensor> expected =
      ExpectedEncoderTensors(files.config, (files.directory / "config.json").string(), problems);
  const bool known_encoder = !expected.empty();
  if (files.trained()) {
    const std::vector<std::string> tags = files.tags();
    CheckLabels(files, tags, problems);
    const auto count = static_cast<int64_t>(tags.size());
    const auto hidden = files.config.find("hidden_size");
    if (count > 0 && known_encoder) {
      AddDense("classifier", count, hidden->get<int64_t>(), &expected);
      expected.push_back({"crf.transitions", {count, count}});
      expected.push_back({"crf.start", {count}});
      expected.push_back({"crf.end", {count}});
    }
  }
  if (!known_encoder) return;
  CheckShapes(expected, &stored, path, problems);
  for (const auto& [name, tensor] : stored) {
    if (files.trained()) {
      problems->Add(ErrorCode::kCorrupt,
                    {"unexpected tensor '" + tensor->name + "'", path, "the file belongs to another model"});
    } else {
      result->unused.push_back(tensor->name);
    }
  }
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
  if (!Exists(directory / "config.json")) {
    throw Error(ErrorCode::kNoInput, "'" + Printable(shown) + "' is not a model directory (no config.json)", shown,
                "give a directory such as runs/NAME/best or a Hugging Face encoder directory");
  }
  Json card;
  if (Exists(directory / "clner.json")) card = ReadObject(directory / "clner.json");
  return {directory, ReadObject(directory / "config.json"), std::move(card),
          SafetensorsFile(directory / "model.safetensors")};
}

std::vector<ExpectedTensor> ExpectedEncoderTensors(const Json& config, const std::string& path, ProblemList* problems) {
  const auto type = config.find("model_type");
  const std::string name = type != config.end() && type->is_string() ? type->get<std::string>() : "";
  if (name != "bert") {
    problems->Add(ErrorCode::kCorrupt,
                  {"model_type '" + Printable(name) + "' is not supported" + DidYouMean(name, {"bert"}), path,
                   "supported model types: bert"});
    return {};
  }
  const int64_t vocabulary = SizeOf(config, "vocab_size", kMaxSize, path, problems);
  const int64_t hidden = SizeOf(config, "hidden_size", kMaxSize, path, problems);
  const int64_t layers = SizeOf(config, "num_hidden_layers", kMaxLayers, path, problems);
  const int64_t inner = SizeOf(config, "intermediate_size", kMaxSize, path, problems);
  const int64_t positions = SizeOf(config, "max_position_embeddings", kMaxSize, path, problems);
  const int64_t types = SizeOf(config, "type_vocab_size", kMaxSize, path, problems);
  if (vocabulary == 0 || hidden == 0 || layers == 0 || inner == 0 || positions == 0 || types == 0) return {};
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

ModelVerification VerifyModelDirectory(const std::filesystem::path& directory) {
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
  std::error_code ignored;
  const bool is_model = std::filesystem::is_directory(directory, ignored) && Exists(directory / "config.json");
  if (is_model && (Exists(directory / "SHA256SUMS") || Exists(directory / "clner.json"))) {
    collect([&] {
      VerifyChecksums(directory);
      result.checksums = true;
    });
  }
  collect([&] { CheckTensors(ReadModelFiles(directory), &result, &problems); });
  problems.ThrowIfAny();
  return result;
}

}  // namespace clner
