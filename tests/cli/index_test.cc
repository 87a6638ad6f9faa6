// `clner index` and `clner search` as a user calls them.
#include <gmock/gmock.h>

#include "core/json.h"
#include "program.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLeads =
    "1\tAcme Robotics\tAcme Robotics is a maker of industrial robots in Lisbon.\n"
    "2\tJane Doe\tJane Doe is an engineer who founded Acme Robotics.\n"
    "3\tEvil \xE2\x80\xAE title\tLisbon is the \x1b[31mcapital\x1b[0m of Portugal.\n";

class IndexCommand : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("leads.tsv"), kLeads);
  }
  [[nodiscard]] ProcessResult Build(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"index",     "build",    Path("leads.tsv"), "-o",
                                          Path("idx"), "--fields", "id,title,text"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  }
  [[nodiscard]] static Json Parse(const std::string& text) { return ParseJson(text, "out", ErrorCode::kData); }
};

TEST_F(IndexCommand, BuildInfoCheckAndSearch) {
  const ProcessResult built = Build({"--json", "--license", "CC0"});
  ASSERT_EQ(built.exit_code, 0) << built.err;
  EXPECT_THAT(built.err, HasSubstr("wrote 3 passages of 3 documents"));
  const Json info = Parse(built.out);
  EXPECT_EQ(info.at("schema_version"), 1);
  EXPECT_EQ(info.at("documents"), 3);
  EXPECT_EQ(info.at("sources").at(0).at("license"), "CC0");
  EXPECT_EQ(Parse(RunClner({"index", "info", Path("idx"), "--json"}).out), info);
  EXPECT_THAT(RunClner({"index", "info", Path("idx")}).out, HasSubstr("unicode61"));
  EXPECT_THAT(RunClner({"index", "check", Path("idx")}).out, HasSubstr("ok, 3 passages"));
  EXPECT_EQ(Parse(RunClner({"index", "check", Path("idx"), "--json"}).out).at("ok"), true);

  const ProcessResult table = RunClner({"search", "-i", Path("idx"), "Jane in Lisbon", "-k", "3"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("[Jane] Doe is an engineer"));
  EXPECT_THAT(table.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(table.out, Not(HasSubstr("\xE2\x80\xAE")));
  const Json found = Parse(RunClner({"search", "-i", Path("idx"), "Jane", "--json"}).out);
  EXPECT_EQ(found.at("candidates").at(0).at("doc_id"), "2");
  EXPECT_EQ(found.at("candidates").at(0).at("matches"), Json::parse("[[0, 4]]"));
  EXPECT_EQ(found.at("terms").at(0).at(0).at("term"), "jane");
}

TEST_F(IndexCommand, TagsAreStrippedOnRequest) {
  WriteText(Path("leads.tsv"), "1\t<i>Acme</i>\tAcme &amp; <e:Jane Doe>Jane</e><br>of 5 < 6\n");
  const auto text = [&] {
    const Json found = Parse(RunClner({"search", "-i", Path("idx"), "Jane", "--json"}).out).at("candidates").at(0);
    return found.at("title").get<std::string>() + "|" + found.at("text").get<std::string>();
  };
  ASSERT_EQ(Build({"--passages", "document"}).exit_code, 0);
  EXPECT_EQ(text(), "<i>Acme</i>|Acme &amp; <e:Jane Doe>Jane</e><br>of 5 < 6");
  ASSERT_EQ(Build({"--passages", "document", "--strip-html"}).exit_code, 0);
  EXPECT_EQ(text(), "Acme|Acme & Jane of 5 < 6");
  ExpectFailure(RunClner({"search", "-i", Path("idx"), "Jane", "--strip-html"}), 64,
                {"--strip-html has no effect on an index file", "clner index build --strip-html"});
}

TEST_F(IndexCommand, OptionsOfOtherEnginesAreRefused) {
  ASSERT_EQ(Build().exit_code, 0);
  const std::vector<std::vector<std::string>> of_servers = {{"--retries", "5"}, {"--search-timeout", "60"}};
  for (const std::vector<std::string>& option : of_servers) {
    std::vector<std::string> arguments = {"search", "-i", Path("idx"), "Jane"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    ExpectFailure(RunClner(arguments), 64, {option[0] + " has no effect"});
  }
  for (const char* of_index : {"--all-terms", "--no-verify", "--rescore=5", "--max-terms=12"}) {
    ExpectFailure(RunClner({"search", "--search-command", "cat", of_index, "Jane"}), 64, {"needs '--index'"});
  }
}

TEST_F(IndexCommand, NothingFoundIsNoError) {
  ASSERT_EQ(Build().exit_code, 0);
  for (const char* query : {"", "?!", "zzz", "AND (\":/"}) {
    const ProcessResult result = RunClner({"search", "-i", Path("idx"), query});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("nothing found"));
    EXPECT_EQ(Parse(RunClner({"search", "-i", Path("idx"), query, "--json"}).out).at("candidates"), Json::array());
  }
}

TEST_F(IndexCommand, AddReplacesTheIndexAtTheEnd) {
  ASSERT_EQ(Build().exit_code, 0);
  WriteText(Path("more.jsonl"), "{\"id\": \"9\", \"title\": \"Oslo\", \"text\": \"Oslo is the capital of Norway.\"}\n");
  const ProcessResult added = RunClner({"index", "add", Path("more.jsonl"), "-o", Path("idx"), "--json"});
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_EQ(Parse(added.out).at("passages"), 4);
  EXPECT_THAT(RunClner({"search", "-i", Path("idx"), "Oslo"}).out, HasSubstr("[Oslo] is the capital"));
}

TEST_F(IndexCommand, MistakesAreNamed) {
  ExpectFailure(RunClner({"index"}), 64, {"needs a command"});
  ExpectFailure(RunClner({"index", "build", Path("leads.tsv"), "-o", "-"}), 64,
                {"cannot be written to standard output"});
  ExpectFailure(Build({"--format", "jsn"}), 64, {"unknown format 'jsn'", "jsonl"});
  ExpectFailure(Build({"--tokenizer", "porter"}), 64, {"porter"});
  ExpectFailure(RunClner({"index", "build", Path("no.tsv"), "-o", Path("idx")}), 66, {"no.tsv"});
  ExpectFailure(RunClner({"index", "build", Path("leads.tsv"), "-o", Path("leads.tsv")}), 73, {"is the input"});
  ExpectFailure(RunClner({"index", "build", Path("leads.tsv"), "-o", Path("no/idx")}), 73, {"no"});
  ExpectFailure(RunClner({"index", "info", Path("leads.tsv")}), 76, {"is not an index of clner", "clner index build"});
  ExpectFailure(RunClner({"index", "check", Path("idx")}), 66, {"idx"});
  ExpectFailure(RunClner({"search", "-i", Path("leads.tsv"), "x"}), 76, {"is not an index of clner"});
  ASSERT_EQ(Build().exit_code, 0);
  ExpectFailure(RunClner({"search", "-i", Path("idx"), "\xFF"}), 64, {"not valid UTF-8"});
  std::string damaged = ReadText(Path("idx"));
  damaged[damaged.size() / 2] ^= 1;
  WriteText(Path("idx"), damaged);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"index", "info", Path("idx")},
                                                  {"index", "check", Path("idx")},
                                                  {"search", "-i", Path("idx"), "Jane"}}) {
    ExpectFailure(RunClner(command), 76, {"is damaged", "build it again"});
  }
}

TEST_F(IndexCommand, ReadsStandardInputAndRepairsOnRequest) {
  const ProcessResult refused =
      RunClner({"index", "build", "-", "-o", Path("idx")}, {.input = "good text\nbad \xFF text\n"});
  ExpectFailure(refused, 65, {"<stdin>:2:5", "--encoding-errors replace"});
  EXPECT_FALSE(std::filesystem::exists(Path("idx")));
  const ProcessResult repaired =
      RunClner({"index", "build", "-", "-o", Path("idx"), "--encoding-errors", "replace", "--json"},
               {.input = "good text\nbad \xFF text\n"});
  ASSERT_EQ(repaired.exit_code, 0) << repaired.err;
  EXPECT_EQ(Parse(repaired.out).at("replaced_bytes"), 1);
  EXPECT_THAT(repaired.err, HasSubstr("1 invalid byte replaced"));
}

// Row 46: the finished part is kept.
TEST_F(IndexCommand, AKilledBuildGoesOn) {
  const ProcessResult killed = RunClner({"index", "build", Path("leads.tsv"), "-o", Path("idx")},
                                        {.environment = {{"CLNER_FAULT", "kill@commit:2"}}});
  EXPECT_EQ(killed.exit_code, 137);
  EXPECT_FALSE(std::filesystem::exists(Path("idx")));
  const ProcessResult resumed = RunClner({"index", "build", Path("leads.tsv"), "-o", Path("idx")});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("going on with an unfinished build"));
  EXPECT_FALSE(std::filesystem::exists(Path(".idx.building")));
}

}  // namespace
}  // namespace clner::test
