// WordPiece as in BERT: basic tokenisation, then greedy longest match.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tokenize/bert_normalizer.h"
#include "tokenize/piece_trie.h"
#include "tokenize/special_tokens.h"
#include "tokenize/text_steps.h"
#include "tokenize/tokenizer.h"

namespace clner {

/// Another way from a word to its tokens than BERT's.
struct WordSteps {
  std::vector<NormalizerStep> normalizer = {};
  std::vector<SplitStep> splits = {};
};

/// Everything a WordPiece tokenizer is made of. Ids are positions in `vocabulary`.
struct WordPieceSpec {
  std::vector<std::string> vocabulary = {};  ///< distinct, valid UTF-8, not empty
  size_t searched_pieces = SIZE_MAX;         ///< words are made of the pieces before this one; added tokens follow
  SpecialNames special = {.unknown = "[UNK]", .begin = "[CLS]", .separator = "[SEP]", .pad = "[PAD]", .mask = "[MASK]"};
  std::string continuing_prefix = "##";
  size_t max_input_chars_per_word = 100;  ///< a longer token becomes one unknown piece
  bert::NormalizerOptions normalizer = {};
  std::optional<WordSteps> steps = std::nullopt;  ///< instead of `normalizer` and BERT's splitting
};

/// Gives the ids of Hugging Face's fast BERT tokenizer, except that the text of a special token inside a word ("[SEP]")
/// is ordinary text.
class WordPieceTokenizer final : public Tokenizer {
 public:
  /// `source` names the vocabulary in errors. kCorrupt when the unknown, begin or separator token is not in it.
  WordPieceTokenizer(WordPieceSpec spec, const std::string& source);
  bool EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const override;
  [[nodiscard]] int32_t vocabulary_size() const override { return static_cast<int32_t>(spec_.vocabulary.size()); }
  /// kInternal for an id outside the vocabulary.
  [[nodiscard]] std::string PieceText(int32_t id) const override;
  [[nodiscard]] const SpecialIds& special() const override { return special_; }
  [[nodiscard]] const WordPieceSpec& spec() const { return spec_; }

 private:
  /// EncodeWord for spec_.steps.
  bool EncodeSteps(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const;
  /// Appends the pieces of one token: longest match from the left, or one unknown piece if that does not come out even.
  void EncodeToken(std::string_view token, std::vector<int32_t>* ids) const;

  WordPieceSpec spec_;
  SpecialIds special_;
  PieceTrie trie_;
  int32_t word_root_ = -1, continuation_root_ = -1;
};

}  // namespace clner
