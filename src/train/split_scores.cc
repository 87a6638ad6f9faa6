#include <torch/torch.h>

#include "core/stop.h"
#include "eval/scores.h"
#include "train/trainer.h"

namespace clner {
namespace {

Json CountsJson(const Counts& counts, EvalMode mode) {
  const Rates rates = RatesOf(counts, mode);
  return {{"precision", rates.precision}, {"recall", rates.recall},        {"f1", rates.f1},
          {"gold", counts.gold},          {"predicted", counts.predicted}, {"correct", counts.correct}};
}

}  // namespace

std::vector<Prediction> PredictSplit(Model& model, const SentenceView& view, const Split& split, int64_t batch_pieces) {
  const TaggerPredictor predictor(model, view, {batch_pieces, false});
  std::vector<Prediction> predictions = predictor.Predict(std::span<const Example>(split.examples));
  return predictions;
}

Json ScoreSplit(const Split& split, const std::vector<Prediction>& predictions) {
  std::vector<std::vector<Span>> predicted;
  for (const Prediction& prediction : predictions) {
    std::vector<Span>& spans = predicted.emplace_back();
    for (const ScoredSpan& scored : prediction.spans) spans.push_back(scored.span);
  }
  const Scores scores =
      ScoreSpans(std::span<const Sentence>(split.corpus.sentences), std::span<const std::vector<Span>>(predicted));
  Json json;
  json["micro"] = CountsJson(scores.micro, scores.mode);
  const Rates macro = scores.Macro();
  json["macro"] = {{"precision", macro.precision}, {"recall", macro.recall}, {"f1", macro.f1}};
  json["types"] = Json::object();
  for (const auto& [type, counts] : scores.types) json["types"][type] = CountsJson(counts, scores.mode);
  json["accuracy"] = scores.Accuracy();
  json["sentences"] = scores.sentences;
  json["words"] = scores.words;
  return json;
}

}  // namespace clner
