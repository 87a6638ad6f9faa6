#include "eval/clner_rules.h"

#include <gtest/gtest.h>

#include <sstream>

namespace clner {
namespace {

std::vector<std::string> Tags(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> tags;
  for (std::string tag; in >> tag;) tags.push_back(tag);
  return tags;
}

using Spans = std::vector<Span>;

TEST(ClnerSpans, ReadsWellFormedBioes) {
  EXPECT_EQ(ClnerSpans(Tags("S-a B-b I-b E-b O B-a E-a")), (Spans{{0, 1, "a"}, {1, 4, "b"}, {5, 7, "a"}}));
}

TEST(ClnerSpans, InsideTagsContinueTheOpenSpanWithAnotherType) {
  EXPECT_EQ(ClnerSpans(Tags("B-a I-b I-b")), (Spans{{0, 3, "b"}}));  // 2.0 for b against 1.1 for a
  EXPECT_EQ(ClnerSpans(Tags("B-a I-b")), (Spans{{0, 2, "a"}}));      // 1.1 for a against 1.0 for b
}

TEST(ClnerSpans, EndTagsDoNotCloseTheSpan) { EXPECT_EQ(ClnerSpans(Tags("B-a E-a I-a E-a")), (Spans{{0, 4, "a"}})); }

TEST(ClnerSpans, OpensAtInsideTagsAfterOutside) {
  EXPECT_EQ(ClnerSpans(Tags("O I-a E-b O E-b")), (Spans{{1, 3, "a"}, {4, 5, "b"}}));  // first seen wins the tie
}

TEST(ClnerSpans, SingleTagIsContinuedOnlyByItsOwnType) {
  EXPECT_EQ(ClnerSpans(Tags("S-a I-a")), (Spans{{0, 2, "a"}}));
  EXPECT_EQ(ClnerSpans(Tags("S-a I-b E-b")), (Spans{{0, 1, "a"}, {1, 3, "b"}}));
}

TEST(ClnerSpans, UnknownTagsStandAlone) {
  EXPECT_EQ(ClnerSpans(Tags("<unk> <unk> B-a")), (Spans{{0, 1, "<unk>"}, {1, 2, "<unk>"}, {2, 3, "a"}}));
}

TEST(ClnerSpans, KeepsTypesWithHyphens) {
  EXPECT_EQ(ClnerSpans(Tags("B-creative-work I-creative-work")), (Spans{{0, 2, "creative-work"}}));
}

TEST(ClnerSpans, ConvertsOtherSchemesFirst) {
  EXPECT_EQ(ClnerSpans(Tags("I-a I-a B-a"), Scheme::kIob1), (Spans{{0, 2, "a"}, {2, 3, "a"}}));
  EXPECT_EQ(ClnerSpans(Tags("B-a L-a U-b"), Scheme::kBilou), (Spans{{0, 2, "a"}, {2, 3, "b"}}));
}

}  // namespace
}  // namespace clner
