// An engine that answers what it is told, and a re-ranker of the kind.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "data/sentence.h"
#include "retrieval/engine.h"
#include "retrieval/reranker.h"

namespace clner::test {

class FakeEngine final : public Engine {
 public:
  [[nodiscard]] std::vector<SearchAnswer> Search(std::span<const std::string> queries, int64_t limit) override {
    std::vector<SearchAnswer> found;
    for (const std::string& query : queries) {
      ++asked;
      found.push_back(answers.contains(query) ? answers[query] : everywhere);
      if (found.back().candidates.size() > static_cast<size_t>(limit))
        found.back().candidates.resize(static_cast<size_t>(limit));
    }
    return found;
  }
  [[nodiscard]] std::vector<SearchAnswer> SearchNames(std::span<const NamedQuery> queries, int64_t limit) override {
    std::vector<SearchAnswer> found;
    for (const NamedQuery& query : queries) {
      std::vector<Candidate> list;
      for (const std::string& title : query.names) {
        if (titles.contains(title)) list.push_back({title, title, titles[title], 9.0});
      }
      SearchAnswer& answer = found.emplace_back(Search(std::span(&query.text, 1), limit).front());
      answer.candidates.insert(answer.candidates.begin(), list.begin(), list.end());
    }
    return found;
  }
  [[nodiscard]] std::string identity() const override { return name; }

  std::string name = "fake";
  std::map<std::string, SearchAnswer> answers = {};  ///< by query
  SearchAnswer everywhere = {};                      ///< for all others
  std::map<std::string, std::string> titles = {};    ///< texts that are found first by a name
  int64_t asked = 0;                                 ///< queries
};

/// The score of a text is that of `scores`, else 0.
class FakeReranker final : public Reranker {
 public:
  [[nodiscard]] std::vector<std::vector<double>> Score(std::span<const RerankRequest> requests) override {
    std::vector<std::vector<double>> result;
    for (const RerankRequest& request : requests) {
      std::vector<double>& list = result.emplace_back();
      for (const Candidate& candidate : request.candidates)
        list.push_back(scores.contains(candidate.text) ? scores[candidate.text] : 0.0);
    }
    return result;
  }
  [[nodiscard]] std::string identity() const override { return "fake"; }
  std::map<std::string, double> scores = {};
};

/// A sentence of the words between blanks.
inline Sentence SentenceOf(const std::string& text) {
  Sentence sentence;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) sentence.words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return sentence;
}

}  // namespace clner::test
