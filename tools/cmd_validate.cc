// `clner validate`: finds what is wrong or suspicious in data files before training does.
#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "data/counted.h"
#include "data/validate.h"
#include "data_options.h"

namespace clner::cli {
namespace {

struct Options {
  std::vector<std::string> data;
  std::string train, dev, test, contexts, train_contexts, dev_contexts, test_contexts, fail_on = "warning";
  DataFlags read;
  ValidateOptions checks;
  bool json = false;
};

std::vector<ValidateInput> Inputs(const Options& options) {
  std::vector<ValidateInput> inputs;
  const auto add = [&](const char* role, const std::string& path, const std::string& contexts) {
    if (!path.empty()) {
      inputs.push_back({role, path, contexts});
    } else if (!contexts.empty()) {
      throw Error(ErrorCode::kUsage, fmt::format("--{0}-contexts without --{0}", role), "",
                  fmt::format("add --{} FILE", role));
    }
  };
  add("train", options.train, options.train_contexts);
  add("dev", options.dev, options.dev_contexts);
  add("test", options.test, options.test_contexts);
  for (const std::string& path : options.data) inputs.push_back({"data", path, ""});
  if (inputs.empty()) {
    throw Error(ErrorCode::kUsage, "no data given", "", "name files, or use --train, --dev and --test");
  }
  if (options.contexts.empty()) return inputs;
  if (options.data.size() != 1) {
    throw Error(ErrorCode::kUsage, "--context-file needs exactly one DATA", "",
                "use --train-contexts, --dev-contexts and --test-contexts for several files");
  }
  inputs.back().contexts = options.contexts;
  return inputs;
}

std::string Report(const ValidateReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text += fmt::format("{}: {} ({}): {}\n   in: {}\n", Name(finding.severity), finding.code, finding.count,
                        finding.what, finding.file);
    text += FormatPlaces(finding) + "\n";
  }
  std::vector<std::vector<std::string>> rows = {{"file", "sentences", "words", "entities", "scheme", "with context"}};
  for (const Corpus& corpus : report.corpora) {
    rows.push_back({corpus.path, std::to_string(corpus.sentences.size()), std::to_string(corpus.words),
                    std::to_string(corpus.entities), Name(corpus.scheme), std::to_string(corpus.with_context)});
  }
  text += FormatTable(rows) + "\n";
  if (report.findings.empty()) return text + "nothing found\n";
  return text + Counted(report.Count(Severity::kError), "kind of error", "kinds of errors") + ", " +
         Counted(report.Count(Severity::kWarning), "kind of warning", "kinds of warnings") + "\n";
}

int Run(const Options& options) {
  ValidateOptions checks = options.checks;
  checks.read = ReadOptions(options.read);
  checks.labels = options.read.labels;
  if (!options.read.from.empty()) checks.format = ParseDataFormat(options.read.from);
  const ValidateReport report = Validate(Inputs(options), checks);
  OutputFile output("-");
  output.Write(options.json ? DumpJson(ToJson(report), 2) + "\n" : Report(report));
  output.Close();
  const bool failed = report.Count(Severity::kError) > 0 || (options.fail_on == "warning" && !report.findings.empty());
  return failed ? static_cast<int>(ErrorCode::kCheckFailed) : 0;
}

void AddFileOptions(CLI::App* command, Options* options) {
  command->add_option("DATA", options->data,
                      "Column files or JSON lines; without --train the first is the training data.");
  const auto file = [&](const char* name, std::string* path, const char* help) {
    command->add_option(name, *path, help)->type_name("FILE");
  };
  file("--train", &options->train, "Training data.");
  file("--dev", &options->dev, "Development data.");
  file("--test", &options->test, "Test data.");
  file("--contexts,--context-file", &options->contexts,
       "Contexts of DATA: a column or JSON lines file of the same sentences, or a cache.");
  file("--train-contexts", &options->train_contexts, "Context file that belongs to --train.");
  file("--dev-contexts", &options->dev_contexts, "Context file that belongs to --dev.");
  file("--test-contexts", &options->test_contexts, "Context file that belongs to --test.");
}

}  // namespace

void AddValidate(CLI::App& app, const Globals& globals, Action* action) {
  (void)globals;
  CLI::App* command = app.add_subcommand("validate", "Check data files; exit 1 if something is found.");
  auto options = std::make_shared<Options>();
  AddFileOptions(command, options.get());
  command->add_flag("--json", options->json, "Print one JSON object with all findings.");
  command->add_option("--fail-on", options->fail_on, "Findings that make the exit code 1: all, or only errors.")
      ->check(CLI::IsMember({"warning", "error"}))
      ->capture_default_str();
  command
      ->add_option("--long-sentence", options->checks.long_sentence_words, "Report sentences of more words than this.")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--rare-label", options->checks.rare_label, "Report types with fewer training entities than this.")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  AddDataOptions(command, &options->read);
  command->footer(
      "Examples:\n  clner validate examples/quickstart/train.conll --context-file "
      "examples/quickstart/contexts/train.txt\n"
      "  clner validate --train examples/quickstart/train.conll --test examples/quickstart/test.conll --json");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace clner::cli
