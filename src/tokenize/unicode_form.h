// Unicode's normal forms, as the `tokenizers` library computes them.
#pragma once

#include <string>
#include <string_view>

namespace clner {

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

/// `text` (valid UTF-8) in the form. The library knows an older Unicode than utf8proc; what is new there stays as it
/// is.
[[nodiscard]] std::string ToUnicodeForm(UnicodeForm form, std::string_view text);

}  // namespace clner
