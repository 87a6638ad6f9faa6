// What gives the candidates of a sentence their final order: by their words, or by the states of an encoder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/engine.h"

namespace clner {

/// One sentence (its words with one blank between them) and its candidates.
struct RerankRequest {
  std::string_view sentence;
  std::span<const Candidate> candidates;
};

/// Scores candidates. Scores of different sentences need not be comparable. Not thread-safe.
class Reranker {
 public:
  virtual ~Reranker() = default;
  /// One finite score for every candidate of every request, in order; greater is better.
  [[nodiscard]] virtual std::vector<std::vector<double>> Score(std::span<const RerankRequest> requests) = 0;
  /// Changes whenever scores may: kind, parameters and the content of what it reads.
  [[nodiscard]] virtual std::string identity() const = 0;
};

}  // namespace clner
