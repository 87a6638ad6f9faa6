#include "train/report.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "core/files.h"
#include "core/stop.h"
#include "eval/html_report.h"
#include "eval/report.h"
#include "train/split_scores.h"

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

// The same of one view of every corpus of several.
std::vector<HtmlCurve> CorpusCurves(const TrainState& state) {
  std::map<std::string, HtmlCurve> curves;
  for (const Json& epoch : state.history) {
    if (!epoch.contains("dev_corpora")) continue;
    for (const auto& [corpus, views] : epoch["dev_corpora"].items()) {
      for (const auto& [view, micro] : views.items()) {
        HtmlCurve& curve = curves[corpus + view];
        curve.name = corpus + " dev F1" + (view == "context" ? " with contexts" : "");
        curve.points.emplace_back(epoch["epoch"].get<double>(), micro["f1"].get<double>());
      }
    }
  }
  std::vector<HtmlCurve> list;
  for (auto& [name, curve] : curves) list.push_back(std::move(curve));
  return list;
}

// The scores of several corpora as those of one.
void Add(const Scores& more, Scores* sum) {
  sum->micro += more.micro;
  for (const auto& [type, counts] : more.types) sum->types[type] += counts;
  sum->sentences += more.sentences;
  sum->words += more.words;
  sum->correct_words += more.correct_words;
}

// Scores every view of every split and puts them where they belong.
class ReportWriter {
 public:
  ReportWriter(const RunConfig& config, Model& model, const RunDirectory& run, HtmlReportInput* html)
      : config_(config), model_(model), run_(run), html_(html) {}

  // Adds `views` and, for the view that selects, the split itself to `report`.
  void AddSplit(const std::string& corpus, const char* name, const std::optional<Split>& split, Json* report) {
    if (!split) return;
    Scores original;
    for (const bool context : {false, true}) {
      if (context && !split->has_contexts()) {
        pooled_[name]["context"].scores.push_back(original);
        continue;
      }
      const Scores scores = AddView(corpus.empty() ? name : corpus + "." + name,
                                    corpus.empty() ? name : corpus + " " + name, *split, context);
      if (!context) original = scores;
      Pool& pool = pooled_[name][context ? "context" : "original"];
      pool.scores.push_back(scores);
      pool.scheme = split->corpus.scheme;
      pool.any = true;
      const Json json = ScoresJson(scores, split->corpus.scheme);
      (*report)["views"][context ? "context" : "original"][name] = json;
      if (context == (ContextFirst() && split->has_contexts())) (*report)[name] = json;
    }
  }

  // Adds the sums over all corpora in the same shape, with the mean over them.
  void AddPooled(Json* report) const {
    for (const char* name : {"dev", "test"}) {
      const auto views = pooled_.find(name);
      if (views == pooled_.end()) continue;
      for (const auto& [view, pool] : views->second) {
        if (!pool.any) continue;
        Scores sum;
        std::vector<Json> each;
        for (const Scores& scores : pool.scores) {
          Add(scores, &sum);
          each.push_back(CountsJson(scores.micro, scores.mode));
        }
        Json json = ScoresJson(sum, pool.scheme);
        json["corpora_mean"] = MeanRates(each);
        (*report)["views"][view][name] = json;
        if ((view == "context") == (ContextFirst() && views->second.at("context").any)) (*report)[name] = json;
      }
    }
  }

 private:
  struct Pool {
    std::vector<Scores> scores = {};  // one of each corpus; the original view of one without contexts
    Scheme scheme = Scheme::kBio;
    bool any = false;  // some corpus has the view
  };

  [[nodiscard]] bool ContextFirst() const { return ViewThatSelects(config_) == SelectedView::kContext; }

  Scores AddView(const std::string& stem, const std::string& title, const Split& split, bool context) {
    const auto predictions = PredictSplit(model_, split, context, config_.train.eval_batch_pieces);
    if (!predictions) {
      throw Error(
          ErrorCode::kInterrupted,
          std::string("stopped by ") + StopRequested() + " while tagging " + title + "; the training is finished",
          run_.path().string(), "run the same command with --resume to write the report");
    }
    const std::string file = stem + (context ? ".context" : "") + ".pred.conll";
    const EvalInput input = InputOf(split, *predictions, file);
    WriteFileAtomically(run_.path() / file, ColumnText(input));
    // The errors shown are those of the last split there is: test, or else dev; with contexts if it has them.
    const Evaluation evaluation = Evaluate(input, EvalMode::kConlleval);
    html_->scores.push_back({title + (context ? " with contexts" : ""), evaluation.scores});
    html_->errors = AnalyzeErrors(evaluation);
    html_->examples = HtmlExamples(input, evaluation, *html_->errors);
    return ScoreSplit(split, *predictions);
  }

  const RunConfig& config_;
  Model& model_;
  const RunDirectory& run_;
  HtmlReportInput* html_;
  std::map<std::string, std::map<std::string, Pool>> pooled_;  // by split and view
};

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
  for (HtmlCurve& curve : CorpusCurves(state)) html.f1.push_back(std::move(curve));
  Json report = {{"schema_version", 1}, {"name", config.name}, {"seed", config.seed}};
  ReportWriter writer(config, model, run, &html);
  for (const char* name : {"dev", "test"}) {
    for (const DataCorpus& corpus : data.corpora) {
      const std::optional<Split>& split = std::string(name) == "dev" ? corpus.dev : corpus.test;
      writer.AddSplit(corpus.name, name, split, corpus.name.empty() ? &report : &report["corpora"][corpus.name]);
    }
  }
  if (!config.data.corpora.empty()) writer.AddPooled(&report);
  report["train"] = {{"epochs", state.epoch},
                     {"best_epoch", state.best_epoch},
                     {"steps", state.step},
                     {"bad_steps", state.bad_steps},
                     {"seconds", state.seconds},
                     {"words_per_second", static_cast<double>(state.trained_words) / std::max(1e-9, state.seconds)},
                     {"data_wait_share", state.data_wait_share()}};
  report["epochs"] = state.history;
  report["run_dir"] = run.path().string();
  report["model_dir"] = run.best().string();
  WriteFileAtomically(run.path() / "report.html", HtmlReport(html));
  WriteFileAtomically(run.path() / "report.json", DumpJson(report, 2) + "\n");
  return report;
}

}  // namespace clner
