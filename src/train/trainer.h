// The training loop. It knows objectives, batches and predictors, not systems.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "clner/train.h"
#include "config/options.h"
#include "model/predictor.h"
#include "objectives/objective.h"
#include "ops/adamw.h"
#include "train/batch_source.h"
#include "train/datasets.h"
#include "train/run_directory.h"
#include "train/state.h"

namespace clner {

/// Everything a run trains with; the trainer owns none of it.
struct TrainSetup {
  const RunConfig& config;
  const Datasets& data;
  const BatchSource& batches;
  Model& model;
  Objective& objective;
  ops::AdamW& optimizer;
  RunDirectory& run;
  std::filesystem::path tokenizer_from;  ///< directory whose tokenizer files go into best/
  Json identity;                         ///< hashes and versions written to every checkpoint
  const TrainCallbacks& callbacks;
};

class Trainer {
 public:
  Trainer(TrainSetup setup, TrainState state);
  /// Trains to the end (or early stop) and leaves the selected model in best/. Throws kInterrupted after saving when
  /// asked to stop, kInternal when `max_bad_steps` losses in a row were not finite.
  void Run();
  [[nodiscard]] const TrainState& state() const { return state_; }
  [[nodiscard]] static int64_t StepsPerEpoch(int64_t batches, int64_t accumulate) {
    return (batches + accumulate - 1) / accumulate;
  }

 private:
  /// What the batches of one optimizer step gave: the mean loss and its terms.
  struct GroupLoss {
    double total = 0;
    std::vector<LossTerm> terms = {};
    int64_t words = 0;
  };
  void TrainEpoch();
  /// Batches [first, end) of the epoch as one optimizer step; false when the step was abandoned because a stop is due.
  bool TrainGroup(const std::vector<PlannedBatch>& batches, int64_t first, int64_t end);
  /// Leaves the gradients of batches [first, end), each computed in `parts` parts; nullopt when a stop is due.
  [[nodiscard]] std::optional<GroupLoss> Gradients(const std::vector<PlannedBatch>& batches, int64_t first, int64_t end,
                                                   int64_t parts);
  void AddGradients(const Batch& batch, double share, GroupLoss* group);
  /// After memory ran out: returns when halves are worth a try, else throws kResource.
  void SplitOrGiveUp(const std::vector<PlannedBatch>& batches, int64_t first, int64_t end, int64_t parts) const;
  void ApplyStep(const GroupLoss& group, double norm);
  void SkipBadStep(double loss, double norm, const std::vector<PlannedBatch>& batches, int64_t first, int64_t end);
  void FinishEpoch();
  /// Scores of every view of the dev data: {"original": {...}, "context": {...}}.
  [[nodiscard]] Json ScoreDev();
  void PublishBest(const Json& dev);
  void Save();
  [[noreturn]] void SaveAndStop();
  [[nodiscard]] bool GraceIsOver(double next_batch_seconds);

  TrainSetup setup_;
  TrainState state_;
  int64_t total_steps_ = 0;
  double last_batch_seconds_ = 0;
  std::optional<double> stop_seen_at_;
  double run_started_at_ = 0;
  std::string note_;  ///< shown behind the progress bar
};

/// Spans predicted for one view of a split, in corpus order; nullopt when a stop was requested meanwhile.
[[nodiscard]] std::optional<std::vector<Prediction>> PredictSplit(Model& model, const Split& split, bool context,
                                                                  int64_t batch_pieces);
/// `micro`, `types`, ... of predictions against gold, in the shape of `clner eval --json`.
[[nodiscard]] Json ScoreSplit(const Split& split, const std::vector<Prediction>& predictions);
/// Which dev scores choose the epoch that is kept (clner.md 3.9).
enum class SelectedView { kOriginal, kContext, kMean };
[[nodiscard]] SelectedView ViewThatSelects(const RunConfig& config);
/// Its `micro` from the scores of every view; the mean has precision, recall and f1 alone.
[[nodiscard]] Json SelectionScores(const RunConfig& config, const Json& views);
/// Seconds of a monotonic clock.
[[nodiscard]] double Now();

}  // namespace clner
