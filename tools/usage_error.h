// Command line mistakes as clner::Error (exit code 64), with the nearest valid name.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "clner/error.h"

namespace clner::cli {

/// Gives the program and every command without subcommands the options all commands take, makes repeatable options take
/// one value at a time (so that they never swallow positional arguments) and lets flags take no value.
/// To be called after all commands were added; `add_globals` adds the common options to one of them.
void FinishParser(CLI::App& root, const std::function<void(CLI::App&)>& add_globals);

/// The names of the commands that the parsed command line chose, e.g. {"model", "info"}.
[[nodiscard]] std::vector<std::string> ChosenPath(const CLI::App& root);

/// Refuses what CLI11 would misread: `--name=` without a value takes the next argument there. Throws kUsage.
void CheckArguments(const std::vector<std::string>& arguments);

/// What went wrong in a parse of `root` that threw `error`: unknown commands, options and arguments first, then missing
/// ones, then conflicts and bad values. At most 20 problems, code kUsage.
[[nodiscard]] Error UsageError(CLI::App& root, const CLI::ParseError& error);
/// "no command given" for the program, "'clner model' needs a command" for a command with subcommands and without
/// arguments. Throws kUsage if so.
void RequireCommand(const CLI::App& root);

}  // namespace clner::cli
