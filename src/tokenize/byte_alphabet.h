// GPT-2's alphabet: byte-level vocabularies write each of the 256 bytes as one printable character.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clner::bpe {

/// The character of a byte, e.g. U+0120 for the blank.
[[nodiscard]] char32_t CharacterOfByte(unsigned char byte);
/// The bytes that a piece stands for, or nullopt if it has a character outside the alphabet. `piece` must be valid
/// UTF-8.
[[nodiscard]] std::optional<std::string> BytesOfPiece(std::string_view piece);

}  // namespace clner::bpe
