// `clner completion`: shell completions printed from the option table.
#include <cstdio>

#include "commands.h"
#include "data/data_format.h"
#include "data/schemes.h"
#include "eval/scores.h"
#include "option_table.h"

namespace clner::cli {
namespace {

enum class ValueKind { kNone, kChoices, kFile, kDirectory };

template <class Enum, size_t n>
std::vector<std::string> NamesOf(const Enum (&values)[n]) {
  std::vector<std::string> names;
  for (const Enum value : values) names.emplace_back(Name(value));
  return names;
}

/// The values worth offering: the only valid ones, or those of a placeholder whose names the library parses itself.
std::vector<std::string> ValuesOf(const OptionRow& row) {
  if (!row.choices.empty()) return row.choices;
  if (row.value == "DEVICE") return {"auto", "cpu", "cuda"};
  if (row.value == "REPORT") return {"table", "conlleval"};
  if (row.value == "FORMAT") return NamesOf(kDataFormats);
  if (row.value == "MODE") {
    return NamesOf({EvalMode::kConlleval, EvalMode::kStrict, EvalMode::kPartial, EvalMode::kType, EvalMode::kExact,
                    EvalMode::kClner});
  }
  if (row.value == "SCHEME") {
    return NamesOf(
        {Scheme::kBio, Scheme::kIob1, Scheme::kBioes, Scheme::kBmes, Scheme::kBilou, Scheme::kBie, Scheme::kIo});
  }
  return {};
}

ValueKind KindOf(const OptionRow& row) {
  if (!ValuesOf(row).empty()) return ValueKind::kChoices;
  if (row.value == "DIR") return ValueKind::kDirectory;
  for (const char* word : {"FILE", "PATH", "IN", "OUT", "MODEL", "DATA", "GOLD", "PRED", "A", "B"}) {
    if (row.value == word) return ValueKind::kFile;
  }
  return row.positional ? ValueKind::kFile : ValueKind::kNone;
}

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

/// "_clner_model_info".
std::string FunctionName(const CommandRow& command) {
  return command.path.empty() ? "_clner" : "_clner_" + Join(command.path, "_");
}

std::vector<std::string> OptionNames(const CommandRow& command) {
  std::vector<std::string> names;
  for (const OptionRow& row : command.options) names.insert(names.end(), row.names.begin(), row.names.end());
  return names;
}

std::vector<std::string> PathOf(const CommandRow& command, const std::string& child) {
  std::vector<std::string> path = command.path;
  path.push_back(child);
  return path;
}

std::string BashValue(const OptionRow& row) {
  switch (KindOf(row)) {
    case ValueKind::kChoices:
      return "mapfile -t COMPREPLY < <(compgen -W '" + Join(ValuesOf(row), " ") + "' -- \"$cur\")";
    case ValueKind::kFile:
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";
    case ValueKind::kDirectory:
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")";
    case ValueKind::kNone:
      break;
  }
  return ":";
}

std::string ZshQuote(const std::string& text) {
  std::string out;
  for (const char c : FirstLine(text)) {
    if (c == '\\' || c == '[' || c == ']' || c == ':' || c == '`' || c == '$' || c == '"') out += '\\';
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out;
}

std::string ZshAction(const OptionRow& row) {
  switch (KindOf(row)) {
    case ValueKind::kChoices:
      return "(" + Join(ValuesOf(row), " ") + ")";
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kDirectory:
      return "_files -/";
    case ValueKind::kNone:
      break;
  }
  return " ";
}

/// The end of a function whose first argument is a subcommand, or may be one.
std::string ZshChoice(const OptionTable& table, const CommandRow& command) {
  std::string text =
      " \\\n    '1:command:->command' \\\n    '*::argument:->argument'\n  case $state in\n    command)\n      local -a "
      "commands\n      commands=(\n";
  for (const std::string& child : command.subcommands) {
    text += "        '" + child + ":" + ZshQuote(FindCommand(table, PathOf(command, child)).help) + "'\n";
  }
  text += "      )\n      _describe command commands\n";
  if (command.Runs()) text += "      _files\n";
  text += "      ;;\n    argument)\n      case $words[1] in\n";
  for (const std::string& child : command.subcommands) {
    text += "        " + child + ") " + FunctionName(FindCommand(table, PathOf(command, child))) + " ;;\n";
  }
  if (command.Runs()) text += "        *) _files ;;\n";
  return text + "      esac\n      ;;\n  esac\n}\n";
}

std::string ZshFunction(const OptionTable& table, const CommandRow& command) {
  const bool has_children = !command.subcommands.empty();
  std::string text =
      FunctionName(command) + "() {\n  local context state state_descr line\n  typeset -A opt_args\n  _arguments -s -S";
  if (has_children) text += " -C";
  for (const OptionRow& row : command.options) {
    for (const std::string& name : row.names) {
      const bool takes = !row.value.empty();
      const std::string joint = takes && name.size() > 2 ? (row.optional_value ? "=-" : "=") : "";
      text += " \\\n    '*" + name + joint + "[" + ZshQuote(row.help) + "]";
      if (takes) text += (row.optional_value ? "::" : ":") + ZshQuote(row.value) + ":" + ZshAction(row);
      text += "'";
    }
  }
  if (has_children) return text + ZshChoice(table, command);
  for (const OptionRow& row : command.positionals) {
    text += std::string(" \\\n    '") + (row.repeatable ? "*" : "") + (row.required || row.repeatable ? ":" : "::") +
            ZshQuote(row.value) + ":" + ZshAction(row) + "'";
  }
  return text + "\n}\n";
}

std::string FishQuote(const std::string& text) {
  return "'" + Replace(Replace(FirstLine(text), "\\", "\\\\"), "'", "\\'") + "'";
}

std::string FishValue(const OptionRow& row) {
  switch (KindOf(row)) {
    case ValueKind::kChoices:
      return " -x -a '" + Join(ValuesOf(row), " ") + "'";
    case ValueKind::kFile:
      return " -r -F";
    case ValueKind::kDirectory:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kNone:
      break;
  }
  return " -x";
}

/// All command paths, e.g. " train", " model", " model info", quoted for a `case` of the given shell.
std::vector<std::string> QuotedPaths(const OptionTable& table) {
  std::vector<std::string> paths;
  for (const CommandRow& command : table) {
    if (!command.path.empty()) paths.push_back("' " + Join(command.path, " ") + "'");
  }
  return paths;
}

}  // namespace

std::string BashCompletion(const OptionTable& table) {
  std::string text =
      "# bash completion for clner: source it, or put it into ~/.local/share/bash-completion/completions/clner\n"
      "_clner() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' options='' i\n"
      "  # bash splits --name=value at the equals sign.\n"
      "  if [[ $cur == '=' ]]; then\n    cur=''\n"
      "  elif [[ $prev == '=' && $COMP_CWORD -ge 2 ]]; then\n    prev=${COMP_WORDS[COMP_CWORD-2]}\n  fi\n"
      "  COMPREPLY=()\n  for ((i = 1; i < COMP_CWORD; i++)); do\n    case \"$path ${COMP_WORDS[i]}\" in\n      ";
  text += Join(QuotedPaths(table), " | ") + ") path=\"$path ${COMP_WORDS[i]}\" ;;\n    esac\n  done\n";
  text += "  case \"$path:$prev\" in\n";
  for (const CommandRow& command : table) {
    const std::string path = command.path.empty() ? "" : " " + Join(command.path, " ");
    for (const OptionRow& row : command.options) {
      if (row.value.empty() || row.optional_value) continue;
      std::vector<std::string> cases;
      for (const std::string& name : row.names) cases.push_back("'" + path + ":" + name + "'");
      text += "    " + Join(cases, " | ") + ")\n      " + BashValue(row) + "\n      return ;;\n";
    }
  }
  text += "  esac\n  case \"$path\" in\n";
  for (const CommandRow& command : table) {
    const std::string path = command.path.empty() ? "" : " " + Join(command.path, " ");
    text += "    '" + path + "')\n      options='" + Join(OptionNames(command), " ") +
            "'\n      if [[ $cur != -* ]]; then\n        ";
    const std::string names = "compgen -W '" + Join(command.subcommands, " ") + "'";
    if (!command.Runs()) {
      text += "mapfile -t COMPREPLY < <(" + names + " -- \"$cur\")";
    } else if (!command.subcommands.empty()) {
      text += "compopt -o filenames; mapfile -t COMPREPLY < <(" + names + " -f -- \"$cur\")";
    } else {
      text += command.positionals.empty() ? ":" : BashValue(command.positionals.front());
    }
    text += "\n        return\n      fi ;;\n";
  }
  return text +
         "  esac\n  mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n}\ncomplete -F _clner clner\n";
}

std::string ZshCompletion(const OptionTable& table) {
  std::string text = "#compdef clner\n# zsh completion for clner: put it as _clner into a folder of $fpath\n";
  for (const CommandRow& command : table) text += "\n" + ZshFunction(table, command);
  return text +
         "\nif [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n  _clner \"$@\"\nelse\n  compdef _clner clner\nfi\n";
}

std::string FishCompletion(const OptionTable& table) {
  std::string text =
      "# fish completion for clner: put it as clner.fish into ~/.config/fish/completions\n"
      "function __clner_path_is\n  set -l path ''\n  set -l words (commandline -opc)\n  for word in $words[2..-1]\n"
      "    switch \"$path $word\"\n      case ";
  text += Join(QuotedPaths(table), " ") +
          "\n        set path \"$path $word\"\n    end\n  end\n  test \"$path\" = \"$argv[1]\"\nend\n\ncomplete -c "
          "clner -f\n";
  for (const CommandRow& command : table) {
    const std::string path = command.path.empty() ? "" : " " + Join(command.path, " ");
    const std::string prefix = "complete -c clner -n \"__clner_path_is '" + path + "'\"";
    for (const std::string& child : command.subcommands) {
      text += prefix + " -a " + child + " -d " + FishQuote(FindCommand(table, PathOf(command, child)).help) + "\n";
    }
    for (const OptionRow& row : command.positionals)
      text += prefix + (KindOf(row) == ValueKind::kFile ? " -F" : FishValue(row)) + "\n";
    for (const OptionRow& row : command.options) {
      text += prefix;
      for (const std::string& name : row.names)
        text += name.size() == 2 ? " -s " + name.substr(1) : " -l " + name.substr(2);
      if (!row.value.empty() && !row.optional_value) text += FishValue(row);
      text += " -d " + FishQuote(row.help) + "\n";
    }
  }
  return text;
}

void AddCompletion(CLI::App& app, const Globals& /*globals*/, Action* action) {
  CLI::App* command = app.add_subcommand("completion", "Print the completion script of a shell.");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "The shell to print for.")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n  source <(clner completion bash)\n  clner completion fish > ~/.config/fish/completions/clner.fish");
  command->callback([&app, shell, action] {
    *action = [&app, shell] {
      const OptionTable table = ReadOptionTable(app);
      const std::string text = *shell == "bash"  ? BashCompletion(table)
                               : *shell == "zsh" ? ZshCompletion(table)
                                                 : FishCompletion(table);
      std::fputs(text.c_str(), stdout);
      return 0;
    };
  });
}

}  // namespace clner::cli
