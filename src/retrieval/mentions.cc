#include "retrieval/mentions.h"

#include <algorithm>

#include "retrieval/folded_words.h"
#include "retrieval/query.h"

namespace clner {

std::string MentionText(std::span<const std::string> words, const Span& span) {
  return JoinWords(
      words.subspan(static_cast<size_t>(span.begin_word), static_cast<size_t>(span.end_word - span.begin_word)));
}

WordHashes HashText(std::string_view text) { return HashWords(FoldWords(text)); }

bool StandsIn(const WordHashes& mention, const WordHashes& text) {
  return !mention.empty() && std::search(text.begin(), text.end(), mention.begin(), mention.end()) != text.end();
}

}  // namespace clner
