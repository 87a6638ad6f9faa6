// Programs of a user as engines: rows 57, 59 and 60 of the fault matrix for `--search-command`.
#include "core/json.h"
#include "fault.h"

namespace clner::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SearchCommand : public Scratch {
 protected:
  /// Searches with a shell script that reads lines; `body` runs for each with the line in $line.
  [[nodiscard]] ProcessResult Loop(const std::string& body, std::vector<std::string> more = {}) const {
    WriteText(Path("engine.sh"), "while read -r line; do " + body + "; done\n");
    return Run("sh '" + Path("engine.sh") + "'", std::move(more));
  }
  [[nodiscard]] static ProcessResult Run(const std::string& command, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"search", "Jane in Lisbon", "--search-command", command};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  }
  [[nodiscard]] static Json Parse(const std::string& text) { return ParseJson(text, "out", ErrorCode::kData); }
};

TEST_F(SearchCommand, GetsALineAndGivesALine) {
  WriteText(Path("answer"), R"({"id":0,"candidates":[{"text":"a\u0000b\u202e\tLisbon \u001b[31m","score":1},)"
                            R"({"text":"first","title":"T","id":"7","score":2.5},{"text":"?"}]})"
                            "\n");
  const ProcessResult result =
      Loop("printf '%s\\n' \"$line\" >'" + Path("asked") + "'; cat '" + Path("answer") + "'", {"--json", "-k", "5"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Parse(ReadText(Path("asked"))), Parse(R"({"id":0,"query":"Jane in Lisbon","limit":5})"));
  const Json found = Parse(result.out).at("candidates");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at("text"), "first");
  EXPECT_EQ(found[0].at("doc_id"), "7");
  EXPECT_THAT(found[1].at("text").get<std::string>(), AllOf(HasSubstr("Lisbon"), Not(HasSubstr("\x1b"))));
  EXPECT_EQ(RunClner({"search", "?!", "--search-command", "false"}).exit_code, 0);  // nothing to ask
}

TEST_F(SearchCommand, BrokenAnswersAreRefused) {
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"hello", "bad JSON"},
      {"{}", "has no id"},
      {R"({"id":7,"candidates":[]})", "query 7, which is not open"},
      {R"({"id":0})", "no list of candidates"},
      {R"({"id":0,"candidates":[{}]})", "candidate without text"},
      {R"({"id":0,"candidates":[{"text":"a","score":"b"}]})", "score that is no number"},
      {R"({"id":0,"candidates":[{"text":"\xFF"}]})", "bad JSON"}};
  for (const auto& [answer, text] : answers) {
    WriteText(Path("answer"), answer + "\n");
    ExpectFailure(Loop("cat '" + Path("answer") + "'"), 65, {text, "output of the search command:1"});
  }
  ExpectFailure(Loop(R"(echo '{"id":0,"error":"index is away"}')"), 69, {"index is away"});
}

TEST_F(SearchCommand, ProgramsThatEndOrHangAreNamed) {
  ExpectFailure(Run("no-such-program-at-all"), 69, {"cannot start", "no-such-program-at-all"});
  ExpectFailure(Run("'open"), 64, {"open quote"});
  ExpectFailure(Run(" "), 64, {"is empty"});
  ExpectFailure(Loop("exit 3"), 69, {"ended with exit code 3 after 0 of 1 answer"});
  ExpectFailure(Loop("kill -9 $$"), 69, {"ended by signal 9"});
  ExpectFailure(Run("true"), 69, {"ended with exit code 0"});
  ExpectFailure(Loop("sleep 60", {"--search-timeout", "0.3"}), 69, {"is silent for 0.3 s", "flush"});
  ExpectFailure(Loop("printf '{\"id\":0'; exit 0"), 69, {"ended with exit code 0"});
}

TEST_F(SearchCommand, NothingIsLeftBehind) {
  const std::string mark = Path("child.pid");
  // A shell that is slow to start is given more time.
  for (double seconds = 0.3; ReadText(mark).empty(); seconds *= 2) {
    ASSERT_LT(seconds, 60);
    ExpectFailure(
        Loop("trap '' TERM; sleep 61 & echo $! >'" + mark + "'; wait", {"--search-timeout", std::to_string(seconds)}),
        69, {"is silent"});
  }
  const pid_t grandchild = static_cast<pid_t>(std::stol(ReadText(mark)));
  for (int i = 0; i < 200 && kill(grandchild, 0) == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::string state = ReadText("/proc/" + std::to_string(grandchild) + "/stat");
  EXPECT_TRUE(state.empty() || state.find(") Z") != std::string::npos) << state;
}

TEST_F(SearchCommand, LargeAnswersNeitherHangNorFillTheMemory) {
  // A long query and a long answer at once: more than two pipes hold.
  // The program writes before it has read all of the query.
  WriteText(
      Path("engine.sh"),
      "printf '{\"id\":0,\"candidates\":[{\"text\":\"'; head -c 300000 /dev/zero | tr '\\0' x; printf '\"}]}\\n'; cat "
      ">'" +
          Path("asked") + "'\n");
  const ProcessResult large = RunClner({"search", Repeat("word ", 20000), "--search-command",
                                        "sh '" + Path("engine.sh") + "'", "--search-timeout", "20", "--json"});
  ASSERT_EQ(large.exit_code, 0) << large.err;
  EXPECT_LT(Parse(large.out).at("candidates")[0].at("text").get<std::string>().size(), 17000U);
  const ProcessResult endless = RunBounded("\"$clner\" search x --search-command 'cat /dev/zero'", 20, 300);
  ExpectFailure(endless, 69, {"line of more than 64 MiB"});
}

}  // namespace
}  // namespace clner::test
