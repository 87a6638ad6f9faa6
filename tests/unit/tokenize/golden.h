// What the tests against goldens share: their files, the words of data files, the hash of ids.
#pragma once

#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/files.h"
#include "core/json.h"
#include "core/sha256.h"
#include "tokenize/tokenizer.h"

namespace clner::test {

inline Json ReadJson(const std::string& name) {
  const std::string path = std::string(CLNER_SOURCE_DIR) + "/tests/unit/tokenize/" + name;
  return ParseJson(ReadFile(path), path, ErrorCode::kCorrupt);
}

/// Fields between blanks, tabs, CR and LF, each once, in order of first appearance.
inline std::vector<std::string> DistinctWords(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string> words;
  std::unordered_set<std::string_view> seen;
  while (true) {
    size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == text.npos) return words;
    text.remove_prefix(begin);
    std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
    text.remove_prefix(word.size());
    if (seen.insert(word).second) words.emplace_back(word);
  }
}

/// Counts and hashes the ids of words, each word closed by -1.
class IdDigest {
 public:
  void Add(const Tokenizer& tokenizer, std::string_view word) {
    static_assert(std::endian::native == std::endian::little);
    ids_.clear();
    tokenizer.EncodeWord(word, SIZE_MAX, &ids_);
    ++words_;
    pieces_ += ids_.size();
    ids_.push_back(-1);
    digest_.Update(std::as_bytes(std::span(ids_)));
  }
  [[nodiscard]] size_t words() const { return words_; }
  [[nodiscard]] size_t pieces() const { return pieces_; }
  [[nodiscard]] std::string Hex() { return digest_.HexDigest(); }

 private:
  Sha256 digest_;
  size_t words_ = 0, pieces_ = 0;
  std::vector<int32_t> ids_;
};

}  // namespace clner::test
