// A tokenizer whose words tell how many pieces they have.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "data/sentence.h"
#include "tokenize/tokenizer.h"

namespace clner::test {

constexpr int32_t kCls = 1, kSep = 2;

/// A word is the number of its pieces; piece k of a word with n pieces is 1000 n + k.
class CountTokenizer final : public Tokenizer {
 public:
  bool EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const override {
    const int n = std::stoi(std::string(word)), kept = static_cast<int>(std::min(static_cast<size_t>(n), max_pieces));
    for (int k = 0; k < kept; ++k) ids->push_back(1000 * n + k);
    return kept == n;
  }
  [[nodiscard]] int32_t vocabulary_size() const override { return 1 << 20; }
  [[nodiscard]] std::string PieceText(int32_t id) const override { return std::to_string(id); }
  [[nodiscard]] const SpecialIds& special() const override { return special_; }

 private:
  SpecialIds special_ = {.begin = kCls, .separator = kSep};
};

inline Sentence Make(const std::vector<int>& pieces_of_words) {
  Sentence sentence;
  for (int n : pieces_of_words) sentence.words.push_back(std::to_string(n));
  return sentence;
}

}  // namespace clner::test
