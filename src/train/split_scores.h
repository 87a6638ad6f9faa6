// Scores of dev and test data, and which of them choose the epoch that is kept.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/options.h"
#include "core/json.h"
#include "eval/scores.h"
#include "model/predictor.h"
#include "train/datasets.h"

namespace clner {

/// Spans predicted for one view of a split, in corpus order; nullopt when a stop was requested meanwhile.
[[nodiscard]] std::optional<std::vector<Prediction>> PredictSplit(Model& model, const Split& split, bool context,
                                                                  int64_t batch_pieces);
/// Predictions against gold.
[[nodiscard]] Scores ScoreSplit(const Split& split, const std::vector<Prediction>& predictions);

/// Scores of one corpus by view, {"original": {...}, "context": {...}}, each in the shape of `clner eval --json`. The
/// view with context is there only if some sentence has one.
struct CorpusScores {
  std::string name = {};  ///< empty when there is only one corpus
  Json views = Json::object();
};

/// Which dev scores choose the epoch that is kept (clner.md 3.9).
enum class SelectedView { kOriginal, kContext, kMean };
[[nodiscard]] SelectedView ViewThatSelects(const RunConfig& config);
/// Precision, recall and f1 that choose the epoch: the `micro` of the view, or the mean of both, of one corpus; of
/// several what train.select_over says. `corpora` is not empty. Of a corpus without contexts the original view counts.
[[nodiscard]] Json SelectionScores(const RunConfig& config, std::span<const CorpusScores> corpora);
/// Mean of precision, recall and f1 of several objects.
[[nodiscard]] Json MeanRates(std::span<const Json> rates);
/// "dev F1 51.20, dev F1 53.00 with contexts", every corpus by its name.
[[nodiscard]] std::string DevLine(std::span<const CorpusScores> corpora);

}  // namespace clner
