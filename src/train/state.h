// All progress of a training run in one serialisable struct.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.h"

namespace clner {

struct TrainState {
  int64_t epoch = 0;       ///< epochs completed (validated)
  int64_t batch = 0;       ///< batches of the current epoch already used
  int64_t step = 0;        ///< optimizer steps done
  int64_t micro_step = 0;  ///< batches used over all epochs; seeds the random numbers of a batch
  double best_f1 = -1;     ///< dev micro F1 (fraction) of the model in best/; -1 = none yet
  int64_t best_epoch = 0;  ///< 1-based; 0 = none yet
  int64_t epochs_without_better = 0;
  int64_t bad_steps_in_row = 0, bad_steps = 0;  ///< steps skipped because loss or gradient was not finite
  double epoch_loss = 0;                        ///< sum of the batch losses of the current epoch
  int64_t epoch_batches = 0;
  int64_t trained_words = 0;
  double seconds = 0;                              ///< wall time of training so far, evaluation included
  double loop_seconds = 0, data_wait_seconds = 0;  ///< of it in training steps, and there without a batch to work on
  bool finished = false;
  Json history = Json::array();  ///< one object per finished epoch

  /// Share of the training steps in which they waited for data.
  [[nodiscard]] double data_wait_share() const { return loop_seconds > 0 ? data_wait_seconds / loop_seconds : 0; }

  [[nodiscard]] Json ToJson() const;
  /// kCorrupt naming `path` when a field is missing or of the wrong type.
  [[nodiscard]] static TrainState FromJson(const Json& json, const std::string& path);
};

}  // namespace clner
