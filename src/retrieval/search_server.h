// The REST interface that OpenSearch 1-3 and Elasticsearch 7-9 have in common, and where they differ.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.h"
#include "retrieval/http_client.h"

namespace clner {

struct ServerOptions {
  std::string url = {};   ///< http(s)://[USER:PASSWORD@]HOST[:PORT][/PATH]
  std::string auth = {};  ///< env:NAME or file:PATH (ReadAuthorization); "" = none, or that of the address
  HttpOptions http = {};
};

/// A server whose product and version are known. Every call throws 69 when the server cannot be reached or refuses the
/// credentials, 65 when its answer is no JSON.
class SearchServer {
 public:
  /// Asks the server what it is. 64 for a bad address, 69 when it is neither product or too old.
  explicit SearchServer(const ServerOptions& options);

  enum class Body { kNone, kJson, kLines };  ///< kLines: one JSON value a line, every line ended
  /// The answer with any status but 401 and 403 (those are 69). Too large an answer is told in it.
  [[nodiscard]] HttpResponse Send(const std::string& method, const std::string& path, Body kind = Body::kNone,
                                  std::string body = {});
  /// The JSON of an answer of Send() for `path`; 69 with the server's reason unless its status is 200 or 201.
  [[nodiscard]] Json Read(const HttpResponse& response, const std::string& path) const;

  /// "Elasticsearch 8.19.3".
  [[nodiscard]] const std::string& name() const { return name_; }
  /// How bulk requests are sent: the official clients of Elasticsearch 8 and later use PUT.
  [[nodiscard]] const char* bulk_method() const { return compatible_with_ == 0 ? "POST" : "PUT"; }
  /// The address of `path` for messages.
  [[nodiscard]] std::string Where(const std::string& path) const;
  [[nodiscard]] HttpClient& http() { return http_; }

 private:
  void Detect();
  [[nodiscard]] std::string MediaType(Body kind) const;
  HttpClient http_;
  std::string name_;
  int compatible_with_ = 0;  // version in the media types of Elasticsearch 8 and later
};

/// "type: reason" of an error object of the server, printable; "" when there is none in `json`.
[[nodiscard]] std::string ServerReason(const Json& json);

/// kUsage unless `name` can be an index; for searching also an alias, a list or a pattern.
void CheckIndexName(const std::string& name, bool for_search);

}  // namespace clner
