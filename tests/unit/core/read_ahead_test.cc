#include "core/read_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/random.h"

namespace clner {
namespace {

using std::chrono::milliseconds;

struct Setting {
  size_t depth, threads;
};
class ReadAheadOrder : public ::testing::TestWithParam<Setting> {
 protected:
  [[nodiscard]] static ReadAheadOptions options() { return {GetParam().depth, GetParam().threads}; }
};

TEST_P(ReadAheadOrder, ItemsAreThoseOfTheirNumbersHoweverLongEachTakes) {
  std::atomic<int> made = 0;
  ReadAhead<uint64_t> items(3, 200, options(), [&](int64_t i) {
    std::this_thread::sleep_for(std::chrono::microseconds(Random(static_cast<uint64_t>(i)).Below(200)));
    ++made;
    return MixSeed(7, static_cast<uint64_t>(i));
  });
  for (int64_t i = 3; i < 200; ++i) ASSERT_EQ(items.Take(i), MixSeed(7, static_cast<uint64_t>(i)));
  EXPECT_EQ(made, 197);
  EXPECT_GE(items.waited_seconds(), 0);
}

TEST_P(ReadAheadOrder, ItemsThatAreLeftOutAreDropped) {
  ReadAhead<int64_t> items(0, 100, options(), [](int64_t i) { return i; });
  for (const int64_t i : {0, 1, 5, 6, 40, 41, 99}) EXPECT_EQ(items.Take(i), i);
}

TEST_P(ReadAheadOrder, AnExceptionComesWithItsItemAndKeepsItsPlace) {
  ReadAhead<int64_t> items(0, 10, options(), [](int64_t i) {
    if (i == 4) throw Error(ErrorCode::kData, "bad sentence", "train.conll:12", "mend it");
    return i;
  });
  for (int64_t i = 0; i < 10; ++i) {
    if (i != 4) {
      EXPECT_EQ(items.Take(i), i);
      continue;
    }
    try {
      (void)items.Take(i);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kData);
      EXPECT_EQ(error.problems()[0].where, "train.conll:12");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, ReadAheadOrder,
                         ::testing::Values(Setting{0, 0}, Setting{1, 1}, Setting{8, 1}, Setting{3, 4}, Setting{8, 2},
                                           Setting{4, 0}),
                         [](const auto& setting) {
                           return "Depth" + std::to_string(setting.param.depth) + "Threads" +
                                  std::to_string(setting.param.threads);
                         });

TEST(ReadAhead, MakesNoMoreThanItsDepthAhead) {
  std::atomic<int64_t> last = -1;
  ReadAhead<int64_t> items(0, 1000, {4, 1}, [&](int64_t i) {
    last = i;
    return i;
  });
  for (int64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(items.Take(i), i);
    std::this_thread::sleep_for(milliseconds(2));
    EXPECT_LE(last, i + 4);
  }
}

TEST(ReadAhead, EndsWhileItemsAreMadeAndManyAreLeft) {
  std::atomic<int> made = 0;
  const auto began = std::chrono::steady_clock::now();
  {
    ReadAhead<std::unique_ptr<int64_t>> items(0, 1000000, {8, 3}, [&](int64_t i) {
      ++made;
      std::this_thread::sleep_for(milliseconds(1));
      return std::make_unique<int64_t>(i);
    });
    EXPECT_EQ(*items.Take(0), 0);
  }
  EXPECT_LE(made, 12);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(ReadAhead, WaitingIsMeasured) {
  // No item is begun before it is asked for.
  std::atomic<int64_t> asked = -1;
  ReadAhead<int64_t> slow(0, 3, {2, 1}, [&](int64_t i) {
    while (asked < i) std::this_thread::yield();
    std::this_thread::sleep_for(milliseconds(20));
    return i;
  });
  for (int64_t i = 0; i < 3; ++i) {
    asked = i;
    (void)slow.Take(i);
  }
  EXPECT_GE(slow.waited_seconds(), 0.03);
  // The least of several runs, since a busy machine makes anything wait.
  double least = 1e9;
  for (int run = 0; run < 20 && least >= 0.03; ++run) {
    std::atomic<int64_t> made = 0;
    ReadAhead<int64_t> ahead(0, 3, {3, 1}, [&](int64_t i) {
      ++made;
      return i;
    });
    while (made < 3) std::this_thread::yield();
    std::this_thread::sleep_for(milliseconds(5));
    for (int64_t i = 0; i < 3; ++i) (void)ahead.Take(i);
    least = std::min(least, ahead.waited_seconds());
  }
  EXPECT_LT(least, 0.03);
}

TEST(ReadAhead, AnEmptySequenceNeedsNothing) {
  const ReadAhead<int64_t> items(5, 5, {8, 2}, [](int64_t i) { return i; });
  EXPECT_EQ(items.waited_seconds(), 0);
}

}  // namespace
}  // namespace clner
