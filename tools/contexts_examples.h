// Sentences before and after retrieval, to be looked at: their mentions, and where the contexts have them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "retrieval/contexts_summary.h"

namespace clner::cli {

/// Words in a row, joined by blanks, that are one mention or none.
struct ExamplePart {
  std::string text = {};
  bool mention = false;
  std::string type = {};  ///< of a mention of the sentence
  bool found = false;     ///< a mention that its contexts have
};

struct ExampleText {
  std::string notes = {};  ///< e.g. "leak, duplicate"; "" for none
  std::vector<ExamplePart> parts = {};
};

struct ContextsExample {
  size_t number = 0;       ///< of the sentence, from 1
  std::string where = {};  ///< file:line
  std::vector<ExamplePart> sentence = {};
  std::vector<ExampleText> texts = {};  ///< each of at most `max_words` words
};

/// The sentences of ExampleSentences(). `corpus` is the one that was summarised.
[[nodiscard]] std::vector<ContextsExample> MakeExamples(const Corpus& corpus, const ContextsSummary& summary,
                                                        size_t count, size_t max_words);
/// The examples for a terminal, safe to print: mentions as `[words](type)`.
[[nodiscard]] std::string ExamplesText(const std::vector<ContextsExample>& examples);

}  // namespace clner::cli
