// From a sentence to the terms that are looked for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/term_tokenizer.h"

namespace clner {

/// Chosen on WNUT-17 over 41,000 Wikipedia leads: frequent terms cost nearly all the time, and rare ones retrieve more
/// of the mentions (docs/retrieval.md).
struct QueryOptions {
  int64_t max_words = 30;    ///< longer sentences are cut at punctuation into pieces of at most so many words
  int64_t max_terms = 12;    ///< terms of a piece that look like no name; the rarest are kept
  double max_share = 0.005;  ///< terms in a greater share of the passages are dropped
  double name_share = 0.02;  ///< the same for terms of words that look like names
  int64_t common_from = 50;  ///< terms in fewer passages are kept whatever their share
  int64_t min_terms = 3;     ///< so many of the rarest terms are kept whatever their share
};

/// A distinct term of a query.
struct QueryTerm {
  std::string text = {};
  bool name = false;     ///< of a word with a capital letter or a digit, or of a hashtag or handle
  int64_t passages = 0;  ///< that hold it
  friend bool operator==(const QueryTerm&, const QueryTerm&) = default;
};

/// A sentence as engines, re-rankers and leak filter get it: words with one blank between them.
[[nodiscard]] std::string JoinWords(std::span<const std::string> words);

/// `text` (valid UTF-8) as it is when it has at most `max_words` words, else pieces that end behind a punctuation mark
/// where there is one in time. Pieces without a letter or digit are left out.
[[nodiscard]] std::vector<std::string> SplitQuery(std::string_view text, int64_t max_words);

/// The pieces of `text` for an engine that cuts terms itself: the distinct words of each that have a letter or digit,
/// without web addresses, joined by blanks; at most `max_characters` (code points) a piece, and so at most as many
/// terms.
[[nodiscard]] std::vector<std::string> WordQueries(std::string_view text, int64_t max_words, int64_t max_characters);

/// The distinct terms of a piece in order of first appearance, without those of web addresses; `passages` is 0.
[[nodiscard]] std::vector<QueryTerm> QueryTerms(std::string_view text, const TermTokenizer& tokenizer);

/// Keeps what is worth looking for in an index of `passages` passages, by the rules of QueryOptions, rarest first.
/// Terms that are in no passage are dropped.
[[nodiscard]] std::vector<QueryTerm> PruneTerms(std::vector<QueryTerm> terms, int64_t passages,
                                                const QueryOptions& options);

/// Any of the terms, in the query language of FTS5: every term is a quoted string, so that none is syntax. "" for none.
[[nodiscard]] std::string MatchExpression(const std::vector<QueryTerm>& terms);
/// The terms in a row, as a phrase of that language. "" for none.
[[nodiscard]] std::string PhraseExpression(const std::vector<Term>& terms);

}  // namespace clner
