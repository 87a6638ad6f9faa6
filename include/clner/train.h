// Training from a configuration.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "clner/error.h"

namespace clner {

/// What a caller may watch; called on the training thread between steps.
struct TrainCallbacks {
  std::function<void(int64_t step, double loss)> on_step = {};
  std::function<void(int64_t epoch, const std::string& record_json)> on_epoch =
      {};                                  ///< the epoch's line of metrics.jsonl
  std::function<bool()> should_stop = {};  ///< true: save a checkpoint and throw Error{kInterrupted}
};

/// One run, or one per seed.
struct TrainJob {
  std::string config = {};            ///< path of a YAML file or name of a shipped preset
  std::vector<std::string> set = {};  ///< overrides `key=value`
  std::string output_dir = {};        ///< "" = runs/<name>
  bool resume = false;                ///< continue from the newest complete checkpoint, if there is one
  bool overwrite = false;             ///< move an existing run aside and start again
  bool force = false;                 ///< train although the data have no entity
  bool force_resume = false;          ///< resume although configuration or data changed
  std::vector<int64_t> seeds = {};    ///< several: output_dir/seed-N each, and summary.json with mean and deviation
  std::string command_line = {};      ///< recorded in run.json
};

/// Trains and returns the text of report.json (of summary.json for several seeds). Throws Error.
std::string Train(const TrainJob& job, const TrainCallbacks& callbacks = {});

/// Resolves everything, runs the most expensive batch once and returns steps, memory and time as JSON; writes nothing.
std::string DryRunTraining(const TrainJob& job);

}  // namespace clner
