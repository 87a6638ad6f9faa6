// One table of all commands and options, read from the parser itself. Help, docs/cli.md, the man page and the shell
// completions are all printed from it, so they cannot disagree with what the program accepts.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace clner::cli {

/// One option, flag or positional argument of a command.
struct OptionRow {
  std::vector<std::string> names = {};    ///< "-o", "--output"; a positional has its placeholder, e.g. "GOLD"
  std::string value = {};                 ///< placeholder of the value ("FILE", "N"); empty for a flag
  std::vector<std::string> choices = {};  ///< the only valid values, or empty
  std::string range = {};                 ///< e.g. "0..1", ">= 0"; empty when any value of the type is valid
  std::string default_value = {};
  std::string help = {};
  std::string group = {};
  bool required = false, repeatable = false, positional = false;
  bool optional_value = false;  ///< `--name` alone is valid too
  /// "-o, --output FILE"; a repeatable positional is "FILE...".
  [[nodiscard]] std::string Signature() const;
  /// The help sentence followed by choices, range, default and whether it is required.
  [[nodiscard]] std::string FullHelp() const;
};

/// The program (empty path) or one command, e.g. {"model", "info"}.
struct CommandRow {
  std::vector<std::string> path = {};
  std::string help = {};
  std::string footer = {};  ///< examples, printed as they are
  std::vector<OptionRow> positionals = {}, options = {};
  std::vector<std::string> subcommands = {};
  [[nodiscard]] std::string FullName() const;  ///< "clner model info"
  /// True if it does something by itself: only a command with subcommands and without arguments does not.
  [[nodiscard]] bool Runs() const { return subcommands.empty() || !positionals.empty(); }
  /// "clner eval [options] GOLD PRED"; a command with arguments and subcommands has a line for each form.
  [[nodiscard]] std::vector<std::string> Usage() const;
  /// The option groups in order of first appearance; the group of the global options comes last.
  [[nodiscard]] std::vector<std::string> Groups() const;
};

/// Group name of the options that every command takes.
inline constexpr const char* kGlobalGroup = "Global options";

struct ExitCodeRow {
  int code;
  const char* meaning;
};
/// Every exit code of the program with its meaning.
[[nodiscard]] const std::vector<ExitCodeRow>& ExitCodes();

struct VariableRow {
  const char* name;
  const char* meaning;
};
/// The environment variables that users may set.
[[nodiscard]] const std::vector<VariableRow>& EnvironmentVariables();

/// Depth-first: the program, then each command followed by its subcommands. Hidden commands and options (group "") are
/// left out.
using OptionTable = std::vector<CommandRow>;
[[nodiscard]] OptionTable ReadOptionTable(const CLI::App& root);
/// The row of one option as ReadOptionTable makes it.
[[nodiscard]] OptionRow ReadOption(const CLI::Option& option);
/// The command with this path; it must exist.
[[nodiscard]] const CommandRow& FindCommand(const OptionTable& table, const std::vector<std::string>& path);

/// What `clner ... --help` prints.
[[nodiscard]] std::string HelpText(const OptionTable& table, const CommandRow& command);
/// docs/cli.md.
[[nodiscard]] std::string MarkdownReference(const OptionTable& table);
/// The man page clner(1) in roff.
[[nodiscard]] std::string ManPage(const OptionTable& table);
[[nodiscard]] std::string BashCompletion(const OptionTable& table);
[[nodiscard]] std::string ZshCompletion(const OptionTable& table);
[[nodiscard]] std::string FishCompletion(const OptionTable& table);

/// `text` broken at blanks into lines of at most `width` columns; explicit newlines stay.
[[nodiscard]] std::vector<std::string> WrapText(const std::string& text, size_t width);
/// The parts joined by `separator`.
[[nodiscard]] std::string Join(const std::vector<std::string>& parts, const std::string& separator);

}  // namespace clner::cli
