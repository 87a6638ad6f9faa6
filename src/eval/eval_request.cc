#include "eval/eval_request.h"

#include "core/error.h"
#include "core/suggest.h"
#include "fmt/format.h"

namespace clner {
namespace {

constexpr const char* kThreeWays = "give 'GOLD PRED', '--conll FILE' or '-m MODEL GOLD'";

[[noreturn]] void Fail(std::string what, std::string fix) {
  throw Error(ErrorCode::kUsage, std::move(what), "", std::move(fix));
}

void CheckSources(const EvalRequest& request) {
  const bool conll = !request.conll.empty(), model = !request.model.empty();
  if (conll && model) Fail("'--conll' and '--model' exclude each other", kThreeWays);
  if (conll && !request.files.empty()) {
    Fail(fmt::format("'--conll' holds both tags, so '{}' has no place", request.files[0]), kThreeWays);
  }
  if (conll) return;
  if (request.files.empty()) Fail(model ? "no gold file for the model" : "nothing to evaluate", kThreeWays);
  if (model && request.files.size() > 1) {
    Fail(fmt::format("the model gives the predictions, so '{}' has no place", request.files[1]), kThreeWays);
  }
  if (!model && request.files.size() == 1) {
    Fail(fmt::format("no predictions for '{}'", request.files[0]), kThreeWays);
  }
  if (request.files.size() > 2) Fail(fmt::format("one file too many: '{}'", request.files[2]), kThreeWays);
}

void CheckReport(const EvalRequest& request, EvalMode mode) {
  if (request.report != "table" && request.report != "conlleval") {
    Fail(fmt::format("unknown report '{}'{}", request.report, DidYouMean(request.report, {"table", "conlleval"})),
         "use one of table, conlleval");
  }
  if (request.report != "conlleval") return;
  if (request.json) Fail("'--report conlleval' and '--json' exclude each other", "give one of them");
  if (mode != EvalMode::kConlleval) {
    Fail(fmt::format("'--report conlleval' is the text of that script and cannot show mode {}", Name(mode)),
         "leave out '--report' or the mode");
  }
}

}  // namespace

EvalMode CheckRequest(const EvalRequest& request) {
  CheckSources(request);
  EvalMode mode = request.mode.empty() ? EvalMode::kConlleval : ParseEvalMode(request.mode);
  if (request.parity) {
    if (!request.mode.empty() && mode != EvalMode::kClner) {
      Fail(fmt::format("'--parity' means '--mode clner' and excludes '--mode {}'", Name(mode)), "give one of them");
    }
    mode = EvalMode::kClner;
  }
  CheckReport(request, mode);
  if (request.fail_under.has_value() && !(*request.fail_under >= 0 && *request.fail_under <= 1)) {
    Fail(fmt::format("'--fail-under {}' is not a fraction", *request.fail_under),
         "give the smallest F1 as a number from 0 to 1, for example 0.60");
  }
  if (!request.scheme.empty()) {
    try {
      (void)ParseScheme(request.scheme);
    } catch (const Error& error) {
      throw Error(ErrorCode::kUsage, error.problems()[0].what, "--scheme", error.problems()[0].fix);
    }
  }
  return mode;
}

}  // namespace clner
