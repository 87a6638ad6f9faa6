#include "views/context_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "clner/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "core/random.h"
#include "core/sha256.h"
#include "count_tokenizer.h"
#include "data/corpus.h"
#include "support/context_texts.h"
#include "support/shared_data.h"

namespace clner {
namespace {

using test::CountTokenizer;
using test::kCls;
using test::kSep;
using test::Make;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Counts = std::vector<std::vector<int>>;

Sentence Make(const std::vector<int>& own, const Counts& texts, bool flat = false) {
  Sentence sentence = Make(own);
  test::Texts words;
  for (const std::vector<int>& text : texts) words.push_back(Make(text).words);
  sentence.contexts = test::ContextsOf(words, flat);
  return sentence;
}

std::vector<ViewItem> Items(const Sentence& sentence, int64_t max_pieces, const ContextLimits& limits = {}) {
  const CountTokenizer tokenizer;
  std::vector<ViewItem> items;
  const int64_t added = ContextView(tokenizer, max_pieces, 0, limits).Append(sentence, 3, &items);
  EXPECT_EQ(added, static_cast<int64_t>(items.size()));
  return items;
}

std::vector<ContextRange> Shown(const Sentence& sentence, int64_t max_pieces, const ContextLimits& limits = {}) {
  const CountTokenizer tokenizer;
  return ContextView(tokenizer, max_pieces, 0, limits).Shown(sentence);
}

TEST(ContextView, PutsTextsBehindOneSeparator) {
  const std::vector<ViewItem> items = Items(Make({1, 0, 2}, {{3, 1}, {0, 2}}), 512);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_THAT(items[0].ids, ElementsAre(kCls, 1000, 2000, 2001, kSep, 3000, 3001, 3002, 1000, 2000, 2001, kSep));
  EXPECT_THAT(items[0].word_of_piece, ElementsAre(-1, 0, 2, 2, -1, 3, 3, 3, 4, 6, 6, -1));
  EXPECT_THAT(items[0].pool, ElementsAre(1, -1, 2)) << "only own words are read";
  EXPECT_THAT(items[0].pool_end, ElementsAre(2, 2, 4));
  EXPECT_EQ(items[0].sentence, 3);
  EXPECT_EQ(items[0].first_word, 0);
}

TEST(ContextView, SentenceWithoutContextHasNoSequence) {
  const size_t warnings = WarningCount();
  EXPECT_TRUE(Items(Make({1, 2}), 512).empty());
  EXPECT_TRUE(Shown(Make({1, 2}), 512).empty());
  EXPECT_EQ(WarningCount(), warnings);
}

TEST(ContextView, TextsThatDoNotFitAreSkippedWhole) {
  // 3 special pieces and 2 own ones leave 25.
  const Sentence sentence = Make({2}, {{5, 5}, {9, 9}, {8}, {7}, {1}});
  EXPECT_THAT(Shown(sentence, 30), ElementsAre(ContextRange{0, 2}, ContextRange{4, 5}))
      << "the text of 18 does not fit, the one of 8 does, and 7 pieces are too few for more";
  EXPECT_EQ(Items(sentence, 30)[0].ids.size(), 2U + 3U + 18U);
  EXPECT_THAT(Shown(sentence, 41), ElementsAre(ContextRange{0, 2}, ContextRange{2, 4})) << "8 are left";
  EXPECT_THAT(Shown(Make({2}, {{10}}), 15), ElementsAre(ContextRange{0, 1})) << "a text may fill the encoder";
}

TEST(ContextView, LimitsOfTextsAndWords) {
  const Sentence sentence = Make({1}, {{1, 2, 3}, {0}, {4}, {5, 6}});
  EXPECT_THAT(Shown(sentence, 512, {.max_texts = 2}), ElementsAre(ContextRange{0, 3}, ContextRange{4, 5}))
      << "a text without pieces is none";
  EXPECT_THAT(Shown(sentence, 512, {.max_words_per_text = 1}),
              ElementsAre(ContextRange{0, 1}, ContextRange{4, 5}, ContextRange{5, 6}));
  EXPECT_THAT(Shown(Make({1}, {{400}, {30, 400}}), 60, {.max_words_per_text = 1}), ElementsAre(ContextRange{1, 2}))
      << "words are cut before the text is measured";
}

TEST(ContextView, FlatContextIsCutBetweenWords) {
  const Sentence sentence = Make({2}, {{5, 5, 9, 1}}, true);
  EXPECT_THAT(Shown(sentence, 23), ElementsAre(ContextRange{0, 2}));
  EXPECT_EQ(Items(sentence, 23)[0].ids.size(), 2U + 3U + 10U);
  EXPECT_THAT(Shown(sentence, 24), ElementsAre(ContextRange{0, 3}));
  EXPECT_THAT(Shown(sentence, 512, {.max_texts = 1, .max_words_per_text = 1}), ElementsAre(ContextRange{0, 4}))
      << "its words are those of several texts";
}

TEST(ContextView, LongSentenceIsReadInTheWindowsOfTheSentenceView) {
  const CountTokenizer tokenizer;
  const Sentence sentence = Make({3, 3, 3, 3}, {{1}});
  std::vector<ViewItem> plain, items;
  SentenceView(tokenizer, 8, 3).Append(sentence, 0, &plain);
  testing::internal::CaptureStderr();
  const size_t warnings = WarningCount();
  ContextView(tokenizer, 8, 3).Append(sentence, 0, &items);
  EXPECT_EQ(WarningCount(), warnings + 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("a sentence of 4 words has 14 pieces, the encoder takes 8: it is read in 3 overlapping windows "
                        "without its context"));
  ASSERT_EQ(items.size(), plain.size());
  for (size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(items[i].ids, plain[i].ids);
    EXPECT_EQ(items[i].pool, plain[i].pool);
    EXPECT_EQ(items[i].first_word, plain[i].first_word);
  }
}

TEST(ContextView, ContextsThatDoNotFitAreLeftOutWithAWarning) {
  testing::internal::CaptureStderr();
  const size_t warnings = WarningCount();
  EXPECT_TRUE(Items(Make({2}, {{5}}), 30, {.max_pieces = 4}).empty());
  EXPECT_TRUE(Items(Make({2}, {{30}}), 30).empty());
  EXPECT_TRUE(Items(Make({9, 9}, {{1}}), 30).empty()) << "9 pieces are too few";
  EXPECT_TRUE(Items(Make({9, 9}, {{1}}, true), 20).empty()) << "no room for the second separator";
  EXPECT_EQ(WarningCount(), warnings + 4);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("no text of the context fits in the 4 pieces that contexts may take"),
                    HasSubstr("no text of the context fits behind a sentence of 4 pieces, the encoder takes 30")));
}

TEST(ContextView, RefusesImpossibleSizes) {
  const CountTokenizer tokenizer;
  const auto report = [&](int64_t max_pieces, const ContextLimits& limits) -> std::string {
    try {
      (void)ContextView(tokenizer, max_pieces, 0, limits);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConfig);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(report(2, {}), HasSubstr("model.encoder.max_pieces is 2"));
  EXPECT_THAT(report(9, {.max_texts = 0}), HasSubstr("set both limits to 1 or more"));
  EXPECT_THAT(report(9, {.max_words_per_text = -1}), HasSubstr("of -1 words"));
}

TEST(ContextView, RandomSentencesKeepTheirPiecesAndTheBudget) {
  const CountTokenizer tokenizer;
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto max_pieces = static_cast<int64_t>(13 + random.Below(120));
    const ContextLimits limits = {.max_texts = 1 + static_cast<int64_t>(random.Below(8)),
                                  .max_words_per_text = 1 + static_cast<int64_t>(random.Below(40))};
    const auto counts = [&](uint64_t most, uint64_t largest) {
      std::vector<int> list(random.Below(most));
      for (int& n : list) n = static_cast<int>(random.Below(largest));
      return list;
    };
    Counts texts(random.Below(10));
    for (std::vector<int>& text : texts) text = counts(30, 5);
    const bool flat = random.Below(3) == 0 && texts.size() == 1;
    const Sentence sentence = Make(counts(40, random.Below(9) == 0 ? 90 : 5), texts, flat);
    const ContextView view(tokenizer, max_pieces, 4, limits);
    std::vector<ViewItem> items, again, plain;
    view.Append(sentence, 0, &items);
    view.Append(sentence, 0, &again);
    SentenceView(tokenizer, max_pieces, 4).Append(sentence, 0, &plain);
    const std::vector<ContextRange> shown = view.Shown(sentence);
    if (shown.empty()) {
      ASSERT_TRUE(items.empty() || items.size() == plain.size());
      continue;
    }
    ASSERT_EQ(items.size(), 1U);
    ASSERT_EQ(plain.size(), 1U);
    const ViewItem& item = items.front();
    ASSERT_EQ(item.ids, again.front().ids);
    ASSERT_LE(static_cast<int64_t>(item.ids.size()), max_pieces);
    ASSERT_EQ(item.ids.size(), item.word_of_piece.size());
    ASSERT_TRUE(std::equal(plain.front().ids.begin(), plain.front().ids.end(), item.ids.begin())) << "own pieces";
    ASSERT_EQ(item.pool, plain.front().pool);
    ASSERT_EQ(item.pool_end, plain.front().pool_end);
    ASSERT_LE(static_cast<int64_t>(shown.size()), limits.max_texts);
    std::vector<int32_t> expected;
    for (const ContextRange& text : shown) {
      for (size_t w = text.begin; w < text.end; ++w)
        tokenizer.EncodeWord(sentence.contexts.word(w), SIZE_MAX, &expected);
    }
    expected.push_back(kSep);
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(),
                           item.ids.end() - static_cast<std::ptrdiff_t>(expected.size()), item.ids.end()));
    ASSERT_EQ(plain.front().ids.size() + expected.size(), item.ids.size());
  }
}

/// What the shared context files give with XLM-R's pieces, over all sentences, those without context alone.
struct PieceCase {
  const char* file;
  double mean;
  int64_t longest;
};
void PrintTo(const PieceCase& c, std::ostream* out) { *out << c.file; }

class SharedContextViews : public ::testing::TestWithParam<PieceCase> {};

TEST_P(SharedContextViews, HaveTheStatedNumbersOfPieces) {
  const std::filesystem::path path = test::DataDir() / "clner_contexts" / GetParam().file;
  CLNER_NEEDS(path);
  CLNER_NEEDS(test::TokenizerDir() / "xlmr");
  const auto tokenizer = LoadTokenizer(test::TokenizerDir() / "xlmr");
  const Corpus corpus = ReadCorpus(path.string(), {});
  const ContextView contexts(*tokenizer, 512, 128);
  const SentenceView sentences(*tokenizer, 512, 128);
  int64_t pieces = 0, longest = 0;
  for (const Sentence& sentence : corpus.sentences) {
    std::vector<ViewItem> items;
    if (contexts.Append(sentence, 0, &items) == 0) sentences.Append(sentence, 0, &items);
    ASSERT_EQ(items.size(), 1U);
    const auto size = static_cast<int64_t>(items.front().ids.size());
    pieces += size;
    longest = std::max(longest, size);
  }
  // The stated means are rounded, and those of a tokenizer that reads the joined words.
  EXPECT_NEAR(static_cast<double>(pieces) / static_cast<double>(corpus.sentences.size()), GetParam().mean, 0.55);
  EXPECT_EQ(longest, GetParam().longest);
}

INSTANTIATE_TEST_SUITE_P(Files, SharedContextViews,
                         ::testing::Values(PieceCase{"wnut17_bertscore_eos_doc_full/train.txt", 196, 437},
                                           PieceCase{"wnut17_bertscore_eos_doc_full/dev.txt", 210, 394},
                                           PieceCase{"wnut17_bertscore_eos_doc_full/test.txt", 197, 410},
                                           PieceCase{"wnut16_bertscore_eos_doc_full/train.txt", 192, 415},
                                           PieceCase{"wnut16_bertscore_eos_doc_full/dev.txt", 196, 382},
                                           PieceCase{"ncbi_bertscore_eos_doc_full/dev.txt", 222, 448},
                                           PieceCase{"ncbi_bertscore_eos_doc_full/test.txt", 224, 452}));

/// The whole input of every sentence of a file, hashed; scripts/golden/context_golden.py writes what transformers
/// gives.
TEST(SharedContextGolden, InputsEqualThoseOfTransformers) {
  const std::string golden_path = std::string(CLNER_SOURCE_DIR) + "/tests/unit/views/context_golden.json";
  const Json golden = ParseJson(ReadFile(golden_path), golden_path, ErrorCode::kCorrupt);
  const std::filesystem::path path = test::DataDir() / golden.at("file").get<std::string>();
  CLNER_NEEDS(path);
  const Corpus corpus = ReadCorpus(path.string(), {});
  for (const auto& [name, expected] : golden.at("inputs_of").items()) {
    SCOPED_TRACE(name);
    CLNER_NEEDS(test::TokenizerDir() / name);
    const auto tokenizer = LoadTokenizer(test::TokenizerDir() / name);
    const ContextView view(*tokenizer, 512, 128);
    Sha256 digest;
    int64_t inputs = 0, pieces = 0;
    for (const Sentence& sentence : corpus.sentences) {
      std::vector<ViewItem> items;
      if (view.Append(sentence, 0, &items) == 0) continue;
      ++inputs;
      pieces += static_cast<int64_t>(items.front().ids.size());
      digest.Update(std::as_bytes(std::span(items.front().ids)));
    }
    EXPECT_EQ(inputs, expected.at("inputs"));
    EXPECT_EQ(pieces, expected.at("pieces"));
    EXPECT_EQ(digest.HexDigest(), expected.at("sha256"));
  }
}

}  // namespace
}  // namespace clner
