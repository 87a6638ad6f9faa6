#include "eval/error_analysis.h"

#include <gtest/gtest.h>

namespace clner {
namespace {

using Spans = std::vector<Span>;

Evaluation Of(const std::vector<Spans>& gold, const std::vector<Spans>& predicted) {
  Evaluation evaluation;
  evaluation.gold = gold;
  evaluation.predicted = predicted;
  return evaluation;
}

TEST(AnalyzeErrors, TellsTheKindsApart) {
  const ErrorAnalysis analysis =
      AnalyzeErrors(Of({{{0, 1, "a"}, {2, 3, "a"}, {4, 6, "b"}, {8, 10, "a"}, {12, 13, "b"}}},
                       {{{0, 1, "a"}, {2, 3, "b"}, {4, 5, "b"}, {9, 11, "c"}, {15, 16, "c"}}}));
  ASSERT_EQ(analysis.errors.size(), 5U);
  for (size_t i = 0; i < kErrorKinds.size(); ++i) {
    EXPECT_EQ(analysis.errors[i].kind, kErrorKinds[i]);
    EXPECT_EQ(analysis.Number(kErrorKinds[i]), 1);
  }
  EXPECT_EQ(analysis.errors[0].gold, (Span{2, 3, "a"}));
  EXPECT_EQ(analysis.errors[0].predicted, (Span{2, 3, "b"}));
  EXPECT_FALSE(analysis.errors[3].predicted.has_value());
  EXPECT_FALSE(analysis.errors[4].gold.has_value());
  const std::map<std::pair<std::string, std::string>, int64_t> confusion = {
      {{"a", "a"}, 1}, {{"a", "b"}, 1}, {{"b", "b"}, 1}, {{"a", "c"}, 1}, {{"b", ""}, 1}, {{"", "c"}, 1}};
  EXPECT_EQ(analysis.confusion, confusion);
}

TEST(AnalyzeErrors, BetterMatchesArePairedFirst) {
  // The long prediction overlaps both gold spans; the one of its type gets it.
  const ErrorAnalysis analysis = AnalyzeErrors(Of({{{0, 1, "a"}, {1, 3, "b"}}}, {{{0, 3, "b"}}}));
  ASSERT_EQ(analysis.errors.size(), 2U);
  EXPECT_EQ(analysis.errors[0].kind, ErrorKind::kMissed);
  EXPECT_EQ(analysis.errors[1].kind, ErrorKind::kBoundary);
}

TEST(AnalyzeErrors, LeavesContextSpansOut) {
  const ErrorAnalysis analysis = AnalyzeErrors(Of({{{0, 1, "X"}}}, {{{0, 2, "a"}, {3, 4, "X"}}}));
  EXPECT_TRUE(analysis.errors.empty());
  EXPECT_TRUE(analysis.confusion.empty());
}

TEST(AnalyzeErrors, SpansWithoutTypeAreNoMissingSpans) {
  const ErrorAnalysis analysis = AnalyzeErrors(Of({{{0, 2, ""}, {3, 4, ""}}}, {{{0, 2, ""}, {5, 6, ""}}}));
  const std::map<std::pair<std::string, std::string>, int64_t> confusion = {
      {{"(no type)", "(no type)"}, 1}, {{"(no type)", ""}, 1}, {{"", "(no type)"}, 1}};
  EXPECT_EQ(analysis.confusion, confusion);
}

TEST(AnalyzeErrors, NumberOfErrorsAgreesWithTheCounts) {
  const std::vector<Spans> gold = {{{0, 2, "a"}, {3, 4, "b"}}, {}, {{1, 2, "a"}}};
  const std::vector<Spans> predicted = {{{0, 1, "a"}, {1, 2, "a"}, {3, 4, "b"}}, {{0, 1, "a"}}, {}};
  const ErrorAnalysis analysis = AnalyzeErrors(Of(gold, predicted));
  const Counts counts = ScoreSpans(gold, predicted).micro;
  int64_t wrong_gold = 0, wrong_predicted = 0;
  for (const SpanError& error : analysis.errors) {
    wrong_gold += error.gold.has_value() ? 1 : 0;
    wrong_predicted += error.predicted.has_value() ? 1 : 0;
  }
  EXPECT_EQ(wrong_gold, counts.gold - counts.correct);
  EXPECT_EQ(wrong_predicted, counts.predicted - counts.correct);
}

TEST(ErrorsTsv, ShowsBothSidesInContext) {
  EvalInput input;
  EvalSentence sentence;
  for (int w = 0; w < 12; ++w) {
    sentence.words.push_back("w" + std::to_string(w));
    sentence.gold_tags.emplace_back("O");
  }
  sentence.words[0] = "tab\there";
  sentence.gold_line = 7;
  input.sentences = {sentence};
  const std::string text = ErrorsTsv(input, AnalyzeErrors(Of({{{0, 2, "a"}}}, {{{1, 2, "a"}, {11, 12, "b"}}})));
  EXPECT_EQ(text,
            "sentence\tline\tkind\tgold_type\tgold\tpredicted_type\tpredicted\tcontext\n"
            "1\t7\tboundary\ta\ttab\\there w1\ta\tw1\t[tab\\there {w1}] w2 w3 w4 w5 w6 w7 w8 w9 ...\n"
            "1\t18\tspurious\t\t\tb\tw11\t... w3 w4 w5 w6 w7 w8 w9 w10 {w11}\n");
  // Comments inside the sentence.
  input.sentences[0].gold_lines = {7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 25};
  EXPECT_NE(ErrorsTsv(input, AnalyzeErrors(Of({{}}, {{{11, 12, "b"}}}))).find("\n1\t25\tspurious"), std::string::npos);
}

}  // namespace
}  // namespace clner
