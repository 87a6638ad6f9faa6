// What every source of contexts looks like: the embedded index, a search server, a user's program.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace clner {

/// A text that was found.
struct Candidate {
  std::string id = {};     ///< of the document, as the engine knows it
  std::string title = {};  ///< empty when there is none
  std::string text = {};   ///< one line without control characters
  double score = 0.0;      ///< greater is better; comparable within one answer only
};

struct SearchAnswer {
  std::vector<Candidate> candidates = {};  ///< by descending score
  bool partial = false;                    ///< parts of the engine did not answer; never to be kept as complete
};

/// A query that has names in it, found by an earlier prediction.
struct NamedQuery {
  std::string text = {};
  std::vector<std::string> names = {};
};

/// Finds texts for queries, which are plain text: an engine makes its own query language of them, and no character of
/// them is syntax. Not thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  /// One answer for every query, in order, with at most `limit` candidates each. A query without a term to look for has
  /// an empty answer.
  [[nodiscard]] virtual std::vector<SearchAnswer> Search(std::span<const std::string> queries, int64_t limit) = 0;
  /// The same, and documents with such a name in the title score more. An engine that cannot do that looks for the text
  /// alone.
  [[nodiscard]] virtual std::vector<SearchAnswer> SearchNames(std::span<const NamedQuery> queries, int64_t limit) {
    std::vector<std::string> texts;
    for (const NamedQuery& query : queries) texts.push_back(query.text);
    return Search(texts, limit);
  }
  /// Changes whenever the same query may get another answer: kind, content and parameters.
  [[nodiscard]] virtual std::string identity() const = 0;
};

}  // namespace clner
