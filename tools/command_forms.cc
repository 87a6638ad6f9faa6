#include "command_forms.h"

#include <algorithm>
#include <span>

#include "option_table.h"

namespace clner::cli {
namespace {

const auto kAll = [](const auto*) { return true; };

/// The option of all commands that is called `name`, or null.
const CLI::Option* GlobalOption(const CLI::App& command, const std::string& name) {
  const CLI::Option* option = command.get_option_no_throw(name);
  return option != nullptr && option->get_group() == kGlobalGroup ? option : nullptr;
}

/// The words that `word`, which starts with a hyphen, takes with it: 1, or 2 when its value follows. 0 for anything but
/// options of all commands.
size_t WordsOfGlobal(const CLI::App& command, const std::string& word) {
  const size_t equals = word.find('=');
  if (word.starts_with("--")) {
    const CLI::Option* option = GlobalOption(command, word.substr(0, equals));
    if (option == nullptr) return 0;
    return option->get_items_expected_max() > 0 && equals == std::string::npos ? 2 : 1;
  }
  for (const char letter : word.substr(1)) {  // flags may stand together, as in -vv
    const CLI::Option* option = GlobalOption(command, std::string("-") + letter);
    if (option == nullptr || option->get_items_expected_max() > 0) return 0;
  }
  return 1;
}

bool NamesSubcommand(const CLI::App& command, const std::string& word) {
  const std::vector<const CLI::App*> children = command.get_subcommands(kAll);
  return std::any_of(children.begin(), children.end(),
                     [&word](const CLI::App* child) { return child->get_name() == word; });
}

/// True if the words behind `command` begin with a subcommand.
bool StartWithSubcommand(const CLI::App& command, std::span<const std::string> words) {
  while (!words.empty() && words.front().size() > 1 && words.front().front() == '-') {
    const size_t taken = WordsOfGlobal(command, words.front());
    if (taken == 0) return false;
    words = words.subspan(std::min(taken, words.size()));
  }
  return !words.empty() && NamesSubcommand(command, words.front());
}

/// What CLI11 would do otherwise: take the subcommand for a required argument, ask for the arguments beside a
/// subcommand, run the command after it, and take a later argument for a subcommand.
void Choose(CLI::App* command, std::span<const std::string> words) {
  if (StartWithSubcommand(*command, words)) {
    for (CLI::Option* option : command->get_options(kAll)) option->required(false);
    command->callback({});
  } else {
    for (CLI::App* child : command->get_subcommands(kAll)) child->disabled();
  }
}

}  // namespace

bool TakesArguments(const CLI::App& command) {
  const std::vector<const CLI::Option*> options = command.get_options();
  return std::any_of(options.begin(), options.end(),
                     [](const CLI::Option* option) { return ReadOption(*option).positional; });
}

void ChooseForms(CLI::App& root, const std::vector<std::string>& arguments) {
  for (CLI::App* child : root.get_subcommands(kAll)) {
    ChooseForms(*child, arguments);
    if (!TakesArguments(*child) || child->get_subcommands(kAll).empty()) continue;
    child->preparse_callback([child, arguments](size_t behind) {
      Choose(child, std::span(arguments).last(std::min(behind, arguments.size())));
    });
  }
}

}  // namespace clner::cli
