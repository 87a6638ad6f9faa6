// Option table, usage errors and tables on made-up commands.
#include "commands.h"
#include "option_table.h"
#include "program.h"
#include "usage_error.h"

namespace clner::cli {
namespace {

struct Values {
  std::string config, mode = "fast", resume;
  std::vector<std::string> sets, inputs;
  int count = 3;
  bool force = false, quiet = false;
};

std::unique_ptr<CLI::App> MakeApp(Values* values) {
  auto app = std::make_unique<CLI::App>("A program.", "clner");
  CLI::App* run = app->add_subcommand("run", "Run it.\nSecond line.");
  run->add_option("-c,--config", values->config, "Configuration file.")->required()->type_name("FILE");
  run->add_option("--mode", values->mode, "How.")->check(CLI::IsMember({"fast", "slow"}))->capture_default_str();
  run->add_option("--set", values->sets, "one override");
  run->add_option("--count", values->count, "How many.")->check(CLI::Range(1, 9))->capture_default_str();
  CLI::Option* resume = run->add_option("--resume", values->resume, "Go on.")->expected(0, 1);
  run->add_flag("--force", values->force, "Really.")->excludes(resume);
  run->add_option("IN", values->inputs, "Inputs.");
  run->add_option("--obscure", "Not shown.")->group("");
  app->add_subcommand("hidden", "Not shown.")->group("");
  run->footer("Examples:\n  clner run -c x");
  FinishParser(*app, [values](CLI::App& command) {
    command.add_flag("--quiet", values->quiet, "Say less.")->group(kGlobalGroup);
  });
  return app;
}

/// The error text of a parse, "" if it succeeds.
std::string Parse(const std::vector<std::string>& arguments, Values* values) {
  const auto app = MakeApp(values);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    CheckArguments(arguments);
    app->parse(reversed);
    RequireCommand(*app);
  } catch (const CLI::ParseError& error) {
    const Error usage = UsageError(*app, error);
    EXPECT_EQ(usage.code(), ErrorCode::kUsage);
    return usage.what();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "";
}

TEST(Parser, RepeatableOptionDoesNotSwallowPositionals) {
  Values values;
  EXPECT_EQ(Parse({"run", "--set", "a=1", "one", "--set", "b=2", "two", "-c", "x"}, &values), "");
  EXPECT_EQ(values.sets, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(values.inputs, (std::vector<std::string>{"one", "two"}));
}

TEST(Parser, OptionNeedsAndExclusions) {
  Values values;
  EXPECT_EQ(Parse({"run", "-c", "x", "--force", "--resume"}, &values),
            "clner: error: '--force' and '--resume' exclude each other\n  fix: give one of them");
}

TEST(Parser, MissingOptionShowsItsMeaning) {
  Values values;
  EXPECT_EQ(Parse({"run"}, &values),
            "clner: error: option '--config' is missing\n  fix: give -c, --config FILE: Configuration file");
}

TEST(Parser, ChoiceIsSuggested) {
  Values values;
  EXPECT_EQ(Parse({"run", "-c", "x", "--mode", "fsat"}, &values),
            "clner: error: invalid value 'fsat' for '--mode' (did you mean 'fast'?)\n  fix: give one of fast, slow");
}

TEST(Parser, BadNumbersAreReportedTogether) {
  Values values;
  EXPECT_EQ(Parse({"run", "-c", "x", "--mode", "no", "--count", "1x"}, &values),
            "clner: error: invalid value 'no' for '--mode'\n  fix: give one of fast, slow\n"
            "clner: error: invalid value '1x' for '--count'\n  fix: give a whole number 1..9");
  EXPECT_EQ(Parse({"run", "-c", "x", "--count", "10"}, &values),
            "clner: error: invalid value '10' for '--count'\n  fix: give a whole number 1..9");
}

TEST(Parser, NumbersBeyondTheTypeNameItsLimits) {
  CLI::App app("A program.", "clner");
  int column = 0, rare = 0;
  app.add_option("--column", column, "Which.");
  app.add_option("--rare", rare, "How many.")->check(CLI::NonNegativeNumber);
  const auto fix = [&app](const std::string& option, const std::string& value) {
    try {
      app.parse(std::vector<std::string>{value, option});
    } catch (const CLI::ParseError& error) {
      return UsageError(app, error).problems()[0].fix;
    }
    return std::string("accepted");
  };
  EXPECT_EQ(fix("--column", "99999999999"), "give a whole number -2147483648..2147483647");
  EXPECT_EQ(fix("--column", "-99999999999999999999"), "give a whole number -2147483648..2147483647");
  EXPECT_EQ(fix("--column", "two"), "give a whole number");
  EXPECT_EQ(fix("--column", "2147483647"), "accepted");
  EXPECT_EQ(fix("--rare", "+99999999999"), "give a whole number 0..2147483647");
  EXPECT_EQ(fix("--rare", "-1"), "give a whole number >= 0");
}

TEST(Parser, WhatFollowsTwoDashesIsAnArgument) {
  Values values;
  EXPECT_EQ(Parse({"run", "-c", "x", "--", "--force", "-c"}, &values), "");
  EXPECT_EQ(values.inputs, (std::vector<std::string>{"--force", "-c"}));
  CLI::App app("A program.", "clner");
  bool json = false;
  app.add_flag("--json", json, "As JSON.");
  try {
    app.parse(std::vector<std::string>{"--json", "--"});
    ADD_FAILURE() << "accepted";
  } catch (const CLI::ParseError& error) {
    EXPECT_EQ(UsageError(app, error).problems()[0].what, "unexpected argument '--json'");
  }
}

TEST(Parser, ExplanationIsTheWholeFirstSentence) {
  CLI::App app("A program.", "clner");
  std::vector<int> columns;
  app.add_option("--columns", columns, "Columns to write, in this order, e.g. 0,3 or i.e. all. Default: all.")
      ->type_name("N,...")
      ->delimiter(',');
  try {
    app.parse(std::vector<std::string>{"x", "--columns"});
    ADD_FAILURE() << "accepted";
  } catch (const CLI::ParseError& error) {
    EXPECT_EQ(UsageError(app, error).problems()[0].fix,
              "give --columns N,...: Columns to write, in this order, e.g. 0,3 or i.e. all");
  }
}

TEST(Parser, HiddenNamesAreNotSuggested) {
  Values values;
  EXPECT_EQ(Parse({"hiden"}, &values),
            "clner: error: unknown command 'hiden'\n  fix: 'clner --help' lists the valid ones");
  EXPECT_EQ(Parse({"run", "--obscur"}, &values),
            "clner: error: unknown option '--obscur'\n  fix: 'clner run --help' lists the valid ones");
}

TEST(OptionTable, RowsHoldWhatTheParserKnows) {
  Values values;
  const auto app = MakeApp(&values);
  const OptionTable table = ReadOptionTable(*app);
  ASSERT_EQ(table.size(), 2U);
  const CommandRow& run = FindCommand(table, {"run"});
  EXPECT_EQ(run.Usage(), std::vector<std::string>{"clner run [options] -c FILE [IN...]"});
  std::vector<std::string> shown;
  for (const OptionRow& row : run.options) shown.push_back(row.Signature() + " | " + row.FullHelp());
  EXPECT_EQ(shown,
            (std::vector<std::string>{
                "-h, --help | Print this help message and exit.", "-c, --config FILE | Configuration file. [required]",
                "--mode MODE | How. [fast | slow] [default: fast]", "--set SET | One override. [repeatable]",
                "--count N | How many. [1..9] [default: 3]", "--resume[=RESUME] | Go on.", "--force | Really.",
                "--quiet | Say less."}));
  EXPECT_EQ(run.Groups().back(), kGlobalGroup);
}

TEST(OptionTable, HelpAlignsWrapsAndGroups) {
  Values values;
  const auto app = MakeApp(&values);
  const OptionTable table = ReadOptionTable(*app);
  const std::string help = HelpText(table, FindCommand(table, {"run"}));
  EXPECT_EQ(help.rfind("Run it.\nSecond line.\n\nUsage: clner run [options] -c FILE [IN...]\n\nArguments:\n", 0), 0U)
      << help;
  EXPECT_NE(help.find("  --mode MODE                   How. [fast | slow] [default: fast]\n"), std::string::npos)
      << help;
  EXPECT_NE(help.find("\nExamples:\n  clner run -c x\n"), std::string::npos) << help;
  const std::string overview = HelpText(table, FindCommand(table, {}));
  EXPECT_NE(overview.find("  run                           Run it.\n"), std::string::npos) << overview;
  EXPECT_EQ(overview.find("hidden"), std::string::npos);
}

TEST(OptionTable, HelpIsAtMostAHundredColumnsWide) {
  CLI::App app(
      "A description that is a good deal longer than the line of a terminal, so that it has to be broken somewhere at "
      "a "
      "blank.",
      "clner");
  int value = 0;
  app.add_option("--with-quite-a-long-name", value,
                 "A help text that is a good deal longer than the line of a terminal, so that it has to be broken.");
  const OptionTable table = ReadOptionTable(app);
  std::istringstream help(HelpText(table, table.front()));
  for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(WrapText, KeepsNewlinesAndLongWords) {
  EXPECT_EQ(WrapText("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(WrapText("a\nb", 7), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(WrapText("abcdefghij k", 4), (std::vector<std::string>{"abcdefghij", "k"}));
  EXPECT_TRUE(WrapText("", 4).empty());
}

TEST(FormatTable, AlignsByDisplayWidth) {
  EXPECT_EQ(FormatTable({{"type", "F1"}, {"person", "9.5"}, {"\xe4\xba\xba", "100.0"}}),
            "type       F1\nperson    9.5\n\xe4\xba\xba      100.0\n");
  EXPECT_EQ(FormatTable({{"a", ""}, {"b"}}), "a\nb\n");
  EXPECT_EQ(FormatTable({}), "");
}

}  // namespace
}  // namespace clner::cli
