#include "tokenize/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/utf8.h"
#include "tokenize/vocabulary.h"

namespace clner {

namespace fs = std::filesystem;

JsonFile::JsonFile(const fs::path& path) : name_(path.string()) {
  if (!fs::exists(path)) return;
  json_ = ParseJson(ReadTokenizerFile(path), name_, ErrorCode::kCorrupt, BigIntegers::kAsDouble);
  if (!json_.is_object()) Fail("the file must hold a JSON object");
}

void JsonFile::Fail(const std::string& what, const std::string& key) const {
  throw Error(ErrorCode::kCorrupt, what, key.empty() ? name_ : fmt::format("{} ({})", name_, key),
              "copy the file again from where the model came from");
}

const Json* JsonFile::Find(const Json& object, const std::string& key) {
  if (!object.is_object()) return nullptr;
  auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<bool> JsonFile::Bool(const Json& object, const std::string& key) const {
  const Json* value = Find(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean())
    Fail(fmt::format("'{}' must be true or false, not {}", key, Printable(DumpJson(*value))), key);
  return value->get<bool>();
}

std::string JsonFile::String(const Json& value, const std::string& key) const {
  if (!value.is_string()) Fail(fmt::format("'{}' must be a string, not {}", key, Printable(DumpJson(value))), key);
  return value.get<std::string>();
}

size_t JsonFile::Id(const Json& value, const std::string& key) const {
  if (!value.is_number_unsigned() || value.get<uint64_t>() >= kMaxVocabularySize) {
    Fail(fmt::format("an id must be a number from 0 to {}, not {}", kMaxVocabularySize - 1, Printable(DumpJson(value))),
         key);
  }
  return value.get<size_t>();
}

std::optional<std::string> JsonFile::Token(const std::string& key) const {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (const Json* content = Find(*value, "content")) return String(*content, key);
  return String(*value, key);
}

TokenizerJsonFiles::TokenizerJsonFiles(const fs::path& directory)
    : config(directory / "tokenizer_config.json"),
      specials(directory / "special_tokens_map.json"),
      tokenizer(directory / "tokenizer.json"),
      added(directory / "added_tokens.json") {}

const Json* TokenizerModel(const JsonFile& tokenizer) {
  if (!tokenizer.exists()) return nullptr;
  const Json* model = tokenizer.Find("model");
  if (model == nullptr || !model->is_object()) tokenizer.Fail("there is no 'model' object", "model");
  return model;
}

std::string TokenizerModelType(const JsonFile& tokenizer, const Json& model) {
  if (const Json* type = JsonFile::Find(model, "type")) return tokenizer.String(*type, "model.type");
  if (model.contains("continuing_subword_prefix") && model.contains("max_input_chars_per_word")) return "WordPiece";
  if (model.contains("merges")) return "BPE";
  return model.contains("unk_id") ? "Unigram" : "";
}

std::vector<std::string> PiecesById(const JsonFile& file, const Json& entries, const std::string& key) {
  std::vector<std::string> pieces(entries.size());
  if (pieces.empty()) file.Fail("the vocabulary is empty", key);
  for (const auto& [piece, id] : entries.items()) {
    if (piece.empty() || piece.size() > kMaxPieceBytes)
      file.Fail(fmt::format("a piece of {} bytes; 1 to {} are allowed", piece.size(), kMaxPieceBytes), key);
    size_t index = file.Id(id, key);
    if (index >= pieces.size()) {
      file.Fail(fmt::format("piece '{}' has the id {} of {} pieces", Printable(piece), index, pieces.size()), key);
    }
    if (!pieces[index].empty()) {
      file.Fail(
          fmt::format("pieces '{}' and '{}' have the same id {}", Printable(pieces[index]), Printable(piece), index),
          key);
    }
    pieces[index] = piece;
  }
  return pieces;
}

std::vector<std::string> JsonVocabulary(const JsonFile& tokenizer, const Json& model) {
  const Json* entries = JsonFile::Find(model, "vocab");
  if (entries == nullptr || !entries->is_object()) tokenizer.Fail("there is no 'vocab' object", "model.vocab");
  return PiecesById(tokenizer, *entries, "model.vocab");
}

void CheckSameVocabulary(const std::vector<std::string>& lines, const std::string& lines_name,
                         const std::vector<std::string>& entries, const JsonFile& tokenizer) {
  size_t common = std::min(lines.size(), entries.size()), id = 0;
  while (id < common && lines[id] == entries[id]) ++id;
  if (id == lines.size() && id == entries.size()) return;
  auto text = [id](const std::vector<std::string>& pieces) {
    return id < pieces.size() ? Printable(pieces[id]) : "nothing";
  };
  tokenizer.Fail(
      fmt::format("{} and tokenizer.json differ: id {} is '{}' and '{}'", lines_name, id, text(lines), text(entries)),
      "model.vocab");
}

void AppendAddedTokens(const TokenizerJsonFiles& files, std::vector<std::string>* pieces) {
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

void ReadSpecialNames(const TokenizerJsonFiles& files, SpecialNames* names) {
  auto read = [&](const char* key, std::string* value) {
    if (std::optional<std::string> token = files.specials.Token(key)) *value = *token;
    if (std::optional<std::string> token = files.config.Token(key)) *value = *token;
  };
  read("unk_token", &names->unknown);
  read("cls_token", &names->begin);
  read("sep_token", &names->separator);
  read("pad_token", &names->pad);
  read("mask_token", &names->mask);
}

}  // namespace clner
