#include "model/model_directory.h"

#include <torch/torch.h>

#include "core/files.h"
#include "core/log.h"
#include "core/sha256.h"
#include "model/weights.h"

namespace clner {
namespace {

constexpr int kFormatVersion = 1;
constexpr uint64_t kMaxJsonBytes = UINT64_C(16) << 20;

Json HuggingFaceConfig(const ModelSpec& spec) {
  Json json = spec.encoder.json;
  json.erase("_name_or_path");
  json["architectures"] = {"BertForTokenClassification"};
  Json id2label = Json::object(), label2id = Json::object();
  for (size_t i = 0; i < spec.tags.tags().size(); ++i) {
    id2label[std::to_string(i)] = spec.tags.tags()[i];
    label2id[spec.tags.tags()[i]] = i;
  }
  json["id2label"] = id2label;
  json["label2id"] = label2id;
  return json;
}

Json ClnerJson(const ModelSpec& spec) {
  Json json;
  json["format"] = kFormatVersion;
  json["labels"] = spec.tags.ToJson();
  json["view"] = {{"type", "sentence"}, {"max_pieces", spec.max_pieces}, {"window_overlap", spec.window_overlap}};
  json["encoder"] = {{"pool", "first"}, {"word_dropout", spec.word_dropout}};
  json["head"] = {{"type", "crf"}, {"constraints", spec.constraints == ConstraintMode::kOff ? "off" : "decode"}};
  json["training"] = spec.training;
  return json;
}

[[noreturn]] void Malformed(const std::string& what, const std::filesystem::path& path) {
  throw Error(ErrorCode::kCorrupt, what, path.string(), "the file is written by clner; train or copy the model again");
}

const Json& Member(const Json& json, const char* key, const std::filesystem::path& path) {
  const auto found = json.find(key);
  if (!json.is_object() || found == json.end()) Malformed(std::string("'") + key + "' is missing", path);
  return *found;
}

int64_t Integer(const Json& json, const char* key, int64_t low, int64_t high, const std::filesystem::path& path) {
  const Json& value = Member(json, key, path);
  if (!value.is_number_integer() || value.get<int64_t>() < low || value.get<int64_t>() > high) {
    Malformed(
        std::string("'") + key + "' is not an integer from " + std::to_string(low) + " to " + std::to_string(high),
        path);
  }
  return value.get<int64_t>();
}

// kCorrupt unless the card's member has the only value this program knows.
void Expect(const Json& json, const char* section, const char* key, const char* value,
            const std::filesystem::path& path) {
  if (Member(Member(json, section, path), key, path) == value) return;
  Malformed(std::string("'") + section + "." + key + "' is not '" + value + "'", path);
}

ModelSpec ReadSpec(const std::filesystem::path& directory) {
  ModelSpec spec;
  spec.encoder = nn::ReadBertConfig(directory);
  const std::filesystem::path path = directory / "clner.json";
  const Json json = ParseJson(ReadFile(path, kMaxJsonBytes), path.string(), ErrorCode::kCorrupt);
  const int64_t format = Integer(json, "format", 1, INT64_MAX, path);
  if (format > kFormatVersion) {
    throw Error(
        ErrorCode::kCorrupt,
        "model format " + std::to_string(format) + " is newer than this program's " + std::to_string(kFormatVersion),
        path.string(), "use a newer clner");
  }
  spec.tags = TagSpace::FromJson(Member(json, "labels", path), path.string());
  Expect(json, "view", "type", "sentence", path);
  Expect(json, "encoder", "pool", "first", path);
  Expect(json, "head", "type", "crf", path);
  const Json& view = Member(json, "view", path);
  spec.max_pieces = Integer(view, "max_pieces", 3, INT64_C(1) << 24, path);
  spec.window_overlap = Integer(view, "window_overlap", 0, INT64_C(1) << 24, path);
  const Json& constraints = Member(Member(json, "head", path), "constraints", path);
  if (constraints != "off" && constraints != "decode")
    Malformed("'head.constraints' is neither 'off' nor 'decode'", path);
  spec.constraints = constraints == "off" ? ConstraintMode::kOff : ConstraintMode::kDecode;
  const Json& word_dropout = Member(Member(json, "encoder", path), "word_dropout", path);
  if (!word_dropout.is_number() || word_dropout < 0 || word_dropout >= 1)
    Malformed("'encoder.word_dropout' is not a number from 0 to below 1", path);
  spec.word_dropout = word_dropout.get<double>();
  spec.training = Member(json, "training", path);
  return spec;
}

std::string Percent(const Json& training, const char* split) {
  const auto found = training.find(split);
  if (found == training.end() || !found->is_object()) return "";
  const auto f1 = found->find("f1");
  return f1 == found->end() || !f1->is_number() ? "" : JsonNumber(f1->get<double>());
}

}  // namespace

bool IsTrainedModel(const std::filesystem::path& directory) {
  std::error_code ignored;
  if (std::filesystem::exists(directory / "clner.json", ignored)) return true;
  if (std::filesystem::exists(directory / "config.json", ignored)) return false;
  throw Error(ErrorCode::kNoInput, "'" + directory.string() + "' is not a model directory (no config.json)",
              directory.string(), "give a directory such as runs/NAME/best or a Hugging Face encoder directory");
}

void CheckEncoderFits(const nn::BertConfig& config, const Tokenizer& tokenizer, int64_t max_pieces,
                      const std::filesystem::path& directory) {
  if (max_pieces > config.positions) {
    throw Error(ErrorCode::kConfig,
                "model.encoder.max_pieces is " + std::to_string(max_pieces) + ", the encoder has " +
                    std::to_string(config.positions) + " positions",
                (directory / "config.json").string(),
                "set model.encoder.max_pieces to at most " + std::to_string(config.positions));
  }
  if (tokenizer.vocabulary_size() > config.vocab_size) {
    throw Error(ErrorCode::kCorrupt,
                "the vocabulary has " + std::to_string(tokenizer.vocabulary_size()) + " pieces, the encoder " +
                    std::to_string(config.vocab_size) + " embedding rows",
                directory.string(), "use the tokenizer files that belong to the model");
  }
}

void WriteModelDirectory(const std::filesystem::path& directory, const Model& model,
                         const std::filesystem::path& tokenizer_from, const std::string& card) {
  SaveTensors(directory / "model.safetensors", NamedParameters(model));
  WriteFileAtomically(directory / "config.json", DumpJson(HuggingFaceConfig(model.spec()), 2) + "\n");
  WriteFileAtomically(directory / "clner.json", DumpJson(ClnerJson(model.spec()), 2) + "\n");
  for (const std::string& name : TokenizerFiles(tokenizer_from)) {
    WriteFileAtomically(directory / name, ReadFile(tokenizer_from / name));
  }
  WriteFileAtomically(directory / "README.md", card);
  WriteChecksums(directory);
}

LoadedModel LoadModelDirectory(const std::filesystem::path& directory, bool verify) {
  if (!IsTrainedModel(directory)) {
    throw Error(ErrorCode::kCorrupt,
                "'" + directory.string() + "' is an encoder without a trained head (no clner.json)", directory.string(),
                "train it first: clner train -c CONFIG --set model.encoder.path=" + directory.string());
  }
  if (verify) VerifyChecksums(directory);
  LoadedModel loaded;
  ModelSpec spec = ReadSpec(directory);
  loaded.tokenizer = LoadTokenizer(directory);
  if (spec.max_pieces > spec.encoder.positions)
    Malformed("'view.max_pieces' exceeds the positions of config.json", directory / "clner.json");
  CheckEncoderFits(spec.encoder, *loaded.tokenizer, spec.max_pieces, directory);
  loaded.view = std::make_unique<SentenceView>(*loaded.tokenizer, spec.max_pieces, spec.window_overlap);
  torch::NoGradGuard no_grad;
  loaded.model = std::make_shared<Model>(std::move(spec));
  MapExactWeights(std::make_shared<const SafetensorsFile>(directory / "model.safetensors"), *loaded.model);
  loaded.model->eval();
  return loaded;
}

std::string ModelCard(const ModelSpec& spec, const std::string& name) {
  std::string card =
      "---\nlibrary_name: clner\npipeline_tag: token-classification\ntags: [named-entity-recognition, crf]\n";
  const std::string dev = Percent(spec.training, "dev");
  if (!dev.empty()) {
    card += "model-index:\n- name: " + name +
            "\n  results:\n  - task: {type: token-classification}\n    dataset: {name: development data, type: "
            "custom}\n    metrics:\n    - {type: f1, value: " +
            dev + "}\n";
  }
  card +=
      "---\n# " + name + "\n\nNamed entity recogniser (transformer encoder + linear-chain CRF) trained with clner.\n\n";
  card += "| entity type | training examples |\n|---|---|\n";
  for (size_t i = 0; i < spec.tags.labels().types.size(); ++i) {
    card += "| " + spec.tags.labels().types[i] + " | " + std::to_string(spec.tags.labels().counts[i]) + " |\n";
  }
  card += "\nTag scheme: " + std::string(Name(spec.tags.scheme())) +
          ". Use: `clner predict -m DIRECTORY FILE`. "
          "`classifier` holds the emissions, `crf.transitions` [from, to], `crf.start` and `crf.end` the "
          "chain.\n\nLicence: to be filled in by the owner.\n";
  return card;
}

}  // namespace clner
