#include "retrieval/snippet.h"

#include <algorithm>
#include <utility>

namespace clner {
namespace {

using Range = std::pair<size_t, size_t>;  // half-open, in bytes

/// Places of the tokens among `terms`; those that touch are one.
std::vector<Range> Matches(std::string_view text, const TermTokenizer& tokenizer,
                           const std::unordered_set<std::string>& terms) {
  std::vector<Range> matches;
  for (const Term& term : tokenizer.Tokenize(text)) {
    if (!terms.contains(term.text)) continue;
    if (!matches.empty() && term.begin_byte <= matches.back().second) {
      matches.back().second = std::max(matches.back().second, term.end_byte);
    } else {
      matches.emplace_back(term.begin_byte, term.end_byte);
    }
  }
  return matches;
}

/// Moves `at` back to the start of a word, at most `reach` bytes, else of a character.
size_t WordStart(std::string_view text, size_t at, size_t reach) {
  if (at >= text.size()) return text.size();
  const size_t space = at == 0 ? std::string_view::npos : text.rfind(' ', at - 1);
  if (at == 0 || (space != std::string_view::npos && at - space <= reach)) return at == 0 ? 0 : space + 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

}  // namespace

std::vector<SnippetPart> MakeSnippet(std::string_view text, const TermTokenizer& tokenizer,
                                     const std::unordered_set<std::string>& terms, size_t max_bytes) {
  const std::vector<Range> matches = Matches(text, tokenizer, terms);
  size_t best = 0, most = 0;
  for (size_t first = 0, last = 0; first < matches.size(); ++first) {
    while (last < matches.size() && matches[last].second - matches[first].first <= max_bytes * 3 / 4) ++last;
    if (last - first <= most) continue;
    most = last - first;
    best = matches[first].first;
  }
  size_t begin = 0;
  if (text.size() > max_bytes) {
    // A little of what stands before the first match, but no empty space behind the end.
    begin = std::min(best - std::min(best, max_bytes / 8), text.size() - max_bytes);
    begin = WordStart(text, begin, 20);
  }
  size_t end = std::min(begin + max_bytes, text.size());
  if (end < text.size()) end = std::max(WordStart(text, end, 20), begin);
  std::vector<SnippetPart> parts;
  const auto add = [&](size_t from, size_t to, bool matched) {
    if (from < to) parts.push_back({std::string(text.substr(from, to - from)), matched});
  };
  if (begin > 0) parts.push_back({"...", false});
  size_t at = begin;
  for (const auto& [from, to] : matches) {
    if (from < begin || to > end) continue;
    add(at, from, false);
    add(from, to, true);
    at = to;
  }
  add(at, end, false);
  if (end < text.size()) parts.push_back({"...", false});
  return parts;
}

}  // namespace clner
