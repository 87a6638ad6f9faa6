#include <fmt/format.h>

#include <string>

#include "core/log.h"
#include "views/sequence.h"

namespace clner {
namespace {

void Warn(const Sentence& sentence, const PiecesOfWords& pieces, int64_t max_pieces, size_t windows) {
  if (windows > 1) {
    LogWarning(
        "windowed sentence",
        fmt::format("a sentence of {} words has {} pieces, the encoder takes {}: it is read in {} overlapping windows",
                    pieces.words(), pieces.ids.size() + kSpecialPieces, max_pieces, windows),
        PlaceOf(sentence), "look for a missing blank line between sentences");
  }
  WarnCutWords(sentence, pieces, max_pieces - kSpecialPieces);
}

}  // namespace

SentenceView::SentenceView(const Tokenizer& tokenizer, int64_t max_pieces, int64_t overlap, Pooling pooling)
    : tokenizer_(tokenizer), max_pieces_(max_pieces), overlap_(overlap), pooling_(pooling) {
  CheckWindowSizes(max_pieces, overlap);
}

int64_t SentenceView::Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const {
  return AppendWindows(sentence, EncodeOwnWords(tokenizer_, sentence, max_pieces_ - kSpecialPieces), index, items);
}

int64_t SentenceView::Append(const Sentence& sentence, const WordPieces& own, int64_t index,
                             std::vector<ViewItem>* items) const {
  return AppendWindows(sentence, CopyOwnWords(own, sentence.words.size(), max_pieces_ - kSpecialPieces), index, items);
}

int64_t SentenceView::AppendWindows(const Sentence& sentence, const PiecesOfWords& pieces, int64_t index,
                                    std::vector<ViewItem>* items) const {
  const int64_t capacity = max_pieces_ - kSpecialPieces;
  const std::vector<Window> windows = WindowsOf(pieces, capacity, overlap_);
  Warn(sentence, pieces, max_pieces_, windows.size());
  for (const Window& window : windows)
    items->push_back(MakeItem(pieces, window, capacity, tokenizer_.special(), index, pooling_));
  return static_cast<int64_t>(windows.size());
}

}  // namespace clner
