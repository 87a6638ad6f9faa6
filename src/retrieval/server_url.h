// Addresses of search servers. User and password never stay in an address that is printed or sent.
#pragma once

#include <string>
#include <string_view>

namespace clner {

struct ServerUrl {
  std::string base = {};       ///< scheme, host, port and path without a slash at the end; no user, no password
  std::string user_info = {};  ///< "USER:PASSWORD" decoded, or ""
  bool encrypted = false;      ///< https
  bool loopback = false;       ///< the host is this machine
};

/// Parses http://[USER:PASSWORD@]HOST[:PORT][/PATH]; kUsage for anything else.
[[nodiscard]] ServerUrl ParseServerUrl(const std::string& url);

/// `url` safe to print: everything between the scheme and the last @ is left out, whatever it looks like.
[[nodiscard]] std::string PrintableUrl(std::string_view url);

/// `text` as one segment of a path: all bytes but letters, digits and -._~ as %HH.
[[nodiscard]] std::string PathSegment(std::string_view text);

}  // namespace clner
