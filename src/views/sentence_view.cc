#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/log.h"
#include "views/view.h"

namespace clner {
namespace {

constexpr int64_t kSpecialPieces = 2;  // [CLS] and [SEP]

// Words [first, last) of the sentence are in the window, words [own_first, own_last) are pooled from it.
struct Window {
  int64_t first = 0, last = 0, own_first = 0, own_last = 0;
};

// Whole words, as many as fit; neighbours share at most `overlap` pieces and every word belongs to the window where it is
// farther from the edge. `offsets[w]` is the first piece of word w.
std::vector<Window> CutWindows(const std::vector<int64_t>& offsets, int64_t capacity, int64_t overlap) {
  const auto words = static_cast<int64_t>(offsets.size()) - 1;
  const auto at = [&](int64_t word) { return offsets[static_cast<size_t>(word)]; };
  std::vector<Window> windows;
  int64_t first = 0;
  while (true) {
    int64_t last = first + 1;
    while (last < words && at(last + 1) - at(first) <= capacity) ++last;
    windows.push_back({first, last, first, last});
    if (last == words) break;
    int64_t next = last;
    while (next - 1 > first && at(last) - at(next - 1) <= overlap) --next;
    first = next;
  }
  // The last window reaches back as far as it can: its words see more of the sentence.
  Window& end = windows.back();
  const int64_t floor = windows.size() > 1 ? windows[windows.size() - 2].first + 1 : 0;
  while (end.first > floor && at(end.last) - at(end.first - 1) <= capacity) --end.first;
  for (size_t i = 1; i < windows.size(); ++i) {
    Window &before = windows[i - 1], &after = windows[i];
    const int64_t middle = (at(after.first) + at(before.last)) / 2;
    int64_t cut = std::max(after.first, before.own_first);
    while (cut < before.last && at(cut) < middle) ++cut;
    before.own_last = after.own_first = cut;
  }
  return windows;
}

ViewItem MakeItem(const Pieces& pieces, const std::vector<int64_t>& offsets, const Window& window, int64_t capacity,
                  const SpecialIds& special, int64_t index) {
  ViewItem item;
  item.sentence = index;
  item.first_word = window.own_first;
  item.ids.push_back(special.begin);
  item.word_of_piece.push_back(-1);
  for (int64_t word = window.first; word < window.last; ++word) {
    const auto begin = static_cast<size_t>(offsets[static_cast<size_t>(word)]);
    const auto end = std::min(static_cast<size_t>(offsets[static_cast<size_t>(word) + 1]), begin + static_cast<size_t>(capacity));
    if (word >= window.own_first && word < window.own_last) {
      item.pool.push_back(begin == end ? -1 : static_cast<int32_t>(item.ids.size()));
    }
    for (size_t p = begin; p < end; ++p) {
      item.ids.push_back(pieces.ids[p]);
      item.word_of_piece.push_back(static_cast<int32_t>(word));
    }
  }
  item.ids.push_back(special.separator);
  item.word_of_piece.push_back(-1);
  return item;
}

}  // namespace

SentenceView::SentenceView(const Tokenizer& tokenizer, int64_t max_pieces, int64_t overlap)
    : tokenizer_(tokenizer), max_pieces_(max_pieces), overlap_(overlap) {
  if (max_pieces <= kSpecialPieces) {
    throw Error(ErrorCode::kConfig, "model.encoder.max_pieces is " + std::to_string(max_pieces) + ", at least " + std::to_string(kSpecialPieces + 1) + " are needed",
                "", "set model.encoder.max_pieces to the positions of the encoder, usually 512");
  }
  if (overlap < 0 || 2 * overlap > max_pieces - kSpecialPieces) {
    throw Error(ErrorCode::kConfig, "model.encoder.window_overlap is " + std::to_string(overlap) + ", at most half a window (" +
                                        std::to_string((max_pieces - kSpecialPieces) / 2) + " pieces) is possible",
                "", "lower model.encoder.window_overlap");
  }
}

int64_t SentenceView::Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const {
  const int64_t capacity = max_pieces_ - kSpecialPieces;
  const Pieces pieces = tokenizer_.Encode(sentence.words);
  std::vector<int64_t> offsets(sentence.words.size() + 1, 0);
  for (const int32_t word : pieces.word_of_piece) ++offsets[static_cast<size_t>(word) + 1];
  for (size_t w = 1; w < offsets.size(); ++w) offsets[w] += offsets[w - 1];
  const auto words = static_cast<int64_t>(sentence.words.size());
  std::vector<Window> windows;
  if (offsets.back() <= capacity) {
    windows.push_back({0, words, 0, words});
  } else {
    windows = CutWindows(offsets, capacity, overlap_);
    LogWarning("sentence in windows", "sentence of " + std::to_string(words) + " words is read in " + std::to_string(windows.size()) + " overlapping windows",
               sentence.line > 0 ? "line " + std::to_string(sentence.line) : "", "a very long sentence often means a missing blank line");
  }
  for (const Window& window : windows) items->push_back(MakeItem(pieces, offsets, window, capacity, tokenizer_.special(), index));
  return static_cast<int64_t>(windows.size());
}

}  // namespace clner
