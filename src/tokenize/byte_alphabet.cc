#include "tokenize/byte_alphabet.h"

#include <array>

#include "core/utf8.h"

namespace clner::bpe {
namespace {

constexpr bool IsPrintable(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/// Printable bytes stand for themselves, the others follow from U+0100 on.
constexpr std::array<char32_t, 256> kCharacters = [] {
  std::array<char32_t, 256> table = {};
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < table.size(); ++byte) table[byte] = IsPrintable(byte) ? byte : next++;
  return table;
}();

constexpr size_t kAlphabetEnd = 0x144;  ///< one more than the last character

/// Byte of a character, -1 = none.
constexpr std::array<int16_t, kAlphabetEnd> kBytes = [] {
  std::array<int16_t, kAlphabetEnd> table = {};
  table.fill(-1);
  for (size_t byte = 0; byte < kCharacters.size(); ++byte) table[kCharacters[byte]] = static_cast<int16_t>(byte);
  return table;
}();

}  // namespace

char32_t CharacterOfByte(unsigned char byte) { return kCharacters[byte]; }

std::optional<std::string> BytesOfPiece(std::string_view piece) {
  std::string bytes;
  for (size_t position = 0; position < piece.size();) {
    const char32_t character = DecodeUtf8(piece, &position);
    if (character >= kAlphabetEnd || kBytes[character] < 0) return std::nullopt;
    bytes += static_cast<char>(kBytes[character]);
  }
  return bytes;
}

}  // namespace clner::bpe
