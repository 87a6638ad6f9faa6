#include "views/sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/log.h"

namespace clner {
namespace {

// The first `max_pieces` pieces of every word.
PiecesOfWords CutWords(const PiecesOfWords& whole, int64_t max_pieces) {
  PiecesOfWords pieces;
  pieces.offsets.reserve(whole.offsets.size());
  for (int64_t word = 0; word < whole.words(); ++word) {
    const int64_t begin = whole.at(word), end = std::min(whole.at(word + 1), begin + max_pieces);
    if (end < whole.at(word + 1)) ++pieces.cut_words;
    pieces.ids.insert(pieces.ids.end(), whole.ids.begin() + begin, whole.ids.begin() + end);
    pieces.offsets.push_back(static_cast<int64_t>(pieces.ids.size()));
  }
  return pieces;
}

PiecesOfWords CutToFit(PiecesOfWords pieces, int64_t capacity) {
  if (pieces.size() <= capacity) return pieces;
  return CutWords(pieces, std::min(SentenceView::kMaxPiecesPerWord, capacity));
}

// Whole words from the left, as many as fit; the next window begins at most `overlap` pieces before the end of this
// one.
std::vector<Window> CoverWithWindows(const PiecesOfWords& pieces, int64_t capacity, int64_t overlap) {
  std::vector<Window> windows;
  int64_t first = 0;
  while (true) {
    int64_t last = first + 1;
    while (last < pieces.words() && pieces.at(last + 1) - pieces.at(first) <= capacity) ++last;
    windows.push_back({.first = first, .last = last});
    if (last == pieces.words()) break;
    int64_t next = last;
    while (next - 1 > first && pieces.at(last) - pieces.at(next - 1) <= overlap) --next;
    first = next;
  }
  // The last window reaches back as far as it can: its words see more of the sentence.
  if (windows.size() > 1) {
    const int64_t floor = windows[windows.size() - 2].first + 1;
    Window& end = windows.back();
    while (end.first > floor && pieces.at(end.last) - pieces.at(end.first - 1) <= capacity) --end.first;
  }
  return windows;
}

// Pieces between the word and the nearer cut of the window; the borders of the sentence are no cuts.
int64_t Centrality(const PiecesOfWords& pieces, const Window& window, int64_t word) {
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  const int64_t left = window.first == 0 ? kFar : pieces.at(word) - pieces.at(window.first);
  const int64_t right = window.last == pieces.words() ? kFar : pieces.at(window.last) - pieces.at(word + 1);
  return std::min(left, right);
}

// Every word goes to the window where it is most central, the earlier one on ties. Both ends of the windows ascend, so
// the choice does too: the words of a window are consecutive, and the search need not look back.
void AssignWords(const PiecesOfWords& pieces, std::vector<Window>* windows) {
  size_t owner = 0;
  for (int64_t word = 0; word < pieces.words(); ++word) {
    while ((*windows)[owner].last <= word) ++owner;
    for (size_t other = owner + 1; other < windows->size() && (*windows)[other].first <= word; ++other) {
      if (Centrality(pieces, (*windows)[other], word) > Centrality(pieces, (*windows)[owner], word)) owner = other;
    }
    Window& window = (*windows)[owner];
    if (window.own_first == window.own_last) window.own_first = word;
    window.own_last = word + 1;
  }
  std::erase_if(*windows, [](const Window& window) { return window.own_first == window.own_last; });
}

}  // namespace

PiecesOfWords EncodeOwnWords(const Tokenizer& tokenizer, const Sentence& sentence, int64_t capacity) {
  PiecesOfWords pieces;
  pieces.offsets.reserve(sentence.words.size() + 1);
  for (const std::string& word : sentence.words) {
    // One piece more than fits shows that it does not fit, and bounds the memory of a word of megabytes.
    (void)tokenizer.EncodeWord(word, static_cast<size_t>(capacity) + 1, &pieces.ids);
    pieces.offsets.push_back(static_cast<int64_t>(pieces.ids.size()));
  }
  return CutToFit(std::move(pieces), capacity);
}

PiecesOfWords CopyOwnWords(const WordPieces& own, size_t words, int64_t capacity) {
  CheckKeptPieces(own, words);
  PiecesOfWords pieces;
  pieces.ids.assign(own.ids.begin(), own.ids.end());
  pieces.offsets.reserve(own.counts.size() + 1);
  for (const uint16_t count : own.counts) pieces.offsets.push_back(pieces.offsets.back() + count);
  return CutToFit(std::move(pieces), capacity);
}

void CheckKeptPieces(const WordPieces& kept, size_t words) {
  const size_t pieces = std::accumulate(kept.counts.begin(), kept.counts.end(), size_t{0});
  if (kept.counts.size() == words && pieces == kept.ids.size()) return;
  throw Error(ErrorCode::kCorrupt, "the pieces of a sentence from the token cache do not match its words", "",
              "delete the files of the token cache, or switch it off: data.token_cache: off");
}

std::vector<Window> WindowsOf(const PiecesOfWords& pieces, int64_t capacity, int64_t overlap) {
  if (pieces.size() <= capacity) return {{0, pieces.words(), 0, pieces.words()}};
  std::vector<Window> windows = CoverWithWindows(pieces, capacity, overlap);
  AssignWords(pieces, &windows);
  return windows;
}

ViewItem MakeItem(const PiecesOfWords& pieces, const Window& window, int64_t capacity, const SpecialIds& special,
                  int64_t index, Pooling pooling) {
  ViewItem item;
  item.pooling = pooling;
  item.sentence = index;
  item.first_word = window.own_first;
  item.ids.push_back(special.begin);
  item.word_of_piece.push_back(-1);
  for (int64_t word = window.first; word < window.last; ++word) {
    // Only a word that is alone in its window can be longer than the capacity.
    const int64_t begin = pieces.at(word), end = std::min(pieces.at(word + 1), begin + capacity);
    if (word >= window.own_first && word < window.own_last) {
      const auto at = static_cast<int32_t>(item.ids.size());
      item.pool.push_back(begin == end ? -1 : at);
      item.pool_end.push_back(at + static_cast<int32_t>(end - begin));
    }
    item.ids.insert(item.ids.end(), pieces.ids.begin() + begin, pieces.ids.begin() + end);
    item.word_of_piece.resize(item.ids.size(), static_cast<int32_t>(word));
  }
  item.ids.push_back(special.separator);
  item.word_of_piece.push_back(-1);
  return item;
}

int64_t AppendWithoutContext(const Sentence& sentence, const PiecesOfWords& own, const std::vector<Window>& windows,
                             int64_t capacity, const SpecialIds& special, int64_t index, Pooling pooling,
                             std::vector<ViewItem>* items) {
  LogWarning("contexts left out",
             fmt::format("a sentence of {} words has {} pieces, the encoder takes {}: it is read in {} overlapping "
                         "windows without its context",
                         own.words(), own.size() + kSpecialPieces, capacity + kSpecialPieces, windows.size()),
             PlaceOf(sentence), "look for a missing blank line between sentences");
  for (const Window& window : windows) items->push_back(MakeItem(own, window, capacity, special, index, pooling));
  return static_cast<int64_t>(windows.size());
}

void CheckWindowSizes(int64_t max_pieces, int64_t overlap) {
  if (max_pieces <= kSpecialPieces) {
    throw Error(ErrorCode::kConfig,
                fmt::format("model.encoder.max_pieces is {}, at least {} are needed", max_pieces, kSpecialPieces + 1),
                "", "set model.encoder.max_pieces to the positions of the encoder, usually 512");
  }
  if (overlap < 0 || overlap >= max_pieces - kSpecialPieces) {
    throw Error(ErrorCode::kConfig,
                fmt::format("model.encoder.window_overlap is {}, the range is 0 to {} with {} pieces", overlap,
                            max_pieces - kSpecialPieces - 1, max_pieces),
                "", "lower model.encoder.window_overlap");
  }
}

void WarnCutWords(const Sentence& sentence, const PiecesOfWords& pieces, int64_t capacity) {
  if (pieces.cut_words == 0) return;
  LogWarning("long word",
             fmt::format("{} of {} words cut to {} pieces", pieces.cut_words, pieces.words(),
                         std::min(SentenceView::kMaxPiecesPerWord, capacity)),
             PlaceOf(sentence), "check the token column and the spaces between words");
}

std::string PlaceOf(const Sentence& sentence) { return sentence.line > 0 ? fmt::format("line {}", sentence.line) : ""; }

}  // namespace clner
