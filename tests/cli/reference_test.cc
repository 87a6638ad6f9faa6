// What is generated from the option table: docs/cli.md, the man page, the completions.
#include <algorithm>

#include "program.h"

namespace clner::test {
namespace {

using Reference = Scratch;

/// Completes the words with the bash script; the last word is the one being typed.
std::vector<std::string> Complete(const std::vector<std::string>& words, const ProcessOptions& options = {}) {
  std::string line;
  for (const std::string& word : words) line += "'" + word + "' ";
  const ProcessResult result = RunClnerShell(
      "source <(\"$clner\" completion bash); COMP_WORDS=(clner " + line +
          "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }; _clner; printf '%s\\n' \"${COMPREPLY[@]}\"",
      options);
  EXPECT_EQ(result.err, "");
  std::istringstream lines(result.out);
  std::vector<std::string> replies;
  for (std::string reply; std::getline(lines, reply);) {
    if (!reply.empty()) replies.push_back(reply);
  }
  return replies;
}

bool Contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

TEST_F(Reference, DocsAreWhatTheProgramPrints) {
  const ProcessResult result = RunClner({"man", "--markdown"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ReadText(CLNER_SOURCE_DIR "/docs/cli.md"), result.out)
      << "write it again: clner man --markdown > docs/cli.md";
}

TEST_F(Reference, DocsListEveryExitCode) {
  const std::string text = RunClner({"man", "--markdown"}).out;
  for (const char* code : {"0", "1", "64", "65", "66", "69", "70", "71", "73", "74", "75", "76", "78", "130", "141"}) {
    EXPECT_NE(text.find("\n| " + std::string(code) + " | "), std::string::npos) << code;
  }
}

TEST_F(Reference, ExitCodeOfModelVerifyIsThatOfTheTable) {
  const std::string text = RunClner({"man", "--markdown"}).out;
  const size_t failed = text.find("\n| 1 | "), damaged = text.find("\n| 76 | ");
  ASSERT_NE(failed, std::string::npos);
  ASSERT_NE(damaged, std::string::npos);
  EXPECT_EQ(text.substr(failed, text.find('\n', failed + 1) - failed).find("model verify"), std::string::npos);
  EXPECT_NE(text.substr(damaged, text.find('\n', damaged + 1) - damaged).find("model verify"), std::string::npos);
}

TEST_F(Reference, EnvironmentVariablesAreListed) {
  const std::string markdown = RunClner({"man", "--markdown"}).out, man = RunClner({"man"}).out;
  EXPECT_NE(man.find(".SH ENVIRONMENT\n"), std::string::npos);
  for (const std::string name :
       {"CLNER_SET", "CLNER_CONFIGS", "CLNER_DATA", "CLNER_MODELS", "CLNER_SIMD", "NO_COLOR"}) {
    EXPECT_NE(markdown.find("\n| `" + name + "` | "), std::string::npos) << name;
    EXPECT_NE(man.find(".B " + name + "\n"), std::string::npos) << name;
  }
}

TEST_F(Reference, DocsHaveNoMachinePaths) {
  const std::string text = RunClner({"man", "--markdown"}).out;
  EXPECT_EQ(text.find(CLNER_SOURCE_DIR), std::string::npos);
}

TEST_F(Reference, BashCompletionParses) {
  const ProcessResult result =
      RunClnerShell("\"$clner\" completion bash > '" + Path("c") + "' && bash -n '" + Path("c") + "'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(Reference, BashCompletionPassesShellcheck) {
  if (!HasProgram("shellcheck")) GTEST_SKIP() << "needs shellcheck";
  const ProcessResult result =
      RunClnerShell("\"$clner\" completion bash > '" + Path("c") + "' && shellcheck -s bash '" + Path("c") + "'");
  EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST_F(Reference, BashCompletesCommandsOptionsAndValues) {
  EXPECT_EQ(Complete({"doc"}), std::vector<std::string>{"doctor"});
  EXPECT_EQ(Complete({"model", ""}), (std::vector<std::string>{"info", "verify", "diff", "import", "export"}));
  EXPECT_EQ(Complete({"model", "info", "--js"}), std::vector<std::string>{"--json"});
  EXPECT_EQ(Complete({"completion", "z"}), std::vector<std::string>{"zsh"});
  EXPECT_EQ(Complete({"--thr"}), std::vector<std::string>{"--threads"});
  EXPECT_EQ(Complete({"--threads", "1", "doct"}), std::vector<std::string>{"doctor"});
  EXPECT_TRUE(Complete({"doctor", "--threads", ""}).empty());
  EXPECT_TRUE(Contains(Complete({"man", "-"}), "--markdown"));
}

// Values that the library parses are offered too, and all of them are valid.
TEST_F(Reference, BashCompletesNamesThatTheProgramAccepts) {
  EXPECT_EQ(Complete({"doctor", "--device", ""}), (std::vector<std::string>{"auto", "cpu", "cuda"}));
  EXPECT_EQ(Complete({"eval", "--mode", "e"}), std::vector<std::string>{"exact"});
  WriteText(Path("gold"), "Jane B-PER\nleft O\n");
  WriteText(Path("both"), "Jane B-PER B-PER\nleft O O\n");
  const std::string gold = Path("gold");
  struct Case {
    std::vector<std::string> option;  // and its command
    size_t least;
    std::vector<std::string> rest;
  };
  for (const Case& tested : std::vector<Case>{{{"eval", "--mode"}, 6, {gold, gold}},
                                              {{"eval", "--report"}, 2, {"--conll", Path("both")}},
                                              {{"eval", "--scheme"}, 7, {gold, gold}},
                                              {{"stats", "--read-scheme"}, 7, {gold}},
                                              {{"convert", "--scheme"}, 7, {gold, "-"}},
                                              {{"convert", "--from"}, 3, {"--dry-run", gold, "-"}},
                                              {{"convert", "--to"}, 3, {gold, "-"}},
                                              {{"man", "--device"}, 3, {}}}) {
    std::vector<std::string> words = tested.option;
    words.emplace_back("");
    const std::vector<std::string> values = Complete(words);
    EXPECT_GE(values.size(), tested.least) << tested.option.back();
    for (const std::string& value : values) {
      if (value == "brat") continue;  // files of other names are refused: a pair has two
      words.back() = value;
      std::vector<std::string> command = words;
      command.insert(command.end(), tested.rest.begin(), tested.rest.end());
      const ProcessResult result = RunClner(command);
      EXPECT_TRUE(result.exit_code != 64 && result.exit_code != 78) << value << "\n" << result.err;
    }
  }
  EXPECT_NE(RunClner({"completion", "zsh"}).out.find(":MODE:(conlleval strict partial type exact clner)"),
            std::string::npos);
  EXPECT_NE(RunClner({"completion", "fish"}).out.find(" -l mode -x -a 'conlleval strict partial type exact clner'"),
            std::string::npos);
}

TEST_F(Reference, BashCompletesFiles) {
  std::filesystem::create_directories(Path("dir one"));
  WriteText(Path("file"), "");
  ProcessOptions options;
  options.directory = directory_;
  EXPECT_EQ(Complete({"model", "info", "di"}, options), std::vector<std::string>{"dir one"});
  EXPECT_EQ(Complete({"man", "--log-file", "fi"}, options), std::vector<std::string>{"file"});
  EXPECT_EQ(Complete({"man", "--log-file", "=", "fi"}, options), std::vector<std::string>{"file"});
  EXPECT_TRUE(Contains(Complete({"man", "--log-file", "="}, options), "file"));
  // A command with arguments and subcommands offers both.
  EXPECT_EQ(Complete({"contexts", "fi"}, options), std::vector<std::string>{"file"});
  EXPECT_EQ(Complete({"contexts", "re"}, options), std::vector<std::string>{"report"});
  EXPECT_EQ(Complete({"contexts", "report", "fi"}, options), std::vector<std::string>{"file"});
  EXPECT_EQ(Complete({"contexts", "report", "--ht"}, options), std::vector<std::string>{"--html"});
  EXPECT_EQ(Complete({"contexts", "--max-t"}, options), std::vector<std::string>{"--max-texts"});
}

TEST_F(Reference, CommandsWithBothFormsAreDescribedTwice) {
  const std::string markdown = RunClner({"man", "--markdown"}).out, man = RunClner({"man"}).out;
  EXPECT_NE(markdown.find("```\nclner contexts [options] -o OUT CORPUS\nclner contexts [options] COMMAND ...\n```\n"),
            std::string::npos);
  EXPECT_NE(markdown.find("| [`clner contexts report`](#clner-contexts-report) | "), std::string::npos);
  EXPECT_NE(man.find(".B clner contexts\n [options] \\-o OUT CORPUS\n"), std::string::npos);
  EXPECT_NE(man.find(".B clner contexts report\n [options] DATA CONTEXTS\n"), std::string::npos);
  const std::string zsh = RunClner({"completion", "zsh"}).out, fish = RunClner({"completion", "fish"}).out;
  EXPECT_NE(zsh.find("        report) _clner_contexts_report ;;\n        *) _files ;;\n"), std::string::npos);
  EXPECT_NE(fish.find("__clner_path_is ' contexts'\" -a report -d "), std::string::npos);
  EXPECT_NE(fish.find("__clner_path_is ' contexts'\" -F\n"), std::string::npos);
}

TEST_F(Reference, ZshCompletionParses) {
  if (!HasProgram("zsh")) GTEST_SKIP() << "needs zsh";
  const ProcessResult result =
      RunClnerShell("\"$clner\" completion zsh > '" + Path("_clner") + "' && zsh -n '" + Path("_clner") + "'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(Reference, FishCompletionParses) {
  if (!HasProgram("fish")) GTEST_SKIP() << "needs fish";
  const ProcessResult result =
      RunClnerShell("\"$clner\" completion fish > '" + Path("c") + "' && fish -n '" + Path("c") + "'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(Reference, FishCompletesCommandsAndOptions) {
  if (!HasProgram("fish")) GTEST_SKIP() << "needs fish";
  ProcessOptions options;
  options.environment = {{"HOME", directory_.string()}};
  const ProcessResult result =
      RunClnerShell("\"$clner\" completion fish > '" + Path("c") + "' && fish --no-config -c 'source " + Path("c") +
                        "; complete -C \"clner model \"; complete -C \"clner completion z\"; complete -C \"clner model "
                        "info --j\"' | cut -f1",
                    options);
  EXPECT_EQ(result.out, "diff\ninfo\nverify\nzsh\n--json\n") << result.err;
}

TEST_F(Reference, CompletionsNameEveryCommandOfTheReference) {
  std::istringstream reference(RunClner({"man", "--markdown"}).out);
  const std::string bash = RunClner({"completion", "bash"}).out, zsh = RunClner({"completion", "zsh"}).out,
                    fish = RunClner({"completion", "fish"}).out;
  int count = 0;
  for (std::string line; std::getline(reference, line);) {
    if (line.rfind("## clner ", 0) != 0) continue;
    ++count;
    const std::string path = line.substr(9);
    std::string function = path;
    std::replace(function.begin(), function.end(), ' ', '_');
    EXPECT_NE(bash.find("' " + path + "'"), std::string::npos) << path;
    EXPECT_NE(zsh.find("_clner_" + function + "() {"), std::string::npos) << path;
    EXPECT_NE(fish.find("__clner_path_is ' " + path + "'"), std::string::npos) << path;
  }
  EXPECT_GT(count, 5);
}

TEST_F(Reference, ManPageIsCleanRoff) {
  if (!HasProgram("groff")) GTEST_SKIP() << "needs groff";
  const ProcessResult result = RunClnerShell("\"$clner\" man | groff -man -ww -Tutf8 -z");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
}

TEST_F(Reference, ManPageIsShownByMan) {
  if (!HasProgram("man") || !HasProgram("groff")) GTEST_SKIP() << "needs man and groff";
  ProcessOptions options;
  options.environment = {{"MANWIDTH", "100"}, {"LC_ALL", "C.UTF-8"}};
  const ProcessResult result = RunClnerShell(
      "\"$clner\" man > '" + Path("clner.1") + "' && man --warnings -l '" + Path("clner.1") + "' | col -b", options);
  EXPECT_EQ(result.err, "");
  for (const char* text : {"EXIT STATUS", "clner model info", "--threads N", "clner completion fish > ~/.config"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << "\n" << result.out.substr(0, 2000);
  }
}

}  // namespace
}  // namespace clner::test
