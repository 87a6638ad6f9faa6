#include "usage_error.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <string_view>
#include <system_error>

#include "command_forms.h"
#include "core/error.h"
#include "core/suggest.h"
#include "core/utf8.h"
#include "option_table.h"

namespace clner::cli {
namespace {

const auto kAnyCommand = [](const CLI::App*) { return true; };
const auto kAnyOption = [](const CLI::Option*) { return true; };

std::string Quoted(const std::string& text) { return "'" + Printable(text) + "'"; }

/// The program followed by the chosen command and subcommand.
std::vector<CLI::App*> ChosenApps(const CLI::App& root) {
  std::vector<CLI::App*> chain = {const_cast<CLI::App*>(&root)};
  while (!chain.back()->get_subcommands().empty()) chain.push_back(chain.back()->get_subcommands().front());
  return chain;
}

std::string FullName(const std::vector<CLI::App*>& chain) {
  std::string name = "clner";
  for (size_t i = 1; i < chain.size(); ++i) name += " " + chain[i]->get_name();
  return name;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* child : app.get_subcommands(kAnyCommand)) {
    if (!child->get_group().empty()) names.push_back(child->get_name());
  }
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options(kAnyOption)) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// "--output" for an option, "GOLD" for a positional argument.
std::string DisplayName(const CLI::Option& option) {
  if (!option.get_lnames().empty()) return "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) return "-" + option.get_snames().front();
  return ReadOption(option).names.front();
}

/// Position of the full stop that ends the first sentence, or npos; "e.g." and "i.e." end none.
size_t EndOfSentence(const std::string& text) {
  size_t stop = text.find(". ");
  while (stop != std::string::npos && stop >= 2 && text[stop - 2] == '.') stop = text.find(". ", stop + 1);
  return stop;
}

/// ": " and the first sentence of the help.
std::string Explanation(const OptionRow& row) {
  std::string sentence = row.help.substr(0, EndOfSentence(row.help));
  if (!sentence.empty() && sentence.back() == '.') sentence.pop_back();
  return sentence.empty() ? sentence : ": " + sentence;
}

std::string HelpLists(const std::vector<CLI::App*>& chain) { return "'" + FullName(chain) + " --help' lists "; }

Problem UnknownCommand(const std::vector<CLI::App*>& chain, const std::string& name) {
  return {"unknown command " + Quoted(name) + DidYouMean(name, CommandNames(*chain.back())), "",
          HelpLists(chain) + "the valid ones"};
}

/// The first argument of a command with subcommands, when it is no file and looks like one of them.
void AddMistyped(const std::vector<CLI::App*>& chain, ProblemList* problems) {
  const std::vector<std::string> commands = CommandNames(*chain.back());
  for (const CLI::Option* option : chain.back()->get_options(kAnyOption)) {
    if (option->count() == 0 || !ReadOption(*option).positional) continue;
    const std::string& word = option->results().front();
    std::error_code ignored;
    const bool is_name = std::find(commands.begin(), commands.end(), word) != commands.end();  // behind "--"
    if (!is_name && !DidYouMean(word, commands).empty() && !std::filesystem::exists(word, ignored))
      problems->Add(ErrorCode::kUsage, UnknownCommand(chain, word));
    return;
  }
}

void AddUnknown(const std::vector<CLI::App*>& chain, ProblemList* problems) {
  const CLI::App& last = *chain.back();
  const bool needs_command = !TakesArguments(last) && !CommandNames(last).empty();
  const std::string help = HelpLists(chain);
  std::vector<std::string> options, others;
  for (const CLI::App* app : chain) {
    bool arguments_only = false;  // behind "--"
    for (const std::string& extra : app->remaining(false)) {
      if (extra == "--" && !arguments_only) {
        arguments_only = true;
        continue;
      }
      (extra.size() > 1 && extra[0] == '-' && !arguments_only ? options : others).push_back(extra);
      if (needs_command && options.empty()) {  // its options cannot be judged before the command is known
        problems->Add(ErrorCode::kUsage, UnknownCommand(chain, extra));
        return;
      }
    }
  }
  const std::vector<std::string> known = OptionNames(last);
  for (const std::string& option : options) {
    const std::string name = option.substr(0, option.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end()) {  // CLI11 does not tell which of the two
      problems->Add(ErrorCode::kUsage, {"option " + Quoted(name) + " stands before the command or behind '--'", "",
                                        "write it behind " + Quoted(FullName(chain)) + " and before '--'"});
    } else {
      problems->Add(ErrorCode::kUsage,
                    {"unknown option " + Quoted(name) + DidYouMean(name, known), "", help + "the valid ones"});
    }
  }
  if (!options.empty()) return;  // what follows an unknown option is most likely its value
  for (const std::string& other : others) {
    problems->Add(ErrorCode::kUsage,
                  {"unexpected argument " + Quoted(other), "", help + "the arguments; quote a name that holds blanks"});
  }
}

void AddMissing(const std::vector<CLI::App*>& chain, ProblemList* problems) {
  for (const CLI::Option* option : chain.back()->get_options(kAnyOption)) {
    if (!option->get_required() || option->count() > 0) continue;
    const OptionRow row = ReadOption(*option);
    const std::string kind = row.positional ? "argument " : "option ";
    problems->Add(ErrorCode::kUsage, {kind + Quoted(DisplayName(*option)) + " is missing", "",
                                      "give " + row.Signature() + Explanation(row)});
  }
}

void AddConflicts(const std::vector<CLI::App*>& chain, ProblemList* problems) {
  for (const CLI::App* app : chain) {
    for (const CLI::Option* option : app->get_options(kAnyOption)) {
      if (option->count() == 0) continue;
      for (const CLI::Option* other : option->get_excludes()) {
        // The exclusion is stored on both sides; the one with the smaller name reports it.
        if (other->count() == 0 || DisplayName(*other) < DisplayName(*option)) continue;
        problems->Add(ErrorCode::kUsage,
                      {Quoted(DisplayName(*option)) + " and " + Quoted(DisplayName(*other)) + " exclude each other", "",
                       "give one of them"});
      }
      for (const CLI::Option* other : option->get_needs()) {
        if (other->count() > 0) continue;
        problems->Add(ErrorCode::kUsage, {Quoted(DisplayName(*option)) + " needs " + Quoted(DisplayName(*other)), "",
                                          "give both or none"});
      }
      const int most = option->get_items_expected_max();
      if (option->get_multi_option_policy() == CLI::MultiOptionPolicy::Throw && most > 0 &&
          option->count() > static_cast<size_t>(most)) {
        problems->Add(ErrorCode::kUsage,
                      {Quoted(DisplayName(*option)) + " is given " + std::to_string(option->count()) + " times", "",
                       "give it once"});
      }
    }
  }
}

/// True for a whole number that no int holds: why CLI11 refuses it although it has the right form.
bool ExceedsInt(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc::result_out_of_range && end == text.data() + text.size();
}

/// The range of a number option, with the limits of an int where it names none.
std::string LimitedRange(const std::string& range) {
  if (range.find("..") != std::string::npos) return range;
  const std::string least = range == ">= 0"  ? "0"
                            : range == "> 0" ? "1"
                                             : std::to_string(std::numeric_limits<int>::min());
  return least + ".." + std::to_string(std::numeric_limits<int>::max());
}

Problem BadValue(const CLI::Option& option, const std::string& message) {
  const OptionRow row = ReadOption(option);
  if (row.value.empty()) {
    return {"flag " + Quoted(DisplayName(option)) + " takes no value", "", "write " + DisplayName(option) + " alone"};
  }
  std::string bad = option.results().empty() ? "" : option.results().back();
  for (const std::string& value : option.results()) {
    if (!value.empty() && message.find(value) != std::string::npos) {
      bad = value;
      break;
    }
  }
  std::string fix = "give ";
  if (!row.choices.empty()) {
    fix += "one of " + Join(row.choices, ", ");
  } else if (row.value == "N" || row.value == "X") {
    const std::string range = row.value == "N" && ExceedsInt(bad) ? LimitedRange(row.range) : row.range;
    fix += (row.value == "N" ? "a whole number" : "a number") + (range.empty() ? "" : " " + range);
  } else {
    fix += row.Signature() + Explanation(row);
  }
  return {"invalid value " + Quoted(bad) + " for " + Quoted(DisplayName(option)) + DidYouMean(bad, row.choices), "",
          fix};
}

/// Runs conversion and checks of each given option again to find the one that throws.
void AddBadValues(const std::vector<CLI::App*>& chain, ProblemList* problems) {
  for (CLI::App* app : chain) {
    for (CLI::Option* option : app->get_options(kAnyOption)) {
      if (option->count() == 0 || option == app->get_help_ptr()) continue;
      try {
        option->run_callback();
      } catch (const CLI::CallForVersion&) {
        continue;
      } catch (const CLI::ParseError& error) {
        problems->Add(ErrorCode::kUsage, BadValue(*option, error.what()));
      }
    }
  }
}

/// An option without its value at the end of the command line, or a flag with one. CLI11 starts its message with the
/// name.
void AddMismatch(const std::vector<CLI::App*>& chain, const std::string& message, ProblemList* problems) {
  for (auto app = chain.rbegin(); app != chain.rend(); ++app) {
    for (const CLI::Option* option : (*app)->get_options(kAnyOption)) {
      const OptionRow row = ReadOption(*option);
      for (const std::string& name : row.names) {
        const std::string bare = name.substr(name.find_first_not_of('-'));
        if (row.value.empty() && message.rfind(bare + " was given", 0) == 0) {
          problems->Add(ErrorCode::kUsage, BadValue(*option, message));
          return;
        }
        if (row.value.empty() || message.rfind(name + ":", 0) != 0) continue;
        problems->Add(ErrorCode::kUsage,
                      {"option " + Quoted(name) + " needs a value", "", "give " + row.Signature() + Explanation(row)});
        return;
      }
    }
  }
}

}  // namespace

void FinishParser(CLI::App& root, const std::function<void(CLI::App&)>& add_globals) {
  std::vector<CLI::App*> apps = {&root};
  for (size_t i = 0; i < apps.size(); ++i) {
    CLI::App* app = apps[i];
    const std::vector<CLI::App*> children = app->get_subcommands(kAnyCommand);
    apps.insert(apps.end(), children.begin(), children.end());
    add_globals(*app);
    // Without a limit a file named like a command would be taken for a second command.
    if (!children.empty()) app->require_subcommand(0, 1);
    for (CLI::Option* option : app->get_options(kAnyOption)) {
      if (option->get_items_expected_max() == 0) {
        if (option->get_type_name().empty()) option->disable_flag_override();
        continue;
      }
      const bool positional = option->get_positional() && option->get_lnames().empty() && option->get_snames().empty();
      const bool unlimited = option->get_expected_max() >= CLI::detail::expected_max_vector_size;
      if (!positional && unlimited) option->allow_extra_args(false);
    }
  }
}

std::vector<std::string> ChosenPath(const CLI::App& root) {
  std::vector<std::string> path;
  const std::vector<CLI::App*> chain = ChosenApps(root);
  for (size_t i = 1; i < chain.size(); ++i) path.push_back(chain[i]->get_name());
  return path;
}

void CheckArguments(const std::vector<std::string>& arguments) {
  ProblemList problems;
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument.size() > 3 && argument.rfind("--", 0) == 0 && argument.find('=') == argument.size() - 1) {
      const std::string name = argument.substr(0, argument.size() - 1);
      problems.Add(ErrorCode::kUsage, {"option " + Quoted(name) + " has no value behind '='", "",
                                       "give a value; an empty one is written " + name + " ''"});
    }
  }
  problems.ThrowIfAny();
}

void RequireCommand(const CLI::App& root) {
  const std::vector<CLI::App*> chain = ChosenApps(root);
  const std::vector<std::string> commands = CommandNames(*chain.back());
  if (commands.empty() || TakesArguments(*chain.back())) return;
  const std::string what = chain.size() == 1 ? "no command given" : Quoted(FullName(chain)) + " needs a command";
  throw Error(ErrorCode::kUsage, what, "", "one of " + Join(commands, ", ") + "; see '" + FullName(chain) + " --help'");
}

Error UsageError(CLI::App& root, const CLI::ParseError& error) {
  const std::vector<CLI::App*> chain = ChosenApps(root);
  const std::string message = error.what();
  ProblemList problems;
  AddMistyped(chain, &problems);
  if (problems.empty()) AddUnknown(chain, &problems);
  if (problems.empty()) AddConflicts(chain, &problems);
  if (problems.empty() && error.get_name() == "ArgumentMismatch") AddMismatch(chain, message, &problems);
  if (problems.empty()) AddBadValues(chain, &problems);
  if (problems.empty()) AddMissing(chain, &problems);
  if (problems.empty()) {
    problems.Add(ErrorCode::kUsage, {"command line not understood: " + Printable(message, 200), "",
                                     "see '" + FullName(chain) + " --help'"});
  }
  try {
    problems.ThrowIfAny();
  } catch (const Error& collected) {
    return collected;
  }
  return Error(ErrorCode::kInternal, "no problem found in a refused command line");
}

}  // namespace clner::cli
