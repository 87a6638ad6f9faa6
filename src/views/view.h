// Views: how a sentence is presented to the encoder. A long sentence becomes several overlapping windows.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/pooling.h"
#include "data/sentence.h"
#include "tokenize/tokenizer.h"

namespace clner {

struct PiecesOfWords;

/// One encoder sequence. Its own words are first_word .. first_word + pool.size() - 1 of the sentence; the windows of a
/// sentence partition its words, so that every word is pooled exactly once.
struct ViewItem {
  std::vector<int32_t> ids = {};  ///< pieces with special tokens
  /// Word of the sentence, -1 for special tokens; in a context view number of own words + index of the context word.
  std::vector<int32_t> word_of_piece = {};
  std::vector<int32_t> pool = {};      ///< per own word: index into ids of its first piece, -1 = the word has no piece
  std::vector<int32_t> pool_end = {};  ///< per own word: index behind its last piece
  Pooling pooling = Pooling::kFirst;
  int64_t sentence = 0;  ///< index given by the caller
  int64_t first_word = 0;
};

/// One way to present sentences. Immutable and thread-safe.
class View {
 public:
  virtual ~View() = default;
  /// Appends the sequences of one sentence and returns their number. A view that has nothing to show for a sentence,
  /// as contexts where none were found, appends none; else every own word is pooled from exactly one of them.
  virtual int64_t Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const = 0;
};

/// The sentence alone: [CLS] words [SEP].
class SentenceView final : public View {
 public:
  /// `max_pieces` counts special tokens; neighbouring windows share at most `overlap` pieces (the last one may share
  /// more, it reaches back to its full length). kConfig when `max_pieces` leaves no room for a piece or `overlap` is
  /// not smaller than that room. `tokenizer` must outlive the view.
  SentenceView(const Tokenizer& tokenizer, int64_t max_pieces, int64_t overlap, Pooling pooling = Pooling::kFirst);
  /// Appends the sequences of one sentence (one, also for an empty sentence, or several overlapping windows of whole
  /// words if it has more than `max_pieces`). Every word is pooled from the window where it is farthest from a cut. In
  /// a sentence that needs windows no word keeps more than kMaxPiecesPerWord pieces, so that a monster does not push
  /// its neighbours out of sight. Windowed sentences and cut words are reported through LogWarning. Returns the number
  /// of sequences. Thread-safe.
  int64_t Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const override;
  /// The same for a sentence that was tokenised before: `own` are the first pieces of every word, all of them or at
  /// least `max_pieces`. kCorrupt when they do not match its words.
  int64_t Append(const Sentence& sentence, const WordPieces& own, int64_t index, std::vector<ViewItem>* items) const;

  static constexpr int64_t kMaxPiecesPerWord = 64;

 private:
  int64_t AppendWindows(const Sentence& sentence, const PiecesOfWords& pieces, int64_t index,
                        std::vector<ViewItem>* items) const;

  const Tokenizer& tokenizer_;
  int64_t max_pieces_, overlap_;
  Pooling pooling_;
};

}  // namespace clner
