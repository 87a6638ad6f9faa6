#include "retrieval/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr uint64_t kMaxFileBytes = 64 << 10;

std::string EncodeBase64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (size_t i = 0; i < 4; ++i) text += i <= count ? kDigits[group >> (18 - 6 * i) & 63U] : '=';
  }
  return text;
}

/// Where the secret came from, for messages.
struct Secret {
  std::string text = {}, place = {};
};

Secret ReadSecret(const std::string& source) {
  if (source.starts_with("env:")) {
    const std::string name = source.substr(4);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') {
      throw Error(ErrorCode::kNoInput,
                  fmt::format("the environment variable '{}' for the credentials is not set", Printable(name)), "",
                  "export it, or name a file with file:PATH");
    }
    return {value, "environment variable " + Printable(name)};
  }
  if (source.starts_with("file:")) {
    const std::string path = source.substr(5);
    return {ReadFile(path, kMaxFileBytes), Printable(path, 200)};
  }
  // Perhaps the secret itself: it must not be repeated.
  throw Error(ErrorCode::kUsage, "credentials are given as env:NAME or file:PATH", "",
              "put them into an environment variable or a file that only you can read");
}

[[noreturn]] void Refuse(const Secret& secret, const std::string& what) {
  throw Error(ErrorCode::kData, what, secret.place,
              "write one line: 'basic USER:PASSWORD', 'apikey KEY' or 'bearer TOKEN'");
}

std::string LowerCase(std::string text) {
  for (char& byte : text) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return text;
}

}  // namespace

std::string BasicAuthorization(const std::string& user_and_password) {
  return "Basic " + EncodeBase64(user_and_password);
}

std::string ReadAuthorization(const std::string& source) {
  Secret secret = ReadSecret(source);
  while (secret.text.ends_with('\n') || secret.text.ends_with('\r')) secret.text.pop_back();
  const std::string& text = secret.text;
  if (std::any_of(text.begin(), text.end(), [](char byte) { return (byte >= 0 && byte < 0x20) || byte == 0x7F; }))
    Refuse(secret, "the credentials have control characters or several lines");
  const size_t blank = text.find(' ');
  const std::string kind = blank == std::string::npos ? "" : LowerCase(text.substr(0, blank));
  const bool known = kind == "basic" || kind == "apikey" || kind == "bearer";
  const std::string value = known ? text.substr(std::min(text.find_first_not_of(' ', blank), text.size())) : text;
  if (kind == "basic" || !known) {
    if (value.find(':') == std::string::npos) Refuse(secret, "the credentials have no form that is known");
    return BasicAuthorization(value);
  }
  const bool visible = std::all_of(value.begin(), value.end(), [](char byte) { return byte > 0x20 && byte < 0x7F; });
  if (value.empty() || !visible) Refuse(secret, fmt::format("the {} is empty or has blanks", kind));
  if (kind == "bearer") return "Bearer " + value;
  return "ApiKey " + (value.find(':') == std::string::npos ? value : EncodeBase64(value));
}

}  // namespace clner
