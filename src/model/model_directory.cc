#include "model/model_directory.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/files.h"
#include "core/model_card.h"
#include "core/model_files.h"
#include "core/sha256.h"
#include "model/weights.h"

namespace clner {
namespace {

constexpr uint64_t kMaxJsonBytes = UINT64_C(16) << 20;

Json HuggingFaceConfig(const ModelSpec& spec) {
  Json json = spec.encoder.json;
  json.erase("_name_or_path");
  json["architectures"] = {std::string(spec.encoder.family->architecture)};
  Json id2label = Json::object(), label2id = Json::object();
  for (size_t i = 0; i < spec.tags.tags().size(); ++i) {
    id2label[std::to_string(i)] = spec.tags.tags()[i];
    label2id[spec.tags.tags()[i]] = i;
  }
  json["id2label"] = id2label;
  json["label2id"] = label2id;
  return json;
}

constexpr const char* kTrainedViews[] = {"sentence", "context", "both"};

ClnerCard CardOf(const ModelSpec& spec) {
  ClnerCard card;
  card.labels = spec.tags.ToJson();
  card.view = kTrainedViews[static_cast<size_t>(spec.trained_views)];
  card.max_pieces = spec.max_pieces;
  card.window_overlap = spec.window_overlap;
  if (spec.trained_views != TrainedViews::kSentence) {
    const auto limit = [](int64_t value) { return value == ContextLimits::kNone ? 0 : value; };
    card.context_limits = {{"max_texts", limit(spec.contexts.max_texts)},
                           {"max_words_per_text", limit(spec.contexts.max_words_per_text)},
                           {"max_context_pieces", limit(spec.contexts.max_pieces)}};
  }
  card.pool = spec.pooling;
  card.layers = spec.layers.layers;
  card.layer_mix = spec.layers.mix == LayerSelection::Mix::kMean ? "mean" : "scalar";
  card.word_dropout = spec.word_dropout;
  card.head = spec.head == HeadType::kCrf ? "crf" : "softmax";
  card.constraints = spec.constraints == ConstraintMode::kOff ? "off" : "decode";
  card.training = spec.training;
  return card;
}

ModelSpec ReadSpec(const std::filesystem::path& directory) {
  ModelSpec spec;
  spec.encoder = ReadEncoderConfig(directory);
  const std::string path = (directory / "clner.json").string();
  const Json json = ParseJson(ReadFile(path, kMaxJsonBytes), path, ErrorCode::kCorrupt);
  ProblemList problems;
  CheckModelCard(json, &spec.encoder, path, &problems);
  problems.ThrowIfAny();
  spec.tags = TagSpace::FromJson(json.at("labels"), path);
  const Json &view = json.at("view"), &encoder = json.at("encoder"), &head = json.at("head");
  spec.max_pieces = view.at("max_pieces").get<int64_t>();
  spec.window_overlap = view.at("window_overlap").get<int64_t>();
  spec.trained_views = static_cast<TrainedViews>(
      std::find(std::begin(kTrainedViews), std::end(kTrainedViews), view.at("type").get<std::string>()) -
      std::begin(kTrainedViews));
  const auto limit = [&](const char* key) {
    const int64_t value = view.value(key, int64_t{0});
    return value == 0 ? ContextLimits::kNone : value;
  };
  spec.contexts = {limit("max_texts"), limit("max_words_per_text"), limit("max_context_pieces")};
  spec.pooling = FindPooling(encoder.at("pool").get<std::string>()).value();
  spec.layers.layers = encoder.value("layers", spec.layers.layers);
  spec.layers.mix =
      encoder.value("layer_mix", "mean") == "mean" ? LayerSelection::Mix::kMean : LayerSelection::Mix::kScalar;
  spec.word_dropout = encoder.at("word_dropout").get<double>();
  spec.head = head.at("type") == "crf" ? HeadType::kCrf : HeadType::kSoftmax;
  spec.constraints = head.at("constraints") == "off" ? ConstraintMode::kOff : ConstraintMode::kDecode;
  spec.training = json.at("training");
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

void CheckEncoderFits(const EncoderConfig& config, const Tokenizer& tokenizer, int64_t max_pieces,
                      const std::filesystem::path& directory) {
  if (max_pieces > config.max_pieces()) {
    throw Error(ErrorCode::kConfig,
                "model.encoder.max_pieces is " + std::to_string(max_pieces) + ", the encoder has " +
                    std::to_string(config.max_pieces()) + " positions",
                (directory / "config.json").string(),
                "set model.encoder.max_pieces to at most " + std::to_string(config.max_pieces()));
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
  WriteFileAtomically(directory / "clner.json", ClnerCardText(CardOf(model.spec())));
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
  CheckEncoderFits(spec.encoder, *loaded.tokenizer, spec.max_pieces, directory);
  loaded.view = std::make_unique<SentenceView>(*loaded.tokenizer, spec.max_pieces, spec.window_overlap, spec.pooling);
  loaded.context_view = std::make_unique<ContextView>(*loaded.tokenizer, spec.max_pieces, spec.window_overlap,
                                                      spec.contexts, spec.pooling);
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
