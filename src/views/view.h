// Views: how a sentence is presented to the encoder. A long sentence becomes several overlapping windows.
#pragma once

#include <cstdint>
#include <vector>

#include "data/sentence.h"
#include "tokenize/tokenizer.h"

namespace clner {

/// One encoder sequence. Its own words are first_word .. first_word + pool.size() - 1 of the sentence; the windows of a
/// sentence partition its words, so that every word is pooled exactly once.
struct ViewItem {
  std::vector<int32_t> ids = {};            ///< pieces with special tokens
  std::vector<int32_t> word_of_piece = {};  ///< word of the sentence, -1 for special tokens
  std::vector<int32_t> pool = {};           ///< per own word: index into ids of its first piece, -1 = the word has no piece
  int64_t sentence = 0;                     ///< index given by the caller
  int64_t first_word = 0;
};

/// The sentence alone: [CLS] words [SEP].
class SentenceView {
 public:
  /// `max_pieces` counts special tokens; `overlap` pieces are shared by neighbouring windows. kConfig when they do not fit.
  SentenceView(const Tokenizer& tokenizer, int64_t max_pieces, int64_t overlap);
  /// Appends the sequences of one sentence (at least one, also for an empty sentence). Returns their number.
  int64_t Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const;
  /// Words cut at Tokenizer::kMaxPiecesPerWord so far are reported through LogWarning.

 private:
  const Tokenizer& tokenizer_;
  int64_t max_pieces_, overlap_;
};

}  // namespace clner
