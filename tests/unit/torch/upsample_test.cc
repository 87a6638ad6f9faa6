#include "train/upsample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/error.h"

namespace clner {
namespace {

using Upsample = DataOptions::Upsample;

/// How often every sentence of a part occurs.
std::vector<int64_t> Copies(const std::vector<int64_t>& epoch, const TrainPart& part) {
  std::vector<int64_t> copies(static_cast<size_t>(part.count), 0);
  for (const int64_t sentence : epoch) {
    if (sentence >= part.first && sentence < part.first + part.count)
      ++copies[static_cast<size_t>(sentence - part.first)];
  }
  return copies;
}

int64_t Sum(const std::vector<int64_t>& values) {
  int64_t sum = 0;
  for (const int64_t value : values) sum += value;
  return sum;
}

const std::vector<TrainPart> kParts = {{0, 10, 1}, {10, 37, 1}, {47, 0, 1}, {47, 37, 2.5}};

TEST(EpochSentences, WithoutUpsamplingEverySentenceOccursOnceInOrder) {
  const std::vector<int64_t> epoch = EpochSentences(kParts, Upsample::kNone, 1);
  ASSERT_EQ(epoch.size(), 84U);
  for (size_t i = 0; i < epoch.size(); ++i) EXPECT_EQ(epoch[i], static_cast<int64_t>(i));
}

TEST(EpochSentences, EqualMakesEveryCorpusAsLargeAsTheLargest) {
  const std::vector<int64_t> epoch = EpochSentences(kParts, Upsample::kEqual, 1);
  const std::vector<int64_t> copies = Copies(epoch, kParts[0]);
  EXPECT_EQ(Sum(copies), 37);
  EXPECT_EQ(std::count(copies.begin(), copies.end(), 4), 7);  // three times all, and seven once more
  EXPECT_EQ(std::count(copies.begin(), copies.end(), 3), 3);
  EXPECT_EQ(Copies(epoch, kParts[1]), std::vector<int64_t>(37, 1));
  EXPECT_EQ(epoch.size(), 37U * 3);                                                   // an empty corpus stays empty
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(epoch[10 + i], static_cast<int64_t>(i));  // whole copies, one by one
}

TEST(EpochSentences, SmoothedKeepsTheLargestAndTheSharesOfThePowerOfTheSizes) {
  const std::vector<TrainPart> parts = {{0, 100, 1}, {100, 1000, 1}, {1100, 1, 1}};
  const std::vector<int64_t> epoch = EpochSentences(parts, Upsample::kSmoothed, 1);
  EXPECT_EQ(Sum(Copies(epoch, parts[0])), 200);  // 1000 * 0.1^0.7 = 199.5
  EXPECT_EQ(Sum(Copies(epoch, parts[1])), 1000);
  EXPECT_EQ(Copies(epoch, parts[2]), std::vector<int64_t>{8});  // 1000 * 0.001^0.7 = 7.9
}

TEST(EpochSentences, FactorIsThatOfTheCorpus) {
  const std::vector<int64_t> epoch = EpochSentences(kParts, Upsample::kFactor, 1);
  EXPECT_EQ(Copies(epoch, kParts[0]), std::vector<int64_t>(10, 1));
  const std::vector<int64_t> copies = Copies(epoch, kParts[3]);
  EXPECT_EQ(Sum(copies), 93);  // 37 * 2.5 rounded
  EXPECT_EQ(*std::min_element(copies.begin(), copies.end()), 2);
  EXPECT_EQ(*std::max_element(copies.begin(), copies.end()), 3);
}

TEST(EpochSentences, TheDrawDependsOnTheSeedAloneAndDiffersBetweenCorpora) {
  const std::vector<TrainPart> parts = {{0, 30, 1}, {30, 30, 1}, {60, 45, 1}};
  const std::vector<int64_t> epoch = EpochSentences(parts, Upsample::kEqual, 1);
  EXPECT_EQ(epoch, EpochSentences(parts, Upsample::kEqual, 1));
  EXPECT_NE(epoch, EpochSentences(parts, Upsample::kEqual, 2));
  EXPECT_NE(Copies(epoch, parts[0]), Copies(epoch, parts[1]));
}

TEST(EpochSentences, TooManyAreRefusedBeforeTheyAreMade) {
  const std::vector<TrainPart> parts = {{0, 500'000'000, 1000}, {500'000'000, 1, 1}};
  try {
    (void)EpochSentences(parts, Upsample::kFactor, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfig);
    EXPECT_EQ(error.problems()[0].what,
              "data.upsample: factor makes 500000000001 sentences an epoch, more than 100000000");
    EXPECT_EQ(error.problems()[0].where, "data.upsample");
  }
}

}  // namespace
}  // namespace clner
