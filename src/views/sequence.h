// What the views share: the pieces of a sentence's own words, and windows of them as encoder sequences.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "views/view.h"

namespace clner {

inline constexpr int64_t kSpecialPieces = 2;  ///< [CLS] and [SEP] around a sentence

/// The pieces of a sentence; word w has the pieces offsets[w] .. offsets[w + 1] - 1.
struct PiecesOfWords {
  std::vector<int32_t> ids = {};
  std::vector<int64_t> offsets = {0};
  int64_t cut_words = 0;
  [[nodiscard]] int64_t words() const { return static_cast<int64_t>(offsets.size()) - 1; }
  [[nodiscard]] int64_t at(int64_t word) const { return offsets[static_cast<size_t>(word)]; }
  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(ids.size()); }
};

/// Words [first, last) of the sentence are in the window, words [own_first, own_last) are pooled from it.
struct Window {
  int64_t first = 0, last = 0, own_first = 0, own_last = 0;
};

/// The pieces of the own words. When they are more than `capacity`, no word keeps more than kMaxPiecesPerWord.
[[nodiscard]] PiecesOfWords EncodeOwnWords(const Tokenizer& tokenizer, const Sentence& sentence, int64_t capacity);
/// The same from pieces that were kept: the first pieces of every word, all of them or more than `capacity`. Errors as
/// CheckKeptPieces.
[[nodiscard]] PiecesOfWords CopyOwnWords(const WordPieces& own, size_t words, int64_t capacity);
/// kCorrupt unless these are pieces of so many words and the counts add up to their number.
void CheckKeptPieces(const WordPieces& kept, size_t words);
/// One window when the pieces fit into `capacity`, else several that share at most `overlap` pieces; every word is
/// pooled from the one where it is farthest from a cut.
[[nodiscard]] std::vector<Window> WindowsOf(const PiecesOfWords& pieces, int64_t capacity, int64_t overlap);
/// [CLS] words of the window [SEP]
[[nodiscard]] ViewItem MakeItem(const PiecesOfWords& pieces, const Window& window, int64_t capacity,
                                const SpecialIds& special, int64_t index, Pooling pooling);
/// Appends the windows of a sentence that fills the encoder alone, which is read without its context (LogWarning).
int64_t AppendWithoutContext(const Sentence& sentence, const PiecesOfWords& own, const std::vector<Window>& windows,
                             int64_t capacity, const SpecialIds& special, int64_t index, Pooling pooling,
                             std::vector<ViewItem>* items);
/// kConfig when `max_pieces` leaves no room for a piece or `overlap` is not smaller than that room.
void CheckWindowSizes(int64_t max_pieces, int64_t overlap);
/// Warns when words were cut.
void WarnCutWords(const Sentence& sentence, const PiecesOfWords& pieces, int64_t capacity);
/// "line 12", or "" for a sentence that comes from no file.
[[nodiscard]] std::string PlaceOf(const Sentence& sentence);

}  // namespace clner
