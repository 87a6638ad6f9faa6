#include "train/split_scores.h"

#include <gtest/gtest.h>

namespace clner {
namespace {

Json Micro(int64_t gold, int64_t predicted, int64_t correct) {
  const double p = static_cast<double>(correct) / static_cast<double>(predicted);
  const double r = static_cast<double>(correct) / static_cast<double>(gold);
  return {{"micro",
           {{"precision", p},
            {"recall", r},
            {"f1", 2 * p * r / (p + r)},
            {"gold", gold},
            {"predicted", predicted},
            {"correct", correct}}}};
}

std::vector<CorpusScores> TwoCorpora() {
  return {{"big", {{"original", Micro(90, 90, 45)}, {"context", Micro(90, 90, 72)}}},
          {"small", {{"original", Micro(10, 10, 9)}}}};
}

RunConfig Config(const std::string& over, TrainOptions::SelectBy by = TrainOptions::SelectBy::kOriginal) {
  RunConfig config;
  config.train.select_over = over;
  config.train.select_by = by;
  return config;
}

TEST(SelectionScores, MacroIsTheMeanOverTheCorpora) {
  const Json scores = SelectionScores(Config("macro"), TwoCorpora());
  EXPECT_DOUBLE_EQ(scores["f1"].get<double>(), (0.5 + 0.9) / 2);
  EXPECT_EQ(scores["over"], "macro");
}

TEST(SelectionScores, MicroCountsTheEntitiesOfAll) {
  const Json scores = SelectionScores(Config("micro"), TwoCorpora());
  EXPECT_DOUBLE_EQ(scores["f1"].get<double>(), 0.54);
  EXPECT_EQ(scores["gold"], 100);
  // Of a corpus without contexts the original view counts.
  const Json context = SelectionScores(Config("micro", TrainOptions::SelectBy::kContext), TwoCorpora());
  EXPECT_DOUBLE_EQ(context["f1"].get<double>(), 0.81);
}

TEST(SelectionScores, OneCorpusCanDecideAlone) {
  EXPECT_DOUBLE_EQ(SelectionScores(Config("small"), TwoCorpora())["f1"].get<double>(), 0.9);
  EXPECT_DOUBLE_EQ(SelectionScores(Config("big"), TwoCorpora())["f1"].get<double>(), 0.5);
}

TEST(SelectionScores, ViewsAreAveragedInEveryCorpusFirst) {
  const Json scores = SelectionScores(Config("macro", TrainOptions::SelectBy::kMean), TwoCorpora());
  EXPECT_DOUBLE_EQ(scores["f1"].get<double>(), ((0.5 + 0.8) / 2 + 0.9) / 2);
}

TEST(SelectionScores, TheOnlyCorpusIsAsBefore) {
  const std::vector<CorpusScores> one = {{"", {{"original", Micro(90, 90, 45)}, {"context", Micro(90, 90, 72)}}}};
  EXPECT_EQ(SelectionScores(Config("macro"), one), one[0].views["original"]["micro"]);
  const Json mean = SelectionScores(Config("macro", TrainOptions::SelectBy::kMean), one);
  EXPECT_EQ(mean["mean_of"], Json({"original", "context"}));
  EXPECT_DOUBLE_EQ(mean["f1"].get<double>(), 0.65);
}

TEST(DevLine, NamesEveryCorpusAndView) {
  EXPECT_EQ(DevLine(TwoCorpora()), "big dev F1 50.00, big dev F1 80.00 with contexts, small dev F1 90.00");
  EXPECT_EQ(DevLine(std::vector<CorpusScores>{{"", {{"original", Micro(10, 10, 9)}}}}), "dev F1 90.00");
}

}  // namespace
}  // namespace clner
