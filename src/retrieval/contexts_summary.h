// What the contexts of a labelled corpus are worth: mentions found in them, sizes, leaks and duplicates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/corpus.h"
#include "data/stats.h"
#include "data/validate.h"
#include "retrieval/leak_filter.h"

namespace clner {

/// Gold mentions, and how many of them occur in the contexts of their own sentence.
struct MentionCounts {
  int64_t mentions = 0, found = 0;
  [[nodiscard]] double coverage() const;  ///< fraction; 0 without mentions
};

/// What was found about one sentence.
struct SentenceSummary {
  std::vector<std::optional<size_t>> found = {};  ///< of each span: the first text that holds the mention
  std::vector<Leak> leaks = {};                   ///< of each text
  std::vector<bool> repeated = {};                ///< of each text: an earlier one of the sentence is equal
};

/// Mentions and texts are compared by their letters and digits (FoldWords): case, punctuation and blanks do not count.
/// A mention is found where its words stand in a row in one text; one without letters and digits never is.
struct ContextsSummary {
  int64_t sentences = 0, with_context = 0;
  bool flat = false;  ///< the source does not tell where texts end: each sentence has one text
  MentionCounts all = {};
  /// Mentions that occur as a mention of any type in the training data, and the others; nullopt without such data.
  std::optional<MentionCounts> seen = std::nullopt, unseen = std::nullopt;
  std::map<std::string, MentionCounts> types = {};
  std::vector<int64_t> found_first_in = {};                    ///< [text]: mentions whose first text it is
  LengthStats texts_of_sentence = {}, words_of_sentence = {};  ///< over sentences that have a context
  LengthStats words_of_text = {};
  std::map<int64_t, int64_t> sentences_with_texts = {};  ///< texts -> sentences, also of 0 texts
  std::vector<int64_t> sentences_in_bin = {};            ///< [bin]: of `bin_words` words of context each, from 1 word
  int64_t bin_words = 0;
  int64_t texts = 0, leaks_exact = 0, leaks_fuzzy = 0;
  int64_t repeated_in_sentence = 0;           ///< texts that equal an earlier one of their sentence
  int64_t repeated_in_corpus = 0;             ///< texts that equal one of an earlier sentence
  int64_t distinct_texts = 0;                 ///< different ones
  std::vector<Finding> findings = {};         ///< those that occur, with their first places
  std::vector<SentenceSummary> details = {};  ///< one a sentence
};

/// `corpus` is labelled and has its contexts; `leaks` has the sentences that no text may contain; `train` may be empty.
/// Linear time. Memory: about 50 bytes a distinct text, and the details.
[[nodiscard]] ContextsSummary SummarizeContexts(const Corpus& corpus, const std::vector<Corpus>& train,
                                                LeakFilter* leaks);
/// `{"schema_version": 1, "coverage": ..., ...}`; coverages are fractions, null where there is no mention.
[[nodiscard]] Json ToJson(const ContextsSummary& summary);

/// Of every word of a sentence's contexts the number of the span whose mention it belongs to, or nullopt.
[[nodiscard]] std::vector<std::optional<size_t>> MentionsInContexts(const Sentence& sentence);
/// At most `count` sentences worth looking at, in their order: by turns such with a leak, with a duplicate, with a
/// mention that is not found, with all found, without context, and others.
[[nodiscard]] std::vector<size_t> ExampleSentences(const ContextsSummary& summary, size_t count);

}  // namespace clner
