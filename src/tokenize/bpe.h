// Byte-level BPE as in GPT-2 and RoBERTa.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tokenize/bpe_merges.h"
#include "tokenize/piece_table.h"
#include "tokenize/special_tokens.h"
#include "tokenize/text_steps.h"
#include "tokenize/tokenizer.h"

namespace clner {

/// Everything a byte-level BPE tokenizer is made of. Ids are positions in `vocabulary`.
struct BpeSpec {
  std::vector<std::string> vocabulary = {};  ///< distinct, valid UTF-8; bytes are written in GPT-2's alphabet
  std::vector<bpe::Merge> merges = {};       ///< by rank; `merged` is the text of `left` and `right` together
  std::array<int32_t, 256> byte_ids = {};    ///< the piece of every single byte
  std::vector<NormalizerStep> normalizer = {};
  bool split_words = true;  ///< merges stay inside the tokens of GPT-2's regular expression
  SpecialNames special = {.unknown = "<unk>", .begin = "<s>", .separator = "</s>", .pad = "<pad>", .mask = "<mask>"};
};

/// Gives the ids of Hugging Face's fast RoBERTa tokenizer with add_prefix_space and is_split_into_words, except that
/// the text of a special token inside a word ("<mask>") is ordinary text. Every word gets a blank in front unless it
/// begins with one, whatever the files say about add_prefix_space: RoBERTa has seen the words of a sentence with their
/// blank, and transformers' documentation asks for that option when the words are split already.
class BpeTokenizer final : public Tokenizer {
 public:
  /// `source` names the vocabulary in errors. kCorrupt when the unknown, begin or separator token is not in it.
  BpeTokenizer(BpeSpec spec, const std::string& source);
  bool EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const override;
  [[nodiscard]] int32_t vocabulary_size() const override { return static_cast<int32_t>(vocabulary_.size()); }
  /// In GPT-2's alphabet. kInternal for an id outside the vocabulary.
  [[nodiscard]] std::string PieceText(int32_t id) const override;
  [[nodiscard]] const SpecialIds& special() const override { return special_; }

 private:
  void AddWholePieces();

  std::vector<std::string> vocabulary_;
  bpe::Merges merges_;
  std::vector<NormalizerStep> normalizer_;
  bool split_words_;
  SpecialIds special_;
  /// Texts that come out as one piece: twice its id, plus one if the text is also one token.
  PieceTable whole_;
};

}  // namespace clner
