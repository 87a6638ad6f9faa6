// The sentence with its retrieved texts behind it, of which only the sentence's own words are read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "views/document_view.h"
#include "views/view.h"

namespace clner {

/// How much of the texts is shown; the room is what the sentence leaves of the encoder's.
struct ContextLimits {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  int64_t max_texts = kNone;           ///< texts that are shown, from 1
  int64_t max_words_per_text = kNone;  ///< a text is cut behind so many words, from 1 (CLNER's files: 35)
  int64_t max_pieces = kNone;          ///< pieces of all texts together, from 1
};

/// Words [begin, end) of ContextTexts.
struct ContextRange {
  size_t begin = 0, end = 0;
  friend bool operator==(const ContextRange&, const ContextRange&) = default;
};

/// [CLS] own words [SEP] words of the texts [SEP] (in XLM-R and RoBERTa <s>, one </s>, </s>): one separator behind the
/// sentence, nothing between texts. Own words have the pieces of SentenceView and are the only ones that are pooled.
///
/// Texts are packed whole in rank order: one that does not fit is skipped and the next one tried, until `max_texts` are
/// shown or fewer than kFewestPieces pieces are left (KB-NER's rule). A flat context is one text of unknown inner
/// borders, so that max_texts and max_words_per_text do not concern it, and it is cut behind the last word that fits.
///
/// A sentence whose context is its document (ContextTexts::words_before) is shown by DocumentView.
class ContextView final : public View {
 public:
  /// `max_pieces`, `overlap` and errors as for SentenceView; kConfig also for limits below 1. `tokenizer` must outlive
  /// the view.
  ContextView(const Tokenizer& tokenizer, int64_t max_pieces, int64_t overlap, const ContextLimits& limits = {},
              Pooling pooling = Pooling::kFirst);
  /// Appends one sequence; none when the sentence has no context or no text fits (LogWarning). A sentence that fills
  /// the encoder alone is never cut for its context: it gives the windows of SentenceView without context (LogWarning).
  /// Thread-safe.
  int64_t Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const override;
  /// The same for a sentence that was tokenised before: `own` are the pieces of its own words, as for SentenceView,
  /// `context` those of all words of its contexts, which are retrieved texts. kCorrupt when they do not match.
  int64_t Append(const Sentence& sentence, const WordPieces& own, const WordPieces& context, int64_t index,
                 std::vector<ViewItem>* items) const;
  /// The words of the retrieved texts that Append() shows, in order; empty when it shows none.
  [[nodiscard]] std::vector<ContextRange> Shown(const Sentence& sentence) const;

  static constexpr int64_t kFewestPieces = 10;

 private:
  struct Packed {
    std::vector<int32_t> ids, words;  // of the context, equally long
    std::vector<ContextRange> shown;
  };
  /// Appends the first pieces of word i of the contexts, at most so many; words are asked for in ascending order.
  using EncodeContextWord = std::function<void(size_t word, size_t max_pieces, std::vector<int32_t>* ids)>;
  [[nodiscard]] EncodeContextWord EncoderOf(const ContextTexts& contexts) const;
  int64_t AppendBeside(const Sentence& sentence, const PiecesOfWords& own, const EncodeContextWord& encode,
                       int64_t index, std::vector<ViewItem>* items) const;
  static void AppendText(const ContextTexts& contexts, const EncodeContextWord& encode, ContextRange text, int64_t room,
                         Packed* packed);
  /// Pieces of context beside so many of the sentence and the separator.
  [[nodiscard]] int64_t RoomBeside(int64_t own_pieces) const {
    return std::min(limits_.max_pieces, capacity_ - own_pieces - 1);
  }
  [[nodiscard]] Packed Pack(const ContextTexts& contexts, const EncodeContextWord& encode, int64_t room) const;

  const Tokenizer& tokenizer_;
  int64_t capacity_, overlap_;
  ContextLimits limits_;
  Pooling pooling_;
  DocumentView document_;
};

}  // namespace clner
