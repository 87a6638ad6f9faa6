#include "eval/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eval/html_page.h"
#include "eval/html_svg.h"

namespace clner {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HtmlReportInput Sample() {
  HtmlReportInput input;
  input.title = "run <1>";
  input.facts = {{"seed", "1"}};
  input.loss = {{"nll", {{0, 5}, {1, 4}, {2, std::nan("")}, {3, 2}}}, {"cl", {{0, 1}, {3, 0.5}}}};
  input.f1 = {{"dev", {{1, 0.2}, {2, 0.5}}}};
  Scores scores;
  scores.types = {{"a&b", {2, 2, 1}}};
  scores.micro = {2, 2, 1};
  input.scores = {{"dev", scores}};
  Evaluation evaluation;
  evaluation.gold = {{{0, 2, "a&b"}}};
  evaluation.predicted = {{{1, 3, "a&b"}}};
  input.errors = AnalyzeErrors(evaluation);
  input.examples = {
      {"line 3:", "boundary", {"<script>", "b", "c"}, evaluation.gold[0], evaluation.predicted[0], {"ctx"}}};
  return input;
}

// Elements must close in the reverse order of opening.
void ExpectBalanced(const std::string& html) {
  constexpr const char* kNameLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::string tag = html.substr(at + 1, html.find('>', at) - at - 1);
    const size_t begin = tag.starts_with('/') ? 1 : 0;
    const std::string name = tag.substr(begin, tag.find_first_not_of(kNameLetters, begin) - begin);
    if (name.empty() || name == "meta" || name == "br" || tag.ends_with('/')) continue;
    if (begin == 0) {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << name;
    ASSERT_EQ(open.back(), name) << "at " << at;
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(HtmlReport, IsOneBalancedDocumentWithoutExternalAssets) {
  const std::string html = HtmlReport(Sample());
  ExpectBalanced(html);
  EXPECT_EQ(html.rfind("<!DOCTYPE html>", 0), 0U);
  for (const char* external : {"http:", "https:", "src=", "href=", "<script", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(external)));
  }
}

TEST(HtmlReport, EscapesAllText) {
  const std::string html = HtmlReport(Sample());
  EXPECT_THAT(html, HasSubstr("<title>run &lt;1&gt;</title>"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("a&amp;b"));
  EXPECT_EQ(EscapeHtml(std::string("a\x01\"'\x7f\t", 6)), "a\xEF\xBF\xBD&quot;&#39;\xEF\xBF\xBD\t");
  // C1 controls and marks that reorder text, but not their neighbours.
  EXPECT_EQ(EscapeHtml("\xC2\x85 \u202A\u202Ex\u202F \u2066\u2069\u206A \u00A0"),
            "\uFFFD \uFFFD\uFFFDx\u202F \uFFFD\uFFFD\u206A \u00A0");
  EXPECT_EQ(EscapeHtml("a\xE2\x80"), "a\xE2\x80");
}

TEST(HtmlReport, HoldsCurvesScoresConfusionAndExamples) {
  const std::string html = HtmlReport(Sample());
  for (const char* part : {"<h2>Loss</h2>", "<h2>F1 by epoch</h2>", "<h2>Scores: dev</h2>", "<h2>Kinds of errors</h2>",
                           "<h2>Confusion of types</h2>", "<h2>Examples of errors</h2>", "50.00", "gold:a&amp;b",
                           "predicted:a&amp;b", "context: ctx", "boundary", "<td>seed</td><td>1</td>"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(HtmlReport, NamesTheTypeOfBareTags) {
  HtmlReportInput input;
  input.title = "untyped";
  Scores scores;
  scores.types = {{"", {2, 1, 1}}};
  input.scores = {{"dev", scores}};
  Evaluation evaluation;
  evaluation.gold = {{{0, 1, ""}, {2, 3, ""}}};
  evaluation.predicted = {{{0, 1, ""}}};
  input.errors = AnalyzeErrors(evaluation);
  const std::string html = HtmlReport(input);
  EXPECT_THAT(html, HasSubstr("<th>(no type)</th><th>none</th>"));
  EXPECT_THAT(html, HasSubstr("<tr><td>(no type)</td><td style=\"background:rgba(51,136,85,0.35)\">1</td>"));
  EXPECT_THAT(html, HasSubstr(">(no type)</text>")) << "the bar of F1";
}

TEST(HtmlReport, LeavesOutPartsWithoutData) {
  HtmlReportInput input;
  input.title = "empty";
  const std::string html = HtmlReport(input);
  ExpectBalanced(html);
  EXPECT_THAT(html, Not(HasSubstr("<h2>")));
  input.loss = {{"nll", {{0, std::numeric_limits<double>::infinity()}}}};
  EXPECT_THAT(HtmlReport(input), Not(HasSubstr("<svg")));
}

TEST(HtmlReport, LimitsTheExamples) {
  HtmlReportInput input;
  input.title = "many";
  input.examples.assign(kMaxHtmlExamples + 5, {"line 1:", "missed", {"w"}, {{0, 1, "a"}}, {}, {}});
  EXPECT_THAT(HtmlReport(input), HasSubstr("<p>5 more sentences with errors are not shown</p>"));
}

TEST(LineChart, DrawsOnePointAndGaps) {
  const std::string one = LineChart({{"x", {{1, 3}}}}, "step", "loss", false);
  EXPECT_THAT(one, HasSubstr("<circle"));
  EXPECT_THAT(one, Not(HasSubstr("nan")));
  const std::string gap = LineChart({{"x", {{0, 1}, {1, std::nan("")}, {2, 1}}}}, "step", "loss", false);
  const size_t path = gap.find("<path d=\"M");
  ASSERT_NE(path, std::string::npos);
  EXPECT_NE(gap.find('M', path + 10), std::string::npos);
}

TEST(LineChart, ThinsLongCurves) {
  HtmlCurve curve{"long", {}};
  for (int i = 0; i < 100000; ++i) curve.points.emplace_back(i, 1.0 / (i + 1));
  EXPECT_LT(LineChart({curve}, "step", "loss", false).size(), 40000U);
}

TEST(HtmlExamples, GivesOneForEachSentenceWithErrors) {
  EvalInput input;
  for (int i = 0; i < 3; ++i) {
    EvalSentence sentence;
    sentence.words = {"a", "b", "c"};
    sentence.gold_line = 10 + i;
    input.sentences.push_back(sentence);
  }
  Evaluation evaluation;
  evaluation.gold = {{{0, 1, "x"}, {2, 3, "x"}}, {{0, 1, "x"}}, {}};
  evaluation.predicted = {{{0, 1, "y"}}, {{0, 1, "x"}}, {{1, 2, "y"}}};
  const std::vector<HtmlExample> examples = HtmlExamples(input, evaluation, AnalyzeErrors(evaluation));
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].where, "line 10:");
  EXPECT_EQ(examples[0].kind, "type, missed");
  EXPECT_EQ(examples[1].where, "line 12:");
}

}  // namespace
}  // namespace clner
