// `clner train`: trains from a configuration and prints the scores.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "commands.h"
#include "core/error.h"
#include "core/json.h"
#include "torch_library.h"

namespace clner::cli {
namespace {

struct Options {
  TrainJob job;
  std::string resume_dir;
  int64_t seed = -1;
  bool dry_run = false, json = false;
};

std::string Percent(const Json& value) {
  return value.is_number() ? fmt::format("{:.2f}", 100 * value.get<double>()) : "n/a";
}

void PrintSplit(const Json& report, const char* split, const std::string& corpus = {}) {
  if (!report.contains(split)) return;
  std::vector<std::vector<std::string>> rows = {
      {corpus.empty() ? split : corpus + " " + split, "precision", "recall", "F1", "gold", "predicted", "correct"}};
  const auto add = [&](const std::string& name, const Json& counts) {
    rows.push_back({name, Percent(counts["precision"]), Percent(counts["recall"]), Percent(counts["f1"]),
                    DumpJson(counts["gold"]), DumpJson(counts["predicted"]), DumpJson(counts["correct"])});
  };
  for (const auto& [type, counts] : report[split]["types"].items()) add(type, counts);
  add("all (micro)", report[split]["micro"]);
  fmt::print("{}\n", FormatTable(rows));
}

// One row for every corpus, then all entities together and the mean over the corpora.
void PrintCorpora(const Json& report, const char* split) {
  if (!report.contains(split)) return;
  std::vector<std::vector<std::string>> rows = {{split, "precision", "recall", "F1"}};
  const auto add = [&](const std::string& name, const Json& rates) {
    rows.push_back({name, Percent(rates["precision"]), Percent(rates["recall"]), Percent(rates["f1"])});
  };
  for (const auto& [corpus, scores] : report["corpora"].items()) {
    if (scores.contains(split)) add(corpus, scores[split]["micro"]);
  }
  add("all (micro)", report[split]["micro"]);
  add("mean (macro)", report[split]["corpora_mean"]);
  fmt::print("{}\n", FormatTable(rows));
}

void PrintReport(const Json& report) {
  for (const char* split : {"dev", "test"}) {
    if (!report.contains("corpora")) {
      PrintSplit(report, split);
      continue;
    }
    for (const auto& [corpus, scores] : report["corpora"].items()) PrintSplit(scores, split, corpus);
    PrintCorpora(report, split);
  }
  const Json& train = report["train"];
  fmt::print(
      "best epoch {} of {}, {} steps, {:.1f} s, {:.0f} words/s\nwaiting for data: {:.2f} % of the training "
      "steps\nmodel:  {}\nreport: "
      "{}/report.json\n",
      DumpJson(train["best_epoch"]), DumpJson(train["epochs"]), DumpJson(train["steps"]),
      train["seconds"].get<double>(), train["words_per_second"].get<double>(),
      100 * train["data_wait_share"].get<double>(), report["model_dir"].get<std::string>(),
      report["run_dir"].get<std::string>());
}

void PrintSummary(const Json& summary) {
  std::vector<std::vector<std::string>> rows = {{"seed", "dev F1", "test F1", "best epoch", "seconds"}};
  const auto f1 = [](const Json& report, const char* split) {
    return report.contains(split) ? Percent(report[split]["micro"]["f1"]) : std::string("n/a");
  };
  for (const Json& report : summary["runs"]) {
    rows.push_back({DumpJson(report["seed"]), f1(report, "dev"), f1(report, "test"),
                    DumpJson(report["train"]["best_epoch"]),
                    fmt::format("{:.1f}", report["train"]["seconds"].get<double>())});
  }
  for (const char* statistic : {"f1_mean", "f1_sd"}) {
    const auto value = [&](const char* split) {
      return summary.contains(split) ? Percent(summary[split][statistic]) : std::string("n/a");
    };
    rows.push_back({std::string(statistic) == "f1_mean" ? "mean" : "sd", value("dev"), value("test"), "", ""});
  }
  fmt::print("{}summary: {}/summary.json\n", FormatTable(rows), summary["run_dir"].get<std::string>());
}

void PrintDryRun(const Json& plan) {
  const Json& worst = plan["worst_batch"];
  fmt::print(
      "steps            {}\nbatches an epoch {}\ntags             {}\nworst batch      {} sentences, {} pieces, {:.2f} "
      "s\npeak memory      {:.0f} MB\nestimated time   {:.0f} s\n",
      DumpJson(plan["steps"]), DumpJson(plan["batches_per_epoch"]), DumpJson(plan["tags"]),
      DumpJson(worst["sentences"]), DumpJson(worst["pieces"]), worst["seconds"].get<double>(),
      plan["peak_megabytes"].get<double>(), plan["estimated_seconds"].get<double>());
}

int Run(Options options, const Globals& globals) {
  TrainJob& job = options.job;
  if (!options.resume_dir.empty()) {
    if (!job.output_dir.empty() && job.output_dir != options.resume_dir) {
      throw Error(ErrorCode::kUsage,
                  "--resume=" + options.resume_dir + " and -o " + job.output_dir + " name different directories", "",
                  "give one of them");
    }
    job.output_dir = options.resume_dir;
  }
  if (job.config.empty()) {
    if (!job.resume || job.output_dir.empty())
      throw Error(ErrorCode::kUsage, "--config is missing", "",
                  "clner train -c FILE; 'clner config init' prints one to start from");
    job.config = job.output_dir + "/config.yaml";
  }
  if (options.seed >= 0) job.set.push_back("seed=" + std::to_string(options.seed));
  if (globals.threads > 0) job.set.push_back("threads=" + std::to_string(globals.threads));
  if (globals.device != "auto") job.set.push_back("device=" + globals.device);
  if (options.dry_run) {
    const Json plan = ParseJson(TorchLibrary().dry_run(job), "dry run", ErrorCode::kInternal);
    options.json ? fmt::print("{}\n", DumpJson(plan, 2)) : PrintDryRun(plan);
    return 0;
  }
  const Json report = ParseJson(TorchLibrary().train(job, {}), "report", ErrorCode::kInternal);
  if (options.json) {
    fmt::print("{}\n", DumpJson(report, 2));
  } else {
    report.contains("runs") ? PrintSummary(report) : PrintReport(report);
  }
  return 0;
}

}  // namespace

void AddTrain(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("train", "Train a tagger from a configuration.");
  auto options = std::make_shared<Options>();
  command
      ->add_option("-c,--config", options->job.config,
                   "Configuration: a YAML file, the name of a shipped preset, or - for stdin.")
      ->type_name("FILE");
  command
      ->add_option("--set", options->job.set,
                   "Override one option, for example train.lr=1e-5; repeatable, later ones win.")
      ->type_name("KEY=VALUE");
  command
      ->add_option("-o,--output", options->job.output_dir, "Run directory (default: runs/NAME of the configuration).")
      ->type_name("DIR");
  command
      ->add_flag("--resume{.}", options->resume_dir,
                 "Go on from the newest complete checkpoint of the run (of DIR, when given).")
      ->type_name("DIR");
  command->add_flag("--overwrite", options->job.overwrite, "Move an existing run aside and start again.");
  command->add_flag("--force", options->job.force, "Train although the training data hold no entity.");
  command->add_flag("--force-resume", options->job.force_resume, "Resume although configuration or data changed.");
  auto* seed =
      command->add_option("--seed", options->seed, "Seed of all random numbers (default: seed of the configuration).")
          ->type_name("N")
          ->check(CLI::NonNegativeNumber);
  command->add_option("--seeds", options->job.seeds, "Train once per seed and report mean and deviation.")
      ->type_name("N,N,...")
      ->delimiter(',')
      ->excludes(seed)
      ->check(CLI::NonNegativeNumber);
  command->add_flag(
      "--dry-run", options->dry_run,
      "Resolve everything, run the most expensive batch once, report steps, memory and time; write nothing.");
  command->add_flag("--json", options->json, "Print the report as JSON.");
  command->footer(
      "Examples:\n  clner train -c quickstart.yaml\n  clner train -c wnut17_baseline.yaml --seeds 1,2,3 -o "
      "runs/baseline\n  clner train -c my.yaml --resume");
  CLI::Option* resume = command->get_option("--resume");
  command->callback([=, &globals] {
    options->job.resume = resume->count() > 0;
    if (options->resume_dir == "." || options->resume_dir == "true") options->resume_dir.clear();
    *action = [=, &globals] { return Run(*options, globals); };
  });
}

}  // namespace clner::cli
