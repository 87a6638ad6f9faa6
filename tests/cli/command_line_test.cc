// Global options, help and usage errors of the program.
#include <sys/resource.h>

#include <algorithm>

#include "program.h"

namespace clner::test {
namespace {

/// "clner model info" for every command, from the headings of the reference.
std::vector<std::vector<std::string>> Commands() {
  std::vector<std::vector<std::string>> commands;
  std::istringstream reference(RunClner({"man", "--markdown"}).out);
  for (std::string line; std::getline(reference, line);) {
    if (line.rfind("## clner ", 0) != 0) continue;
    std::istringstream words(line.substr(9));
    commands.emplace_back(std::istream_iterator<std::string>(words), std::istream_iterator<std::string>());
  }
  return commands;
}

TEST(CommandLine, VersionIsPrinted) {
  const ProcessResult result = RunClner({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "clner " CLNER_VERSION "\n");
}

TEST(CommandLine, WithoutArgumentsHelpGoesToStderrAndExitIs64) {
  const ProcessResult result = RunClner({});
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("Usage: clner [options] COMMAND"), std::string::npos);
}

TEST(CommandLine, EveryCommandHasHelpWithGroupsAndExamples) {
  const auto commands = Commands();
  ASSERT_GE(commands.size(), 8U);
  for (std::vector<std::string> command : commands) {
    std::string name = "clner";
    for (const std::string& word : command) name += " " + word;
    command.push_back("--help");
    const ProcessResult result = RunClner(command);
    EXPECT_EQ(result.exit_code, 0) << name;
    EXPECT_EQ(result.err, "") << name;
    EXPECT_NE(result.out.find("Usage: " + name), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("Global options:\n"), std::string::npos) << name;
    EXPECT_NE(result.out.find("xample"), std::string::npos) << name << " shows no example";
  }
}

TEST(CommandLine, HelpIsAtMostAHundredColumnsWide) {
  std::vector<std::vector<std::string>> commands = Commands();
  commands.push_back({});
  for (std::vector<std::string> command : commands) {
    command.push_back("--help");
    std::istringstream help(RunClner(command).out);
    for (std::string line; std::getline(help, line);) {
      const bool example = line.rfind("  clner ", 0) == 0;  // on one line, to be copied
      EXPECT_TRUE(example || line.size() <= 100U) << command[0] << ": " << line;
    }
  }
}

TEST(CommandLine, EveryOptionIsExplained) {
  std::istringstream reference(RunClner({"man", "--markdown"}).out);
  for (std::string line; std::getline(reference, line);) {
    EXPECT_EQ(line.find("` |  |"), std::string::npos) << line;
  }
}

TEST(CommandLine, HelpNeedsLessThanFiftyMilliseconds) {
#ifdef CLNER_SANITIZED
  GTEST_SKIP() << "the sanitizers slow the start down";
#endif
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"model", "info", "--help"}, {"man"}}) {
    double best = 1e9;
    for (int i = 0; i < 5; ++i) best = std::min(best, RunClner(arguments).cpu_seconds);
    EXPECT_LT(best, 0.050) << arguments.front();
  }
}

TEST(CommandLine, ProgramDoesNotLinkTorch) {
  const ProcessResult result = RunClnerShell("ldd \"$clner\"");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("libclner_text"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("torch"), std::string::npos) << result.out;
}

TEST(CommandLine, UnknownCommandIsNamedWithTheNearest) {
  ExpectFailure(RunClner({"docter"}), 64,
                {"unknown command 'docter' (did you mean 'doctor'?)", "fix: 'clner --help' lists"});
  // The options of an unknown command are not judged.
  const ProcessResult result = RunClner({"modle", "--json", "x"});
  ExpectFailure(result, 64, {"unknown command 'modle' (did you mean 'model'?)"});
  EXPECT_EQ(result.err.find("--json"), std::string::npos);
}

TEST(CommandLine, UnknownSubcommandIsNamedWithTheNearest) {
  ExpectFailure(RunClner({"model", "verfy", "x"}), 64,
                {"unknown command 'verfy' (did you mean 'verify'?)", "'clner model --help'"});
}

TEST(CommandLine, CommandGroupNeedsACommand) {
  ExpectFailure(RunClner({"model"}), 64, {"'clner model' needs a command", "one of info, verify, diff"});
  ExpectFailure(RunClner({"--no-color"}), 64, {"no command given", "'clner --help'"});
}

TEST(CommandLine, UnknownOptionsAreListedTogether) {
  const ProcessResult result = RunClner({"model", "info", "--jsn", "--quite", "dir"});
  ExpectFailure(
      result, 64,
      {"unknown option '--jsn' (did you mean '--json'?)", "unknown option '--quite' (did you mean '--quiet'?)"});
}

TEST(CommandLine, UnknownOptionIsNamedWithoutItsValue) {
  ExpectFailure(RunClner({"doctor", "--jsno=yes"}), 64, {"unknown option '--jsno' (did you mean '--json'?)"});
}

TEST(CommandLine, MissingArgumentIsNamed) {
  ExpectFailure(RunClner({"model", "diff", "a"}), 64, {"argument 'B' is missing", "give B: Model directory"});
}

TEST(CommandLine, ExtraArgumentIsNamed) {
  ExpectFailure(RunClner({"doctor", "now"}), 64, {"unexpected argument 'now'", "'clner doctor --help'"});
}

TEST(CommandLine, KnownOptionInTheWrongPlaceIsNotCalledUnknown) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"stats", "data", "--", "--json"},
                                                    {"stats", "--", "data", "--json"},
                                                    {"--json", "stats", "data"}}) {
    const ProcessResult result = RunClner(arguments);
    ExpectFailure(result, 64, {"'--json'"});
    EXPECT_EQ(result.err.find("did you mean"), std::string::npos) << result.err;
  }
  ExpectFailure(RunClner({"doctor", "--", "--json"}), 64,
                {"option '--json' stands before the command or behind '--'",
                 "fix: write it behind 'clner doctor' and before '--'"});
  ExpectFailure(RunClner({"stats", "--", "data", "--json"}), 64, {"unexpected argument '--json'"});
}

TEST(CommandLine, MissingValueIsNamed) {
  ExpectFailure(RunClner({"doctor", "--threads"}), 64, {"option '--threads' needs a value", "give --threads N"});
  ExpectFailure(RunClner({"doctor", "--log-file="}), 64, {"option '--log-file' has no value behind '='"});
}

TEST(CommandLine, BadValuesNameOptionValueAndRange) {
  ExpectFailure(RunClner({"doctor", "--threads", "many"}), 64,
                {"invalid value 'many' for '--threads'", "a whole number 0..4096"});
  ExpectFailure(RunClner({"doctor", "--threads", "-1"}), 64, {"invalid value '-1' for '--threads'"});
  ExpectFailure(RunClner({"doctor", "--device", "gpu"}), 64, {"invalid value 'gpu' for '--device'", "auto"});
  ExpectFailure(RunClner({"doctor", "--device", "cuda:"}), 64, {"invalid value 'cuda:' for '--device'"});
  ExpectFailure(RunClner({"stats", "data", "--tag-column", "99999999999"}), 64,
                {"invalid value '99999999999' for '--tag-column'", "a whole number -2147483648..2147483647"});
  ExpectFailure(RunClner({"completion", "bsh"}), 64,
                {"invalid value 'bsh' for 'SHELL' (did you mean 'bash'?)", "bash, zsh, fish"});
}

TEST(CommandLine, FlagsTakeNoValue) {
  ExpectFailure(RunClner({"doctor", "--quiet=5"}), 64, {"flag '--quiet' takes no value"});
}

TEST(CommandLine, RepeatedOptionIsAnError) {
  ExpectFailure(RunClner({"doctor", "--threads", "1", "--threads", "2"}), 64, {"'--threads' is given 2 times"});
}

TEST(CommandLine, ExclusiveOptionsAreNamed) {
  ExpectFailure(RunClner({"doctor", "--json", "--markdown"}), 64, {"'--json' and '--markdown' exclude each other"});
  ExpectFailure(RunClner({"doctor", "-q", "-v"}), 64, {"'--quiet' and '--verbose' exclude each other"});
}

TEST(CommandLine, GlobalOptionsStandBeforeOrBehindTheCommand) {
  const std::string plain = RunClner({"man"}).out;
  EXPECT_EQ(RunClner({"--threads", "2", "--device", "cpu", "-vv", "man"}).out, plain);
  EXPECT_EQ(RunClner({"man", "--threads", "2", "--device=cuda:1", "-q", "--no-color", "--strict"}).out, plain);
  EXPECT_EQ(RunClner({"--threads", "1", "man", "--threads", "2"}).exit_code, 0);
}

TEST(CommandLine, FileNamedLikeACommandIsAFile) {
  ExpectFailure(RunClner({"model", "info", "doctor"}), 66, {"'doctor' is not a directory"});
  ExpectFailure(RunClner({"model", "diff", "model", "man"}), 66, {"'model' is not a directory"});
}

TEST(CommandLine, HostileArgumentsAreShownEscaped) {
  const ProcessResult result = RunClner({"\x1b[31m\n\xff"});
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(result.err.find('\xff'), std::string::npos);
  EXPECT_EQ(RunClner({"--" + std::string(100000, 'x')}).exit_code, 64);
  EXPECT_EQ(RunClner({""}).exit_code, 64);
  EXPECT_EQ(RunClner({"--"}).exit_code, 64);
  EXPECT_EQ(RunClner({"-"}).exit_code, 64);
  EXPECT_EQ(RunClner({"doctor", "--", "-x"}).exit_code, 64);
}

TEST(CommandLine, LogFileThatCannotBeCreatedIsNamed) {
  const ProcessResult result = RunClner({"man", "--log-file", "/nonexistent/dir/log"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err.find("/nonexistent/dir/log"), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
}

}  // namespace
}  // namespace clner::test
