#include "eval/scores.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/data/temp_file.h"

namespace clner {
namespace {

using Spans = std::vector<Span>;
using Lists = std::vector<Spans>;

TEST(ScoreSpans, CountsEqualSpansByType) {
  const Lists gold = {{{0, 2, "PER"}, {4, 5, "LOC"}}, {{1, 2, "LOC"}}};
  const Lists predicted = {{{0, 2, "PER"}, {4, 5, "PER"}}, {}};
  const Scores scores = ScoreSpans(gold, predicted);
  EXPECT_EQ(scores.micro, (Counts{3, 2, 1}));
  EXPECT_EQ(scores.types.at("PER"), (Counts{1, 2, 1}));
  EXPECT_EQ(scores.types.at("LOC"), (Counts{2, 0, 0}));
  EXPECT_DOUBLE_EQ(scores.Micro().precision, 0.5);
  EXPECT_DOUBLE_EQ(scores.Micro().recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.Micro().f1, 0.4);
  EXPECT_DOUBLE_EQ(scores.Macro().f1, (2.0 / 3 + 0) / 2);
  EXPECT_EQ(scores.sentences, 2);
  EXPECT_EQ(scores.words, 0);
}

TEST(ScoreSpans, IgnoresOrderAndDuplicates) {
  const Lists gold = {{{4, 5, "b"}, {0, 1, "a"}, {4, 5, "b"}}};
  const Lists predicted = {{{0, 1, "a"}, {4, 5, "b"}, {0, 1, "a"}}};
  EXPECT_EQ(ScoreSpans(gold, predicted).micro, (Counts{2, 2, 2}));
}

TEST(ScoreSpans, ContextTypeNeverCounts) {
  const Lists gold = {{{0, 1, "a"}, {3, 9, "X"}}};
  const Lists predicted = {{{0, 1, "a"}, {2, 4, "b"}, {8, 9, "a"}, {10, 11, "X"}, {11, 12, "a"}}};
  for (const EvalMode mode : {EvalMode::kConlleval, EvalMode::kClner, EvalMode::kType}) {
    const Scores scores = ScoreSpans(gold, predicted, mode);
    EXPECT_EQ(scores.micro.gold, 1);
    EXPECT_EQ(scores.micro.predicted, 2);
    EXPECT_EQ(scores.micro.correct, 1);
    EXPECT_FALSE(scores.types.contains("X"));
  }
}

TEST(ScoreSpans, NothingToFindGivesZeroRates) {
  const Scores scores = ScoreSpans(Lists{{}}, Lists{{}});
  EXPECT_EQ(scores.Micro().f1, 0);
  EXPECT_EQ(scores.Macro().f1, 0);
  EXPECT_EQ(scores.Accuracy(), 0);
}

TEST(ScoreSpans, SentencesGiveAccuracyOfBioTags) {
  Sentence sentence;
  sentence.words = {"a", "b", "c", "d", "e"};
  sentence.spans = {{0, 2, "PER"}, {3, 4, "LOC"}};
  const std::vector<Sentence> gold = {sentence};
  // B-PER B-PER O B-ORG O against B-PER I-PER O B-LOC O: three words are equal.
  const Scores scores = ScoreSpans(gold, Lists{{{0, 1, "PER"}, {1, 2, "PER"}, {3, 4, "ORG"}}});
  EXPECT_EQ(scores.words, 5);
  EXPECT_EQ(scores.correct_words, 3);
  EXPECT_DOUBLE_EQ(scores.Accuracy(), 0.6);
}

TEST(ScoreSpans, DifferentNumberOfSentencesIsABug) {
  const Error error = test::ErrorOf([] { (void)ScoreSpans(Lists{{}}, Lists{}); });
  EXPECT_EQ(error.code(), ErrorCode::kInternal);
  EXPECT_NE(std::string(error.what()).find("1 vs 0"), std::string::npos);
}

TEST(RatesOf, ClnerModeRoundsPrecisionAndRecallBeforeF1) {
  const Counts counts{3, 7, 2};
  const Rates exact = RatesOf(counts, EvalMode::kConlleval), rounded = RatesOf(counts, EvalMode::kClner);
  EXPECT_DOUBLE_EQ(exact.f1, 2.0 * (2.0 / 7) * (2.0 / 3) / (2.0 / 7 + 2.0 / 3));
  EXPECT_EQ(rounded.precision, 0.2857);
  EXPECT_EQ(rounded.recall, 0.6667);
  EXPECT_EQ(rounded.f1, 0.4);
  // F1 of the exact rates would be 0.6140.
  const Rates other = RatesOf({50, 64, 35}, EvalMode::kClner);
  EXPECT_EQ(other.precision, 0.5469);
  EXPECT_EQ(other.recall, 0.7);
  EXPECT_EQ(other.f1, 0.6141);
}

TEST(RatesOf, F1IsRoundedOnce) {
  // Every fraction of two decimals is the number that its text reads back as.
  for (int64_t correct = 0; correct <= 100; ++correct) {
    EXPECT_EQ(RatesOf({100, 100, correct}, EvalMode::kConlleval).f1, static_cast<double>(correct) / 100);
    EXPECT_EQ(RatesOf({40, 160, std::min<int64_t>(correct, 40)}, EvalMode::kStrict).f1,
              static_cast<double>(std::min<int64_t>(correct, 40)) / 100);
  }
  Counts counts{25, 25, 20};
  counts.partial = 2;
  EXPECT_EQ(RatesOf(counts, EvalMode::kPartial).f1, 0.84);
  EXPECT_EQ(RatesOf({0, 3, 0}, EvalMode::kConlleval).f1, 0);
  EXPECT_EQ(RatesOf({}, EvalMode::kClner).f1, 0);
}

TEST(RatesOf, PartialMatchesCountHalf) {
  Counts counts{4, 5, 1};
  counts.partial = 2;
  EXPECT_DOUBLE_EQ(RatesOf(counts, EvalMode::kPartial).precision, 0.4);
  EXPECT_DOUBLE_EQ(RatesOf(counts, EvalMode::kPartial).recall, 0.5);
  EXPECT_EQ(counts.missed(), 1);
  EXPECT_EQ(counts.spurious(), 2);
}

TEST(ScoreSpans, OverlapModesTellTheKindsOfMatchesApart) {
  const Lists gold = {{{0, 2, "a"}, {3, 6, "a"}, {8, 9, "b"}, {12, 13, "b"}}};
  const Lists predicted = {{{0, 2, "b"}, {4, 6, "a"}, {8, 9, "b"}, {15, 16, "b"}}};
  const Counts exact = ScoreSpans(gold, predicted, EvalMode::kExact).micro;
  EXPECT_EQ(exact, (Counts{4, 4, 2, 1, 0}));
  const Counts partial = ScoreSpans(gold, predicted, EvalMode::kPartial).micro;
  EXPECT_EQ(partial, (Counts{4, 4, 2, 0, 1}));
  const Counts type = ScoreSpans(gold, predicted, EvalMode::kType).micro;
  EXPECT_EQ(type, (Counts{4, 4, 2, 1, 0}));
  for (const Counts& counts : {exact, partial, type}) {
    EXPECT_EQ(counts.missed(), 1);
    EXPECT_EQ(counts.spurious(), 1);
  }
}

TEST(EvalMode, NamesRoundTrip) {
  for (const EvalMode mode : {EvalMode::kConlleval, EvalMode::kStrict, EvalMode::kPartial, EvalMode::kType,
                              EvalMode::kExact, EvalMode::kClner}) {
    EXPECT_EQ(ParseEvalMode(Name(mode)), mode);
  }
}

TEST(EvalMode, UnknownNameSuggestsTheNearest) {
  const Error error = test::ErrorOf([] { (void)ParseEvalMode("stricct"); });
  EXPECT_EQ(error.code(), ErrorCode::kUsage);
  EXPECT_EQ(error.problems()[0].what, "unknown evaluation mode 'stricct' (did you mean 'strict'?)");
  EXPECT_EQ(error.problems()[0].where, "--mode");
  EXPECT_EQ(error.problems()[0].fix, "use one of conlleval, strict, partial, type, exact, clner");
}

}  // namespace
}  // namespace clner
