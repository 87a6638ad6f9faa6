#include "tokenize/wordpiece_files.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "core/utf8.h"
#include "tokenize/vocabulary.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

/// One JSON file with typed access; every wrong type is an error that names file and key.
class JsonFile {
 public:
  /// An absent file has no keys.
  explicit JsonFile(const fs::path& path) : name_(path.string()) {
    if (!fs::exists(path)) return;
    json_ = ParseJson(ReadFile(path, kMaxVocabularyBytes), name_, ErrorCode::kCorrupt);
    if (!json_.is_object()) Fail("the file must hold a JSON object");
  }
  [[nodiscard]] bool exists() const { return json_.is_object(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Json& object() const { return json_; }
  [[noreturn]] void Fail(const std::string& what, const std::string& key = "") const {
    throw Error(ErrorCode::kCorrupt, what, key.empty() ? name_ : fmt::format("{} ({})", name_, key),
                "copy the file again from where the model came from");
  }
  /// The value, or null when it is absent or null.
  [[nodiscard]] static const Json* Find(const Json& object, const std::string& key) {
    if (!object.is_object()) return nullptr;
    auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }
  [[nodiscard]] const Json* Find(const std::string& key) const { return Find(json_, key); }
  [[nodiscard]] std::optional<bool> Bool(const Json& object, const std::string& key) const {
    const Json* value = Find(object, key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean())
      Fail(fmt::format("'{}' must be true or false, not {}", key, Printable(DumpJson(*value))), key);
    return value->get<bool>();
  }
  [[nodiscard]] std::optional<bool> Bool(const std::string& key) const { return Bool(json_, key); }
  [[nodiscard]] std::string String(const Json& value, const std::string& key) const {
    if (!value.is_string()) Fail(fmt::format("'{}' must be a string, not {}", key, Printable(DumpJson(value))), key);
    return value.get<std::string>();
  }
  [[nodiscard]] size_t Id(const Json& value, const std::string& key) const {
    if (!value.is_number_unsigned() || value.get<uint64_t>() >= kMaxVocabularySize) {
      Fail(fmt::format("an id must be a number from 0 to {}, not {}", kMaxVocabularySize - 1,
                       Printable(DumpJson(value))),
           key);
    }
    return value.get<size_t>();
  }
  /// A token name: "[SEP]" or {"content": "[SEP]", ...}.
  [[nodiscard]] std::optional<std::string> Token(const std::string& key) const {
    const Json* value = Find(key);
    if (value == nullptr) return std::nullopt;
    if (const Json* content = Find(*value, "content")) return String(*content, key);
    return String(*value, key);
  }

 private:
  std::string name_;
  Json json_;
};

struct Files {
  explicit Files(const fs::path& directory)
      : config(directory / "tokenizer_config.json"),
        specials(directory / "special_tokens_map.json"),
        tokenizer(directory / "tokenizer.json"),
        added(directory / "added_tokens.json") {}
  JsonFile config, specials, tokenizer, added;
};

/// The model part of tokenizer.json, or null when there is no such file. Other models than WordPiece are refused.
const Json* WordPieceModel(const JsonFile& file) {
  if (!file.exists()) return nullptr;
  const Json* model = file.Find("model");
  if (model == nullptr || !model->is_object()) file.Fail("there is no 'model' object", "model");
  const Json* type = JsonFile::Find(*model, "type");
  std::string name = type != nullptr ? file.String(*type, "model.type") : "";
  bool old_form =
      type == nullptr && model->contains("continuing_subword_prefix") && model->contains("max_input_chars_per_word");
  if (name != "WordPiece" && !old_form) {
    throw Error(ErrorCode::kCorrupt, fmt::format("tokenizer model '{}' is not supported", Printable(name)),
                fmt::format("{} (model.type)", file.name()), "use a model with a WordPiece tokenizer");
  }
  const Json* vocabulary = JsonFile::Find(*model, "vocab");
  if (vocabulary == nullptr || !vocabulary->is_object()) file.Fail("there is no 'vocab' object", "model.vocab");
  return model;
}

std::vector<std::string> JsonVocabulary(const JsonFile& file, const Json& model) {
  const Json& entries = model.at("vocab");
  std::vector<std::string> pieces(entries.size());
  if (pieces.empty()) file.Fail("the vocabulary is empty", "model.vocab");
  for (const auto& [piece, id] : entries.items()) {
    if (piece.empty() || piece.size() > kMaxPieceBytes) {
      file.Fail(fmt::format("a piece of {} bytes; 1 to {} are allowed", piece.size(), kMaxPieceBytes), "model.vocab");
    }
    size_t index = file.Id(id, "model.vocab");
    if (index >= pieces.size())
      file.Fail(fmt::format("piece '{}' has the id {} of {} pieces", Printable(piece), index, pieces.size()),
                "model.vocab");
    if (!pieces[index].empty()) {
      file.Fail(
          fmt::format("pieces '{}' and '{}' have the same id {}", Printable(pieces[index]), Printable(piece), index),
          "model.vocab");
    }
    pieces[index] = piece;
  }
  return pieces;
}

void CheckSameVocabulary(const std::vector<std::string>& lines, const std::vector<std::string>& entries,
                         const JsonFile& file) {
  auto differ = [&](size_t id) {
    auto text = [&](const std::vector<std::string>& pieces) {
      return id < pieces.size() ? Printable(pieces[id]) : "nothing";
    };
    file.Fail(
        fmt::format("vocab.txt and tokenizer.json differ: id {} is '{}' and '{}'", id, text(lines), text(entries)),
        "model.vocab");
  };
  size_t common = std::min(lines.size(), entries.size());
  for (size_t i = 0; i < common; ++i) {
    if (lines[i] != entries[i]) differ(i);
  }
  if (lines.size() != entries.size()) differ(common);
}

/// Adds the tokens that users put behind the vocabulary, which must follow it without a gap.
void AppendAddedTokens(const Files& files, std::vector<std::string>* pieces) {
  std::map<size_t, std::string> added;
  auto add = [&](const JsonFile& file, size_t id, const std::string& content, const char* key) {
    if (content.empty() || content.size() > kMaxPieceBytes) file.Fail("an added token is empty or too long", key);
    const std::string& known = id < pieces->size() ? (*pieces)[id] : added.emplace(id, content).first->second;
    if (known != content)
      file.Fail(fmt::format("id {} is both '{}' and '{}'", id, Printable(known), Printable(content)), key);
  };
  auto add_object = [&](const JsonFile& file, size_t id, const Json& token, const char* key) {
    const Json* content = JsonFile::Find(token, "content");
    if (content == nullptr) file.Fail("an added token has no content", key);
    add(file, id, file.String(*content, key), key);
  };
  if (const Json* tokens = files.tokenizer.Find("added_tokens")) {
    for (const Json& token : *tokens) {
      const Json* id = JsonFile::Find(token, "id");
      if (id == nullptr) files.tokenizer.Fail("an added token has no id", "added_tokens");
      add_object(files.tokenizer, files.tokenizer.Id(*id, "added_tokens"), token, "added_tokens");
    }
  }
  if (const Json* tokens = files.config.Find("added_tokens_decoder")) {
    for (const auto& [key, token] : tokens->items()) {
      bool digits = !key.empty() && key.size() <= 7 && key.find_first_not_of("0123456789") == key.npos;
      if (!digits) files.config.Fail(fmt::format("'{}' is not an id", Printable(key)), "added_tokens_decoder");
      add_object(files.config, std::stoul(key), token, "added_tokens_decoder");
    }
  }
  if (files.added.exists()) {
    for (const auto& [content, id] : files.added.object().items())
      add(files.added, files.added.Id(id, content), content, content.c_str());
  }
  for (const auto& [id, content] : added) {
    if (id != pieces->size()) {
      files.tokenizer.Fail(fmt::format("added token '{}' has the id {}, the next free one is {}", Printable(content),
                                       id, pieces->size()));
    }
    pieces->push_back(content);
  }
}

/// True if a piece, the bracketed special ones aside, has a capital ASCII letter.
bool HasCapitals(const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces) {
    if ((piece.starts_with('[') && piece.ends_with(']')) || (piece.starts_with('<') && piece.ends_with('>'))) continue;
    for (char c : piece) {
      if (c >= 'A' && c <= 'Z') return true;
    }
  }
  return false;
}

bert::NormalizerOptions ReadNormalizer(const Files& files, const std::vector<std::string>& pieces) {
  bert::NormalizerOptions options;
  std::optional<bool> lower, strip;
  if (const Json* normalizer = files.tokenizer.Find("normalizer")) {
    const JsonFile& file = files.tokenizer;
    const Json* type = JsonFile::Find(*normalizer, "type");
    std::string name = type != nullptr ? file.String(*type, "normalizer.type") : "";
    if (name != "BertNormalizer")
      file.Fail(fmt::format("normalizer '{}' is not supported with WordPiece", Printable(name)), "normalizer.type");
    options.clean_text = file.Bool(*normalizer, "clean_text").value_or(true);
    options.handle_chinese_chars = file.Bool(*normalizer, "handle_chinese_chars").value_or(true);
    lower = file.Bool(*normalizer, "lowercase");
    strip = file.Bool(*normalizer, "strip_accents");
  }
  if (std::optional<bool> value = files.config.Bool("tokenize_chinese_chars")) options.handle_chinese_chars = *value;
  if (std::optional<bool> value = files.config.Bool("strip_accents")) strip = value;
  if (std::optional<bool> value = files.config.Bool("do_lower_case")) lower = value;
  if (!lower) {
    lower = !HasCapitals(pieces);
    if (!*lower) {
      LogWarning("tokenizer-case",
                 "nothing says whether the model is cased; its vocabulary has capital letters, so it is taken as cased",
                 files.config.name(), "write {\"do_lower_case\": false} to tokenizer_config.json");
    }
  }
  options.lowercase = *lower;
  options.strip_accents = strip.value_or(*lower);
  return options;
}

void ReadSpecials(const Files& files, const Json* model, WordPieceSpec* spec) {
  if (model != nullptr) {
    const JsonFile& file = files.tokenizer;
    if (const Json* unknown = JsonFile::Find(*model, "unk_token"))
      spec->unknown = file.String(*unknown, "model.unk_token");
    if (const Json* prefix = JsonFile::Find(*model, "continuing_subword_prefix")) {
      spec->continuing_prefix = file.String(*prefix, "model.continuing_subword_prefix");
    }
    if (const Json* limit = JsonFile::Find(*model, "max_input_chars_per_word")) {
      spec->max_input_chars_per_word = file.Id(*limit, "model.max_input_chars_per_word");
    }
  }
  auto name = [&](const char* key, std::string* value) {
    if (std::optional<std::string> token = files.specials.Token(key)) *value = *token;
    if (std::optional<std::string> token = files.config.Token(key)) *value = *token;
  };
  name("unk_token", &spec->unknown);
  name("cls_token", &spec->begin);
  name("sep_token", &spec->separator);
  name("pad_token", &spec->pad);
  name("mask_token", &spec->mask);
}

}  // namespace

WordPieceSpec ReadWordPieceSpec(const fs::path& directory, std::string* source) {
  const Files files(directory);
  const fs::path lines = directory / "vocab.txt";
  const Json* model = WordPieceModel(files.tokenizer);
  WordPieceSpec spec;
  *source = fs::exists(lines) ? lines.string() : files.tokenizer.name();
  if (fs::exists(lines)) spec.vocabulary = ReadVocabulary(lines);
  if (model != nullptr) {
    std::vector<std::string> entries = JsonVocabulary(files.tokenizer, *model);
    if (spec.vocabulary.empty()) {
      spec.vocabulary = std::move(entries);
    } else {
      CheckSameVocabulary(spec.vocabulary, entries, files.tokenizer);
    }
  }
  spec.normalizer = ReadNormalizer(files, spec.vocabulary);
  spec.searched_pieces = spec.vocabulary.size();
  AppendAddedTokens(files, &spec.vocabulary);
  ReadSpecials(files, model, &spec);
  return spec;
}

}  // namespace clner
