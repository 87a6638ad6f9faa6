// Answers of engines that are not ours: texts cleaned, the pieces of one query added up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json.h"
#include "retrieval/engine.h"

namespace clner {

/// The value of `key`; null when `json` is no object or lacks it.
[[nodiscard]] const Json* Member(const Json& json, const char* key);
/// The string below `key`, "" when there is none.
[[nodiscard]] std::string TextMember(const Json& json, const char* key);

/// A candidate from outside (valid UTF-8) as the embedded index would hold it: one line each without control and hidden
/// characters, the text at most kMaxPassageBytes. Nothing when no letter or digit is left. `strip_html`: title and text
/// go through StripHtml first.
[[nodiscard]] std::optional<Candidate> CleanCandidate(std::string_view id, std::string_view title,
                                                      std::string_view text, double score, bool strip_html = false);

/// Collects what was found for one query.
class AnswerSum {
 public:
  /// `key` says which candidates are the same text; their scores are added.
  void Add(const std::string& key, Candidate candidate);
  void MarkPartial() { partial_ = true; }
  [[nodiscard]] size_t size() const { return candidates_.size(); }
  /// The best `limit`; equal scores by id, so that the order does not depend on the engine.
  [[nodiscard]] SearchAnswer Take(int64_t limit);

 private:
  std::unordered_map<std::string, size_t> places_;
  std::vector<Candidate> candidates_;
  bool partial_ = false;
};

}  // namespace clner
