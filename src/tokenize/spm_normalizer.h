// The character map inside SentencePiece models, applied as Hugging Face's tokenizers do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// A precompiled map: a double-array trie over UTF-8 whose values are positions in a text of NUL-ended replacements.
/// Immutable; thread-safe. An empty object changes nothing.
class SpmCharsMap {
 public:
  SpmCharsMap() = default;
  /// `bytes`: size of the trie (32 bit, little-endian), the trie, the replacements. `name` is the file in errors.
  /// kCorrupt when a size is wrong, a reachable unit of the trie or a replacement lies outside, or the replacements are
  /// not UTF-8.
  SpmCharsMap(std::string_view bytes, const std::string& name);

  /// Appends the mapped form of `text` (valid UTF-8). A grapheme cluster of less than 6 bytes becomes, as a whole, the
  /// replacement of the shortest entry it begins with; if there is none, and in longer clusters, every code point does.
  void Append(std::string_view text, std::string* out) const;

 private:
  /// Replacement of the shortest entry that `text` begins with.
  [[nodiscard]] std::optional<std::string_view> Find(std::string_view text) const;
  void CheckTrie(const std::string& name) const;
  void AppendCluster(std::string_view cluster, std::string* out) const;

  std::vector<uint32_t> units_ = {};
  std::string replacements_ = {};
  std::array<bool, 128> plain_ascii_ = {};  ///< no entry is the character itself; not CR
};

}  // namespace clner
