#include "retrieval/fts_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <system_error>
#include <unordered_map>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr double kK1 = 1.2, kB = 0.75, kSmallestIdf = 1e-6;  // as in FTS5

/// Checked before SQLite sees the file.
const std::filesystem::path& Checked(const std::filesystem::path& path, bool checksum, std::string* sha256) {
  *sha256 = CheckIndexFile(path, checksum);
  return path;
}

/// Greater scores first, then smaller passage numbers.
void Order(std::vector<std::pair<double, int64_t>>* found) {
  std::sort(found->begin(), found->end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
}

/// BM25 of texts for terms, computed from the texts.
class Bm25Scorer {
 public:
  /// `terms` are those of a query with their counts; they and the tokenizer outlive the scorer.
  Bm25Scorer(const std::vector<QueryTerm>& terms, const IndexInfo& info, const TermTokenizer& tokenizer)
      : terms_(terms),
        tokenizer_(tokenizer),
        mean_length_(static_cast<double>(info.tokens) / static_cast<double>(info.passages)) {
    for (const QueryTerm& term : terms) {
      const auto with = static_cast<double>(term.passages), total = static_cast<double>(info.passages);
      idf_[term.text] = std::max(std::log((total - with + 0.5) / (with + 0.5)), kSmallestIdf);
    }
  }

  [[nodiscard]] double Score(const Candidate& candidate) const {
    std::vector<Term> tokens = tokenizer_.Tokenize(candidate.title);
    for (Term& token : tokenizer_.Tokenize(candidate.text)) tokens.push_back(std::move(token));
    std::unordered_map<std::string_view, double> counts;
    for (const Term& token : tokens) {
      if (idf_.contains(token.text)) counts[token.text] += 1;
    }
    const double norm = kK1 * (1 - kB + kB * static_cast<double>(tokens.size()) / mean_length_);
    double score = 0;
    // In the order of the query, so that equal candidates get equal sums.
    for (const QueryTerm& term : terms_) {
      const auto count = counts.find(term.text);
      if (count != counts.end()) score += idf_.at(term.text) * count->second * (kK1 + 1) / (count->second + norm);
    }
    return score;
  }

 private:
  const std::vector<QueryTerm>& terms_;
  const TermTokenizer& tokenizer_;
  double mean_length_;
  std::unordered_map<std::string_view, double> idf_;
};

}  // namespace

FtsIndex::FtsIndex(const std::filesystem::path& path, FtsOptions options)
    : options_(std::move(options)),
      database_(Checked(path, options_.verify, &info_.sha256), SqliteDatabase::Mode::kImmutable) {
  RegisterTokenizers(database_);
  std::string sha256 = std::move(info_.sha256);
  info_ = ReadIndexInfo(database_);
  info_.sha256 = std::move(sha256);
  info_.file_bytes = static_cast<int64_t>(std::filesystem::file_size(path));
  CheckIndexSchema(database_, info_.tokenizer);
  tokenizer_ = std::make_unique<TermTokenizer>(database_, info_.tokenizer);
  count_ = std::make_unique<SqliteStatement>(database_, "SELECT passages FROM term WHERE term = ?1");
  match_ = std::make_unique<SqliteStatement>(
      database_, "SELECT rowid, rank FROM search WHERE search MATCH ?1 ORDER BY rank, rowid LIMIT ?2");
  load_ = std::make_unique<SqliteStatement>(database_, "SELECT document, title, text FROM passage WHERE id = ?1");
}

FtsIndex::~FtsIndex() = default;

std::string FtsIndex::identity() const {
  const QueryOptions& query = options_.query;
  return fmt::format("fts5 {} words {} terms {} share {} names {} common {} least {} rescore {}", info_.sha256,
                     query.max_words, query.max_terms, query.max_share, query.name_share, query.common_from,
                     query.min_terms, options_.rescore);
}

int64_t FtsIndex::PassagesWith(std::string_view term) const {
  count_->Bind(0, term);
  const int64_t passages = count_->Step() ? count_->Integer(0) : 0;
  count_->Reset();
  return passages;
}

std::vector<QueryTerm> FtsIndex::PieceTerms(std::string_view piece) const {
  std::vector<QueryTerm> terms = QueryTerms(piece, *tokenizer_);
  for (QueryTerm& term : terms) term.passages = PassagesWith(term.text);
  return terms;
}

std::vector<std::vector<QueryTerm>> FtsIndex::Terms(std::string_view query) const {
  std::vector<std::vector<QueryTerm>> pieces;
  for (const std::string& piece : SplitQuery(query, options_.query.max_words)) {
    pieces.push_back(PruneTerms(PieceTerms(piece), info_.passages, options_.query));
  }
  return pieces;
}

void FtsIndex::FindPiece(const std::vector<QueryTerm>& terms, int64_t limit, std::vector<Scored>* found) {
  const std::string expression = MatchExpression(terms);
  if (expression.empty()) return;
  match_->Bind(0, expression).Bind(1, limit);
  while (match_->Step()) found->emplace_back(-match_->Real(1), match_->Integer(0));
  match_->Reset();
}

/// Orders the candidates by all `terms`, from their texts.
void FtsIndex::Rescore(const std::vector<QueryTerm>& terms, std::vector<Scored>* found) {
  const Bm25Scorer scorer(terms, info_, *tokenizer_);
  for (Scored& scored : *found) scored.first = scorer.Score(Load(scored));
}

std::vector<double> FtsIndex::Bm25(std::string_view query, std::span<const Candidate> candidates) const {
  const std::vector<QueryTerm> terms = PieceTerms(query);
  const Bm25Scorer scorer(terms, info_, *tokenizer_);
  std::vector<double> scores;
  for (const Candidate& candidate : candidates) scores.push_back(scorer.Score(candidate));
  return scores;
}

void FtsIndex::FindTitles(std::string_view name, int64_t limit, std::vector<Scored>* found) {
  const std::string phrase = PhraseExpression(tokenizer_->Tokenize(name)), expression = "title : " + phrase;
  if (phrase.empty()) return;
  match_->Bind(0, expression).Bind(1, limit);
  while (match_->Step()) found->emplace_back(-match_->Real(1) * kTitleBoost, match_->Integer(0));
  match_->Reset();
}

SearchAnswer FtsIndex::Answer(std::string_view query, std::span<const std::string> names, int64_t limit) {
  std::unordered_map<int64_t, double> sums;
  for (const std::string& piece : SplitQuery(query, options_.query.max_words)) {
    const std::vector<QueryTerm> terms = PieceTerms(piece);
    std::vector<Scored> found;
    FindPiece(PruneTerms(terms, info_.passages, options_.query), std::max(limit, options_.rescore), &found);
    if (options_.rescore > 0) Rescore(terms, &found);
    for (const auto& [score, passage] : found) sums[passage] += score;
  }
  for (const std::string& name : names) {
    std::vector<Scored> found;
    FindTitles(name, limit, &found);
    for (const auto& [score, passage] : found) sums[passage] += score;
  }
  std::vector<Scored> merged;
  for (const auto& [passage, score] : sums) merged.emplace_back(score, passage);
  Order(&merged);
  SearchAnswer answer;
  for (size_t i = 0; i < merged.size() && static_cast<int64_t>(i) < limit; ++i)
    answer.candidates.push_back(Load(merged[i]));
  return answer;
}

std::vector<SearchAnswer> FtsIndex::Search(std::span<const std::string> queries, int64_t limit) {
  std::vector<SearchAnswer> answers;
  for (const std::string& query : queries) answers.push_back(Answer(query, {}, limit));
  return answers;
}

std::vector<SearchAnswer> FtsIndex::SearchNames(std::span<const NamedQuery> queries, int64_t limit) {
  std::vector<SearchAnswer> answers;
  for (const NamedQuery& query : queries) answers.push_back(Answer(query.text, query.names, limit));
  return answers;
}

Candidate FtsIndex::Load(const Scored& scored) {
  load_->Bind(0, scored.second);
  if (!load_->Step()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("the index has no passage {}", scored.second),
                database_.path().string(), "build it again: clner index build IN... -o INDEX");
  }
  Candidate candidate = {std::string(load_->Text(0)), std::string(load_->Text(1)), std::string(load_->Text(2)),
                         scored.first};
  load_->Reset();
  return candidate;
}

void FtsIndex::Check() {
  const auto refuse = [this](const std::string& what) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("index '{}' is damaged: {}", Printable(database_.path().string(), 200), what),
                database_.path().string(), "build it again: clner index build IN... -o INDEX");
  };
  SqliteStatement pages(database_, "PRAGMA integrity_check(1)");
  if (!pages.Step() || pages.Text(0) != "ok") refuse(Printable(pages.Text(0), 200));
  const auto agree = [&](const char* sql, int64_t expected, const char* what) {
    const int64_t count = QueryInteger(database_, sql).value_or(0);
    if (count != expected) refuse(fmt::format("{} {} instead of {}", count, what, expected));
  };
  agree("SELECT count(*) FROM passage", info_.passages, "passages");
  agree("SELECT count(*) FROM search_docsize", info_.passages, "indexed passages");
  database_.Execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab('main', 'search', 'row')");
  agree("SELECT count(*) FROM term", info_.terms, "terms");
  agree("SELECT sum(cnt) FROM temp.vocabulary", info_.tokens, "tokens");
  agree("SELECT count(*) FROM temp.vocabulary AS v JOIN main.term AS t ON t.term = v.term AND t.passages = v.doc",
        info_.terms, "terms with their counts");
}

}  // namespace clner
