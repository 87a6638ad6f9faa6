// The sentence in the middle of its document, of which only the sentence's own words are read.
#pragma once

#include <cstdint>
#include <vector>

#include "views/view.h"

namespace clner {

/// [CLS] words before, own words, words after [SEP], without separators between sentences: document context as CLNER's
/// trainer has it. Every sentence is tokenised alone. Of the pieces that the sentence leaves, half go to the shorter
/// side (all of its pieces when they are fewer), the rest to the other one; the side is cut between two pieces where it
/// is farthest from the sentence. Own words have the pieces of SentenceView and are the only ones that are pooled.
class DocumentView final : public View {
 public:
  /// `max_pieces`, `overlap` and errors as for SentenceView; `max_context_pieces` (from 1) is the most for both sides
  /// together. `tokenizer` must outlive the view.
  DocumentView(const Tokenizer& tokenizer, int64_t max_pieces, int64_t overlap, int64_t max_context_pieces,
               Pooling pooling = Pooling::kFirst);
  /// Appends one sequence; none when the sentence has no context around it. A sentence that fills the encoder alone is
  /// never cut for its context: it gives the windows of SentenceView without context (LogWarning). `sentence.contexts`
  /// must be of a document. Thread-safe.
  int64_t Append(const Sentence& sentence, int64_t index, std::vector<ViewItem>* items) const override;

 private:
  const Tokenizer& tokenizer_;
  int64_t capacity_, overlap_, max_context_pieces_;
  Pooling pooling_;
};

}  // namespace clner
