#include "clner/train.h"

#include <torch/version.h>

#include <cmath>

#include "api/backend.h"
#include "api/guard.h"
#include "config/resolve.h"
#include "core/files.h"
#include "train/run.h"

namespace clner {
namespace {

TrainRequest RequestOf(const TrainJob& job, const TrainCallbacks& callbacks) {
  TrainRequest request;
  const ResolvedConfig resolved = ResolveConfig(job.config, job.set);
  CheckFiles(resolved);
  request.config = resolved.config;
  request.out = job.output_dir.empty() ? std::filesystem::path("runs") / request.config.name
                                       : std::filesystem::path(job.output_dir);
  if (job.resume && job.overwrite)
    throw Error(ErrorCode::kUsage, "--resume and --overwrite exclude each other", "", "give one of them");
  request.existing = job.resume ? ExistingRun::kResume : job.overwrite ? ExistingRun::kOverwrite : ExistingRun::kRefuse;
  request.force = job.force;
  request.force_resume = job.force_resume;
  request.command_line = job.command_line;
  request.callbacks = callbacks;
  return request;
}

// Mean and sample deviation of one score over the runs, of one corpus of several when it is named.
Json Spread(const std::vector<Json>& reports, const char* split, const std::string& corpus = {}) {
  std::vector<double> values;
  for (const Json& report : reports) {
    const Json& scores = corpus.empty() ? report : report["corpora"][corpus];
    if (scores.contains(split)) values.push_back(scores[split]["micro"]["f1"].get<double>());
  }
  if (values.empty()) return Json();
  double mean = 0, squares = 0;
  for (double value : values) mean += value / static_cast<double>(values.size());
  for (double value : values) squares += (value - mean) * (value - mean);
  Json json = {{"f1_mean", mean}, {"f1_values", values}};
  json["f1_sd"] = values.size() > 1 ? Json(std::sqrt(squares / static_cast<double>(values.size() - 1))) : Json();
  return json;
}

std::string TrainSeeds(const TrainJob& job, const TrainCallbacks& callbacks) {
  const TrainRequest base = RequestOf(job, callbacks);
  std::vector<Json> reports;
  for (const int64_t seed : job.seeds) {
    TrainRequest request = base;
    request.config.seed = seed;
    request.out = base.out / ("seed-" + std::to_string(seed));
    reports.push_back(TrainRun(request));
  }
  Json summary = {{"schema_version", 1}, {"name", base.config.name}, {"seeds", job.seeds}};
  for (const char* split : {"dev", "test"}) {
    const Json spread = Spread(reports, split);
    if (!spread.is_null()) summary[split] = spread;
    for (const auto& [corpus, section] : base.config.data.corpora) {
      const Json own = Spread(reports, split, corpus);
      if (!own.is_null()) summary["corpora"][corpus][split] = own;
    }
  }
  summary["runs"] = reports;
  summary["run_dir"] = base.out.string();
  WriteFileAtomically(base.out / "summary.json", DumpJson(summary, 2) + "\n");
  return DumpJson(summary, 2);
}

}  // namespace

std::string Train(const TrainJob& job, const TrainCallbacks& callbacks) {
  return api::Guarded([&] {
    if (!job.seeds.empty()) return TrainSeeds(job, callbacks);
    return DumpJson(TrainRun(RequestOf(job, callbacks)), 2);
  });
}

std::string DryRunTraining(const TrainJob& job) {
  return api::Guarded([&] { return DumpJson(DryRun(RequestOf(job, {})), 2); });
}

}  // namespace clner

namespace {
const clner::api::Entry kEntry = {1,
                                  &clner::api::LoadBackend,
                                  &clner::Train,
                                  &clner::DryRunTraining,
                                  &clner::api::WriteStates,
                                  [] { return std::string(TORCH_VERSION); },
                                  &clner::api::LoadReranker};
}  // namespace

/// The table the program asks for after opening the library.
extern "C" const clner::api::Entry* clner_entry();
const clner::api::Entry* clner_entry() { return &kEntry; }
