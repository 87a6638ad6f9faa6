#include "data/text_offsets.h"

#include <algorithm>
#include <cstdint>

namespace clner {

TextOffsets::TextOffsets(std::string_view text) {
  for (const char byte : text) {
    const auto value = static_cast<uint8_t>(byte);
    if ((value & 0xC0U) == 0x80) continue;
    if (value >= 0xF0) pairs_.push_back(size_);
    ++size_;
  }
}

size_t TextOffsets::FromCodePoint(size_t offset, OffsetUnit unit) const {
  if (unit == OffsetUnit::kCodePoint) return offset;
  return offset + static_cast<size_t>(std::lower_bound(pairs_.begin(), pairs_.end(), offset) - pairs_.begin());
}

std::optional<size_t> TextOffsets::ToCodePoint(size_t offset, OffsetUnit unit) const {
  if (unit == OffsetUnit::kCodePoint) return offset <= size_ ? std::optional(offset) : std::nullopt;
  // Pair i begins at unit pairs_[i] + i; as many pairs as begin before the offset lie before it.
  size_t low = 0, high = pairs_.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (pairs_[middle] + middle < offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low > 0 && pairs_[low - 1] + low == offset) return std::nullopt;
  return offset - low <= size_ ? std::optional(offset - low) : std::nullopt;
}

}  // namespace clner
