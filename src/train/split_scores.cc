#include "train/split_scores.h"

#include <algorithm>

#include "core/stop.h"
#include "eval/report.h"
#include "objectives/rules.h"

namespace clner {
namespace {

// The scores of one corpus, or of all together, that select.
Json OfSelectedView(SelectedView selected, const Json& views) {
  if (selected == SelectedView::kOriginal || !views.contains("context")) return views["original"]["micro"];
  if (selected == SelectedView::kContext) return views["context"]["micro"];
  Json mean = {{"mean_of", {"original", "context"}}};
  mean.update(MeanRates(std::vector<Json>{views["original"]["micro"], views["context"]["micro"]}));
  return mean;
}

// All corpora as one: the sums of their counts.
Json Pooled(std::span<const CorpusScores> corpora) {
  Json views = Json::object();
  for (const char* view : {"original", "context"}) {
    Counts sum;
    bool any = false;
    for (const CorpusScores& corpus : corpora) {
      any = any || corpus.views.contains(view);
      const Json& micro = corpus.views[corpus.views.contains(view) ? view : "original"]["micro"];
      sum += Counts{micro["gold"].get<int64_t>(), micro["predicted"].get<int64_t>(), micro["correct"].get<int64_t>()};
    }
    if (any) views[view]["micro"] = CountsJson(sum, EvalMode::kConlleval);
  }
  return views;
}

}  // namespace

std::optional<std::vector<Prediction>> PredictSplit(Model& model, const Split& split, bool context,
                                                    int64_t batch_pieces) {
  std::vector<const Example*> examples;
  for (size_t i = 0; i < split.examples.size(); ++i)
    examples.push_back(context ? &split.WithContext(i) : &split.examples[i]);
  const TaggerPredictor predictor(model, {batch_pieces, false});
  return predictor.PredictUnless([] { return StopRequested() != nullptr; }, examples);
}

SelectedView ViewThatSelects(const RunConfig& config) {
  using By = TrainOptions::SelectBy;
  switch (config.train.select_by) {
    case By::kMean:
      return SelectedView::kMean;
    case By::kOriginal:
      return SelectedView::kOriginal;
    case By::kContext:
      return SelectedView::kContext;
    case By::kTrained:
      break;
  }
  const ObjectiveRules::Instances trained = RulesOf(config).instances;
  return trained == ObjectiveRules::Instances::kOriginal  ? SelectedView::kOriginal
         : trained == ObjectiveRules::Instances::kContext ? SelectedView::kContext
                                                          : SelectedView::kMean;
}

Json MeanRates(std::span<const Json> rates) {
  Json mean = Json::object();
  for (const char* key : {"precision", "recall", "f1"}) {
    double sum = 0;
    for (const Json& one : rates) sum += one[key].get<double>();
    mean[key] = sum / static_cast<double>(rates.size());
  }
  return mean;
}

Json SelectionScores(const RunConfig& config, std::span<const CorpusScores> corpora) {
  const SelectedView selected = ViewThatSelects(config);
  if (corpora.size() == 1) return OfSelectedView(selected, corpora.front().views);
  const std::string& over = config.train.select_over;
  if (over == "micro") {
    Json micro = {{"over", over}};
    micro.update(OfSelectedView(selected, Pooled(corpora)));
    return micro;
  }
  const auto named =
      std::find_if(corpora.begin(), corpora.end(), [&](const auto& corpus) { return corpus.name == over; });
  if (named != corpora.end()) {
    Json scores = {{"over", over}};
    scores.update(OfSelectedView(selected, named->views));
    return scores;
  }
  std::vector<Json> each;
  for (const CorpusScores& corpus : corpora) each.push_back(OfSelectedView(selected, corpus.views));
  Json mean = {{"over", "macro"}};
  mean.update(MeanRates(each));
  return mean;
}

std::string DevLine(std::span<const CorpusScores> corpora) {
  std::string line;
  for (const CorpusScores& corpus : corpora) {
    for (const auto& [view, scores] : corpus.views.items()) {
      line += (line.empty() ? "" : ", ") + corpus.name + (corpus.name.empty() ? "" : " ") + "dev F1 " +
              Percent(scores["micro"]["f1"].get<double>()) + (view == "context" ? " with contexts" : "");
    }
  }
  return line;
}

Scores ScoreSplit(const Split& split, const std::vector<Prediction>& predictions) {
  std::vector<std::vector<Span>> predicted;
  for (const Prediction& prediction : predictions) {
    std::vector<Span>& spans = predicted.emplace_back();
    for (const ScoredSpan& scored : prediction.spans) spans.push_back(scored.span);
  }
  return ScoreSpans(std::span<const Sentence>(split.corpus.sentences), std::span<const std::vector<Span>>(predicted));
}

}  // namespace clner
