// Search in an index file.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retrieval/engine.h"
#include "retrieval/index_file.h"
#include "retrieval/query.h"

namespace clner {

struct FtsOptions {
  QueryOptions query = {};
  /// Pruning looks for few terms; so many candidates of it are ordered by all terms of the query. 0: by the few.
  int64_t rescore = 30;
  bool verify = true;  ///< checks every byte of the file against its checksum when it is opened
};

/// The embedded engine. The score is BM25 with k1 = 1.2, b = 0.75 and idf = ln((N - n + 0.5) / (n + 0.5)), at least
/// 1e-6, over title and text together: FTS5's bm25() with its sign changed, so that greater is better. Pieces of a long
/// sentence are looked for one by one and their scores added. Equal scores are ordered by passage number. The file is
/// read only and never written; it must not change while the index is open.
class FtsIndex final : public Engine {
 public:
  /// 66 when the file is missing, 76 when it is no whole index of this format.
  explicit FtsIndex(const std::filesystem::path& path, FtsOptions options = {});
  ~FtsIndex() override;

  [[nodiscard]] std::vector<SearchAnswer> Search(std::span<const std::string> queries, int64_t limit) override;
  /// A name adds kTitleBoost times its BM25 as a phrase in titles.
  [[nodiscard]] std::vector<SearchAnswer> SearchNames(std::span<const NamedQuery> queries, int64_t limit) override;
  [[nodiscard]] std::string identity() const override;
  static constexpr double kTitleBoost = 2.0;

  [[nodiscard]] const IndexInfo& info() const { return info_; }
  [[nodiscard]] const TermTokenizer& tokenizer() const { return *tokenizer_; }
  /// The terms that Search() looks for, piece by piece.
  [[nodiscard]] std::vector<std::vector<QueryTerm>> Terms(std::string_view query) const;
  /// The score of texts, from wherever they are, for all terms of `query` as one piece.
  [[nodiscard]] std::vector<double> Bm25(std::string_view query, std::span<const Candidate> candidates) const;

  /// Reads everything: SQLite's own check, and that texts, terms and counts agree. 76 naming what does not.
  void Check();

 private:
  using Scored = std::pair<double, int64_t>;  // score, passage
  [[nodiscard]] std::vector<QueryTerm> PieceTerms(std::string_view piece) const;
  [[nodiscard]] int64_t PassagesWith(std::string_view term) const;
  [[nodiscard]] SearchAnswer Answer(std::string_view query, std::span<const std::string> names, int64_t limit);
  void FindPiece(const std::vector<QueryTerm>& terms, int64_t limit, std::vector<Scored>* found);
  void FindTitles(std::string_view name, int64_t limit, std::vector<Scored>* found);
  void Rescore(const std::vector<QueryTerm>& terms, std::vector<Scored>* found);
  [[nodiscard]] Candidate Load(const Scored& scored);

  FtsOptions options_;
  IndexInfo info_;  // before the database: the checksum is read first
  SqliteDatabase database_;
  std::unique_ptr<TermTokenizer> tokenizer_;
  std::unique_ptr<SqliteStatement> count_, match_, load_;
};

}  // namespace clner
