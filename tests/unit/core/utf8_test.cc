#include "core/utf8.h"

#include "core/random.h"
#include "support.h"

namespace clner {
namespace {

using std::string_literals::operator""s;

TEST(Utf8, EveryCodePointSurvivesEncodingAndDecoding) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    AppendUtf8(c, &text);
    ASSERT_FALSE(FirstInvalidUtf8(text)) << static_cast<uint32_t>(c);
    size_t position = 0;
    ASSERT_EQ(DecodeUtf8(text, &position), c);
    ASSERT_EQ(position, text.size());
  }
}

TEST(Utf8, NamesTheFirstBadByteOfEveryKindOfDamage) {
  const std::pair<std::string, size_t> cases[] = {
      {"\x80", 0},              // continuation without a lead
      {"ab\xC3", 2},            // cut at the end
      {"a\xE2\x82", 1},         // cut at the end
      {"\xF0\x9F\x98", 0},      // cut at the end
      {"\xC0\xAF", 0},          // overlong, 2 bytes
      {"\xC1\xBF", 0},          // overlong, 2 bytes
      {"x\xE0\x80\xAF", 1},     // overlong, 3 bytes
      {"\xF0\x80\x80\xAF", 0},  // overlong, 4 bytes
      {"\xED\xA0\x80", 0},      // surrogate
      {"\xED\xBF\xBF", 0},      // surrogate
      {"\xF4\x90\x80\x80", 0},  // beyond U+10FFFF
      {"\xF8\x88\x80\x80\x80", 0},
      {"\xFF", 0},
      {"abcdefgh"
       "ijklmno\xFF",
       15},  // behind a block of eight
      {"\xC3\xA9\xC3(", 2},
  };
  for (const auto& [text, position] : cases) EXPECT_EQ(FirstInvalidUtf8(text), position) << Printable(text);
  EXPECT_EQ(FirstInvalidUtf8("plain, gr\xC3\xBC\xC3\x9F, \xF0\x9F\x98\x80"), std::nullopt);
  EXPECT_EQ(FirstInvalidUtf8("nul\0nul"s), std::nullopt);
  EXPECT_EQ(FirstInvalidUtf8(""), std::nullopt);
}

TEST(Utf8, DecodesATextAndCountsItsCodePoints) {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(DecodeUtf8(text), U"a\u00E9\u20AC\U0001F600");
  EXPECT_EQ(CodePointCount(text), 4u);
  EXPECT_EQ(EncodeUtf8(DecodeUtf8(text)), text);
}

TEST(Utf8, EncodesWhatIsNoCodePointAsReplacement) {
  std::string text;
  AppendUtf8(0xD800, &text);
  AppendUtf8(0x110000, &text);
  EXPECT_EQ(text, "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Utf8, ReplacesAndCountsInvalidBytes) {
  size_t replaced = 0;
  EXPECT_EQ(ReplaceInvalidUtf8("a\xFF\xC3(\xC3\xA9", &replaced), "a\xEF\xBF\xBD\xEF\xBF\xBD(\xC3\xA9");
  EXPECT_EQ(replaced, 2u);
  EXPECT_EQ(ReplaceInvalidUtf8("fine", &replaced), "fine");
  EXPECT_EQ(replaced, 0u);
  EXPECT_EQ(ReplaceInvalidUtf8("\x80", nullptr), "\xEF\xBF\xBD");
}

TEST(Utf8, ReplacedRandomBytesAreAlwaysValid) {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (uint64_t i = random.Below(24); i > 0; --i) bytes += static_cast<char>(random.Below(256));
    size_t replaced = 0;
    const std::string repaired = ReplaceInvalidUtf8(bytes, &replaced);
    ASSERT_EQ(FirstInvalidUtf8(repaired), std::nullopt);
    ASSERT_EQ(replaced == 0, !FirstInvalidUtf8(bytes).has_value());
    if (replaced == 0) {
      ASSERT_EQ(repaired, bytes);
    }
    ASSERT_EQ(FirstInvalidUtf8(Printable(bytes)), std::nullopt);
  }
}

TEST(Utf8, PrintableEscapesControlsBidiAndInvalidBytes) {
  EXPECT_EQ(Printable("a\tb\nc\r\x1B[31m"), "a\\tb\\nc\\r\\x1b[31m");
  EXPECT_EQ(Printable("x\0y"s), "x\\x00y");
  EXPECT_EQ(Printable("\xE2\x80\xAE"
                      "abc"),
            "\\u202eabc");
  EXPECT_EQ(Printable("\xC2\x85\xEF\xBB\xBF"), "\\x85\\ufeff");
  EXPECT_EQ(Printable("\xFF\xC3"), "\\xff\\xc3");
  EXPECT_EQ(Printable("M\xC3\xBCnchen"), "M\xC3\xBCnchen");
}

TEST(Utf8, PrintableEscapesWhatCannotBeSeen) {
  EXPECT_EQ(Printable("a\xC2\xA0"
                      "b\xE3\x80\x80\xE2\x80\x89"),
            "a\\xa0b\\u3000\\u2009");                                       // blanks other than the space
  EXPECT_EQ(Printable("\xE2\x9D\xA4\xEF\xB8\x8F"), "\xE2\x9D\xA4\\ufe0f");  // variation selector
  EXPECT_EQ(Printable("\xE2\x80\x8D\xC2\xAD\xE2\x81\xA0"), "\\u200d\\xad\\u2060");
  EXPECT_EQ(Printable("\xF3\xA0\x84\x80\xF3\xA0\x81\x81"), "\\U000e0100\\U000e0041");  // selector 17, tag letter
  EXPECT_EQ(Printable("\xE3\x85\xA4"), "\\u3164");                                     // Hangul filler
  EXPECT_EQ(Printable("e\xCC\x81 \xF0\x9F\x98\x80 \xE6\x9D\xB1"), "e\xCC\x81 \xF0\x9F\x98\x80 \xE6\x9D\xB1");
}

TEST(Utf8, TheLibraryNamesItsVersion) { EXPECT_THAT(Utf8LibraryVersion(), testing::MatchesRegex("[0-9]+\\.[0-9]+.*")); }

TEST(Utf8, PrintableCutsLongText) {
  EXPECT_EQ(Printable("abcdef", 6), "abcdef");
  EXPECT_EQ(Printable("abcdefg", 6), "abcdef...");
  EXPECT_EQ(Printable("\xC3\xA9\xC3\xA9\xC3\xA9", 2), "\xC3\xA9\xC3\xA9...");
}

TEST(Utf8, DisplayWidthCountsWideAndCombiningCharacters) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("\xE6\x9D\xB1\xE4\xBA\xAC"), 4u);  // two ideographs
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1u);                 // combining acute
  EXPECT_EQ(DisplayWidth(""), 0u);
}

}  // namespace
}  // namespace clner
