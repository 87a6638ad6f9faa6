#include "retrieval/foreign_answer.h"

#include <algorithm>
#include <utility>

#include "core/utf8.h"
#include "retrieval/clean_text.h"
#include "retrieval/passages.h"

namespace clner {

const Json* Member(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found == json.end() ? nullptr : &*found;
}

std::string TextMember(const Json& json, const char* key) {
  const Json* value = Member(json, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::optional<Candidate> CleanCandidate(std::string_view id, std::string_view title, std::string_view text,
                                        double score, bool strip_html) {
  if (strip_html) return CleanCandidate(id, StripHtml(title), StripHtml(text), score);
  std::vector<std::string> passages = CutPassages(text, PassageUnit::kDocument);
  if (passages.empty()) return std::nullopt;
  return Candidate{CleanText(WholeCharacters(id, kMaxTitleBytes)), CleanText(WholeCharacters(title, kMaxTitleBytes)),
                   std::move(passages.front()), score};
}

void AnswerSum::Add(const std::string& key, Candidate candidate) {
  const auto [found, is_new] = places_.emplace(key, candidates_.size());
  if (is_new) {
    candidates_.push_back(std::move(candidate));
  } else {
    candidates_[found->second].score += candidate.score;
  }
}

SearchAnswer AnswerSum::Take(int64_t limit) {
  std::stable_sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
  if (candidates_.size() > static_cast<size_t>(limit)) candidates_.resize(static_cast<size_t>(limit));
  places_.clear();
  return {std::move(candidates_), partial_};
}

}  // namespace clner
