// Commands that take arguments of their own and have subcommands beside them, e.g. `clner contexts`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace clner::cli {

/// True for a command with positional arguments.
[[nodiscard]] bool TakesArguments(const CLI::App& command);

/// Makes commands with arguments and subcommands choose between the two when they are met: the first word behind them,
/// options of all commands aside, is a subcommand or everything is an argument. A file named like a subcommand is
/// written `./NAME` there. `arguments` are those that `root` will parse next. Call it after FinishParser.
void ChooseForms(CLI::App& root, const std::vector<std::string>& arguments);

}  // namespace clner::cli
