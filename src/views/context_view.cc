#include "views/context_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "views/sequence.h"

namespace clner {
namespace {

/// Gives the kept pieces of words in ascending order.
class KeptWords {
 public:
  explicit KeptWords(const WordPieces& kept) : kept_(kept) {}
  void Append(size_t word, size_t max_pieces, std::vector<int32_t>* ids) {
    for (; word_ < word; ++word_) piece_ += kept_.counts[word_];
    const auto pieces = kept_.ids.subspan(piece_, std::min<size_t>(kept_.counts[word], max_pieces));
    ids->insert(ids->end(), pieces.begin(), pieces.end());
  }

 private:
  WordPieces kept_;
  size_t word_ = 0, piece_ = 0;  // the piece that the word begins with
};

}  // namespace

ContextView::ContextView(const Tokenizer& tokenizer, int64_t max_pieces, int64_t overlap, const ContextLimits& limits,
                         Pooling pooling)
    : tokenizer_(tokenizer),
      capacity_(max_pieces - kSpecialPieces),
      overlap_(overlap),
      limits_(limits),
      pooling_(pooling),
      document_(tokenizer, max_pieces, overlap, limits.max_pieces, pooling) {
  if (limits.max_texts < 1 || limits.max_words_per_text < 1) {
    throw Error(ErrorCode::kConfig,
                fmt::format("at most {} texts of {} words are no context", limits.max_texts, limits.max_words_per_text),
                "", "set both limits to 1 or more, or leave the contexts out");
  }
}

/// Appends the words of one text; of a flat context as many as fit, else nothing when they do not fit.
void ContextView::AppendText(const ContextTexts& contexts, const EncodeContextWord& encode, ContextRange text,
                             int64_t room, Packed* packed) {
  const size_t before = packed->ids.size();
  for (size_t word = text.begin; word < text.end; ++word) {
    const size_t begin = packed->ids.size(), left = static_cast<size_t>(room) - begin;
    // One piece more than fits shows that it does not fit.
    encode(word, left + 1, &packed->ids);
    if (packed->ids.size() <= static_cast<size_t>(room)) {
      packed->words.resize(packed->ids.size(), static_cast<int32_t>(word));
      continue;
    }
    packed->ids.resize(contexts.flat ? begin : before);
    text.end = word;
    break;
  }
  packed->words.resize(packed->ids.size());
  if (packed->ids.size() > before) packed->shown.push_back(text);
}

/// `room` counts pieces.
ContextView::Packed ContextView::Pack(const ContextTexts& contexts, const EncodeContextWord& encode,
                                      int64_t room) const {
  Packed packed;
  for (size_t i = 0; i < contexts.texts(); ++i) {
    const bool full = room - static_cast<int64_t>(packed.ids.size()) < kFewestPieces;
    if (full || static_cast<int64_t>(packed.shown.size()) == limits_.max_texts) break;
    ContextRange text = {contexts.begin_word(i), contexts.end_word(i)};
    const auto words = static_cast<int64_t>(text.end - text.begin);
    if (!contexts.flat && words > limits_.max_words_per_text)
      text.end = text.begin + static_cast<size_t>(limits_.max_words_per_text);
    AppendText(contexts, encode, text, room, &packed);
  }
  return packed;
}

ContextView::EncodeContextWord ContextView::EncoderOf(const ContextTexts& contexts) const {
  return [this, &contexts](size_t word, size_t max_pieces, std::vector<int32_t>* ids) {
    (void)tokenizer_.EncodeWord(contexts.word(word), max_pieces, ids);
  };
}

int64_t ContextView::Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const {
  if (sentence.contexts.empty()) return 0;
  if (sentence.contexts.words_before) return document_.Append(sentence, index, items);
  return AppendBeside(sentence, EncodeOwnWords(tokenizer_, sentence, capacity_), EncoderOf(sentence.contexts), index,
                      items);
}

int64_t ContextView::Append(const Sentence& sentence, const WordPieces& own, const WordPieces& context, int64_t index,
                            std::vector<ViewItem>* items) const {
  if (sentence.contexts.empty()) return 0;
  CLNER_CHECK(!sentence.contexts.words_before, "the words around a sentence have no kept pieces");
  CheckKeptPieces(context, sentence.contexts.words());
  KeptWords kept(context);
  const auto encode = [&kept](size_t word, size_t max_pieces, std::vector<int32_t>* ids) {
    kept.Append(word, max_pieces, ids);
  };
  return AppendBeside(sentence, CopyOwnWords(own, sentence.words.size(), capacity_), encode, index, items);
}

int64_t ContextView::AppendBeside(const Sentence& sentence, const PiecesOfWords& own, const EncodeContextWord& encode,
                                  int64_t index, std::vector<ViewItem>* items) const {
  const std::vector<Window> windows = WindowsOf(own, capacity_, overlap_);
  if (windows.size() > 1) {
    return AppendWithoutContext(sentence, own, windows, capacity_, tokenizer_.special(), index, pooling_, items);
  }
  // The separator behind the context.
  const int64_t room = RoomBeside(own.size());
  const Packed packed = Pack(sentence.contexts, encode, room);
  if (packed.ids.empty()) {
    LogWarning("contexts left out",
               room == limits_.max_pieces
                   ? fmt::format("no text of the context fits in the {} pieces that contexts may take", room)
                   : fmt::format("no text of the context fits behind a sentence of {} pieces, the encoder takes {}",
                                 own.size() + kSpecialPieces, capacity_ + kSpecialPieces),
               PlaceOf(sentence), "the sentence is read without context");
    return 0;
  }
  WarnCutWords(sentence, own, capacity_);
  ViewItem item = MakeItem(own, windows.front(), capacity_, tokenizer_.special(), index, pooling_);
  item.ids.insert(item.ids.end(), packed.ids.begin(), packed.ids.end());
  for (const int32_t word : packed.words) item.word_of_piece.push_back(static_cast<int32_t>(own.words()) + word);
  item.ids.push_back(tokenizer_.special().separator);
  item.word_of_piece.push_back(-1);
  items->push_back(std::move(item));
  return 1;
}

std::vector<ContextRange> ContextView::Shown(const Sentence& sentence) const {
  CLNER_CHECK(!sentence.contexts.words_before, "the words around a sentence are no texts");
  const PiecesOfWords own = EncodeOwnWords(tokenizer_, sentence, capacity_);
  if (own.size() > capacity_) return {};
  return Pack(sentence.contexts, EncoderOf(sentence.contexts), RoomBeside(own.size())).shown;
}

}  // namespace clner
