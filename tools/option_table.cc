#include "option_table.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/utf8.h"

namespace clner::cli {
namespace {

constexpr size_t kHelpWidth = 100;

/// The values between the first braces of a CLI11 type name such as `TEXT:{auto,cpu}` or `value in {a->0,b->1}`.
std::vector<std::string> ChoicesOf(const std::string& type) {
  std::vector<std::string> choices;
  const size_t open = type.find('{');
  const size_t close = type.find('}', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return choices;
  for (const std::string& part : CLI::detail::split(type.substr(open + 1, close - open - 1), ',')) {
    choices.push_back(part.substr(0, part.find("->")));
  }
  return choices;
}

std::string RangeOf(const std::string& type) {
  const size_t open = type.find(" in [");
  if (open != std::string::npos) {
    const size_t close = type.find(']', open);
    std::string range = type.substr(open + 5, close == std::string::npos ? std::string::npos : close - open - 5);
    const size_t dash = range.find(" - ");
    if (dash != std::string::npos) range.replace(dash, 3, "..");
    return range;
  }
  if (type.find("NONNEGATIVE") != std::string::npos) return ">= 0";
  if (type.find("POSITIVE") != std::string::npos) return "> 0";
  return "";
}

std::string UpperCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// A placeholder from the type name; a plain text value is named after the last word of its long name.
std::string ValueOf(const CLI::Option& option, const std::string& type) {
  for (const char* name : {"FILE", "DIR", "PATH"}) {
    if (type.find(name) != std::string::npos) return name;
  }
  std::string value = type.substr(0, type.find(':'));
  while (!value.empty() && value.front() == '[') value = value.substr(1, value.find(']') - 1);
  if (value == "INT" || value == "UINT" || value == "NUMBER") return "N";
  if (value == "FLOAT") return "X";
  if (!value.empty() && value != "TEXT" && value.find('{') == std::string::npos) return value;
  if (option.get_lnames().empty()) return "VALUE";
  std::string name = option.get_lnames().front();
  return UpperCase(name.substr(name.rfind('-') + 1));
}

/// A sentence: capital letter first, full stop last.
std::string Sentence(std::string text) {
  if (text.empty()) return text;
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  const bool ends = std::string(".!?)").find(text.back()) != std::string::npos && text.back() != ')';
  return ends ? text : text + ".";
}

/// The placeholder of a positional argument: its type name if that was made for it, else its name.
std::string PositionalName(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::string own = type.substr(0, type.find(':'));
  for (const char* general : {"", "TEXT", "INT", "UINT", "FLOAT", "NUMBER", "FILE", "DIR", "PATH"}) {
    if (own == general) return UpperCase(option.get_name(true));
  }
  return own;
}

CommandRow ReadCommand(const CLI::App& app, std::vector<std::string> path) {
  CommandRow row;
  row.path = std::move(path);
  row.help = Sentence(app.get_description());
  row.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    OptionRow read = ReadOption(*option);
    (read.positional ? row.positionals : row.options).push_back(std::move(read));
  }
  // The order of a user's interest: what the command is about first, help and program-wide switches last.
  std::stable_sort(row.options.begin(), row.options.end(), [](const OptionRow& a, const OptionRow& b) {
    return (a.group == kGlobalGroup) < (b.group == kGlobalGroup);
  });
  return row;
}

void Collect(const CLI::App& app, const std::vector<std::string>& path, OptionTable* table) {
  table->push_back(ReadCommand(app, path));
  const size_t index = table->size() - 1;
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->get_group().empty() || child->get_name().empty()) continue;
    (*table)[index].subcommands.push_back(child->get_name());
    std::vector<std::string> child_path = path;
    child_path.push_back(child->get_name());
    Collect(*child, child_path, table);
  }
}

void AppendEntries(const std::vector<std::pair<std::string, std::string>>& entries, std::string* text) {
  constexpr size_t kIndent = 2, kColumn = 32;
  for (const auto& [name, help] : entries) {
    std::string line = std::string(kIndent, ' ') + name;
    const std::vector<std::string> lines = WrapText(help, kHelpWidth - kColumn);
    for (size_t i = 0; i < lines.size(); ++i) {
      const size_t used = DisplayWidth(line);
      if (used + 2 > kColumn) {
        *text += line + '\n';
        line.clear();
      }
      line += std::string(kColumn - std::min(kColumn, DisplayWidth(line)), ' ') + lines[i];
      *text += line + '\n';
      line.clear();
    }
    if (lines.empty()) *text += line + '\n';
  }
}

}  // namespace

std::string Join(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? separator : std::string()) + parts[i];
  return text;
}

std::vector<std::string> WrapText(const std::string& text, size_t width) {
  std::vector<std::string> lines;
  for (const std::string& paragraph : CLI::detail::split(text, '\n')) {
    std::string line;
    for (const std::string& word : CLI::detail::split(paragraph, ' ')) {
      if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
        lines.push_back(line);
        line.clear();
      }
      if (!line.empty()) line += ' ';
      line += word;
    }
    lines.push_back(line);
  }
  if (lines.size() == 1 && lines[0].empty()) lines.clear();
  return lines;
}

std::string OptionRow::Signature() const {
  std::string text = Join(names, ", ");
  // A placeholder of several words says itself how many there are.
  if (positional) return repeatable && text.find(' ') == std::string::npos ? text + "..." : text;
  if (value.empty()) return text;
  return text + (optional_value ? "[=" + value + "]" : " " + value);
}

std::string OptionRow::FullHelp() const {
  std::string text = help;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : " ") + ("[" + part + "]"); };
  if (required && !positional) add("required");
  if (!choices.empty()) add(Join(choices, " | "));
  if (!range.empty()) add(range);
  if (!default_value.empty()) add("default: " + default_value);
  if (repeatable && !positional) add("repeatable");
  return text;
}

std::string CommandRow::FullName() const { return path.empty() ? "clner" : "clner " + Join(path, " "); }

std::vector<std::string> CommandRow::Usage() const {
  const std::string with_command = FullName() + " [options] COMMAND ...";
  if (!Runs()) return {with_command};
  std::string text = FullName() + " [options]";
  for (const OptionRow& option : options) {
    if (option.required) text += " " + (option.names.front() + " " + option.value);
  }
  for (const OptionRow& row : positionals) {
    const std::string name = row.Signature();
    text += " " + (row.required || name.find('[') != std::string::npos ? name : "[" + name + "]");
  }
  if (subcommands.empty()) return {text};
  return {text, with_command};
}

std::vector<std::string> CommandRow::Groups() const {
  std::vector<std::string> groups;
  for (const OptionRow& option : options) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) groups.push_back(option.group);
  }
  return groups;
}

const std::vector<ExitCodeRow>& ExitCodes() {
  static const std::vector<ExitCodeRow> rows = {
      {0, "done"},
      {1, "ran, but a check failed (eval --fail-under, validate, model diff, doctor, --strict)"},
      {64, "command line wrong"},
      {65, "input data wrong"},
      {66, "input missing or unreadable"},
      {69, "a service, library or peer process cannot be reached"},
      {70, "a bug (please report), or training diverged"},
      {71, "out of memory or another limit of the operating system"},
      {73, "output exists, is locked or cannot be created"},
      {74, "read or write failed (disk full, I/O error)"},
      {75, "stopped on request, state saved: run again to go on"},
      {76, "model, checkpoint or tokenizer damaged or not acceptable (also model verify)"},
      {78, "configuration wrong"},
      {130, "stopped at once by a second interrupt"},
      {141, "the reader of the output went away"},
  };
  return rows;
}

const std::vector<VariableRow>& EnvironmentVariables() {
  static const std::vector<VariableRow> rows = {
      {"CLNER_SET", "Values of the configuration as 'key=value;key=value', above the file and below --set."},
      {"CLNER_CONFIGS", "Directory with presets, searched before those that come with the program."},
      {"CLNER_DATA", "Directory of the data sets that the presets name (default: ../shared/data)."},
      {"CLNER_MODELS", "Directory of the encoders that the presets name (default: models)."},
      {"CLNER_SIMD",
       "Vector instructions of the CRF on the CPU: scalar, sse4, avx2 or avx3 (default: the best there "
       "are)."},
      {"NO_COLOR", "Not empty: no colour on the terminal, as --no-color."},
  };
  return rows;
}

OptionRow ReadOption(const CLI::Option& option) {
  OptionRow row;
  row.positional = option.get_positional() && option.get_snames().empty() && option.get_lnames().empty();
  for (const std::string& name : option.get_snames()) row.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) row.names.push_back("--" + name);
  if (row.positional) row.names.push_back(PositionalName(option));
  row.help = Sentence(option.get_description());
  row.group = option.get_group();
  row.required = option.get_required();
  row.repeatable = option.get_items_expected_max() > 1;
  const std::string type = option.get_type_name();
  if (option.get_items_expected_max() > 0 || !type.empty()) {  // a flag with a type takes a value behind '='
    row.value = row.positional ? row.names.front() : ValueOf(option, type);
    row.choices = ChoicesOf(type);
    row.range = RangeOf(type);
    row.optional_value = option.get_items_expected_min() == 0;
    row.default_value = option.get_default_str();
    if (row.default_value == "[]" || row.default_value == "{}" || row.default_value == "\"\"")
      row.default_value.clear();
  }
  return row;
}

OptionTable ReadOptionTable(const CLI::App& root) {
  OptionTable table;
  Collect(root, {}, &table);
  return table;
}

const CommandRow& FindCommand(const OptionTable& table, const std::vector<std::string>& path) {
  const auto it = std::find_if(table.begin(), table.end(), [&path](const CommandRow& row) { return row.path == path; });
  CLNER_CHECK(it != table.end(), Join(path, " "));
  return *it;
}

std::string HelpText(const OptionTable& table, const CommandRow& command) {
  std::string text =
      Join(WrapText(command.help, kHelpWidth), "\n") + "\n\nUsage: " + Join(command.Usage(), "\n       ") + "\n";
  std::vector<std::pair<std::string, std::string>> entries;
  if (!command.subcommands.empty()) {
    for (const std::string& name : command.subcommands) {
      std::vector<std::string> path = command.path;
      path.push_back(name);
      const std::string& help = FindCommand(table, path).help;
      entries.emplace_back(name, help.substr(0, help.find('\n')));
    }
    text += "\nCommands:\n";
    AppendEntries(entries, &text);
  }
  if (!command.positionals.empty()) {
    entries.clear();
    for (const OptionRow& row : command.positionals) entries.emplace_back(row.Signature(), row.FullHelp());
    text += "\nArguments:\n";
    AppendEntries(entries, &text);
  }
  for (const std::string& group : command.Groups()) {
    entries.clear();
    for (const OptionRow& row : command.options) {
      if (row.group == group) entries.emplace_back(row.Signature(), row.FullHelp());
    }
    text += "\n" + group + ":\n";
    AppendEntries(entries, &text);
  }
  if (!command.footer.empty()) text += "\n";
  for (const std::string& line : CLI::detail::split(command.footer, '\n')) {
    // Examples are indented and stay on one line, to be copied.
    text += (line.starts_with(' ') ? line : Join(WrapText(line, kHelpWidth), "\n")) + "\n";
  }
  return text;
}

}  // namespace clner::cli
