// Offsets of one text in code points, bytes and UTF-16 units.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace clner {

/// In what offsets count. Python counts code points, JavaScript UTF-16 units.
enum class OffsetUnit { kCodePoint, kUtf16 };

/// Converts between units; logarithmic time a call, memory for characters outside the Basic Multilingual Plane only.
class TextOffsets {
 public:
  /// `text` is valid UTF-8.
  explicit TextOffsets(std::string_view text);
  /// Number of code points.
  [[nodiscard]] size_t size() const { return size_; }
  /// Offset in `unit` of the code point `offset` (0..size()).
  [[nodiscard]] size_t FromCodePoint(size_t offset, OffsetUnit unit) const;
  /// Offset in code points; nullopt behind the end of the text and between the halves of a surrogate pair.
  [[nodiscard]] std::optional<size_t> ToCodePoint(size_t offset, OffsetUnit unit) const;

 private:
  std::vector<size_t> pairs_;  ///< code points that take two UTF-16 units, ascending
  size_t size_ = 0;
};

}  // namespace clner
