// The character map of SentencePiece: its rule for clusters, and damaged tries.
#include "tokenize/spm_normalizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spm_bytes.h"
#include "temp_directory.h"

namespace clner {
namespace {

using test::CharsMap;
using test::LittleEndian;
using testing::HasSubstr;

std::string Mapped(const SpmCharsMap& map, std::string_view text) {
  std::string out;
  map.Append(text, &out);
  return out;
}

std::string Report(const std::string& bytes) {
  return test::ReportOf(ErrorCode::kCorrupt, [&] { (void)SpmCharsMap(bytes, "m.model"); });
}

TEST(SpmCharsMap, EmptyMapChangesNothing) {
  EXPECT_EQ(Mapped(SpmCharsMap(), "A\xCC\x81"), "A\xCC\x81");
  EXPECT_EQ(Mapped(SpmCharsMap("", "m.model"), "A"), "A");
}

TEST(SpmCharsMap, ShortClusterIsReplacedAsAWhole) {
  const SpmCharsMap map(CharsMap("A", "xy"), "m.model");
  EXPECT_EQ(Mapped(map, "AbA"), "xybxy");
  EXPECT_EQ(Mapped(map, "A\xCC\x81z"), "xyz");        // 3 bytes: the accent goes with it
  EXPECT_EQ(Mapped(map, "A\xCC\x81\xCC\x82"), "xy");  // 5 bytes
  EXPECT_EQ(Mapped(map, "A\xCC\x81\xCC\x82\xCC\x83"),
            "xy\xCC\x81\xCC\x82\xCC\x83");  // 7 bytes: code point by code point
  EXPECT_EQ(Mapped(map, std::string("A\0A", 3)), std::string("xy\0xy", 5));
}

TEST(SpmCharsMap, EntryOfTwoCodePointsNeedsAShortCluster) {
  const SpmCharsMap map(CharsMap("e\xCC\x81", "\xC3\xA9"), "m.model");
  EXPECT_EQ(Mapped(map, "e\xCC\x81"), "\xC3\xA9");
  EXPECT_EQ(Mapped(map, "ee"), "ee");
  EXPECT_EQ(Mapped(map, "e\xCC\x81\xCC\x82\xCC\x83"), "e\xCC\x81\xCC\x82\xCC\x83");
  EXPECT_EQ(Mapped(SpmCharsMap(CharsMap("\r\n", "x"), "m.model"), "\r\n\r"), "x\r");
}

TEST(SpmCharsMap, ReplacementMayBeEmpty) { EXPECT_EQ(Mapped(SpmCharsMap(CharsMap("A", ""), "m.model"), "AbA"), "b"); }

TEST(SpmCharsMap, DamagedMapsAreRefused) {
  EXPECT_THAT(Report("abc"), HasSubstr("the character map of the normalizer is cut off"));
  EXPECT_THAT(Report(LittleEndian(0xFFFFFFFF) + "abcd"), HasSubstr("is cut off"));
  EXPECT_THAT(Report(LittleEndian(0) + std::string(1, '\0')), HasSubstr("has a trie of 0 bytes"));
  EXPECT_THAT(Report(LittleEndian(5) + std::string(6, '\0')), HasSubstr("has a trie of 5 bytes"));
  std::string map = CharsMap("A", "x");
  EXPECT_THAT(Report(map.substr(0, map.size() - 1)), HasSubstr("has a replacement without an end"));
  map[map.size() - 2] = '\xFF';
  EXPECT_THAT(Report(map), HasSubstr("has invalid UTF-8 at byte 0 of its replacements"));
  map = CharsMap("A", "x");
  map.replace(4, 4, LittleEndian(0x7FFFFF << 10));
  EXPECT_THAT(Report(map), HasSubstr("leads from unit 0 outside of its trie"));
  map = CharsMap("A", "x");
  map.replace(4 + 4 * 512, 4, LittleEndian(0x80001000));
  EXPECT_THAT(Report(map), HasSubstr("has no replacement at 4096 for unit 321"));
  EXPECT_EQ(Mapped(SpmCharsMap(CharsMap("A", std::string(256, 'x')), "m.model"), "A"), std::string(256, 'x'));
  EXPECT_THAT(Report(CharsMap("A", std::string(257, 'x'))), HasSubstr("has a replacement of more than 256 bytes"));
}

TEST(SpmCharsMap, TrieThatLeadsToItselfIsHarmless) {
  // Unit 1 is its own child by label 1, for ever.
  std::string units(256 * 4, '\0');
  units.replace(0, 4, LittleEndian(0));
  units.replace(4, 4, LittleEndian(1U << 10 | 1));
  units.replace(0, 4, LittleEndian(0));
  const SpmCharsMap map(LittleEndian(1024) + units + std::string("x\0", 2), "m.model");
  EXPECT_EQ(Mapped(map, std::string(100'000, '\1')), std::string(100'000, '\1'));
}

}  // namespace
}  // namespace clner
