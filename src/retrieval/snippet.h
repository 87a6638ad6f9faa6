// The part of a text that answers a query, with what matched.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "retrieval/term_tokenizer.h"

namespace clner {

/// A stretch of a snippet.
struct SnippetPart {
  std::string text = {};
  bool matched = false;
  friend bool operator==(const SnippetPart&, const SnippetPart&) = default;
};

/// The stretch of `text` of at most `max_bytes` that holds most tokens among `terms`, the first of several; cut between
/// words where there are blanks, and with "..." where something is left out. The parts together are the snippet.
[[nodiscard]] std::vector<SnippetPart> MakeSnippet(std::string_view text, const TermTokenizer& tokenizer,
                                                   const std::unordered_set<std::string>& terms, size_t max_bytes);

}  // namespace clner
