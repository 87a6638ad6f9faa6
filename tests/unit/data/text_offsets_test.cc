#include "data/text_offsets.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "core/utf8.h"

namespace clner {
namespace {

TEST(TextOffsets, Utf16CountsTwoUnitsOutsideTheBasicPlane) {
  const TextOffsets offsets("a\U0001F600b\u00FC\U0001F600");
  EXPECT_EQ(offsets.size(), 5U);
  const std::vector<size_t> units = {0, 1, 3, 4, 5, 7};
  for (size_t i = 0; i < units.size(); ++i) {
    EXPECT_EQ(offsets.FromCodePoint(i, OffsetUnit::kUtf16), units[i]);
    EXPECT_EQ(offsets.ToCodePoint(units[i], OffsetUnit::kUtf16), i);
    EXPECT_EQ(offsets.FromCodePoint(i, OffsetUnit::kCodePoint), i);
    EXPECT_EQ(offsets.ToCodePoint(i, OffsetUnit::kCodePoint), i);
  }
  for (const size_t unit : {2, 6, 8}) EXPECT_FALSE(offsets.ToCodePoint(unit, OffsetUnit::kUtf16).has_value()) << unit;
  EXPECT_FALSE(offsets.ToCodePoint(6, OffsetUnit::kCodePoint).has_value());
}

TEST(TextOffsets, UnitsRoundTripOnRandomText) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string text;
    std::vector<size_t> units = {0};
    for (uint64_t i = random.Below(40); i > 0; --i) {
      const char32_t c = random.Below(2) == 0 ? U'\U0001F600' : U'\u00E9';
      AppendUtf8(c, &text);
      units.push_back(units.back() + (c > 0xFFFF ? 2 : 1));
    }
    const TextOffsets offsets(text);
    for (size_t i = 0; i < units.size(); ++i) {
      EXPECT_EQ(offsets.FromCodePoint(i, OffsetUnit::kUtf16), units[i]);
      EXPECT_EQ(offsets.ToCodePoint(units[i], OffsetUnit::kUtf16), i);
    }
  }
}

}  // namespace
}  // namespace clner
