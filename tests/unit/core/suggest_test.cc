#include "core/suggest.h"

#include "support.h"

namespace clner {
namespace {

TEST(Suggest, FindsTheNearestNameIgnoringCase) {
  const std::vector<std::string> names = {"model", "train", "data", "optimizer"};
  EXPECT_EQ(NearestName("trainig", names), "train");
  EXPECT_EQ(NearestName("optimzer", names), "optimizer");
  EXPECT_EQ(NearestName("DATA", names), "data");
}

TEST(Suggest, CountsASwapOfNeighboursAsOneStep) {
  EXPECT_EQ(NearestName("epcohs", {"epsilons", "epochs"}), "epochs");
  EXPECT_EQ(NearestName("rl", {"xy", "lr"}), "lr");
}

TEST(Suggest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(NearestName("learning_rate", {"lr", "epochs"}), "");
  EXPECT_EQ(NearestName("abcdefghi", {"abcdeXXXX"}), "");
  EXPECT_EQ(NearestName("abcdefghi", {"abcdefXXX"}), "abcdefXXX");
  EXPECT_EQ(NearestName("", {"a"}), "");
  EXPECT_EQ(NearestName("x", {}), "");
}

TEST(Suggest, ShortNamesMustShareACharacter) {
  EXPECT_EQ(NearestName("ab", {"lr"}), "");
  EXPECT_EQ(NearestName("x", {"lr", "xy"}), "xy");
}

TEST(Suggest, MeasuresCodePointsNotBytes) { EXPECT_EQ(NearestName("größe", {"grosse", "grüße"}), "grüße"); }

TEST(Suggest, VeryLongNamesCostNothing) {
  const std::string huge(1 << 20, 'a');
  EXPECT_EQ(NearestName(huge, {huge, "a"}), "");
  EXPECT_EQ(NearestName("abc", {huge}), "");
}

TEST(Suggest, FormatsTheQuestion) {
  EXPECT_EQ(DidYouMean("trian", {"train"}), " (did you mean 'train'?)");
  EXPECT_EQ(DidYouMean("zzz", {"train"}), "");
}

}  // namespace
}  // namespace clner
