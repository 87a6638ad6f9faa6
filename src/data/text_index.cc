#include "data/text_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/utf8.h"
#include "data/counted.h"

namespace clner {
namespace {

constexpr OffsetUnit kUnits[] = {OffsetUnit::kCodePoint, OffsetUnit::kUtf16, OffsetUnit::kByte};

std::string Positions(OffsetUnit unit, int64_t count) {
  if (unit == OffsetUnit::kUtf16) return Counted(count, "UTF-16 unit");
  return Counted(count, unit == OffsetUnit::kByte ? "byte" : "character");
}

/// The range of `span` if the text there is what the span says.
std::optional<TextRange> Fit(const TextIndex& index, const TextSpan& span, OffsetUnit unit) {
  const std::optional<TextRange> range = index.CodePointsOf(span.range, unit);
  if (!range.has_value() || range->begin >= range->end) return std::nullopt;
  if (span.surface.has_value() && index.TextOf(*range) != *span.surface) return std::nullopt;
  return range;
}

}  // namespace

TextIndex::TextIndex(std::string_view text) : text_(text) {
  CLNER_CHECK_LT(text.size(), uint64_t{1} << 32);
  code_points_ = static_cast<int64_t>(text.size());
  if (std::all_of(text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x80; })) return;
  code_points_ = static_cast<int64_t>(CodePointCount(text));
  bytes_.reserve(static_cast<size_t>(code_points_) + 1);
  utf16_.reserve(static_cast<size_t>(code_points_) + 1);
  uint32_t units = 0;
  for (size_t at = 0; at < text.size();) {
    bytes_.push_back(static_cast<uint32_t>(at));
    utf16_.push_back(units);
    units += DecodeUtf8(text, &at) > 0xFFFF ? 2 : 1;
  }
  bytes_.push_back(static_cast<uint32_t>(text.size()));
  utf16_.push_back(units);
}

std::optional<int64_t> TextIndex::CodePointOf(int64_t offset, OffsetUnit unit) const {
  if (unit == OffsetUnit::kCodePoint || bytes_.empty()) {
    if (offset < 0 || offset > code_points_) return std::nullopt;
    return offset;
  }
  const std::vector<uint32_t>& offsets = unit == OffsetUnit::kByte ? bytes_ : utf16_;
  const auto found = std::lower_bound(offsets.begin(), offsets.end(), offset);
  if (found == offsets.end() || *found != offset) return std::nullopt;
  return found - offsets.begin();
}

std::optional<TextRange> TextIndex::CodePointsOf(TextRange range, OffsetUnit unit) const {
  const std::optional<int64_t> begin = CodePointOf(range.begin, unit), end = CodePointOf(range.end, unit);
  if (!begin.has_value() || !end.has_value()) return std::nullopt;
  return TextRange{*begin, *end};
}

int64_t TextIndex::OffsetOf(int64_t code_point, OffsetUnit unit) const {
  if (unit == OffsetUnit::kCodePoint || bytes_.empty()) return code_point;
  return (unit == OffsetUnit::kByte ? bytes_ : utf16_)[static_cast<size_t>(code_point)];
}

std::string_view TextIndex::TextOf(TextRange range) const {
  const auto begin = static_cast<size_t>(OffsetOf(range.begin, OffsetUnit::kByte));
  return text_.substr(begin, static_cast<size_t>(OffsetOf(range.end, OffsetUnit::kByte)) - begin);
}

std::string OtherUnitAdvice(const TextIndex& index, const TextSpan& span, OffsetUnit unit,
                            const AnnotationOptions& options, const std::function<bool(TextRange)>& accepts) {
  for (const OffsetUnit other : kUnits) {
    if (other == unit) continue;
    const std::optional<TextRange> range = Fit(index, span, other);
    if (!range.has_value() || !accepts(*range)) continue;
    const char* title = other == OffsetUnit::kCodePoint ? "code points"
                        : other == OffsetUnit::kUtf16   ? "UTF-16"
                                                        : "bytes";
    return fmt::format("offsets look like {}; use {}", title, ChoiceText(options, "offset_unit", Name(other)));
  }
  return "";
}

PlacedRange PlaceInText(const TextIndex& index, const TextSpan& span, OffsetUnit unit,
                        const AnnotationOptions& options) {
  if (const std::optional<TextRange> range = Fit(index, span, unit)) return {range};
  PlacedRange placed;
  placed.what = fmt::format("{}-{}", span.range.begin, span.range.end);
  const std::optional<TextRange> range = index.CodePointsOf(span.range, unit);
  if (span.range.begin > span.range.end) {
    placed.what += " ends before it begins";
  } else if (span.range.begin == span.range.end) {
    placed.what += " is empty";
  } else if (range.has_value()) {
    placed.what +=
        fmt::format(": the text there is '{}', not '{}'", Printable(index.TextOf(*range)), Printable(*span.surface));
  } else {
    const int64_t size = index.OffsetOf(index.code_points(), unit);
    placed.what += span.range.end > size ? fmt::format(" is outside the text of {}", Positions(unit, size))
                                         : std::string(" begins or ends inside a character");
  }
  placed.fix = OtherUnitAdvice(index, span, unit, options, [](TextRange) { return true; });
  if (placed.fix.empty()) placed.fix = "correct the positions; they count from 0, the end is behind the last character";
  return placed;
}

}  // namespace clner
