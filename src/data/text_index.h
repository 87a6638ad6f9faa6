// Positions in a text, counted in code points, UTF-16 units or bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/annotation.h"

namespace clner {

/// Answers in O(log n). Memory: 8 bytes a code point, none for ASCII.
class TextIndex {
 public:
  /// `text` must be valid UTF-8 below 4 GiB and outlive the index.
  explicit TextIndex(std::string_view text);
  [[nodiscard]] int64_t code_points() const { return code_points_; }
  /// The code point at `offset`, code_points() at the end; nullopt outside the text or inside a character.
  [[nodiscard]] std::optional<int64_t> CodePointOf(int64_t offset, OffsetUnit unit) const;
  [[nodiscard]] std::optional<TextRange> CodePointsOf(TextRange range, OffsetUnit unit) const;
  /// The inverse of CodePointOf; `code_point` is in [0, code_points()].
  [[nodiscard]] int64_t OffsetOf(int64_t code_point, OffsetUnit unit) const;
  [[nodiscard]] std::string_view TextOf(TextRange range) const;  ///< `range` must lie in the text

 private:
  std::string_view text_;
  int64_t code_points_ = 0;
  std::vector<uint32_t> bytes_, utf16_;  // of every code point and the end; empty for ASCII
};

/// A range in code points, or what is wrong with it.
struct PlacedRange {
  std::optional<TextRange> range = std::nullopt;
  std::string what = {}, fix = {};
};
/// Where `span`, whose positions count `unit`, is in the text: inside it, not empty, and equal to its own surface. When
/// another unit would fit, `fix` says so. `options` say how messages name the choice of a unit.
[[nodiscard]] PlacedRange PlaceInText(const TextIndex& index, const TextSpan& span, OffsetUnit unit,
                                      const AnnotationOptions& options);
/// The unit other than `unit` in which `span` fits the text and `accepts` its range, as advice; "" when there is none.
[[nodiscard]] std::string OtherUnitAdvice(const TextIndex& index, const TextSpan& span, OffsetUnit unit,
                                          const AnnotationOptions& options,
                                          const std::function<bool(TextRange)>& accepts);

}  // namespace clner
