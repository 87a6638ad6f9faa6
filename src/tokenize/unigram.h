// Unigram tokenisation as in SentencePiece: the most probable pieces of a text.
#pragma once

#include <string>
#include <vector>

#include "tokenize/piece_trie.h"
#include "tokenize/special_tokens.h"
#include "tokenize/text_steps.h"
#include "tokenize/tokenizer.h"
#include "tokenize/unigram_text.h"

namespace clner {

/// Everything a Unigram tokenizer is made of. Ids are positions in `vocabulary`.
struct UnigramSpec {
  std::vector<std::string> vocabulary = {};  ///< distinct, valid UTF-8, not empty; tokens that were added come last
  std::vector<double> scores = {};           ///< natural log-probabilities of the model's pieces, the first ones
  std::vector<bool> literal = {};            ///< [scores.size()]: special tokens, whose text in a word is ordinary text
  std::vector<int32_t> symbols = {};  ///< ids of SentencePiece's user-defined symbols, one piece wherever they stand
  SpecialNames special = {};
  bool byte_fallback = false;  ///< unknown text becomes the pieces <0x00>..<0xFF> of its bytes, if all are there
  std::vector<NormalizerStep> normalizer = {};
  MetaspaceOptions metaspace = {};
};

/// Gives the ids of Hugging Face's fast Unigram tokenizers, except that the text of a special or added token inside a
/// word ("</s>") is ordinary text. Unknown characters side by side become one unknown piece. Symbols are found as
/// SentencePiece does: the first normalizer step leaves them alone, and they are more likely than any other piece.
class UnigramTokenizer final : public Tokenizer {
 public:
  /// `source` names the vocabulary in errors. kCorrupt when the unknown, begin or separator token is not in it.
  UnigramTokenizer(UnigramSpec spec, const std::string& source);
  bool EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const override;
  [[nodiscard]] int32_t vocabulary_size() const override { return static_cast<int32_t>(spec_.vocabulary.size()); }
  /// kInternal for an id outside the vocabulary.
  [[nodiscard]] std::string PieceText(int32_t id) const override;
  [[nodiscard]] const SpecialIds& special() const override { return special_; }
  [[nodiscard]] const UnigramSpec& spec() const { return spec_; }

 private:
  /// The best path from the beginning of a chunk to one of its bytes.
  struct Node {
    double score;
    int32_t id;      ///< of its last piece; -1 = no path ends here
    uint32_t begin;  ///< of its last piece
  };
  [[nodiscard]] std::string NormalizeWord(std::string_view word) const;
  /// Appends the pieces of one chunk by Viterbi's algorithm: linear in the chunk times the longest piece.
  void EncodeChunk(std::string_view chunk, std::vector<int32_t>* ids) const;
  /// Fills nodes[0..chunk.size()].
  void FindBestPaths(std::string_view chunk, Node* nodes) const;
  /// Appends what stands for text of unknown characters, last piece first.
  void AppendUnknownReversed(std::string_view text, std::vector<int32_t>* ids) const;

  UnigramSpec spec_;
  SpecialIds special_;
  double unknown_score_ = 0;
  std::vector<int32_t> byte_ids_ = {};  ///< [256], or empty without byte fallback
  PieceTrie trie_;
  int32_t root_ = -1, symbol_root_ = -1;
};

}  // namespace clner
