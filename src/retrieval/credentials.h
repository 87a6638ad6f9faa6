// User names, keys and tokens for search servers, from the environment or a file, never from the command line.
#pragma once

#include <string>

namespace clner {

/// The value of the Authorization header for `source`: env:NAME or file:PATH. Variable or file hold one line:
/// `basic USER:PASSWORD` or just `USER:PASSWORD`, `apikey KEY` (encoded, or ID:KEY), `bearer TOKEN`. 64 for another
/// source, 66 when variable or file are missing, 65 for another content, which is never repeated in the message.
[[nodiscard]] std::string ReadAuthorization(const std::string& source);

/// The header for "USER:PASSWORD".
[[nodiscard]] std::string BasicAuthorization(const std::string& user_and_password);

}  // namespace clner
