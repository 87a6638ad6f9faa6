// What a finished run leaves to read: report.json, report.html and the tagged dev and test files.
#pragma once

#include <string>

#include "config/options.h"
#include "model/model.h"
#include "train/datasets.h"
#include "train/run_directory.h"
#include "train/state.h"

namespace clner {

/// Tags dev and test with `model` (the selected one), writes `<split>.pred.conll` (word, gold, predicted; BIO),
/// report.html and report.json, and returns the latter: scores in the shape of `clner eval --json`, training time, one
/// entry for each epoch.
[[nodiscard]] Json WriteReports(const RunConfig& config, Model& model, const Datasets& data, const TrainState& state,
                                const RunDirectory& run);

}  // namespace clner
