#include "retrieval/server_url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// One part of a parsed address, "" when it has none.
std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return "";
  const std::unique_ptr<char, void (*)(void*)> owner(text, &curl_free);
  return text;
}

[[noreturn]] void Refuse(const std::string& url, const std::string& why) {
  throw Error(ErrorCode::kUsage, fmt::format("'{}' is no address of a search server: {}", PrintableUrl(url), why), "",
              "write http://HOST:PORT or https://HOST:PORT");
}

}  // namespace

ServerUrl ParseServerUrl(const std::string& url) {
  for (const char byte : url) {
    if (static_cast<unsigned char>(byte) <= 0x20 || byte == 0x7F) Refuse(url, "blanks and control characters in it");
  }
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (parsed == nullptr) throw Error(ErrorCode::kResource, "out of memory");
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) Refuse(url, "it cannot be parsed");
  const std::string scheme = Part(parsed.get(), CURLUPART_SCHEME), host = Part(parsed.get(), CURLUPART_HOST);
  if (scheme != "http" && scheme != "https") Refuse(url, "the scheme is not http or https");
  if (!Part(parsed.get(), CURLUPART_QUERY).empty() || !Part(parsed.get(), CURLUPART_FRAGMENT).empty())
    Refuse(url, "it has a query or a fragment");
  ServerUrl result;
  result.encrypted = scheme == "https";
  result.loopback = host == "localhost" || host.starts_with("127.") || host == "[::1]";
  const std::string user = Part(parsed.get(), CURLUPART_USER, CURLU_URLDECODE);
  if (!user.empty()) result.user_info = user + ":" + Part(parsed.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  curl_url_set(parsed.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(parsed.get(), CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(parsed.get(), CURLUPART_OPTIONS, nullptr, 0);
  result.base = Part(parsed.get(), CURLUPART_URL);
  while (result.base.ends_with('/')) result.base.pop_back();
  return result;
}

std::string PrintableUrl(std::string_view url) {
  constexpr size_t kShown = 200;
  const size_t scheme = url.find("://");
  const size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const size_t at = url.rfind('@');
  std::string shown(url.substr(0, begin));
  shown += at == std::string_view::npos || at < begin ? url.substr(begin) : url.substr(at + 1);
  return Printable(shown, kShown);
}

std::string PathSegment(std::string_view text) {
  std::string segment;
  for (const char byte : text) {
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       std::string_view("-._~").find(byte) != std::string_view::npos;
    segment += plain ? std::string(1, byte) : fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  }
  return segment;
}

}  // namespace clner
