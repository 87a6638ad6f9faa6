// UTF-8: validation and decoding. Positions are bytes unless named otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// Byte offset of the first sequence that is not valid UTF-8 (overlong, surrogate, > U+10FFFF, cut off), or nullopt.
/// NUL counts as valid here.
[[nodiscard]] std::optional<size_t> FirstInvalidUtf8(std::string_view text);
/// Decodes the code point at `*position` and moves `*position` behind it. `text` must be valid UTF-8.
[[nodiscard]] char32_t DecodeUtf8(std::string_view text, size_t* position);
[[nodiscard]] std::u32string DecodeUtf8(std::string_view text);
void AppendUtf8(char32_t code_point, std::string* out);
[[nodiscard]] std::string EncodeUtf8(std::u32string_view text);
/// Number of code points. `text` must be valid UTF-8.
[[nodiscard]] size_t CodePointCount(std::string_view text);
/// Every invalid byte replaced by U+FFFD; `*replaced` (may be null) counts them.
[[nodiscard]] std::string ReplaceInvalidUtf8(std::string_view text, size_t* replaced);
/// Text made safe and short for an error message: control and invisible characters and blanks other than the space
/// escaped (\xHH, \uHHHH, \UHHHHHHHH), at most `max_code_points`, then "...".
[[nodiscard]] std::string Printable(std::string_view text, size_t max_code_points = 60);
/// Columns the text takes on a terminal (East Asian wide = 2, combining = 0).
[[nodiscard]] size_t DisplayWidth(std::string_view text);

/// Version of utf8proc, e.g. "2.8.0", asked of the library itself: its pkg-config file may name another.
[[nodiscard]] const char* Utf8LibraryVersion();

}  // namespace clner
