#include "retrieval/foreign_answer.h"

#include <algorithm>
#include <utility>

#include "core/utf8.h"
#include "retrieval/clean_text.h"
#include "retrieval/passages.h"

namespace clner {
namespace {

constexpr size_t kMaxLabelBytes = 1000;  // of ids and titles

/// The start of `text` that fits, whole characters only.
std::string_view Head(std::string_view text) {
  if (text.size() <= kMaxLabelBytes) return text;
  size_t end = kMaxLabelBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

std::optional<Candidate> CleanCandidate(std::string_view id, std::string_view title, std::string_view text,
                                        double score) {
  std::vector<std::string> passages = CutPassages(text, PassageUnit::kDocument);
  if (passages.empty()) return std::nullopt;
  return Candidate{CleanText(Head(id)), CleanText(Head(title)), std::move(passages.front()), score};
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
