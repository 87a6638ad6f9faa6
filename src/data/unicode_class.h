// Classes of characters that the data checks need.
#pragma once

#include <string>
#include <string_view>

namespace clner {

/// True if some code point is a letter or a digit of any script.
[[nodiscard]] bool HasLetterOrDigit(std::string_view text);
/// True if no code point is visible: blanks, control and format characters, marks alone. True for "".
[[nodiscard]] bool IsInvisible(std::string_view text);
/// True if some code point is a C0 or C1 control character.
[[nodiscard]] bool HasControl(std::string_view text);
/// Lower case of every code point (simple mapping).
[[nodiscard]] std::string LowerCase(std::string_view text);

}  // namespace clner
