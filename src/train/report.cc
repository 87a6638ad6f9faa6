#include "train/report.h"

#include <algorithm>
#include <sstream>

#include "core/files.h"
#include "core/stop.h"
#include "eval/html_report.h"
#include "eval/report.h"
#include "train/trainer.h"

namespace clner {
namespace {

EvalInput InputOf(const Split& split, const std::vector<Prediction>& predictions, const std::string& name) {
  EvalInput input;
  input.gold_path = split.corpus.path;
  input.predicted_path = name;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const Sentence& sentence = split.corpus.sentences[i];
    std::vector<Span> predicted;
    for (const ScoredSpan& scored : predictions[i].spans) predicted.push_back(scored.span);
    const auto words = static_cast<int64_t>(sentence.words.size());
    EvalSentence& pair = input.sentences.emplace_back();
    pair.words = sentence.words;
    pair.gold_tags = SpansToTags(sentence.spans, words, Scheme::kBio);
    pair.predicted_tags = SpansToTags(predicted, words, Scheme::kBio);
    pair.gold_line = pair.predicted_line = sentence.line;
    input.words += words;
  }
  return input;
}

std::string ColumnText(const EvalInput& input) {
  std::string text;
  for (const EvalSentence& sentence : input.sentences) {
    for (size_t w = 0; w < sentence.size(); ++w)
      text += sentence.words[w] + "\t" + sentence.gold_tags[w] + "\t" + sentence.predicted_tags[w] + "\n";
    text += "\n";
  }
  return text;
}

// Points (step, loss) of the step records of metrics.jsonl.
HtmlCurve LossCurve(const RunDirectory& run) {
  HtmlCurve curve{"loss", {}};
  const std::filesystem::path path = run.path() / "metrics.jsonl";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return curve;  // removed by the user before a resume
  std::istringstream lines(ReadFile(path));
  for (std::string line; std::getline(lines, line);) {
    const Json record = ParseJson(line, path.string(), ErrorCode::kIo);
    if (record["event"] == "step")
      curve.points.emplace_back(record["step"].get<double>(), record["loss"].get<double>());
  }
  return curve;
}

HtmlCurve F1Curve(const TrainState& state) {
  HtmlCurve curve{"dev F1", {}};
  for (const Json& epoch : state.history) {
    if (epoch.contains("dev"))
      curve.points.emplace_back(epoch["epoch"].get<double>(), epoch["dev"]["f1"].get<double>());
  }
  return curve;
}

}  // namespace

Json WriteReports(const RunConfig& config, Model& model, const Datasets& data, const TrainState& state,
                  const RunDirectory& run) {
  HtmlReportInput html;
  html.title = "clner train: " + config.name;
  html.facts = {{"seed", std::to_string(config.seed)},
                {"best epoch", std::to_string(state.best_epoch) + " of " + std::to_string(state.epoch)},
                {"steps", std::to_string(state.step)},
                {"training data",
                 data.train.corpus.path + ", " + std::to_string(data.train.corpus.sentences.size()) + " sentences"}};
  html.loss = {LossCurve(run)};
  html.f1 = {F1Curve(state)};
  Json report = {{"schema_version", 1}, {"name", config.name}, {"seed", config.seed}};
  const bool context_first = ViewThatSelects(config) == SelectedView::kContext;
  const auto add = [&](const std::string& name, const std::optional<Split>& split, bool context) {
    if (!split || (context && !split->has_contexts())) return;
    const auto predictions = PredictSplit(model, *split, context, config.train.eval_batch_pieces);
    if (!predictions) {
      throw Error(
          ErrorCode::kInterrupted,
          std::string("stopped by ") + StopRequested() + " while tagging " + name + "; the training is finished",
          run.path().string(), "run the same command with --resume to write the report");
    }
    const std::string view = context ? "context" : "original", title = name + (context ? " with contexts" : "");
    const Json scores = ScoreSplit(*split, *predictions);
    report["views"][view][name] = scores;
    if (context == (context_first && split->has_contexts())) report[name] = scores;
    const std::string file = name + (context ? ".context" : "") + ".pred.conll";
    const EvalInput input = InputOf(*split, *predictions, file);
    WriteFileAtomically(run.path() / file, ColumnText(input));
    // The errors shown are those of the last split there is: test, or else dev; with contexts if it has them.
    const Evaluation evaluation = Evaluate(input, EvalMode::kConlleval);
    html.scores.push_back({title, evaluation.scores});
    html.errors = AnalyzeErrors(evaluation);
    html.examples = HtmlExamples(input, evaluation, *html.errors);
  };
  for (const bool context : {false, true}) add("dev", data.dev, context);
  for (const bool context : {false, true}) add("test", data.test, context);
  report["train"] = {{"epochs", state.epoch},
                     {"best_epoch", state.best_epoch},
                     {"steps", state.step},
                     {"bad_steps", state.bad_steps},
                     {"seconds", state.seconds},
                     {"words_per_second", static_cast<double>(state.trained_words) / std::max(1e-9, state.seconds)}};
  report["epochs"] = state.history;
  report["run_dir"] = run.path().string();
  report["model_dir"] = run.best().string();
  WriteFileAtomically(run.path() / "report.html", HtmlReport(html));
  WriteFileAtomically(run.path() / "report.json", DumpJson(report, 2) + "\n");
  return report;
}

}  // namespace clner
