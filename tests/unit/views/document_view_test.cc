#include "views/document_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "clner/error.h"
#include "core/log.h"
#include "core/random.h"
#include "count_tokenizer.h"
#include "support/context_texts.h"
#include "views/context_view.h"

namespace clner {
namespace {

using test::CountTokenizer;
using test::kCls;
using test::kSep;
using test::Make;
using testing::ElementsAre;
using testing::HasSubstr;

using Pieces = std::vector<int>;

Sentence Make(const Pieces& before, const Pieces& own, const Pieces& after) {
  Sentence sentence = Make(own);
  sentence.contexts = test::ContextsOf({Make(before).words, Make(after).words});
  sentence.contexts.words_before = before.size();
  return sentence;
}

std::vector<ViewItem> Items(const Sentence& sentence, int64_t max_pieces, int64_t max_context_pieces = 1000,
                            int64_t overlap = 0) {
  const CountTokenizer tokenizer;
  std::vector<ViewItem> items;
  const DocumentView view(tokenizer, max_pieces, overlap, max_context_pieces);
  const int64_t added = view.Append(sentence, 3, &items);
  EXPECT_EQ(added, static_cast<int64_t>(items.size()));
  return items;
}

/// Pieces before and after the own ones.
std::pair<int, int> Sides(const Sentence& sentence, int64_t max_pieces, int64_t max_context_pieces = 1000) {
  const ViewItem item = Items(sentence, max_pieces, max_context_pieces).at(0);
  const auto own = static_cast<int32_t>(sentence.words.size());
  const auto behind = own + static_cast<int32_t>(*sentence.contexts.words_before);
  const auto in = [&](int32_t first, int32_t last) {
    return static_cast<int>(std::count_if(item.word_of_piece.begin(), item.word_of_piece.end(),
                                          [&](int32_t word) { return word >= first && word < last; }));
  };
  return {in(own, behind), in(behind, 1000000)};
}

TEST(DocumentView, PutsTheSentenceBetweenItsNeighbours) {
  const std::vector<ViewItem> items = Items(Make({2, 1}, {1, 0, 3}, {2}), 512);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_THAT(items[0].ids, ElementsAre(kCls, 2000, 2001, 1000, 1000, 3000, 3001, 3002, 2000, 2001, kSep));
  EXPECT_THAT(items[0].word_of_piece, ElementsAre(-1, 3, 3, 4, 0, 2, 2, 2, 5, 5, -1));
  EXPECT_THAT(items[0].pool, ElementsAre(4, -1, 5)) << "only own words are read";
  EXPECT_EQ(items[0].pool_end[0], 5);
  EXPECT_EQ(items[0].pool_end[2], 8);
  EXPECT_EQ(items[0].sentence, 3);
  EXPECT_EQ(items[0].first_word, 0);
}

TEST(DocumentView, TheShorterSideHasHalfTheRoom) {
  // 2 special pieces and 4 own ones leave 14.
  EXPECT_EQ(Sides(Make({9, 9}, {4}, {9, 9}), 20), (std::pair{7, 7}));
  EXPECT_EQ(Sides(Make({9, 9}, {4}, {9, 9}), 21), (std::pair{8, 7})) << "the odd one goes to the longer side";
  EXPECT_EQ(Sides(Make({9, 9}, {4}, {9, 9, 1}), 21), (std::pair{7, 8}));
  EXPECT_EQ(Sides(Make({3}, {4}, {9, 9}), 20), (std::pair{3, 11}));
  EXPECT_EQ(Sides(Make({9, 9}, {4}, {3}), 20), (std::pair{11, 3}));
  EXPECT_EQ(Sides(Make({}, {4}, {9, 9}), 20), (std::pair{0, 14}));
  EXPECT_EQ(Sides(Make({9, 9}, {4}, {}), 20), (std::pair{14, 0}));
  EXPECT_EQ(Sides(Make({2}, {4}, {3}), 20), (std::pair{2, 3}));
  EXPECT_EQ(Sides(Make({9, 9}, {4}, {9, 9}), 20, 6), (std::pair{3, 3})) << "the limit of the contexts";
}

TEST(DocumentView, SidesAreCutAwayFromTheSentence) {
  EXPECT_THAT(Items(Make({3, 1}, {1}, {1, 3}), 7)[0].ids, ElementsAre(kCls, 3002, 1000, 1000, 1000, 3000, kSep));
}

TEST(DocumentView, SentencesWithoutNeighboursOrRoomHaveNoSequence) {
  const size_t warnings = WarningCount();
  EXPECT_TRUE(Items(Make({}, {4}, {}), 20).empty());
  EXPECT_TRUE(Items(Make({0}, {4}, {0, 0}), 20).empty()) << "words without pieces";
  EXPECT_TRUE(Items(Make({1}, {18}, {1}), 20).empty()) << "the sentence fills the encoder";
  EXPECT_EQ(WarningCount(), warnings);
}

TEST(DocumentView, LongSentenceIsReadInTheWindowsOfTheSentenceView) {
  const CountTokenizer tokenizer;
  const Sentence sentence = Make({1}, {3, 3, 3, 3}, {1});
  std::vector<ViewItem> plain;
  SentenceView(tokenizer, 8, 3).Append(sentence, 0, &plain);
  testing::internal::CaptureStderr();
  const std::vector<ViewItem> items = Items(sentence, 8, 1000, 3);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("it is read in 3 overlapping windows"));
  ASSERT_EQ(items.size(), plain.size());
  for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(items[i].ids, plain[i].ids);
}

TEST(DocumentView, ContextViewShowsADocumentWithIt) {
  const CountTokenizer tokenizer;
  const Sentence sentence = Make({2}, {1}, {3});
  std::vector<ViewItem> items;
  EXPECT_EQ(ContextView(tokenizer, 9, 0, {.max_pieces = 4}).Append(sentence, 3, &items), 1);
  EXPECT_EQ(items.at(0).ids, Items(sentence, 9, 4).at(0).ids);
}

TEST(DocumentView, RefusesImpossibleSizes) {
  const CountTokenizer tokenizer;
  EXPECT_THROW(DocumentView(tokenizer, 2, 0, 10), Error);
  EXPECT_THROW(DocumentView(tokenizer, 9, 7, 10), Error);
}

TEST(DocumentView, RandomSentencesKeepTheirPiecesAndFillTheEncoder) {
  const CountTokenizer tokenizer;
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto max_pieces = static_cast<int64_t>(13 + random.Below(120));
    const auto counts = [&](uint64_t most) {
      Pieces list(random.Below(most));
      for (int& n : list) n = static_cast<int>(random.Below(5));
      return list;
    };
    const Sentence sentence = Make(counts(60), counts(40), counts(60));
    std::vector<ViewItem> items, plain;
    DocumentView(tokenizer, max_pieces, 4, 1000).Append(sentence, 0, &items);
    SentenceView(tokenizer, max_pieces, 4).Append(sentence, 0, &plain);
    if (items.size() != 1 || plain.size() != 1) {
      ASSERT_TRUE(items.empty() || items.size() == plain.size());
      continue;
    }
    int64_t all = 2;
    for (const std::string& word : sentence.words) all += std::stoi(word);
    for (size_t w = 0; w < sentence.contexts.words(); ++w) all += std::stoi(std::string(sentence.contexts.word(w)));
    const ViewItem &item = items.front(), &alone = plain.front();
    ASSERT_EQ(static_cast<int64_t>(item.ids.size()), std::min(all, max_pieces));
    ASSERT_EQ(item.ids.size(), item.word_of_piece.size());
    ASSERT_EQ(item.pool.size(), alone.pool.size());
    for (size_t w = 0; w < item.pool.size(); ++w) {
      ASSERT_EQ(item.pool[w] < 0, alone.pool[w] < 0);
      if (item.pool[w] < 0) continue;
      ASSERT_EQ(item.pool_end[w] - item.pool[w], alone.pool_end[w] - alone.pool[w]);
      ASSERT_TRUE(std::equal(item.ids.begin() + item.pool[w], item.ids.begin() + item.pool_end[w],
                             alone.ids.begin() + alone.pool[w]));
      ASSERT_EQ(item.word_of_piece[static_cast<size_t>(item.pool[w])], static_cast<int32_t>(w));
    }
  }
}

}  // namespace
}  // namespace clner
