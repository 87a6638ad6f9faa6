// Re-rankers that need no model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "retrieval/fts_index.h"
#include "retrieval/reranker.h"

namespace clner {

/// BM25 of title and text for all terms of the sentence, frequent ones included, with the counts of the index
/// (FtsIndex::Bm25).
class Bm25Reranker final : public Reranker {
 public:
  /// The index must outlive the re-ranker.
  explicit Bm25Reranker(const FtsIndex& index) : index_(index) {}
  [[nodiscard]] std::vector<std::vector<double>> Score(std::span<const RerankRequest> requests) override;
  [[nodiscard]] std::string identity() const override;

 private:
  const FtsIndex& index_;
};

/// The fuzzy match of CLNER's scripts: EditSimilarity of sentence and text.
class FuzzyReranker final : public Reranker {
 public:
  [[nodiscard]] std::vector<std::vector<double>> Score(std::span<const RerankRequest> requests) override;
  [[nodiscard]] std::string identity() const override { return "fuzzy"; }
};

/// 1 - d / max(|a|, |b|) with the Levenshtein distance d in code points; 1 for two empty texts. Upper case counts.
[[nodiscard]] double EditSimilarity(std::u32string_view a, std::u32string_view b);

}  // namespace clner
