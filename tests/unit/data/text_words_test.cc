// Words of texts that come without tokens.
#include "data/text_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clner {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(LocateWords, FindsTheWordsOfATextBetweenBlanks) {
  EXPECT_THAT(LocateWords(" Doe's\t U.S.\xE3\x80\x80", {"Doe's", "U.S."}),
              Optional(ElementsAre(TextRange{1, 6}, TextRange{8, 12})));
  EXPECT_THAT(LocateWords("\xE4\xB8\xAD\xE6\x96\x87", {"\xE4\xB8\xAD", "\xE6\x96\x87"}),
              Optional(ElementsAre(TextRange{0, 1}, TextRange{1, 2})));
  EXPECT_THAT(LocateWords("a  b", {"a", " b"}), Optional(ElementsAre(TextRange{0, 1}, TextRange{2, 4})));
  EXPECT_THAT(LocateWords("a b c", {"a b", "c"}), Optional(ElementsAre(TextRange{0, 3}, TextRange{4, 5})));
  EXPECT_THAT(LocateWords(" ", {}), Optional(ElementsAre()));
}

TEST(LocateWords, RefusesOtherTexts) {
  EXPECT_EQ(LocateWords("a b", {"a"}), std::nullopt);
  EXPECT_EQ(LocateWords("a b", {"a", "c"}), std::nullopt);
  EXPECT_EQ(LocateWords("a", {"a", "b"}), std::nullopt);
  EXPECT_EQ(LocateWords("a", {"a", ""}), std::nullopt);
  EXPECT_EQ(LocateWords("ba", {"a"}), std::nullopt);
}

}  // namespace
}  // namespace clner
