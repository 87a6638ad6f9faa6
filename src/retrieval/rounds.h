// Retrieval in rounds (KB-NER's iterative retrieval): the entities that a model finds with the contexts of one round
// are looked for in titles in the next.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/sentence.h"
#include "retrieval/context_retriever.h"

namespace clner {

struct RoundOptions {
  int64_t rounds = 1;
  /// The entities of sentences with the contexts of the round before; needed for more than one round.
  std::function<std::vector<std::vector<Span>>(std::span<const Sentence>)> predict = {};
  std::string model = {};  ///< changes whenever its entities may
};

/// A sentence of a corpus, the first of those with its words.
struct DistinctSentence {
  const Sentence* sentence = nullptr;
  std::string key = {};  ///< KeyOfWords()
};

/// What a round found, over different sentences.
struct RoundReport {
  int64_t round = 1;
  int64_t resumed = 0;                     ///< sentences that were finished by an earlier run
  int64_t named_sentences = 0, names = 0;  ///< with an entity that was looked for in titles, and these entities
  int64_t with_contexts = 0, texts = 0;
  int64_t changed = 0;  ///< sentences with other texts, or another order, than in the round before
  /// Gold ones, and those whose folded words (FoldWords) stand in a row in one of the texts.
  int64_t mentions = 0, mentions_found = 0;
};
/// `coverage` is null without gold mentions.
[[nodiscard]] Json ToJson(const RoundReport& report);

/// Appends the mentions of a sentence that are not in `names` yet, as words with one blank between them.
void AddNames(std::span<const std::string> words, std::span<const Span> spans, std::vector<std::string>* names);

/// How to get at what a round found.
struct RoundAnswers {
  int64_t resumed = 0;
  std::function<RetrievedContexts(const DistinctSentence&)> read = {};
};
/// Retrieves for all sentences with the names that the retriever has now.
using FillRound = std::function<RoundAnswers(int64_t round)>;

/// Lets `fill` retrieve in every round and gives `retriever` the names for the next one. Returns the answers of the
/// last round. `reports` get one entry a round when there are several. `output` is the place of a request to stop (75).
[[nodiscard]] RoundAnswers RunRounds(std::span<const DistinctSentence> sentences, const RoundOptions& options,
                                     const FillRound& fill, const std::string& output, ContextRetriever* retriever,
                                     std::vector<RoundReport>* reports);

}  // namespace clner
