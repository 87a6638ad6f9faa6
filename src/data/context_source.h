// Contexts that are made of a corpus itself: the document around a sentence, and random ones to compare with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/corpus.h"

namespace clner {

enum class ContextSource {
  kFile,             ///< those that the corpus has
  kDocument,         ///< the words around the sentence in its document
  kRandomContexts,   ///< those of another sentence
  kRandomSentences,  ///< other sentences as texts
};

/// What the contexts of a corpus are made of.
struct ContextRule {
  /// Texts of a sentence where nothing else is said: CLNER retrieves as many.
  static constexpr size_t kTexts = 6;

  ContextSource source = ContextSource::kFile;
  uint64_t seed = 0;       ///< of the random sources; equal seeds give equal contexts everywhere
  size_t texts = kTexts;   ///< of kRandomSentences, from 1
  size_t max_words = 510;  ///< of kDocument, with those of the sentence, and kRandomSentences: pieces of the encoder
};

/// The words around the sentences of one document: on each side half of the room that the sentence leaves of
/// `max_words`, or what the other side leaves, which is all that DocumentView (views/document_view.h) can show of words
/// of a piece or more.
class DocumentWindows {
 public:
  /// `sentences` must outlive the windows, with their words.
  DocumentWindows(std::span<const Sentence> sentences, size_t max_words);
  /// The sentences around number `sentence` as texts, the outer ones cut.
  [[nodiscard]] ContextTexts Around(size_t sentence) const;

 private:
  void AddWords(size_t first, size_t last, ContextTexts* contexts) const;

  std::span<const Sentence> sentences_;
  size_t max_words_;
  std::vector<size_t> begins_ = {0};  // of each sentence, counted in words of the document; one more than sentences
};

/// Replaces the contexts of a corpus as `rule` says, and their counts. kFile changes nothing.
///
/// kDocument: DocumentWindows. A document is a run of sentences with one number, so that data without marks are one; a
/// sentence that is alone in it has no context.
/// kRandomContexts: the sentences with contexts exchange them, so that none keeps its own unless it is the only one; a
/// sentence without stays without.
/// kRandomSentences: `texts` different sentences, never the sentence itself; fewer where the corpus is smaller or
/// `max_words` words are reached.
void ReplaceContexts(Corpus* corpus, const ContextRule& rule);

}  // namespace clner
