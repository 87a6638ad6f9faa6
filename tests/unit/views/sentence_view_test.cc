#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <limits>
#include <numeric>

#include "clner/error.h"
#include "core/log.h"
#include "core/random.h"
#include "count_tokenizer.h"
#include "support/shared_data.h"
#include "views/view.h"

namespace clner {
namespace {

using test::CountTokenizer;
using test::kCls;
using test::kSep;
using test::Make;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<ViewItem> Items(const Sentence& sentence, int64_t max_pieces, int64_t overlap, int64_t index = 0) {
  const CountTokenizer tokenizer;
  std::vector<ViewItem> items;
  const int64_t added = SentenceView(tokenizer, max_pieces, overlap).Append(sentence, index, &items);
  EXPECT_EQ(added, static_cast<int64_t>(items.size()));
  return items;
}

TEST(SentenceView, PutsSpecialTokensAroundTheWords) {
  const std::vector<ViewItem> items = Items(Make({1, 3, 0, 2}), 512, 128, 7);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_THAT(items[0].ids, ElementsAre(kCls, 1000, 3000, 3001, 3002, 2000, 2001, kSep));
  EXPECT_THAT(items[0].word_of_piece, ElementsAre(-1, 0, 1, 1, 1, 3, 3, -1));
  EXPECT_THAT(items[0].pool, ElementsAre(1, 2, -1, 5));
  EXPECT_EQ(items[0].sentence, 7);
  EXPECT_EQ(items[0].first_word, 0);
}

TEST(SentenceView, EmptySentenceIsOneSequence) {
  const std::vector<ViewItem> items = Items({}, 512, 128);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_THAT(items[0].ids, ElementsAre(kCls, kSep));
  EXPECT_TRUE(items[0].pool.empty());
}

TEST(SentenceView, AppendsBehindEarlierSequences) {
  const CountTokenizer tokenizer;
  const SentenceView view(tokenizer, 512, 128);
  std::vector<ViewItem> items;
  EXPECT_EQ(view.Append(Make({1}), 0, &items), 1);
  EXPECT_EQ(view.Append(Make({2}), 1, &items), 1);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[1].sentence, 1);
}

TEST(SentenceView, ExactlyFullSentenceNeedsNoWindows) {
  EXPECT_EQ(Items(Make({3, 3, 2}), 10, 2).size(), 1u);
  EXPECT_EQ(Items(Make({3, 3, 3}), 10, 2).size(), 2u);
}

TEST(SentenceView, WindowsSplitTheOverlapInTheMiddle) {
  // Six pieces a window, four shared: words 0-5 and 2-7; words 2, 3 are nearer to the cut of the second window, 4, 5 to
  // that of the first.
  const std::vector<ViewItem> items = Items(Make({1, 1, 1, 1, 1, 1, 1, 1}), 8, 4);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].first_word, 0);
  EXPECT_THAT(items[0].pool, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(items[1].first_word, 4);
  EXPECT_THAT(items[1].pool, ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(items[1].word_of_piece, ElementsAre(-1, 2, 3, 4, 5, 6, 7, -1));
}

TEST(SentenceView, LastWindowReachesBack) {
  const std::vector<ViewItem> items = Items(Make({1, 1, 1, 1, 1, 1, 1}), 8, 0);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[1].ids.size(), 8u);
}

TEST(SentenceView, WordLargerThanAWindowKeepsItsFirstPieces) {
  const std::vector<ViewItem> items = Items(Make({1, 9, 1}), 6, 2);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_THAT(items[1].ids, ElementsAre(kCls, 9000, 9001, 9002, 9003, kSep));
  EXPECT_THAT(items[1].pool, ElementsAre(1));
}

TEST(SentenceView, SmallestWindowTakesOnePiece) {
  const std::vector<ViewItem> items = Items(Make({2, 1, 0, 3}), 3, 0);
  int64_t words = 0;
  for (const ViewItem& item : items) words += static_cast<int64_t>(item.pool.size());
  EXPECT_EQ(words, 4);
}

TEST(SentenceView, WarnsAboutWindowsAndCutWords) {
  LogWarningSummary();  // only the first warnings of a kind are shown
  const size_t before = WarningCount();
  Sentence sentence = Make({1, 1});
  (void)Items(sentence, 512, 128);
  EXPECT_EQ(WarningCount(), before);
  sentence.line = 12;
  testing::internal::CaptureStderr();
  (void)Items(sentence, 3, 0);
  EXPECT_EQ(WarningCount(), before + 1);
  (void)Items(Make({65}), 512, 0);
  EXPECT_EQ(WarningCount(), before + 1) << "a long word of a sentence that fits is whole";
  EXPECT_EQ(Items(Make({600, 1}), 512, 0)[0].ids.size(), 67U);
  EXPECT_EQ(WarningCount(), before + 2);
  const std::string report = testing::internal::GetCapturedStderr();
  EXPECT_THAT(
      report,
      HasSubstr("a sentence of 2 words has 4 pieces, the encoder takes 3: it is read in 2 overlapping windows"));
  EXPECT_THAT(report, HasSubstr("line 12"));
  EXPECT_THAT(report, HasSubstr("look for a missing blank line between sentences"));
  EXPECT_THAT(report, HasSubstr("1 of 2 words cut to 64 pieces"));
}

TEST(SentenceView, RefusesImpossibleWindows) {
  const CountTokenizer tokenizer;
  auto report = [&](int64_t max_pieces, int64_t overlap) -> std::string {
    try {
      SentenceView(tokenizer, max_pieces, overlap);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConfig);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(report(2, 0), HasSubstr("model.encoder.max_pieces is 2, at least 3 are needed"));
  EXPECT_THAT(report(-5, 0), HasSubstr("model.encoder.max_pieces is -5"));
  EXPECT_THAT(report(10, 8), HasSubstr("model.encoder.window_overlap is 8, the range is 0 to 7 with 10 pieces"));
  EXPECT_THAT(report(10, -1), HasSubstr("model.encoder.window_overlap is -1"));
  EXPECT_EQ(report(10, 7), "accepted");
}

/// First and last + 1 word that a window shows.
std::pair<int32_t, int32_t> Shown(const ViewItem& item) {
  if (item.ids.size() == 2) return {0, 0};
  return {item.word_of_piece[1], item.word_of_piece[item.word_of_piece.size() - 2] + 1};
}

/// Pieces between word and nearer cut, from the pieces alone; the borders of the sentence are no cuts.
int64_t Centrality(const ViewItem& item, int32_t word, int32_t first_piece_word, int32_t last_piece_word) {
  int64_t before = 0, behind = 0;
  for (size_t i = 1; i + 1 < item.ids.size(); ++i) {
    before += item.word_of_piece[i] < word ? 1 : 0;
    behind += item.word_of_piece[i] > word ? 1 : 0;
  }
  const auto [first, end] = Shown(item);
  if (first <= first_piece_word) before = std::numeric_limits<int64_t>::max();
  if (end > last_piece_word) behind = std::numeric_limits<int64_t>::max();
  return std::min(before, behind);
}

void CheckItem(const ViewItem& item, const std::vector<int>& counts, int64_t max_pieces) {
  const int64_t most = std::accumulate(counts.begin(), counts.end(), 0) <= max_pieces - 2 ? max_pieces : 64;
  ASSERT_LE(static_cast<int64_t>(item.ids.size()), max_pieces);
  ASSERT_EQ(item.ids.size(), item.word_of_piece.size());
  ASSERT_EQ(item.ids.front(), kCls);
  ASSERT_EQ(item.ids.back(), kSep);
  ASSERT_EQ(item.word_of_piece.front(), -1);
  ASSERT_EQ(item.word_of_piece.back(), -1);
  for (size_t i = 1, k = 0; i + 1 < item.ids.size(); ++i) {
    const auto word = static_cast<size_t>(item.word_of_piece[i]);
    k = i > 1 && item.word_of_piece[i - 1] == item.word_of_piece[i] ? k + 1 : 0;
    ASSERT_EQ(item.ids[i], 1000 * counts[word] + static_cast<int>(k)) << "pieces in order, from the first of each word";
    const bool ends = item.word_of_piece[i + 1] != item.word_of_piece[i];
    const int64_t whole = std::min<int64_t>({counts[word], most, max_pieces - 2});
    if (ends) {
      ASSERT_EQ(static_cast<int64_t>(k) + 1, whole) << "words are never split";
    }
  }
}

TEST(SentenceView, RandomSentencesPoolEveryWordOnceWhereItIsMostCentral) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto max_pieces = static_cast<int64_t>(3 + random.Below(40));
    const auto overlap = static_cast<int64_t>(random.Below(static_cast<uint64_t>(max_pieces) - 2));
    const int largest = random.Below(4) == 0 ? 80 : 4;
    std::vector<int> counts(random.Below(120));
    for (int& n : counts) n = static_cast<int>(random.Below(static_cast<uint64_t>(largest)));
    const std::vector<ViewItem> items = Items(Make(counts), max_pieces, overlap);
    ASSERT_FALSE(items.empty());

    std::vector<int32_t> with_pieces;
    for (size_t w = 0; w < counts.size(); ++w) {
      if (counts[w] > 0) with_pieces.push_back(static_cast<int32_t>(w));
    }
    int64_t next = 0;
    for (const ViewItem& item : items) {
      CheckItem(item, counts, max_pieces);
      ASSERT_EQ(item.first_word, next) << "the windows partition the words in order";
      for (size_t k = 0; k < item.pool.size(); ++k, ++next) {
        const auto word = static_cast<int32_t>(next);
        const int32_t pool = item.pool[k];
        ASSERT_EQ(pool < 0, counts[static_cast<size_t>(word)] == 0);
        if (pool < 0) continue;
        ASSERT_EQ(item.word_of_piece[static_cast<size_t>(pool)], word);
        ASSERT_NE(item.word_of_piece[static_cast<size_t>(pool) - 1], word) << "first piece";
        const int64_t own = Centrality(item, word, with_pieces.front(), with_pieces.back());
        for (const ViewItem& other : items) {
          const auto [first, end] = Shown(other);
          if (word >= first && word < end) {
            ASSERT_GE(own, Centrality(other, word, with_pieces.front(), with_pieces.back())) << word;
          }
        }
      }
    }
    ASSERT_EQ(next, static_cast<int64_t>(counts.size()));
  }
}

TEST(SentenceView, SentenceOf44000WordsIsReadInWindows) {
  std::vector<int> counts(44000);
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = static_cast<int>(i % 3);
  const std::clock_t start = std::clock();
  const std::vector<ViewItem> items = Items(Make(counts), 512, 128);
  EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC);
  int64_t words = 0;
  for (const ViewItem& item : items) {
    EXPECT_LE(item.ids.size(), 512u);
    EXPECT_EQ(item.first_word, words);
    words += static_cast<int64_t>(item.pool.size());
  }
  EXPECT_EQ(words, 44000);
  EXPECT_LT(items.size(), 120u);
}

TEST(SentenceView, ReadsARealTokenizer) {
  CLNER_NEEDS(test::MiniLmDir() / "vocab.txt");
  auto tokenizer = LoadTokenizer(test::MiniLmDir());
  Sentence sentence;
  sentence.words = {"Jane", "\xE2\x80\x8B", "joined", "unaffable", "."};
  std::vector<ViewItem> items;
  EXPECT_EQ(SentenceView(*tokenizer, 512, 128).Append(sentence, 0, &items), 1);
  EXPECT_EQ(items[0].ids.front(), 101);
  EXPECT_EQ(items[0].ids.back(), 102);
  EXPECT_EQ(items[0].pool[1], -1);
  EXPECT_EQ(items[0].pool[0], 1);
  EXPECT_EQ(tokenizer->PieceText(items[0].ids[static_cast<size_t>(items[0].pool[4])]), ".");
}

}  // namespace
}  // namespace clner
