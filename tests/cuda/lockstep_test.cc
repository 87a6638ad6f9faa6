// The layouts of the GPU against one lane: every number of tags that changes the layout, all operations.
#include <gtest/gtest.h>

#include "lane_runners.h"

namespace clner::crf::test {
namespace {

TEST(Lockstep, FindsAMissingBarrier) {
  // Lane l reads what lane l + 1 wrote; without a barrier the order of the lanes shows.
  const auto misses = [](bool with_barrier) {
    int wrong = 0;
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      Lockstep lockstep(32, seed);
      std::vector<int> written(33, -1), read(32, -1);
      lockstep.Run([&](const LockstepGroup& group) {
        const auto lane = static_cast<size_t>(group.Lane());
        written[lane] = group.Lane();
        if (with_barrier) group.Sync();
        read[lane] = written[(lane + 1) % 32];
      });
      for (int lane = 0; lane < 32; ++lane) wrong += read[static_cast<size_t>(lane)] == (lane + 1) % 32 ? 0 : 1;
    }
    return wrong;
  };
  EXPECT_EQ(misses(true), 0);
  EXPECT_GT(misses(false), 20);
}

TEST(Lockstep, ReductionsGiveAllLanesTheSameValue) {
  for (const int lanes : {32, 128, 256}) {
    Lockstep lockstep(lanes, 7);
    std::vector<int> sums, largest, smallest;
    lockstep.Run([&](const LockstepGroup& group) {
      const int sum = group.Sum(group.Lane()), high = group.Max(group.Lane()), low = group.Min(group.Lane());
      sums.push_back(sum);
      largest.push_back(high);
      smallest.push_back(low);
    });
    EXPECT_EQ(sums, std::vector<int>(static_cast<size_t>(lanes), lanes * (lanes - 1) / 2));
    EXPECT_EQ(largest, std::vector<int>(static_cast<size_t>(lanes), lanes - 1));
    EXPECT_EQ(smallest, std::vector<int>(static_cast<size_t>(lanes), 0));
  }
}

}  // namespace
}  // namespace clner::crf::test
