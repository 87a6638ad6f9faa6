// Search on OpenSearch and Elasticsearch.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "retrieval/engine.h"
#include "retrieval/foreign_answer.h"
#include "retrieval/search_server.h"

namespace clner {

/// Where an index of a server keeps what is searched; a dot leads into an object.
struct RestFields {
  std::string title = "title";  ///< "" when there is none
  std::string text = "text";
};

struct RestOptions {
  ServerOptions server = {};
  std::string index = {};  ///< name, alias, list or pattern
  RestFields fields = {};
  int64_t max_words = 30;   ///< of a piece, as QueryOptions
  bool strip_html = false;  ///< of what is found
};

/// Search by `_msearch` with the scores of the server (BM25 over title and text, added) with the term statistics of all
/// shards. Pieces of a long sentence are looked for one by one and their scores added. Web addresses and words without
/// a letter or digit are left out; a query without other words is not sent.
class RestEngine final : public Engine {
 public:
  /// 66 when the server has no such index, otherwise as SearchServer.
  explicit RestEngine(RestOptions options);
  [[nodiscard]] std::vector<SearchAnswer> Search(std::span<const std::string> queries, int64_t limit) override;
  /// Holds the number of documents as the sign of the content.
  [[nodiscard]] std::string identity() const override;
  [[nodiscard]] const std::string& server_name() const { return server_.name(); }

 private:
  struct Piece {
    std::string text = {};
    size_t query = 0;  // that it belongs to
  };
  void SearchBatch(std::span<const Piece> pieces, int64_t limit, int64_t attempt, std::vector<AnswerSum>* sums);
  [[nodiscard]] std::string RequestBody(std::span<const Piece> pieces, int64_t limit) const;
  void AddHits(const Json& response, AnswerSum* sum);

  RestOptions options_;
  SearchServer server_;
  int64_t documents_ = 0;
  int64_t hits_ = 0, hits_with_text_ = 0;
};

}  // namespace clner
