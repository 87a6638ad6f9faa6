#include "retrieval/rest_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/utf8.h"
#include "retrieval/query.h"
#include "retrieval/server_url.h"

namespace clner {
namespace {

constexpr const char* kSearchPath = "/_msearch";
constexpr size_t kPiecesPerRequest = 50;
/// A match makes at most one clause of a character in each of two fields; servers refuse more than 1,024 clauses.
constexpr int64_t kMaxPieceCharacters = 512;

/// The value of `field` in the source of a hit, literally or along its dots; the strings of a list are joined.
std::string FieldText(const Json& source, const std::string& field) {
  if (field.empty() || !source.is_object()) return "";
  const auto found = source.find(field);
  if (found == source.end()) {
    for (size_t dot = field.find('.'); dot != std::string::npos; dot = field.find('.', dot + 1)) {
      const auto object = source.find(field.substr(0, dot));
      if (object != source.end()) return FieldText(*object, field.substr(dot + 1));
    }
    return "";
  }
  if (found->is_string()) return found->get<std::string>();
  std::string text;
  if (found->is_array()) {
    for (const Json& part : *found) {
      if (part.is_string()) text += (text.empty() ? "" : " ") + part.get<std::string>();
    }
  }
  return text;
}

int64_t Integer(const Json& object, const char* key) {
  const Json* value = Member(object, key);
  return value != nullptr && value->is_number_integer() ? value->get<int64_t>() : 0;
}

bool IsPartial(const Json& response) {
  const Json* timed_out = Member(response, "timed_out");
  const Json* shards = Member(response, "_shards");
  return (timed_out != nullptr && timed_out->is_boolean() && timed_out->get<bool>()) ||
         (shards != nullptr && Integer(*shards, "failed") > 0);
}

}  // namespace

RestEngine::RestEngine(RestOptions options) : options_(std::move(options)), server_(options_.server) {
  CheckIndexName(options_.index, true);
  const std::string path = "/" + PathSegment(options_.index) + "/_count";
  const HttpResponse response = server_.Send("POST", path);
  if (response.status == 404) {
    throw Error(ErrorCode::kNoInput, fmt::format("the search server has no index '{}'", Printable(options_.index)),
                server_.Where(path), "make it with: clner index upload IN... --search URL --index-name NAME");
  }
  documents_ = Integer(server_.Read(response, path), "count");
}

std::string RestEngine::identity() const {
  return fmt::format("{} at {} index {} title {} text {} words {} documents {}{}", server_.name(), server_.Where("/"),
                     options_.index, options_.fields.title, options_.fields.text, options_.max_words, documents_,
                     options_.strip_html ? " without HTML" : "");
}

std::string RestEngine::RequestBody(std::span<const Piece> pieces, int64_t limit) const {
  const RestFields& names = options_.fields;
  const std::string header = DumpJson({{"index", options_.index}, {"search_type", "dfs_query_then_fetch"}}) + "\n";
  Json fields = Json::array();
  if (!names.title.empty()) fields.push_back(names.title);
  fields.push_back(names.text);
  std::string body;
  for (const Piece& piece : pieces) {
    Json query;
    if (fields.size() == 1) {
      query["match"][names.text] = piece.text;
    } else {
      query["multi_match"] = {{"query", piece.text}, {"fields", fields}, {"type", "most_fields"}};
    }
    body += header + DumpJson({{"query", query}, {"size", limit}, {"_source", fields}}) + "\n";
  }
  return body;
}

void RestEngine::AddHits(const Json& response, AnswerSum* sum) {
  if (IsPartial(response)) sum->MarkPartial();
  const Json* outer = Member(response, "hits");
  const Json* hits = outer == nullptr ? nullptr : Member(*outer, "hits");
  if (hits == nullptr || !hits->is_array())
    throw Error(ErrorCode::kData, "an answer of the search server has no hits", server_.Where(kSearchPath));
  for (const Json& hit : *hits) {
    const Json* source = Member(hit, "_source");
    const Json* score = Member(hit, "_score");
    ++hits_;
    const std::string text = source == nullptr ? "" : FieldText(*source, options_.fields.text);
    if (text.empty()) continue;
    ++hits_with_text_;
    const std::string id = TextMember(hit, "_id");
    std::optional<Candidate> candidate =
        CleanCandidate(id, FieldText(*source, options_.fields.title), text,
                       score != nullptr && score->is_number() ? score->get<double>() : 0.0, options_.strip_html);
    if (candidate.has_value()) sum->Add(TextMember(hit, "_index") + "/" + id, std::move(*candidate));
  }
}

/// One request; what the server was too busy for, or what made its answer too large, is asked again in smaller parts.
void RestEngine::SearchBatch(std::span<const Piece> pieces, int64_t limit, int64_t attempt,
                             std::vector<AnswerSum>* sums) {
  const HttpResponse response =
      server_.Send("POST", kSearchPath, SearchServer::Body::kLines, RequestBody(pieces, limit));
  if (response.too_large && pieces.size() > 1) {
    const size_t half = pieces.size() / 2;
    SearchBatch(pieces.first(half), limit, attempt, sums);
    return SearchBatch(pieces.subspan(half), limit, attempt, sums);
  }
  const Json json = server_.Read(response, kSearchPath);
  const Json* answers = Member(json, "responses");
  if (answers == nullptr || !answers->is_array() || answers->size() != pieces.size()) {
    throw Error(ErrorCode::kData,
                fmt::format("the search server gives {} answers to {} searches",
                            answers == nullptr ? 0 : answers->size(), pieces.size()),
                server_.Where(kSearchPath));
  }
  std::vector<Piece> again;
  std::string reason;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Json& answer = (*answers)[i];
    if (Member(answer, "error") == nullptr) {
      AddHits(answer, &(*sums)[pieces[i].query]);
      continue;
    }
    reason = ServerReason(answer);
    if (HttpClient::IsBusy(static_cast<int>(Integer(answer, "status")))) {
      again.push_back(pieces[i]);
      continue;
    }
    throw Error(ErrorCode::kUnavailable, fmt::format("the search server refuses a search: {}", reason),
                server_.Where(kSearchPath), "check the names of the index and of its fields (--search-fields)");
  }
  if (again.empty()) return;
  if (!server_.http().WaitBeforeRetry(attempt)) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("the search server is too busy, also after {} retries: {}", attempt, reason),
                server_.Where(kSearchPath), "try again later");
  }
  SearchBatch(again, limit, attempt + 1, sums);
}

std::vector<SearchAnswer> RestEngine::Search(std::span<const std::string> queries, int64_t limit) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < queries.size(); ++i) {
    for (std::string& text : WordQueries(queries[i], options_.max_words, kMaxPieceCharacters))
      pieces.push_back({std::move(text), i});
  }
  std::vector<AnswerSum> sums(queries.size());
  hits_ = hits_with_text_ = 0;
  for (size_t begin = 0; begin < pieces.size(); begin += kPiecesPerRequest) {
    const size_t count = std::min(kPiecesPerRequest, pieces.size() - begin);
    SearchBatch(std::span<const Piece>(pieces).subspan(begin, count), limit, 0, &sums);
  }
  if (hits_ > 0 && hits_with_text_ == 0) {
    throw Error(ErrorCode::kData,
                fmt::format("no document that was found has a text in the field '{}'", Printable(options_.fields.text)),
                server_.Where(kSearchPath), "name the field with --search-fields text=FIELD");
  }
  std::vector<SearchAnswer> answers;
  answers.reserve(queries.size());
  for (AnswerSum& sum : sums) answers.push_back(sum.Take(limit));
  return answers;
}

}  // namespace clner
