// Words as duplicates and leaks are compared: what case, punctuation and blanks do not change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// The letters and digits of a text in lower case, cut into words. Ideographs and kana are a word each.
struct FoldedWords {
  std::string letters = {};       ///< of all words together
  std::vector<size_t> ends = {};  ///< where each word ends in `letters`
  [[nodiscard]] size_t size() const { return ends.size(); }
  [[nodiscard]] size_t begin(size_t word) const { return word == 0 ? 0 : ends[word - 1]; }
};
/// `text` must be valid UTF-8.
[[nodiscard]] FoldedWords FoldWords(std::string_view text);
/// A 64-bit hash of every word.
[[nodiscard]] std::vector<uint64_t> HashWords(const FoldedWords& words);

/// The same for some of the letters.
[[nodiscard]] uint64_t HashLetters(std::string_view letters);

/// FNV-1a, byte by byte.
inline constexpr uint64_t kFirstHash = 0xcbf29ce484222325;
[[nodiscard]] constexpr uint64_t HashByte(uint64_t hash, char byte) {
  return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
}

}  // namespace clner
