#include "retrieval/query.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "core/utf8.h"
#include "data/raw_text.h"
#include "data/text_clusters.h"
#include "data/unicode_class.h"

namespace clner {
namespace {

bool IsWebAddress(std::string_view word) {
  return word.starts_with("http://") || word.starts_with("https://") || word.starts_with("www.");
}

/// What stands between blanks, `@jane` and `#Acme` included.
bool LooksLikeName(std::string_view word) {
  if (word.starts_with('#') || word.starts_with('@')) return true;
  for (size_t at = 0; at < word.size();) {
    const char32_t c = DecodeUtf8(word, &at);
    if (IsUpperCase(c) || (c >= '0' && c <= '9')) return true;
  }
  return false;
}

/// The word between blanks that the byte `at` is in.
std::string_view WordAround(std::string_view text, size_t at) {
  const size_t blank = text.find_last_of(" \t\n", at);
  const size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  return text.substr(begin, std::min(text.find_first_of(" \t\n", at), text.size()) - begin);
}

/// A string of the query language of FTS5.
std::string Quoted(std::string_view term) {
  std::string quoted = "\"";
  for (const char byte : term) quoted += byte == '"' ? std::string("\"\"") : std::string(1, byte);
  return quoted + "\"";
}

}  // namespace

std::string JoinWords(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) (text += text.empty() ? "" : " ") += word;
  return text;
}

std::vector<std::string> SplitQuery(std::string_view text, int64_t max_words) {
  std::vector<TextWord> words;
  for (const TextSentence& sentence : SegmentText(text)) {
    words.insert(words.end(), sentence.words.begin(), sentence.words.end());
  }
  std::vector<std::string> pieces;
  const auto limit = static_cast<size_t>(max_words);
  for (size_t begin = 0, end = 0; begin < words.size(); begin = end) {
    end = std::min(begin + limit, words.size());
    if (end < words.size()) {
      size_t cut = end;
      while (cut > begin && HasLetterOrDigit(Surface(text, words[cut - 1]))) --cut;
      if (cut > begin) end = cut;
    }
    const std::string_view piece =
        text.substr(words[begin].begin_byte, words[end - 1].end_byte - words[begin].begin_byte);
    if (HasLetterOrDigit(piece)) pieces.emplace_back(piece);
  }
  return pieces;
}

std::vector<std::string> WordQueries(std::string_view text, int64_t max_words, int64_t max_characters) {
  std::vector<std::string> queries;
  const auto limit = static_cast<size_t>(max_characters);
  for (const std::string& piece : SplitQuery(text, max_words)) {
    std::unordered_set<std::string_view> known;
    std::string query;
    size_t characters = 0;
    const auto end_query = [&] {
      if (HasLetterOrDigit(query)) queries.push_back(std::move(query));
      query.clear();
      characters = 0;
    };
    for (const TextSentence& sentence : SegmentText(piece)) {
      for (const TextWord& word : sentence.words) {
        const std::string_view surface = Surface(piece, word);
        if (!HasLetterOrDigit(surface) || IsWebAddress(WordAround(piece, word.begin_byte))) continue;
        if (!known.insert(surface).second) continue;
        if (characters + 1 + CodePointCount(surface) > limit) end_query();
        if (!query.empty()) {
          query += ' ';
          ++characters;
        }
        for (size_t at = 0; at < surface.size();) {  // a word that is too long goes on in the next piece
          const size_t begin = at;
          static_cast<void>(DecodeUtf8(surface, &at));
          if (characters == limit) end_query();
          query += surface.substr(begin, at - begin);
          ++characters;
        }
      }
    }
    end_query();
  }
  return queries;
}

std::vector<QueryTerm> QueryTerms(std::string_view text, const TermTokenizer& tokenizer) {
  std::vector<QueryTerm> terms;
  std::unordered_map<std::string, size_t> known;
  for (Term& term : tokenizer.Tokenize(text)) {
    const std::string_view word = WordAround(text, term.begin_byte);
    if (IsWebAddress(word)) continue;
    const auto [found, is_new] = known.emplace(term.text, terms.size());
    if (is_new) terms.push_back({std::move(term.text), false, 0});
    QueryTerm& entry = terms[found->second];
    entry.name = entry.name || LooksLikeName(word);
  }
  return terms;
}

std::vector<QueryTerm> PruneTerms(std::vector<QueryTerm> terms, int64_t passages, const QueryOptions& options) {
  std::erase_if(terms, [](const QueryTerm& term) { return term.passages <= 0; });
  std::sort(terms.begin(), terms.end(), [](const QueryTerm& a, const QueryTerm& b) {
    return std::tie(a.passages, a.text) < std::tie(b.passages, b.text);
  });
  std::vector<QueryTerm> kept;
  int64_t others = 0;
  for (QueryTerm& term : terms) {
    const double share = static_cast<double>(term.passages) / static_cast<double>(passages);
    const bool rare =
        term.passages < options.common_from || share <= (term.name ? options.name_share : options.max_share);
    const bool wanted = rare && (term.name || others < options.max_terms);
    if (!wanted && static_cast<int64_t>(kept.size()) >= options.min_terms) continue;
    others += term.name ? 0 : 1;
    kept.push_back(std::move(term));
  }
  return kept;
}

std::string MatchExpression(const std::vector<QueryTerm>& terms) {
  std::string expression;
  for (const QueryTerm& term : terms) expression += (expression.empty() ? "" : " OR ") + Quoted(term.text);
  return expression;
}

std::string PhraseExpression(const std::vector<Term>& terms) {
  std::string expression;
  for (const Term& term : terms) expression += (expression.empty() ? "" : " + ") + Quoted(term.text);
  return expression;
}

}  // namespace clner
