#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "support.h"

namespace clner {
namespace {

// The seeding words for 1234567 are the published SplitMix64 sequence; what follows is xoshiro256** of them, computed
// independently from the papers' definitions.
TEST(Random, MatchesTheReferenceSequence) {
  Random random(1234567);
  EXPECT_EQ(random.Next(), UINT64_C(3504822795582309479));
  EXPECT_EQ(random.Next(), UINT64_C(1819558768956484042));
  EXPECT_EQ(random.Next(), UINT64_C(1250851346055027673));
  EXPECT_EQ(random.Next(), UINT64_C(16940231675099994102));
}

TEST(Random, BelowStaysInBoundsAndIsUniform) {
  Random random(3);
  size_t counts[7] = {};
  for (int i = 0; i < 70000; ++i) ++counts[random.Below(7)];
  for (const size_t count : counts) EXPECT_NEAR(static_cast<double>(count), 10000.0, 450.0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.Below(1), 0u);
  EXPECT_LT(random.Below(UINT64_C(1) << 63), UINT64_C(1) << 63);
}

TEST(Random, BelowZeroIsABug) {
  Random random(3);
  EXPECT_ERROR((void)random.Below(0), ErrorCode::kInternal, "bound is 0");
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random(11);
  double sum = 0, normal_sum = 0, normal_squares = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.Uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    const double z = random.Normal();
    ASSERT_TRUE(std::isfinite(z));
    normal_sum += z;
    normal_squares += z * z;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  EXPECT_NEAR(normal_sum / kDraws, 0.0, 0.015);
  EXPECT_NEAR(normal_squares / kDraws, 1.0, 0.02);
}

TEST(Random, MixedSeedsDiffer) {
  std::set<uint64_t> seen;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (uint64_t stream = 0; stream < 100; ++stream) seen.insert(MixSeed(seed, stream));
  }
  EXPECT_EQ(seen.size(), 10000u);
  EXPECT_NE(MixSeed(1, 2), MixSeed(2, 1));
  EXPECT_EQ(MixSeed(5, 6), MixSeed(5, 6));
}

TEST(Random, PermutationHoldsEveryIndexOnce) {
  const std::vector<int64_t> order = Permutation(1000, 42);
  EXPECT_EQ(std::set<int64_t>(order.begin(), order.end()).size(), 1000u);
  EXPECT_EQ(*std::min_element(order.begin(), order.end()), 0);
  EXPECT_EQ(*std::max_element(order.begin(), order.end()), 999);
  EXPECT_EQ(order, Permutation(1000, 42));
  EXPECT_NE(order, Permutation(1000, 43));
  EXPECT_TRUE(Permutation(0, 1).empty());
  EXPECT_EQ(Permutation(1, 9), std::vector<int64_t>{0});
}

TEST(Random, EveryPermutationOfThreeIsEquallyLikely) {
  std::map<std::vector<int64_t>, int> counts;
  for (uint64_t seed = 0; seed < 6000; ++seed) ++counts[Permutation(3, seed)];
  ASSERT_EQ(counts.size(), 6u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 130);
}

}  // namespace
}  // namespace clner
