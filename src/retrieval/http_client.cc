#include "retrieval/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/utf8.h"
#include "retrieval/server_url.h"

namespace clner {
namespace {

constexpr size_t kMaxHeaderBytes = 256 << 10;

void InitializeCurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw Error(ErrorCode::kUnavailable, fmt::format("libcurl cannot be used: {}", curl_easy_strerror(code)));
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Seconds that a Retry-After header asks for, a number or a date.
std::optional<double> RetryAfter(const HttpResponse& response) {
  const std::string text = response.Header("retry-after");
  if (text.empty()) return std::nullopt;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size())
    return std::max<double>(0, static_cast<double>(seconds));
  const time_t date = curl_getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::max<double>(0, std::difftime(date, std::time(nullptr)));
}

[[noreturn]] void Interrupt() {
  throw Error(ErrorCode::kInterrupted,
              fmt::format("stopped by {} while waiting for the search server", StopRequested()), "",
              "run the same command again");
}

/// What a user can do about a failed transfer.
const char* Advice(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "check the name of the host";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "give the certificate of its authority with --ca-file, and the name that the certificate is for";
    case CURLE_SSL_CACERT_BADFILE:
      return "--ca-file takes certificates in PEM form";
    case CURLE_OPERATION_TIMEDOUT:
      return "look at the load of the server, or raise --search-timeout";
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
      return "check what stands between here and the server";
    default:
      return "check that the server runs, its port, and http against https";
  }
}

bool IsLostConnection(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
         code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE;
}

}  // namespace

struct HttpClient::Transfer {
  HttpResponse response = {};
  size_t header_bytes = 0;
  curl_slist* lines = nullptr;  // of the request
  std::array<char, CURL_ERROR_SIZE> error = {};

  Transfer() = default;
  ~Transfer() { curl_slist_free_all(lines); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  void AddLine(const std::string& line) {
    curl_slist* longer = curl_slist_append(lines, line.c_str());
    if (longer == nullptr) throw Error(ErrorCode::kResource, "out of memory");
    lines = longer;
  }

  // Callbacks of libcurl. A return value other than the size ends the transfer.
  static size_t OnHeader(char* data, size_t /*one*/, size_t size, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    const std::string_view line(data, size);
    transfer->header_bytes += size;
    if (transfer->header_bytes > kMaxHeaderBytes) return 0;
    const size_t colon = line.find(':');
    if (line.starts_with("HTTP/")) transfer->response.headers.clear();  // after 100 Continue
    if (line.starts_with("HTTP/") || colon == std::string_view::npos) return size;
    std::string name(Trim(line.substr(0, colon)));
    for (char& byte : name) byte = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    transfer->response.headers[std::move(name)] = std::string(Trim(line.substr(colon + 1)));
    return size;
  }
  static size_t OnBody(char* data, size_t /*one*/, size_t size, void* self) {
    HttpResponse& response = static_cast<Transfer*>(self)->response;
    if (size > kMaxAnswerBytes - response.body.size()) {
      response.too_large = true;
      return 0;
    }
    response.body.append(data, size);
    return size;
  }
  static int OnProgress(void* /*self*/, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return StopRequested() != nullptr ? 1 : 0;
  }
};

std::string HttpResponse::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpClient::HttpClient(std::string base_url, std::string authorization, HttpOptions options)
    : base_(std::move(base_url)),
      authorization_(std::move(authorization)),
      options_(std::move(options)),
      random_(options_.seed) {
  InitializeCurl();
  if (!options_.ca_file.empty()) const InputFile readable(options_.ca_file);
  handle_ = curl_easy_init();
  if (handle_ == nullptr) throw Error(ErrorCode::kResource, "libcurl cannot start: out of memory");
}

HttpClient::~HttpClient() { curl_easy_cleanup(handle_); }

std::string HttpClient::Where(const HttpRequest& request) const { return PrintableUrl(base_ + request.path); }

bool HttpClient::IsBusy(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

bool HttpClient::WaitBeforeRetry(int64_t attempt, std::optional<double> retry_after) {
  if (attempt >= options_.retries) return false;
  if (retry_after.value_or(0) > options_.longest_wait_seconds) return false;
  // Clients that were turned away together must not come back together.
  const double doubled = options_.first_wait_seconds * std::exp2(static_cast<double>(std::min<int64_t>(attempt, 20)));
  const double jitter = std::min(doubled, options_.longest_wait_seconds) * (0.5 + 0.5 * random_.Uniform());
  const double seconds = retry_after.has_value() ? *retry_after + 0.1 * jitter : jitter;
  LogVerbose(fmt::format("the search server is busy; waiting {:.1f} s", seconds));
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    if (StopRequested() != nullptr) Interrupt();
    const std::chrono::duration<double> left = end - std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::min(left, std::chrono::duration<double>(0.05)));
  }
  return true;
}

void HttpClient::Prepare(const HttpRequest& request, Transfer* transfer) {
  curl_easy_reset(handle_);  // keeps the connection
  const auto set = [this](CURLoption option, auto value) {
    const CURLcode code = curl_easy_setopt(handle_, option, value);
    if (code != CURLE_OK)
      throw Error(ErrorCode::kUnavailable, fmt::format("libcurl lacks an option: {}", curl_easy_strerror(code)));
  };
  set(CURLOPT_URL, (base_ + request.path).c_str());
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (!request.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
    transfer->AddLine("Content-Type: " + request.content_type);
    transfer->AddLine("Expect:");  // no round trip before the body
  }
  transfer->AddLine("Accept: " + request.accept);
  if (!authorization_.empty()) transfer->AddLine("Authorization: " + authorization_);
  set(CURLOPT_HTTPHEADER, transfer->lines);
  set(CURLOPT_USERAGENT, "clner/" CLNER_VERSION);
  set(CURLOPT_ACCEPT_ENCODING, "gzip");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, std::lround(options_.connect_seconds * 1000));
  set(CURLOPT_TIMEOUT_MS, std::lround(options_.answer_seconds * 1000));
  set(CURLOPT_SSL_VERIFYPEER, options_.verify_tls ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, options_.verify_tls ? 2L : 0L);
  if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
  set(CURLOPT_ERRORBUFFER, transfer->error.data());
  set(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  set(CURLOPT_HEADERDATA, static_cast<void*>(transfer));
  set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  set(CURLOPT_WRITEDATA, static_cast<void*>(transfer));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Transfer::OnProgress);
}

/// The code of libcurl; CURLE_OK also for an answer that is too large.
int HttpClient::Perform(const HttpRequest& request, Transfer* transfer) {
  Prepare(request, transfer);
  const CURLcode code = curl_easy_perform(handle_);
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, nullptr);
  if (code == CURLE_ABORTED_BY_CALLBACK && StopRequested() != nullptr) Interrupt();
  HttpResponse& response = transfer->response;
  if (code == CURLE_OK || response.too_large) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    if (response.too_large) response.body = {};
    LogDebug(fmt::format("{} {}: {}, {} bytes", request.method, Where(request), status, response.body.size()));
    return CURLE_OK;
  }
  return code;
}

void HttpClient::FailTransfer(const HttpRequest& request, int code, const std::string& text) const {
  const auto curl_code = static_cast<CURLcode>(code);
  const std::string reason = text.empty() ? curl_easy_strerror(curl_code) : text;
  throw Error(ErrorCode::kUnavailable, fmt::format("no answer from the search server: {}", Printable(reason, 300)),
              Where(request), Advice(curl_code));
}

HttpResponse HttpClient::Send(const HttpRequest& request) {
  for (int64_t attempt = 0;; ++attempt) {
    Transfer transfer;
    const int code = Perform(request, &transfer);
    if (code != CURLE_OK) {
      const bool again = answered_ && IsLostConnection(static_cast<CURLcode>(code));
      if (again && WaitBeforeRetry(attempt)) continue;
      // libcurl has one text for all that its callbacks or decoders refuse.
      const bool refused = code == CURLE_WRITE_ERROR;
      FailTransfer(request, code,
                   !refused                                  ? transfer.error.data()
                   : transfer.header_bytes > kMaxHeaderBytes ? "its headers are too large"
                                                             : "its answer is not packed as it says");
    }
    answered_ = true;
    HttpResponse& response = transfer.response;
    if (response.status >= 300 && response.status < 400) {
      throw Error(ErrorCode::kUnavailable,
                  fmt::format("the search server redirects to '{}' ({})", PrintableUrl(response.Header("location")),
                              response.status),
                  Where(request),
                  "redirects are not followed, so that credentials stay with one host; give its own address");
    }
    if (!IsBusy(response.status)) return std::move(response);
    const std::optional<double> retry_after = RetryAfter(response);
    if (WaitBeforeRetry(attempt, retry_after)) continue;
    throw Error(ErrorCode::kUnavailable,
                fmt::format("the search server is too busy ({}), also after {} retries{}", response.status, attempt,
                            retry_after.has_value() ? fmt::format("; it asks to wait {:.0f} s", *retry_after) : ""),
                Where(request), "try again later, or send less at a time");
  }
}

}  // namespace clner
