// The training loop. It knows objectives, batches and predictors, not systems.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "clner/train.h"
#include "config/options.h"
#include "core/read_ahead.h"
#include "model/predictor.h"
#include "objectives/objective.h"
#include "ops/adamw.h"
#include "train/batch_source.h"
#include "train/datasets.h"
#include "train/run_directory.h"
#include "train/split_scores.h"
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
  ReadAheadOptions read_ahead = {};  ///< how batches are prepared; no result depends on it
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
  /// The batches of the epoch that is trained.
  struct Epoch {
    std::vector<PlannedBatch> batches = {};
    std::optional<ReadAhead<std::vector<Batch>>> packed = {};  ///< the same, whole, ready for the model
  };
  void TrainEpoch();
  /// Batches [first, end) of the epoch as one optimizer step; false when the step was abandoned because a stop is due.
  bool TrainGroup(int64_t first, int64_t end);
  /// Leaves the gradients of batches [first, end), each computed in `parts` parts; nullopt when a stop is due.
  [[nodiscard]] std::optional<GroupLoss> Gradients(int64_t first, int64_t end, int64_t parts);
  /// The batch ready for the model, or a part of it; the time until it is there counts as waiting.
  [[nodiscard]] std::vector<Batch> Packed(int64_t batch, int64_t part, int64_t parts);
  /// Adds the time since the last call to that of the loop.
  void CountLoop();
  void AddGradients(const Batch& batch, double share, GroupLoss* group);
  /// After memory ran out: returns when halves are worth a try, else throws kResource.
  void SplitOrGiveUp(int64_t first, int64_t end, int64_t parts) const;
  void ApplyStep(const GroupLoss& group, double norm);
  void SkipBadStep(double loss, double norm, int64_t first, int64_t end);
  void FinishEpoch();
  /// Scores of every corpus that has dev data.
  [[nodiscard]] std::vector<CorpusScores> ScoreDev();
  void PublishBest(const Json& dev);
  void Save();
  [[noreturn]] void SaveAndStop();
  [[nodiscard]] bool GraceIsOver(double next_batch_seconds);

  TrainSetup setup_;
  TrainState state_;
  Epoch epoch_;
  int64_t total_steps_ = 0;
  double last_batch_seconds_ = 0;
  std::optional<double> stop_seen_at_;
  double run_started_at_ = 0, loop_counted_at_ = 0;
  std::string note_;  ///< shown behind the progress bar
};

/// Seconds of a monotonic clock.
[[nodiscard]] double Now();

}  // namespace clner
