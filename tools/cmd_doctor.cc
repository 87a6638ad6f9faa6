// `clner doctor`: prints what machine_probe.h finds, made for pasting into a report.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "commands.h"
#include "core/error.h"
#include "core/json.h"
#include "machine_probe.h"

namespace clner::cli {
namespace {

const char* StateName(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "ok";
    case CheckState::kAbsent:
      return "absent";
    case CheckState::kMissing:
      return "missing";
  }
  return "";
}

std::string AsJson(const std::vector<Check>& checks, bool usable) {
  Json list = Json::array();
  for (const Check& check : checks) {
    list.push_back(
        {{"name", check.name}, {"state", StateName(check.state)}, {"value", check.value}, {"fix", check.fix}});
  }
  return DumpJson({{"schema_version", 1}, {"usable", usable}, {"checks", list}}, 2) + "\n";
}

std::string AsMarkdown(const std::vector<Check>& checks) {
  std::string text = "| part | state | what |\n|---|---|---|\n";
  for (const Check& check : checks) {
    text += "| " + check.name + " | " + StateName(check.state) + " | " + check.value +
            (check.fix.empty() ? "" : "; fix: " + check.fix) + " |\n";
  }
  return text;
}

std::string AsText(const std::vector<Check>& checks, bool usable) {
  size_t width = 0;
  for (const Check& check : checks) width = std::max(width, check.name.size());
  std::string text;
  for (const Check& check : checks) {
    const std::string state = StateName(check.state);
    text += check.name + std::string(width + 2 - check.name.size(), ' ') + state + std::string(9 - state.size(), ' ') +
            check.value + "\n";
    if (!check.fix.empty()) text += std::string(width + 11, ' ') + "fix: " + check.fix + "\n";
  }
  return text + (usable ? "\neverything that is needed is there\n" : "\nsomething that is needed is missing\n");
}

}  // namespace

void AddDoctor(CLI::App& app, const Globals& /*globals*/, Action* action) {
  struct Arguments {
    bool json = false, markdown = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("doctor", "Print versions, processor, LibTorch, GPU, and what is missing with the fix.");
  CLI::Option* json = command->add_flag("--json", arguments->json, "Print one JSON object.");
  command->add_flag("--markdown", arguments->markdown, "Print a Markdown table for a bug report.")->excludes(json);
  command->footer(
      "Exit code 0 when everything needed is there, 1 otherwise.\n\nExamples:\n  clner doctor\n  clner doctor "
      "--markdown > report.md");
  command->callback([arguments, action] {
    *action = [arguments] {
      const std::vector<Check> checks = ProbeMachine();
      const bool usable = std::none_of(checks.begin(), checks.end(),
                                       [](const Check& check) { return check.state == CheckState::kMissing; });
      const std::string text = arguments->json       ? AsJson(checks, usable)
                               : arguments->markdown ? AsMarkdown(checks)
                                                     : AsText(checks, usable);
      std::fputs(text.c_str(), stdout);
      return usable ? 0 : static_cast<int>(ErrorCode::kCheckFailed);
    };
  });
}

}  // namespace clner::cli
