#include "eval/eval_request.h"

#include <gtest/gtest.h>

#include <functional>

#include "unit/data/temp_file.h"

namespace clner {
namespace {

constexpr const char* kThreeWays = "give 'GOLD PRED', '--conll FILE' or '-m MODEL GOLD'";

EvalRequest Pair() {
  EvalRequest request;
  request.files = {"gold", "pred"};
  return request;
}

void ExpectUsage(const EvalRequest& request, const std::string& what, const std::string& fix) {
  const Error error = test::ErrorOf([&] { (void)CheckRequest(request); });
  EXPECT_EQ(error.code(), ErrorCode::kUsage);
  EXPECT_EQ(error.problems()[0].what, what);
  EXPECT_EQ(error.problems()[0].fix, fix);
}

TEST(CheckRequest, AcceptsTheThreeWays) {
  EXPECT_EQ(CheckRequest(Pair()), EvalMode::kConlleval);
  EvalRequest conll;
  conll.conll = "file";
  EXPECT_EQ(CheckRequest(conll), EvalMode::kConlleval);
  EvalRequest model;
  model.model = "dir";
  model.files = {"gold"};
  EXPECT_EQ(CheckRequest(model), EvalMode::kConlleval);
}

TEST(CheckRequest, TellsWhatIsMissingOrTooMuch) {
  EvalRequest request;
  ExpectUsage(request, "nothing to evaluate", kThreeWays);
  request.files = {"gold"};
  ExpectUsage(request, "no predictions for 'gold'", kThreeWays);
  request.files = {"gold", "pred", "more"};
  ExpectUsage(request, "one file too many: 'more'", kThreeWays);
  request = {};
  request.model = "dir";
  ExpectUsage(request, "no gold file for the model", kThreeWays);
  request.files = {"gold", "pred"};
  ExpectUsage(request, "the model gives the predictions, so 'pred' has no place", kThreeWays);
  request = {};
  request.conll = "file";
  request.files = {"gold"};
  ExpectUsage(request, "'--conll' holds both tags, so 'gold' has no place", kThreeWays);
  request.model = "dir";
  ExpectUsage(request, "'--conll' and '--model' exclude each other", kThreeWays);
}

TEST(CheckRequest, ParityMeansClnerMode) {
  EvalRequest request = Pair();
  request.parity = true;
  EXPECT_EQ(CheckRequest(request), EvalMode::kClner);
  request.mode = "clner";
  EXPECT_EQ(CheckRequest(request), EvalMode::kClner);
  request.mode = "strict";
  ExpectUsage(request, "'--parity' means '--mode clner' and excludes '--mode strict'", "give one of them");
}

TEST(CheckRequest, ScriptReportNeedsItsOwnMode) {
  EvalRequest request = Pair();
  request.report = "conlleval";
  EXPECT_EQ(CheckRequest(request), EvalMode::kConlleval);
  request.json = true;
  ExpectUsage(request, "'--report conlleval' and '--json' exclude each other", "give one of them");
  request.json = false;
  request.mode = "exact";
  ExpectUsage(request, "'--report conlleval' is the text of that script and cannot show mode exact",
              "leave out '--report' or the mode");
  request.mode = "";
  request.report = "conleval";
  ExpectUsage(request, "unknown report 'conleval' (did you mean 'conlleval'?)", "use one of table, conlleval");
}

TEST(CheckRequest, LimitIsAFraction) {
  EvalRequest request = Pair();
  request.fail_under = 0.6;
  EXPECT_EQ(CheckRequest(request), EvalMode::kConlleval);
  for (const auto& [limit, shown] : {std::pair{60.0, "60"}, std::pair{-0.5, "-0.5"}, std::pair{0.0 / 0.0, "nan"}}) {
    request.fail_under = limit;
    const Error error = test::ErrorOf([&] { (void)CheckRequest(request); });
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(error.problems()[0].what.find(" is not a fraction"), std::string::npos) << shown;
    EXPECT_EQ(error.problems()[0].fix, "give the smallest F1 as a number from 0 to 1, for example 0.60");
  }
}

TEST(CheckRequest, UnknownSchemeIsAUsageError) {
  EvalRequest request = Pair();
  request.scheme = "iobes";
  EXPECT_EQ(CheckRequest(request), EvalMode::kConlleval);
  request.scheme = "BIOSE";
  const Error error = test::ErrorOf([&] { (void)CheckRequest(request); });
  EXPECT_EQ(error.code(), ErrorCode::kUsage);
  EXPECT_EQ(error.problems()[0].what, "unknown tag scheme 'BIOSE' (did you mean 'BIOES'?)");
  EXPECT_EQ(error.problems()[0].where, "--scheme");
}

}  // namespace
}  // namespace clner
