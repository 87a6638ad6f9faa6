#include "model_transfer.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/encoder_config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/model_card.h"
#include "core/model_files.h"
#include "core/sha256.h"
#include "core/utf8.h"
#include "core/weight_files.h"
#include "data/schemes.h"
#include "tokenize/tokenizer.h"

namespace clner::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kOverlap = 128;

[[noreturn]] void Refuse(const fs::path& place, const std::string& what, const std::string& fix) {
  throw Error(ErrorCode::kCorrupt, what, place.string(), fix);
}

/// The labels of id2label in the order of their ids.
std::vector<std::string> ReadTags(const Json& config, const fs::path& path) {
  const char* fix = "the directory must hold a token classifier with its label names";
  const auto names = config.find("id2label");
  if (names == config.end() || !names->is_object() || names->empty()) Refuse(path, "'id2label' is missing", fix);
  std::vector<std::string> tags;
  for (size_t i = 0; i < names->size(); ++i) {
    const auto name = names->find(std::to_string(i));
    if (name == names->end() || !name->is_string())
      Refuse(path, fmt::format("'id2label' has {} labels, but none of the id {}", names->size(), i), fix);
    const auto tag = name->get<std::string>();
    if (std::find(tags.begin(), tags.end(), tag) != tags.end())
      Refuse(path, fmt::format("'id2label' holds '{}' twice", Printable(tag)), fix);
    tags.push_back(tag);
  }
  return tags;
}

/// The scheme whose letters the tags use. A set of tags does not tell IOB1 from BIO; both decode alike.
Scheme SchemeOf(const std::vector<std::string>& tags, const fs::path& path) {
  const char* fix = "write the labels of config.json as O, B-TYPE, I-TYPE (or BIOES, BMES, BILOU)";
  std::string letters, strange;
  for (const std::string& tag : tags) {
    const TagParts parts = SplitTag(tag);
    if (parts.prefix == '?') strange += (strange.empty() ? "'" : ", '") + Printable(tag) + "'";
    letters += parts.prefix;
  }
  if (!strange.empty()) Refuse(path, "labels without a prefix of a tag scheme: " + strange, fix);
  if (letters.find('O') == letters.npos) Refuse(path, "'id2label' has no 'O'", fix);
  if (letters.find('M') != letters.npos) return Scheme::kBmes;
  if (letters.find_first_of("LU") != letters.npos) return Scheme::kBilou;
  return letters.find_first_of("ES") != letters.npos ? Scheme::kBioes : Scheme::kBio;
}

std::vector<std::string> TypesOf(const std::vector<std::string>& tags) {
  std::vector<std::string> types;
  for (const std::string& tag : tags) {
    const TagParts parts = SplitTag(tag);
    const std::string type(parts.type);
    if (parts.prefix != 'O' && std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
  }
  return types;
}

/// The tensors of encoder and classifier under the names of a trained model, in the order of the rules.
std::vector<TensorInfo> TaggerTensors(const WeightFiles& weights, const EncoderConfig& encoder, int64_t tags,
                                      ImportReport* report) {
  std::vector<ExpectedTensor> expected = ExpectedEncoderTensors(encoder);
  for (ExpectedTensor& tensor : expected) tensor.name = std::string(encoder.family->prefix) + "." + tensor.name;
  expected.push_back({"classifier.weight", {tags, encoder.hidden_size}});
  expected.push_back({"classifier.bias", {tags}});
  std::vector<TensorInfo> found(expected.size());
  for (const TensorInfo& tensor : weights.tensors()) {
    const std::string part = EncoderTensorName(encoder, tensor.name);
    const std::string name = part.empty() ? tensor.name : std::string(encoder.family->prefix) + "." + part;
    const auto place = std::find_if(expected.begin(), expected.end(), [&](const auto& e) { return e.name == name; });
    if (place == expected.end()) {
      report->unused.push_back(tensor.name);
    } else {
      TensorInfo& slot = found[static_cast<size_t>(place - expected.begin())];
      CheckFinite(tensor, weights.FileOf(tensor));
      slot = tensor;
      slot.name = name;
    }
  }
  ProblemList problems;
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string place = weights.path().string();
    if (found[i].name.empty()) {
      problems.Add(ErrorCode::kCorrupt, {"tensor '" + expected[i].name + "' is missing", place,
                                         "give the directory of a trained *ForTokenClassification model"});
    } else if (found[i].shape != expected[i].shape) {
      problems.Add(ErrorCode::kCorrupt,
                   {fmt::format("tensor '{}' has shape {}, the configuration asks for {}", expected[i].name,
                                ShapeText(found[i].shape), ShapeText(expected[i].shape)),
                    place, "use weights and config.json of the same model"});
    }
  }
  problems.ThrowIfAny();
  return found;
}

ClnerCard CardOf(const EncoderConfig& encoder, const std::vector<std::string>& tags, Scheme scheme,
                 const fs::path& from) {
  const std::vector<std::string> types = TypesOf(tags);
  ClnerCard card;
  card.labels = {
      {"types", types}, {"counts", std::vector<int64_t>(types.size(), 0)}, {"scheme", Name(scheme)}, {"tags", tags}};
  card.max_pieces = encoder.max_pieces();
  card.window_overlap = std::min(kOverlap, encoder.max_pieces() / 4);
  card.head = "softmax";
  card.training = {{"name", fs::weakly_canonical(from).filename().string()}, {"imported", true}};
  return card;
}

void CopyTokenizer(const fs::path& from, const fs::path& to) {
  for (const std::string& name : TokenizerFiles(from)) WriteFileAtomically(to / name, ReadFile(from / name));
}

void RequireAbsent(const fs::path& out) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(out, ignored))) return;
  throw Error(ErrorCode::kOutput, "'" + Printable(out.string()) + "' exists already", out.string(),
              "give another directory, or remove this one");
}

/// Front matter and usage of an exported model; the decoder is that of docs/python.md.
std::string ExportedCard(const ModelFiles& files) {
  const bool chain = files.card.at("head").at("type") == "crf";
  std::string text =
      "---\nlibrary_name: transformers\npipeline_tag: token-classification\n---\n# Token classifier trained with "
      "clner\n\n```python\nfrom transformers import AutoModelForTokenClassification, AutoTokenizer\n\nmodel = "
      "AutoModelForTokenClassification.from_pretrained(DIRECTORY)\ntokenizer = "
      "AutoTokenizer.from_pretrained(DIRECTORY)\n```\n\nThe logits at the first piece of a word are the emissions of "
      "its tags (`config.id2label`).\n";
  if (chain) {
    text +=
        "The tags of a sentence are the best path under a linear-chain CRF: `model.safetensors` also holds "
        "`crf.transitions` [from, to], `crf.start` and `crf.end`, and docs/python.md of clner has the decoder. The "
        "largest logit of each word alone is close, but not the same.\n";
  }
  return text;
}

}  // namespace

ImportReport ImportModel(const fs::path& from, const fs::path& out) {
  RequireAbsent(out);
  const EncoderConfig encoder = ReadEncoderConfig(from);
  const std::vector<std::string> tags = ReadTags(encoder.json, from / "config.json");
  const Scheme scheme = SchemeOf(tags, from / "config.json");
  const WeightFiles weights = OpenWeights(from);
  ImportReport report{std::string(encoder.family->model_type), Name(scheme), TypesOf(tags),
                      static_cast<int64_t>(tags.size())};
  const std::vector<TensorInfo> tensors = TaggerTensors(weights, encoder, report.tags, &report);
  AtomicDirectory directory(out);
  WriteSafetensors(directory.path() / "model.safetensors", tensors, {{"format", "pt"}});
  Json config = encoder.json;
  config["architectures"] = {std::string(encoder.family->architecture)};
  config["model_type"] = encoder.family->model_type;
  WriteFileAtomically(directory.path() / "config.json", DumpJson(config, 2) + "\n");
  WriteFileAtomically(directory.path() / "clner.json", ClnerCardText(CardOf(encoder, tags, scheme, from)));
  CopyTokenizer(from, directory.path());
  WriteChecksums(directory.path());
  (void)VerifyModelDirectory(directory.path());
  directory.Publish();
  return report;
}

void ExportModel(const fs::path& from, const fs::path& out) {
  RequireAbsent(out);
  (void)VerifyModelDirectory(from);
  const ModelFiles files = ReadModelFiles(from);
  if (!files.trained()) {
    throw Error(ErrorCode::kUsage, "'" + Printable(from.string()) + "' is an encoder without a trained head",
                from.string(), "an encoder directory can be used in Python as it is");
  }
  const Json& encoder = files.card.at("encoder");
  if (encoder.at("pool") != "first" || encoder.value("layers", "-1") != "-1" ||
      encoder.value("layer_mix", "mean") != "mean") {
    throw Error(ErrorCode::kUsage,
                "the word vectors are not the first piece of the last layer; no class of transformers has such a head",
                (from / "clner.json").string(), "train with model.encoder.pool: first and layers: -1");
  }
  AtomicDirectory directory(out);
  for (const char* name : {"config.json", "clner.json"})
    WriteFileAtomically(directory.path() / name, ReadFile(from / name));
  WriteSafetensors(directory.path() / "model.safetensors", files.weights.tensors(), {{"format", "pt"}});
  CopyTokenizer(from, directory.path());
  WriteFileAtomically(directory.path() / "README.md", ExportedCard(files));
  WriteChecksums(directory.path());
  directory.Publish();
}

}  // namespace clner::cli
