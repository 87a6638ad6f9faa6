// A made-up command with arguments and a subcommand beside them.
#include "command_forms.h"

#include "option_table.h"
#include "program.h"
#include "usage_error.h"

namespace clner::cli {
namespace {

using test::WriteText;

class FormsFiles : public test::Scratch {};

struct Forms {
  std::string input, output, data, ran;
  bool quiet = false;
  int threads = 0;
};

std::unique_ptr<CLI::App> MakeApp(Forms* forms) {
  auto app = std::make_unique<CLI::App>("A program.", "clner");
  CLI::App* make = app->add_subcommand("make", "Make it.");
  make->add_option("IN", forms->input, "What to read.")->required();
  make->add_option("-o,--output", forms->output, "What to write.")->required()->type_name("OUT");
  make->callback([forms] { forms->ran += "make "; });
  CLI::App* report = make->add_subcommand("report", "Report on it.");
  report->add_option("DATA", forms->data, "What to report on.")->required();
  report->callback([forms] { forms->ran += "report "; });
  FinishParser(*app, [forms](CLI::App& command) {
    command.add_flag("-q,--quiet", forms->quiet, "Say less.")->group(kGlobalGroup);
    command.add_option("--threads", forms->threads, "How many.")->group(kGlobalGroup);
  });
  return app;
}

/// What ran, or the error text.
std::string Parse(const std::vector<std::string>& arguments, Forms* forms) {
  const auto app = MakeApp(forms);
  try {
    ChooseForms(*app, arguments);
    app->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    RequireCommand(*app);
  } catch (const CLI::ParseError& error) {
    return UsageError(*app, error).what();
  } catch (const Error& error) {
    return error.what();
  }
  return forms->ran;
}
std::string Parse(const std::vector<std::string>& arguments) {
  Forms forms;
  return Parse(arguments, &forms);
}

TEST(CommandForms, ArgumentsOrASubcommand) {
  Forms forms;
  EXPECT_EQ(Parse({"make", "a", "-o", "b"}, &forms), "make ");
  EXPECT_EQ(forms.input, "a");
  forms = {};
  EXPECT_EQ(Parse({"make", "report", "d"}, &forms), "report ");
  EXPECT_EQ(forms.data, "d");
  EXPECT_EQ(forms.input, "");
}

TEST(CommandForms, OptionsOfAllCommandsMayStandBetween) {
  for (const std::vector<std::string>& between : std::vector<std::vector<std::string>>{
           {"-q"}, {"-qq"}, {"--quiet"}, {"--threads", "2"}, {"--threads=2", "-q"}, {"--threads", "report"}}) {
    std::vector<std::string> arguments = {"-q", "make"};
    arguments.insert(arguments.end(), between.begin(), between.end());
    arguments.insert(arguments.end(), {"report", "d"});
    Forms forms;
    const std::string result = Parse(arguments, &forms);
    if (between.back() == "report") {  // a value is no subcommand
      EXPECT_NE(result.find("invalid value 'report' for '--threads'"), std::string::npos) << result;
    } else {
      EXPECT_EQ(result, "report ") << between.front();
    }
  }
}

TEST(CommandForms, AFileMayBeNamedLikeTheSubcommand) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"make", "./report", "-o", "b"},
                                             {"make", "-o", "b", "report"},
                                             {"make", "-o", "report", "report"},
                                             {"make", "-qo", "report", "report"},
                                             {"make", "-o", "b", "--", "report"},
                                             {"make", "--", "report"}}) {
    Forms forms;
    const std::string result = Parse(arguments, &forms);
    if (arguments.size() == 3) {
      EXPECT_NE(result.find("option '--output' is missing"), std::string::npos) << result;
      continue;
    }
    EXPECT_EQ(result, "make ");
    EXPECT_EQ(forms.input.substr(forms.input.size() - 6), "report");
  }
  Forms forms;
  EXPECT_EQ(Parse({"make", "report", "report"}, &forms), "report ");
  EXPECT_EQ(forms.data, "report");
}

TEST_F(FormsFiles, ATypingErrorNamesTheSubcommand) {
  const std::string expected =
      "clner: error: unknown command 'reprot' (did you mean 'report'?)\n  fix: 'clner make --help' lists the valid "
      "ones";
  EXPECT_EQ(Parse({"make", "reprot", "d"}), expected);
  EXPECT_EQ(Parse({"make", "reprot"}), expected);
  EXPECT_EQ(Parse({"make", "reprot", "d", "--json"}), expected);
  const std::string file = Path("repor");
  WriteText(file, "");
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  EXPECT_NE(Parse({"make", "repor"}).find("option '--output' is missing"), std::string::npos);
  std::filesystem::current_path(here);
  EXPECT_NE(Parse({"make", "a", "-o", "b", "report"}).find("unexpected argument 'report'"), std::string::npos);
  EXPECT_NE(Parse({"make", "a", "c", "-o", "b"}).find("unexpected argument 'c'"), std::string::npos);
}

TEST(CommandForms, WhatIsMissingIsThatOfTheChosenForm) {
  EXPECT_EQ(Parse({"make"}),
            "clner: error: argument 'IN' is missing\n  fix: give IN: What to read\n"
            "clner: error: option '--output' is missing\n  fix: give -o, --output OUT: What to write");
  EXPECT_EQ(Parse({"make", "report"}), "clner: error: argument 'DATA' is missing\n  fix: give DATA: What to report on");
  EXPECT_NE(Parse({"make", "report", "d", "-o", "b"}).find("unknown option '-o'"), std::string::npos);
}

TEST(CommandForms, HelpShowsBothForms) {
  Forms forms;
  const auto app = MakeApp(&forms);
  const OptionTable table = ReadOptionTable(*app);
  const CommandRow& make = FindCommand(table, {"make"});
  EXPECT_TRUE(make.Runs());
  EXPECT_EQ(make.Usage(),
            (std::vector<std::string>{"clner make [options] -o OUT IN", "clner make [options] COMMAND ..."}));
  const std::string help = HelpText(table, make);
  EXPECT_EQ(help.rfind("Make it.\n\nUsage: clner make [options] -o OUT IN\n       clner make [options] COMMAND ...\n\n"
                       "Commands:\n  report                        Report on it.\n\nArguments:\n  IN ",
                       0),
            0U)
      << help;
  EXPECT_EQ(FindCommand(table, {"make", "report"}).Usage(),
            std::vector<std::string>{"clner make report [options] DATA"});
  EXPECT_EQ(FindCommand(table, {}).Usage(), std::vector<std::string>{"clner [options] COMMAND ..."});
}

}  // namespace
}  // namespace clner::cli
