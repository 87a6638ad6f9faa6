// From sentences to the texts that stand behind them: search, leak filter, re-ranking, duplicates, packing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "data/context_cache.h"
#include "data/sentence.h"
#include "retrieval/engine.h"
#include "retrieval/leak_filter.h"
#include "retrieval/reranker.h"

namespace clner {

struct RetrievalOptions {
  int64_t candidates = 20;                                           ///< asked of the engine for a sentence
  int64_t top = 6;                                                   ///< the best of them that may become contexts
  int64_t max_texts = std::numeric_limits<int64_t>::max();           ///< of these, so many are kept
  int64_t max_words_per_text = std::numeric_limits<int64_t>::max();  ///< the rest of a text is cut off
  double near_duplicates = 0.9;  ///< DuplicateFinder's threshold; 0 looks for exact ones only
};

/// What became of the candidates. Every one is counted once: as a leak, a duplicate, below the top, without room, or
/// kept.
struct RetrievalCounts {
  int64_t sentences = 0, with_contexts = 0;
  int64_t empty_queries = 0;  ///< sentences without a letter or digit
  int64_t candidates = 0;     ///< with a text
  int64_t leaks_exact = 0, leaks_fuzzy = 0;
  int64_t duplicates_exact = 0, duplicates_near = 0;
  int64_t below_top = 0, without_room = 0;
  int64_t texts = 0;    ///< that were kept
  int64_t partial = 0;  ///< sentences for which the engine did not answer completely
  RetrievalCounts& operator+=(const RetrievalCounts& more);
  friend bool operator==(const RetrievalCounts&, const RetrievalCounts&) = default;
};
/// An object with all fields, and back; 76 naming `place` when one is missing.
[[nodiscard]] Json ToJson(const RetrievalCounts& counts);
[[nodiscard]] RetrievalCounts ParseRetrievalCounts(const Json& json, const std::string& place);

/// The contexts of one sentence; `record` has no id.
struct RetrievedContexts {
  CacheRecord record = {};
  RetrievalCounts counts = {};
};

/// Which texts of `sentence.contexts` there is room for behind the sentence, in order. Empty: no limit.
struct RoomRule {
  std::function<std::vector<size_t>(const Sentence& sentence)> shown = {};
  std::string identity = {};  ///< changes whenever answers may
};

/// Names that are known to stand in sentences, by KeyOfWords() of the sentence.
using KnownNames = std::map<std::string, std::vector<std::string>>;

/// One way to retrieve. Texts are ordered by the re-ranker's score and then by the text, both descending, as CLNER's
/// scripts do it, and without a re-ranker as the engine has them. Of duplicates the first one stays. The best `top` are
/// packed: cut to `max_words_per_text`, and those there is no room for are passed over, never cut.
class ContextRetriever {
 public:
  /// `source` names the engine in records. `reranker` may be null; all of them outlive the retriever.
  ContextRetriever(Engine& engine, std::string source, Reranker* reranker, LeakFilter& leaks, RoomRule room,
                   const RetrievalOptions& options);
  /// From now on the names of a sentence are looked for in titles too (Engine::SearchNames).
  void SetNames(KnownNames names) { names_ = std::move(names); }
  [[nodiscard]] const KnownNames& names() const { return names_; }
  /// The contexts of every sentence, in order. Sentences are best given in groups: engine and re-ranker are asked once.
  [[nodiscard]] std::vector<RetrievedContexts> Retrieve(std::span<const Sentence* const> sentences);
  /// Changes whenever the contexts of a sentence may.
  [[nodiscard]] std::string identity() const;

 private:
  [[nodiscard]] std::vector<Candidate> Admit(SearchAnswer&& answer, RetrievalCounts* counts);
  void Rank(std::span<const RetrievedContexts> results, std::vector<std::vector<Candidate>>* candidates,
            std::vector<std::vector<double>>* scores);
  void Keep(const Sentence& sentence, std::vector<Candidate>&& candidates, const std::vector<double>& scores,
            RetrievedContexts* result) const;
  void Pack(const Sentence& sentence, RetrievedContexts* result) const;

  Engine& engine_;
  std::string source_;
  Reranker* reranker_;
  LeakFilter& leaks_;
  RoomRule room_;
  RetrievalOptions options_;
  KnownNames names_;
};

}  // namespace clner
