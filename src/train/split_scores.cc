#include "core/stop.h"
#include "eval/report.h"
#include "eval/scores.h"
#include "train/trainer.h"

namespace clner {

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

Json SelectionScores(const RunConfig& config, const Json& views) {
  const SelectedView selected = ViewThatSelects(config);
  if (selected == SelectedView::kOriginal || !views.contains("context")) return views["original"]["micro"];
  const Json &original = views["original"]["micro"], &context = views["context"]["micro"];
  if (selected == SelectedView::kContext) return context;
  Json mean = {{"mean_of", {"original", "context"}}};
  for (const char* key : {"precision", "recall", "f1"})
    mean[key] = (original[key].get<double>() + context[key].get<double>()) / 2;
  return mean;
}

Json ScoreSplit(const Split& split, const std::vector<Prediction>& predictions) {
  std::vector<std::vector<Span>> predicted;
  for (const Prediction& prediction : predictions) {
    std::vector<Span>& spans = predicted.emplace_back();
    for (const ScoredSpan& scored : prediction.spans) spans.push_back(scored.span);
  }
  const Scores scores =
      ScoreSpans(std::span<const Sentence>(split.corpus.sentences), std::span<const std::vector<Span>>(predicted));
  return ScoresJson(scores, split.corpus.scheme);
}

}  // namespace clner
