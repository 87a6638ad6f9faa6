#include "eval/report.h"

#include <gtest/gtest.h>

#include "unit/data/temp_file.h"

namespace clner {
namespace {

Evaluation Sample(EvalMode mode = EvalMode::kConlleval) {
  Evaluation evaluation;
  Scores& scores = evaluation.scores;
  scores.mode = mode;
  scores.types = {{"loc", {3, 4, 2}}, {"new", {0, 1, 0}}, {"old", {1, 0, 0}}};
  scores.micro = {4, 5, 2};
  scores.sentences = 2;
  scores.words = 20;
  scores.correct_words = 15;
  return evaluation;
}

TEST(ScoreRows, ShowsPercentAndMarksMissingDenominators) {
  const TableRows rows = ScoreRows(Sample().scores);
  const TableRows expected = {{"type", "precision", "recall", "F1", "gold", "predicted", "correct"},
                              {"loc", "50.00", "66.67", "57.14", "3", "4", "2"},
                              {"new", "0.00", "n/a", "0.00", "0", "1", "0"},
                              {"old", "n/a", "0.00", "0.00", "1", "0", "0"},
                              {"micro", "40.00", "50.00", "44.44", "4", "5", "2"},
                              {"macro", "16.67", "22.22", "19.05", "", "", ""}};
  EXPECT_EQ(rows, expected);
}

TEST(ScoreRows, NothingAtAllIsOneRowOfEach) {
  const TableRows rows = ScoreRows(Scores{});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1], (std::vector<std::string>{"micro", "n/a", "n/a", "n/a", "0", "0", "0"}));
  EXPECT_EQ(rows[2], (std::vector<std::string>{"macro", "n/a", "n/a", "n/a", "", "", ""}));
}

TEST(ScoreRows, OverlapModesShowTheirKinds) {
  Scores scores;
  scores.mode = EvalMode::kPartial;
  scores.micro = {5, 6, 2, 0, 2};
  scores.types[""] = scores.micro;
  const TableRows rows = ScoreRows(scores);
  EXPECT_EQ(rows[1],
            (std::vector<std::string>{"(no type)", "50.00", "60.00", "54.55", "5", "6", "2", "0", "2", "1", "2"}));
  EXPECT_EQ(rows[0].size(), rows[3].size());
}

TEST(Headline, NamesModeAndSchemes) {
  Evaluation evaluation = Sample();
  EXPECT_EQ(Headline(evaluation), "mode conlleval, scheme BIO, 2 sentences, 20 words, accuracy 75.00 %");
  evaluation.predicted_scheme = Scheme::kBioes;
  EXPECT_EQ(Headline(evaluation),
            "mode conlleval, scheme BIO (gold) and BIOES (predicted), 2 sentences, 20 words, accuracy 75.00 %");
}

TEST(Headline, CountsOneAsOne) {
  Evaluation evaluation = Sample();
  evaluation.scores.sentences = evaluation.scores.words = evaluation.scores.correct_words = 1;
  EXPECT_EQ(Headline(evaluation), "mode conlleval, scheme BIO, 1 sentence, 1 word, accuracy 100.00 %");
}

TEST(Notes, ShowOtherMetricsWhereTheyDiffer) {
  Evaluation evaluation = Sample();
  EXPECT_TRUE(Notes(evaluation).empty());
  evaluation.strict = Counts{4, 4, 2};
  evaluation.raw = Counts{3, 3, 2};
  EXPECT_EQ(Notes(evaluation),
            (std::vector<std::string>{"strict F1 50.00 (only spans that are legal in BIO; some tags are ill-formed)",
                                      "conlleval on the raw tags prints F1 66.67 (3 gold, 3 predicted, 2 correct)"}));
}

TEST(EvaluationJson, HasTheDocumentedShape) {
  Evaluation evaluation = Sample();
  const Json json = EvaluationJson(evaluation);
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["mode"], "conlleval");
  EXPECT_EQ(json["scheme"], "BIO");
  EXPECT_DOUBLE_EQ(json["micro"]["f1"].get<double>(), 4.0 / 9);
  EXPECT_EQ(json["micro"]["gold"], 4);
  EXPECT_EQ(json["micro"]["predicted"], 5);
  EXPECT_EQ(json["micro"]["correct"], 2);
  EXPECT_EQ(json["micro"].size(), 6U);
  EXPECT_EQ(json["macro"].size(), 3U);
  EXPECT_EQ(json["types"]["new"]["recall"], 0.0);
  EXPECT_EQ(json["types"].size(), 3U);
  EXPECT_DOUBLE_EQ(json["accuracy"].get<double>(), 0.75);
  EXPECT_EQ(json["sentences"], 2);
  EXPECT_EQ(json["words"], 20);
  EXPECT_FALSE(json.contains("strict"));
  evaluation.strict = Counts{4, 4, 2};
  evaluation.raw = Counts{3, 3, 2};
  EXPECT_EQ(EvaluationJson(evaluation)["strict"]["correct"], 2);
  EXPECT_EQ(EvaluationJson(evaluation)["raw_conlleval"]["gold"], 3);
}

TEST(EvaluationJson, OverlapModesAddTheirCounts) {
  const Json json = EvaluationJson(Sample(EvalMode::kType));
  for (const char* key : {"incorrect", "partial", "missed", "spurious"})
    EXPECT_TRUE(json["micro"].contains(key)) << key;
}

TEST(EvaluationJson, NoTypesIsAnEmptyObject) { EXPECT_EQ(DumpJson(EvaluationJson(Evaluation{})["types"]), "{}"); }

ErrorAnalysis SampleErrors() {
  Evaluation evaluation;
  evaluation.gold = {{{0, 1, "a"}, {2, 3, "b"}, {4, 5, "b"}}};
  evaluation.predicted = {{{0, 1, "a"}, {2, 3, "a"}}};
  return AnalyzeErrors(evaluation);
}

TEST(ErrorTables, ShowKindsAndConfusion) {
  const TableRows kinds = ErrorKindRows(SampleErrors());
  EXPECT_EQ(kinds[1], (std::vector<std::string>{"type", "1", "50.00"}));
  EXPECT_EQ(kinds[4], (std::vector<std::string>{"missed", "1", "50.00"}));
  EXPECT_EQ(ErrorKindRows(ErrorAnalysis{})[1][2], "n/a");
  const TableRows expected = {
      {"gold \\ predicted", "a", "b", "none"}, {"a", "1", "0", "0"}, {"b", "1", "0", "1"}, {"none", "0", "0", "-"}};
  EXPECT_EQ(ConfusionRows(SampleErrors()), expected);
  const Json json = ErrorsJson(SampleErrors());
  EXPECT_EQ(json["kinds"]["type"], 1);
  EXPECT_EQ(json["confusion"].size(), 3U);
}

TEST(ErrorTables, ShowSpansWithoutTypeApartFromNone) {
  Evaluation evaluation;
  evaluation.gold = {{{0, 1, ""}, {2, 3, ""}}};
  evaluation.predicted = {{{0, 1, ""}, {4, 5, ""}}};
  const ErrorAnalysis analysis = AnalyzeErrors(evaluation);
  const TableRows expected = {{"gold \\ predicted", "(no type)", "none"}, {"(no type)", "1", "1"}, {"none", "1", "-"}};
  EXPECT_EQ(ConfusionRows(analysis), expected);
  const Json confusion = ErrorsJson(analysis)["confusion"];
  ASSERT_EQ(confusion.size(), 3U);
  EXPECT_EQ(DumpJson(confusion[0]), "{\"gold\":\"\",\"predicted\":\"(no type)\",\"count\":1}");
  EXPECT_EQ(DumpJson(confusion[2]), "{\"gold\":\"(no type)\",\"predicted\":\"(no type)\",\"count\":1}");
}

TEST(SeenTables, ShowFourGroups) {
  SeenScores seen;
  seen.surface_seen = {2, 2, 1};
  const TableRows rows = SeenRows(seen, EvalMode::kPartial);
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[1], (std::vector<std::string>{"surface seen", "50.00", "50.00", "50.00", "2", "2", "1"}));
  EXPECT_EQ(rows[4][0], "surface and type unseen");
  EXPECT_EQ(SeenJson(seen, EvalMode::kConlleval)["surface"]["seen"]["correct"], 1);
  EXPECT_EQ(SeenJson(seen, EvalMode::kConlleval)["surface_and_type"]["unseen"]["gold"], 0);
}

TEST(CheckFailUnder, ThrowsBelowTheLimitOnly) {
  CheckFailUnder(Sample().scores, 4.0 / 9);
  const Error error = test::ErrorOf([] { CheckFailUnder(Sample().scores, 0.5); });
  EXPECT_EQ(error.code(), ErrorCode::kCheckFailed);
  EXPECT_THAT(error.problems()[0].what, testing::StartsWith("micro F1 0.444444444444444"));
  EXPECT_THAT(error.problems()[0].what, testing::EndsWith(" is below --fail-under 0.5"));
  EXPECT_EQ(error.problems()[0].fix, "improve the predictions or lower the limit");
}

TEST(CheckFailUnder, TakesTheLimitItself) {
  Scores scores;
  scores.micro = {25, 25, 21};
  CheckFailUnder(scores, 0.84);
  EXPECT_EQ(DumpJson(CountsJson(scores.micro, EvalMode::kConlleval)["f1"]), "0.84");
}

}  // namespace
}  // namespace clner
