// The JSON files of a tokenizer in a Hugging Face directory, and what all kinds of tokenizers read from them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "tokenize/special_tokens.h"

namespace clner {

/// One JSON file with typed access; every wrong type is an error (kCorrupt) that names file and key.
class JsonFile {
 public:
  /// An absent file has no keys.
  explicit JsonFile(const std::filesystem::path& path);
  [[nodiscard]] bool exists() const { return json_.is_object(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Json& object() const { return json_; }
  [[noreturn]] void Fail(const std::string& what, const std::string& key = "") const;
  /// The value, or null when it is absent or null.
  [[nodiscard]] static const Json* Find(const Json& object, const std::string& key);
  [[nodiscard]] const Json* Find(const std::string& key) const { return Find(json_, key); }
  [[nodiscard]] std::optional<bool> Bool(const Json& object, const std::string& key) const;
  [[nodiscard]] std::optional<bool> Bool(const std::string& key) const { return Bool(json_, key); }
  [[nodiscard]] std::string String(const Json& value, const std::string& key) const;
  /// 0 <= id < kMaxVocabularySize.
  [[nodiscard]] size_t Id(const Json& value, const std::string& key) const;
  /// A token name: "[SEP]" or {"content": "[SEP]", ...}.
  [[nodiscard]] std::optional<std::string> Token(const std::string& key) const;

 private:
  std::string name_;
  Json json_;
};

/// The JSON files that may lie in a tokenizer directory.
struct TokenizerJsonFiles {
  explicit TokenizerJsonFiles(const std::filesystem::path& directory);
  JsonFile config;     ///< tokenizer_config.json
  JsonFile specials;   ///< special_tokens_map.json
  JsonFile tokenizer;  ///< tokenizer.json
  JsonFile added;      ///< added_tokens.json
};

/// The model part of tokenizer.json, or null when there is no such file.
[[nodiscard]] const Json* TokenizerModel(const JsonFile& tokenizer);
/// Its type ("WordPiece", "Unigram", "BPE", ...); told by its keys in old files that leave it out, else "".
[[nodiscard]] std::string TokenizerModelType(const JsonFile& tokenizer, const Json& model);

/// The pieces of an object {piece: id} whose ids are 0, 1, ... without a gap; `key` is its place in `file`.
[[nodiscard]] std::vector<std::string> PiecesById(const JsonFile& file, const Json& entries, const std::string& key);
/// The same of `model.vocab`.
[[nodiscard]] std::vector<std::string> JsonVocabulary(const JsonFile& tokenizer, const Json& model);
/// Two sources of one vocabulary must agree; `lines_name` is the file of the first.
void CheckSameVocabulary(const std::vector<std::string>& lines, const std::string& lines_name,
                         const std::vector<std::string>& entries, const JsonFile& tokenizer);
/// Adds the tokens that users put behind the vocabulary (added_tokens of tokenizer.json, added_tokens_decoder of
/// tokenizer_config.json, added_tokens.json), which must follow it without a gap.
void AppendAddedTokens(const TokenizerJsonFiles& files, std::vector<std::string>* pieces);

/// Takes the names that special_tokens_map.json, then tokenizer_config.json state.
void ReadSpecialNames(const TokenizerJsonFiles& files, SpecialNames* names);

}  // namespace clner
