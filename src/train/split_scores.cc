#include "core/stop.h"
#include "eval/report.h"
#include "eval/scores.h"
#include "train/trainer.h"

namespace clner {

std::optional<std::vector<Prediction>> PredictSplit(Model& model, const SentenceView& view, const Split& split,
                                                    int64_t batch_pieces) {
  const TaggerPredictor predictor(model, view, {batch_pieces, false});
  return predictor.PredictUnless([] { return StopRequested() != nullptr; }, split.examples);
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
