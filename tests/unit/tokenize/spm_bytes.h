// Builds the bytes of small SentencePiece models, right and wrong ones.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace clner::test {

inline std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}
inline std::string Number(uint32_t field, uint64_t value) { return Varint(field << 3) + Varint(value); }
inline std::string Bytes(uint32_t field, std::string_view content) {
  return Varint(field << 3 | 2) + Varint(content.size()) + std::string(content);
}
inline std::string LittleEndian(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> 8 * i));
  return bytes;
}
inline std::string Piece(std::string_view text, float score, int type = 1) {
  return Bytes(1, Bytes(1, text) + Varint(2 << 3 | 5) + LittleEndian(std::bit_cast<uint32_t>(score)) +
                      Number(3, static_cast<uint64_t>(type)));
}
/// Specifications of trainer and normaliser.
inline std::string Specs(std::string_view charsmap = "", uint64_t model_type = 1) {
  return Bytes(2, Number(3, model_type) + Number(40, 0)) + Bytes(3, Bytes(1, "test") + Bytes(2, charsmap));
}
/// <unk> <s> </s> and a few pieces.
inline std::string SmallPieces() {
  return Piece("<unk>", 0, 2) + Piece("<s>", 0, 3) + Piece("</s>", 0, 3) + Piece("\xE2\x96\x81", -3) +
         Piece(
             "\xE2\x96\x81"
             "a",
             -2) +
         Piece("b", -2.5F) + Piece("ab", -4) + Piece("a", -2.25F);
}
/// A character map with the single entry `from` -> `to`. One unit a node, the children of each at the next 256.
inline std::string CharsMap(std::string_view from, std::string_view to) {
  std::string units(256 * 4 * (from.size() + 2), '\0');
  auto set = [&units](size_t position, uint32_t unit) { units.replace(4 * position, 4, LittleEndian(unit)); };
  // Positions are (block << 8) + label; the offset leads from a node to the beginning of the next block.
  size_t position = 0;
  uint32_t label = 0;
  for (size_t i = 0;; ++i) {
    const size_t base = 256 * (i + 1);
    const uint32_t offset = static_cast<uint32_t>(position ^ base);
    const bool leaf = i == from.size();
    set(position, offset << 10 | (leaf ? 1U << 8 : 0) | label);
    if (leaf) {
      set(base, 0x80000000);
      break;
    }
    label = static_cast<unsigned char>(from[i]);
    position = base + label;
  }
  return LittleEndian(static_cast<uint32_t>(units.size())) + units + std::string(to) + '\0';
}

}  // namespace clner::test
