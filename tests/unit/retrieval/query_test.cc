#include "retrieval/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Terms of a query by one tokenizer.
std::vector<std::string> Terms(std::string_view text, IndexTokenizer tokenizer) {
  SqliteDatabase database(":memory:", SqliteDatabase::Mode::kWrite);
  RegisterTokenizers(database);
  std::vector<std::string> names;
  for (const QueryTerm& term : QueryTerms(text, TermTokenizer(database, tokenizer)))
    names.push_back((term.name ? "*" : "") + term.text);
  return names;
}

std::vector<std::string> Kept(std::vector<QueryTerm> terms, int64_t passages, const QueryOptions& options = {}) {
  std::vector<std::string> names;
  for (const QueryTerm& term : PruneTerms(std::move(terms), passages, options)) names.push_back(term.text);
  return names;
}

TEST(QueryTerms, AreThoseOfTheIndexWithNamesMarked) {
  EXPECT_THAT(Terms("The #NewYork @jane_doe says caf\xC3\xA9 at 9am, the end", IndexTokenizer::kUnicode61),
              ElementsAre("*the", "*newyork", "*jane", "*doe", "says", "cafe", "at", "*9am", "end"));
  EXPECT_THAT(Terms("see http://t.co/AbC and www.x.com now", IndexTokenizer::kUnicode61),
              ElementsAre("see", "and", "now"));
  EXPECT_THAT(Terms("", IndexTokenizer::kUnicode61), IsEmpty());
  EXPECT_THAT(Terms("?! ... \xF0\x9F\x98\x80", IndexTokenizer::kUnicode61), IsEmpty());
}

TEST(QueryTerms, OfScriptsWithoutBlanksArePairsOrTrigrams) {
  EXPECT_THAT(Terms("\xE5\x8C\x97\xE4\xBA\xAC\xE5\xA4\xA7 iPhone", IndexTokenizer::kCharacters),
              ElementsAre("\xE5\x8C\x97\xE4\xBA\xAC", "\xE4\xBA\xAC\xE5\xA4\xA7", "*iphone"));
  EXPECT_THAT(Terms("\xE4\xBA\xAC", IndexTokenizer::kCharacters), ElementsAre("\xE4\xBA\xAC"));
  EXPECT_THAT(Terms("X\xE5\x8C\x97\xE4\xBA\xAC", IndexTokenizer::kCharacters),
              ElementsAre("*x", "*\xE5\x8C\x97\xE4\xBA\xAC"));
  EXPECT_THAT(Terms("abcd", IndexTokenizer::kTrigram), ElementsAre("abc", "bcd"));
}

TEST(PruneTerms, KeepsTheRarestAndNames) {
  std::vector<QueryTerm> terms = {{"the", false, 900},  {"of", false, 800},   {"jane", true, 40},
                                  {"robot", false, 30}, {"engine", false, 5}, {"absent", true, 0}};
  EXPECT_THAT(Kept(terms, 1000, {.max_share = 0.03, .name_share = 0.05, .common_from = 0}),
              ElementsAre("engine", "robot", "jane"));
  EXPECT_THAT(
      Kept(terms, 1000, {.max_terms = 1, .max_share = 0.03, .name_share = 0.05, .common_from = 0, .min_terms = 0}),
      ElementsAre("engine", "jane"));
  EXPECT_THAT(Kept(terms, 1000, {.max_share = 0.001, .name_share = 0.001, .common_from = 0}),
              ElementsAre("engine", "robot", "jane"));
  EXPECT_THAT(Kept({{"the", false, 900}, {"of", false, 800}}, 1000), ElementsAre("of", "the"));
  EXPECT_THAT(Kept({{"a", false, 49}, {"b", false, 50}, {"c", true, 49}}, 100, {.min_terms = 0}),
              ElementsAre("a", "c"));
  EXPECT_THAT(Kept({}, 1000), IsEmpty());
  EXPECT_THAT(Kept({{"x", false, 0}}, 0), IsEmpty());
}

TEST(SplitQuery, CutsLongSentencesAtPunctuation) {
  EXPECT_THAT(SplitQuery("one two , three", 4), ElementsAre("one two , three"));
  EXPECT_THAT(SplitQuery("a b , c d e", 5), ElementsAre("a b ,", "c d e"));
  EXPECT_THAT(SplitQuery("a b c d e", 2), ElementsAre("a b", "c d", "e"));
  EXPECT_THAT(SplitQuery("a , . . . . . b", 3), ElementsAre("a , .", ". b"));
  EXPECT_THAT(SplitQuery("", 30), IsEmpty());
  EXPECT_THAT(SplitQuery(" ... !", 30), IsEmpty());
}

TEST(SplitQuery, LosesNoWord) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "w" + std::to_string(i) + (i % 17 == 0 ? " , " : " ");
  size_t words = 0;
  for (const std::string& piece : SplitQuery(text, 30))
    words += static_cast<size_t>(std::count(piece.begin(), piece.end(), 'w'));
  EXPECT_EQ(words, 5000U);
}

TEST(MatchExpression, QuotesEveryTerm) {
  EXPECT_EQ(MatchExpression({{"near", false, 1}, {"a\"b", false, 1}}), "\"near\" OR \"a\"\"b\"");
  EXPECT_EQ(MatchExpression({}), "");
}

}  // namespace
}  // namespace clner
