#include "retrieval/search_server.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/utf8.h"
#include "retrieval/credentials.h"
#include "retrieval/foreign_answer.h"
#include "retrieval/server_url.h"

namespace clner {
namespace {

constexpr size_t kMaxReason = 300, kMaxIndexName = 255;
constexpr int kFirstElasticsearch = 7, kFirstCompatible = 8, kLastElasticsearch = 9;

HttpClient Connect(const ServerOptions& options) {
  const ServerUrl url = ParseServerUrl(options.url);
  std::string authorization;
  if (!options.auth.empty()) {
    authorization = ReadAuthorization(options.auth);
  } else if (!url.user_info.empty()) {
    authorization = BasicAuthorization(url.user_info);
  }
  if (!authorization.empty() && !url.encrypted && !url.loopback) {
    LogWarning("credentials", "the credentials go over the network without encryption", PrintableUrl(url.base),
               "use https");
  }
  if (!options.http.verify_tls && url.encrypted) {
    LogWarning("tls", "the certificate of the search server is not checked", PrintableUrl(url.base),
               "name its authority with --ca-file instead");
  }
  return {url.base, authorization, options.http};
}

bool IsJson(const HttpResponse& response) {
  const std::string type = response.Header("content-type");
  return type.starts_with("application/json") || type.starts_with("application/vnd.elasticsearch+json");
}

}  // namespace

std::string ServerReason(const Json& json) {
  if (!json.is_object() || !json.contains("error")) return "";
  const Json& error = json.at("error");
  if (error.is_string()) return Printable(error.get<std::string>(), kMaxReason);
  const std::string type = TextMember(error, "type"), reason = TextMember(error, "reason");
  return Printable(type + (type.empty() || reason.empty() ? "" : ": ") + reason, kMaxReason);
}

void CheckIndexName(const std::string& name, bool for_search) {
  const std::string_view forbidden = for_search ? R"(\/?"<>| #)" : R"(\/?"<>| #*,)";
  bool valid = !name.empty() && name.size() <= kMaxIndexName && name != "." && name != "..";
  for (const char byte : name) {
    valid = valid && static_cast<unsigned char>(byte) > 0x20 && byte != 0x7F && forbidden.find(byte) == forbidden.npos;
    valid = valid && (for_search || byte < 'A' || byte > 'Z');
  }
  valid =
      valid && !FirstInvalidUtf8(name).has_value() && std::string_view("-_+").find(name.front()) == std::string::npos;
  if (valid) return;
  throw Error(ErrorCode::kUsage, fmt::format("'{}' cannot be the name of an index", Printable(name)), "",
              "use lower-case letters, digits, - and _, beginning with a letter or digit");
}

SearchServer::SearchServer(const ServerOptions& options) : http_(Connect(options)) { Detect(); }

std::string SearchServer::Where(const std::string& path) const { return http_.Where({.path = path}); }

std::string SearchServer::MediaType(Body kind) const {
  const char* form = kind == Body::kLines ? "x-ndjson" : "json";
  if (compatible_with_ == 0) return fmt::format("application/{}", form);
  return fmt::format("application/vnd.elasticsearch+{}; compatible-with={}", form, compatible_with_);
}

HttpResponse SearchServer::Send(const std::string& method, const std::string& path, Body kind, std::string body) {
  const HttpRequest request = {method, path, MediaType(Body::kJson), MediaType(kind), std::move(body)};
  HttpResponse response = http_.Send(request);
  if (response.status == 401 || response.status == 403) {
    throw Error(ErrorCode::kUnavailable,
                response.status == 401
                    ? "the search server wants other credentials (401)"
                    : fmt::format("the search server does not allow {} with these credentials (403)", method),
                http_.Where(request), "give them with --search-auth env:NAME or --search-auth file:PATH");
  }
  return response;
}

Json SearchServer::Read(const HttpResponse& response, const std::string& path) const {
  if (response.too_large) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("the answer of the search server is larger than {} MiB", kMaxAnswerBytes >> 20),
                Where(path), "ask for fewer or shorter texts");
  }
  const bool good = response.status == 200 || response.status == 201;
  if (!IsJson(response)) {
    const std::string type = response.Header("content-type");
    throw Error(ErrorCode::kUnavailable,
                fmt::format("the answer ({}) is {} instead of JSON", response.status,
                            type.empty() ? "of no named type" : fmt::format("'{}'", Printable(type))),
                Where(path), "check the address: a proxy or a login page may stand before the search server");
  }
  if (good) return ParseJson(response.body, Where(path), ErrorCode::kData, BigIntegers::kAsDouble);
  std::string reason;
  try {
    reason = ServerReason(ParseJson(response.body, "", ErrorCode::kData, BigIntegers::kAsDouble));
  } catch (const Error&) {
    // The status says enough.
  }
  throw Error(ErrorCode::kUnavailable,
              fmt::format("the search server refuses the request ({}){}{}", response.status, reason.empty() ? "" : ": ",
                          reason),
              Where(path), response.status == 404 ? "check the address and the name of the index" : "");
}

void SearchServer::Detect() {
  const HttpResponse response = Send("GET", "/");
  const Json json = Read(response, "/");
  const Json version = json.is_object() && json.contains("version") ? json.at("version") : Json();
  const std::string number = TextMember(version, "number");
  int major = 0;
  std::from_chars(number.data(), number.data() + number.size(), major);
  if (TextMember(version, "distribution") == "opensearch") {
    // Its number may be that of an Elasticsearch 7 that it stands in for.
    name_ = "OpenSearch " + Printable(number, 20);
    return;
  }
  // Before 7.14 without the header, and of its own tagline.
  const bool elasticsearch = response.Header("x-elastic-product") == "Elasticsearch" ||
                             (major == kFirstElasticsearch && TextMember(json, "tagline") == "You Know, for Search");
  if (!elasticsearch || major < kFirstElasticsearch) {
    throw Error(ErrorCode::kUnavailable,
                elasticsearch ? fmt::format("Elasticsearch {} is too old", Printable(number, 20))
                              : "the server is neither OpenSearch nor Elasticsearch",
                Where("/"), "OpenSearch 1 to 3 and Elasticsearch 7 to 9 are known");
  }
  name_ = "Elasticsearch " + Printable(number, 20);
  if (major >= kFirstCompatible) compatible_with_ = std::min(major, kLastElasticsearch);
}

}  // namespace clner
