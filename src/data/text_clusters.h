// User-perceived characters of a text and the classes by which words are cut.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace clner {

enum class ClusterKind : uint8_t {
  kLetter,    ///< letters, marks and number signs of scripts that put blanks between words
  kDigit,     ///< decimal digits of any script
  kKatakana,  ///< runs are words
  kSolo,      ///< a word each: ideographs, kana, emoji, clusters of South-East Asian scripts
  kMark       ///< punctuation, symbols, controls
};

/// A grapheme cluster with the format characters behind it; those at the start of a chunk belong to the first cluster.
struct Cluster {
  uint32_t begin = 0, begin_byte = 0;  ///< offsets into the text, in code points and bytes
  char32_t base = 0;                   ///< first code point that is no format character
  ClusterKind kind = ClusterKind::kMark;
  bool plain = true;  ///< no mark stands on the base
};

/// White_Space of the Unicode standard.
[[nodiscard]] bool IsWhiteSpace(char32_t c);
[[nodiscard]] bool IsUpperCase(char32_t c);
[[nodiscard]] bool IsLowerCase(char32_t c);
/// Marks that a sentence can begin with: brackets, quotes, currency signs, "@", "#", bullets.
[[nodiscard]] bool IsOpening(char32_t c);

/// Reads a text chunk by chunk: what stands between white space.
class ClusterReader {
 public:
  explicit ClusterReader(std::string_view text) : text_(text) {}
  /// Skips white space; returns the number of line ends in it.
  int SkipWhiteSpace();
  /// The clusters up to the next white space; none at the end of the text.
  void NextChunk(std::vector<Cluster>* clusters);
  /// Moves to the next white space without looking at clusters.
  void SkipChunk();
  /// Where the next unread code point begins.
  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] size_t byte() const { return byte_; }

 private:
  std::string_view text_;
  size_t position_ = 0, byte_ = 0;
};

}  // namespace clner
