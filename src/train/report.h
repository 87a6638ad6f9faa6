// What a finished run leaves to read: report.json, report.html and the tagged dev and test files.
#pragma once

#include <string>

#include "config/options.h"
#include "model/model.h"
#include "train/datasets.h"
#include "train/run_directory.h"
#include "train/state.h"

namespace clner {

/// Tags dev and test of every corpus with `model` (the selected one), writes `<split>.pred.conll` (word, gold,
/// predicted; BIO), report.html and report.json, and returns the latter: scores in the shape of `clner eval --json`,
/// training time, one entry for each epoch. Several corpora have their scores below `corpora` and files
/// `<corpus>.<split>.pred.conll`; the scores of all together stand where those of the only one would, with the mean
/// over the corpora.
[[nodiscard]] Json WriteReports(const RunConfig& config, Model& model, const Datasets& data, const TrainState& state,
                                const RunDirectory& run);

}  // namespace clner
