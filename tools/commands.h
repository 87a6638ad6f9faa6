// The commands of the program: each cmd_*.cc adds one to the parser. Commands read options, call the library and print.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace clner {
struct Finding;
}

namespace clner::cli {

/// Options every command takes.
struct Globals {
  bool quiet = false, no_color = false, strict = false;
  int verbose = 0;
  std::string log_file = {};
  int threads = 0;  ///< 0 = all cores
  std::string device = "auto";
};

/// What main runs after parsing; returns the exit code. Set by the chosen subcommand's callback.
using Action = std::function<int()>;

void AddTrain(CLI::App& app, const Globals& globals, Action* action);
void AddPredict(CLI::App& app, const Globals& globals, Action* action);
void AddEval(CLI::App& app, const Globals& globals, Action* action);
void AddValidate(CLI::App& app, const Globals& globals, Action* action);
void AddStats(CLI::App& app, const Globals& globals, Action* action);
void AddConvert(CLI::App& app, const Globals& globals, Action* action);
void AddConfig(CLI::App& app, const Globals& globals, Action* action);
void AddModel(CLI::App& app, const Globals& globals, Action* action);
void AddIndex(CLI::App& app, const Globals& globals, Action* action);
void AddSearch(CLI::App& app, const Globals& globals, Action* action);
void AddContexts(CLI::App& app, const Globals& globals, Action* action);
void AddContextsReport(CLI::App& contexts, const Globals& globals, Action* action);
void AddInspect(CLI::App& app, const Globals& globals, Action* action);
void AddDoctor(CLI::App& app, const Globals& globals, Action* action);
void AddCompletion(CLI::App& app, const Globals& globals, Action* action);
void AddMan(CLI::App& app, const Globals& globals, Action* action);

/// Prints an aligned table: first row is the header, first column left-aligned, the others right-aligned.
[[nodiscard]] std::string FormatTable(const std::vector<std::vector<std::string>>& rows);
/// Prints the first places of a finding, how many more there are, and how to fix it, a line each.
[[nodiscard]] std::string FormatPlaces(const Finding& finding);

}  // namespace clner::cli
