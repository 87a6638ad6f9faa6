// Requests to one server over libcurl: TLS checked, answers capped, overload waited out, credentials kept.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/random.h"

namespace clner {

struct HttpOptions {
  std::string ca_file = {};          ///< PEM file of certificate authorities; "" = those of the system
  bool verify_tls = true;            ///< else any certificate will do
  double connect_seconds = 10;       ///< until the connection stands
  double answer_seconds = 60;        ///< until the whole answer is there, connecting included
  int64_t retries = 5;               ///< of a request that the server is too busy for
  double first_wait_seconds = 0.5;   ///< doubled with every retry
  double longest_wait_seconds = 60;  ///< a server that asks for more is given up
  uint64_t seed = 0;                 ///< of the jitter of waits
};

/// Answers with more bytes, uncompressed, are cut off.
inline constexpr size_t kMaxAnswerBytes = size_t{64} << 20;

struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";  ///< behind the address of the server, beginning with a slash
  std::string accept = "application/json", content_type = {};
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers = {};  ///< by lower-case name; the last of several
  std::string body = {};
  bool too_large = false;  ///< the body is longer than kMaxAnswerBytes and left out
  /// The value of a header, "" when there is none.
  [[nodiscard]] std::string Header(const std::string& name) const;
};

/// One connection that is kept open. Not thread-safe. No redirect is followed, no proxy, netrc file or cookie used: the
/// credentials go to the one address only. Stop requests (core/stop.h) end every wait with 75.
class HttpClient {
 public:
  /// `base_url` has no user and no slash at the end (ServerUrl); `authorization` is the value of that header, or "".
  /// 66 when the CA file cannot be read.
  HttpClient(std::string base_url, std::string authorization, HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The answer, whatever its status, except 429, 502, 503 and 504: they are tried again after a wait with jitter, or
  /// the wait that Retry-After asks for, and are 69 at last. Lost connections are tried again once the server has
  /// answered anything. 69 when there is no answer, and for redirects.
  [[nodiscard]] HttpResponse Send(const HttpRequest& request);
  /// True for the statuses that are tried again.
  [[nodiscard]] static bool IsBusy(int status);
  /// Waits before retry number `attempt` (from 0), for overload that is told inside an answer. False when there have
  /// been enough retries or the server asks for too long a wait.
  [[nodiscard]] bool WaitBeforeRetry(int64_t attempt, std::optional<double> retry_after = std::nullopt);
  /// "http://host:9200/wiki/_bulk", for messages.
  [[nodiscard]] std::string Where(const HttpRequest& request) const;

 private:
  struct Transfer;
  void Prepare(const HttpRequest& request, Transfer* transfer);
  [[nodiscard]] int Perform(const HttpRequest& request, Transfer* transfer);
  [[noreturn]] void FailTransfer(const HttpRequest& request, int code, const std::string& text) const;

  std::string base_, authorization_;
  HttpOptions options_;
  Random random_;
  bool answered_ = false;  // the server has been there
  void* handle_ = nullptr;
};

}  // namespace clner
