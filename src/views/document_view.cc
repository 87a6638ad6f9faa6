#include "views/document_view.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/error.h"
#include "views/sequence.h"

namespace clner {
namespace {

/// Pieces of context words and the word of each.
struct Side {
  std::vector<int32_t> ids, words;
  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(ids.size()); }
  /// Keeps pieces [begin, end).
  void Keep(int64_t begin, int64_t end) {
    for (std::vector<int32_t>* list : {&ids, &words}) {
      list->erase(list->begin() + end, list->end());
      list->erase(list->begin(), list->begin() + begin);
    }
  }
};

/// The words [begin, end) of the context; they are numbered behind `own_words` others.
Side Encode(const Tokenizer& tokenizer, const ContextTexts& contexts, size_t begin, size_t end, int64_t own_words) {
  Side side;
  for (size_t word = begin; word < end; ++word) {
    (void)tokenizer.EncodeWord(contexts.word(word), SentenceView::kMaxPiecesPerWord, &side.ids);
    side.words.resize(side.ids.size(), static_cast<int32_t>(own_words) + static_cast<int32_t>(word));
  }
  return side;
}

/// Cuts the sides to `room` pieces.
void Fit(int64_t room, Side* before, Side* after) {
  const int64_t shorter = std::min({before->size(), after->size(), room / 2});
  const int64_t longer = std::min(std::max(before->size(), after->size()), room - shorter);
  const bool more_after = before->size() < after->size();
  before->Keep(before->size() - (more_after ? shorter : longer), before->size());
  after->Keep(0, more_after ? longer : shorter);
}

void Insert(const Side& side, std::ptrdiff_t at, ViewItem* item) {
  item->ids.insert(item->ids.begin() + at, side.ids.begin(), side.ids.end());
  item->word_of_piece.insert(item->word_of_piece.begin() + at, side.words.begin(), side.words.end());
}

}  // namespace

DocumentView::DocumentView(const Tokenizer& tokenizer, int64_t max_pieces, int64_t overlap, int64_t max_context_pieces,
                           Pooling pooling)
    : tokenizer_(tokenizer),
      capacity_(max_pieces - kSpecialPieces),
      overlap_(overlap),
      max_context_pieces_(max_context_pieces),
      pooling_(pooling) {
  CheckWindowSizes(max_pieces, overlap);
}

int64_t DocumentView::Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const {
  const ContextTexts& contexts = sentence.contexts;
  CLNER_CHECK(contexts.words_before.value_or(contexts.words() + 1) <= contexts.words(), "no context of a document");
  if (contexts.empty()) return 0;
  const PiecesOfWords own = EncodeOwnWords(tokenizer_, sentence, capacity_);
  const std::vector<Window> windows = WindowsOf(own, capacity_, overlap_);
  if (windows.size() > 1)
    return AppendWithoutContext(sentence, own, windows, capacity_, tokenizer_.special(), index, pooling_, items);
  Side before = Encode(tokenizer_, contexts, 0, *contexts.words_before, own.words());
  Side after = Encode(tokenizer_, contexts, *contexts.words_before, contexts.words(), own.words());
  Fit(std::min(max_context_pieces_, capacity_ - std::min(capacity_, own.size())), &before, &after);
  if (before.size() + after.size() == 0) return 0;
  WarnCutWords(sentence, own, capacity_);
  ViewItem item = MakeItem(own, windows.front(), capacity_, tokenizer_.special(), index, pooling_);
  Insert(after, static_cast<std::ptrdiff_t>(item.ids.size()) - 1, &item);
  Insert(before, 1, &item);
  const auto shift = static_cast<int32_t>(before.size());
  for (int32_t& piece : item.pool) piece = piece < 0 ? piece : piece + shift;
  for (int32_t& piece : item.pool_end) piece += shift;
  items->push_back(std::move(item));
  return 1;
}

}  // namespace clner
