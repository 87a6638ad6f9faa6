// One training run from configuration to report.
#pragma once

#include <filesystem>
#include <string>

#include "clner/train.h"
#include "config/options.h"
#include "core/json.h"
#include "core/read_ahead.h"
#include "train/run_directory.h"

namespace clner {

struct TrainRequest {
  RunConfig config = {};
  std::filesystem::path out = {};
  ExistingRun existing = ExistingRun::kRefuse;
  bool force = false;         ///< train although the data have no entity
  bool force_resume = false;  ///< resume although configuration or data changed
  std::string command_line = {};
  TrainCallbacks callbacks = {};
  ReadAheadOptions read_ahead = {};  ///< how batches are prepared; no result depends on it
};

/// Trains (or resumes), evaluates the selected model on dev and test, writes the run directory and returns report.json.
Json TrainRun(const TrainRequest& request);

/// Resolves data and model, runs forward, backward and one optimizer step on the most expensive batch; writes nothing.
/// Returns steps, pieces, memory and the estimated time.
Json DryRun(const TrainRequest& request);

}  // namespace clner
