// Rows 44-46, 50, 53 and 61-63 of the fault matrix for `clner contexts`: killed, stopped and doubled runs.
#include <csignal>

#include "core/random.h"
#include "fault.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;

class ContextsFault : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    std::string leads, corpus;
    for (int i = 0; i < 400; ++i) {
      const std::string number = std::to_string(i);
      leads += number + "\tTitle\tName" + number + " of town" + std::to_string(i % 20) + " is known for work " +
               number + "\n";
      corpus += "Name" + number + "\nmet\nName" + std::to_string((i * 7) % 400) + "\nin\ntown" +
                std::to_string(i % 20) + "\n\n";
    }
    WriteText(Path("leads.tsv"), leads);
    WriteText(Path("corpus.conll"), corpus);
    const ProcessResult built =
        RunClner({"index", "build", Path("leads.tsv"), "-o", Path("leads.idx"), "--fields", "id,title,text"});
    ASSERT_EQ(built.exit_code, 0) << built.err;
    ASSERT_EQ(RunProcess(Command("straight.jsonl")).exit_code, 0);
    expected_ = ReadText(Path("straight.jsonl"));
  }
  [[nodiscard]] std::vector<std::string> Command(const std::string& output) const {
    return {CLNER_PROGRAM, "contexts",   "-i",           Path("leads.idx"), Path("corpus.conll"),
            "-o",          Path(output), "--unlabelled", "--rerank",        "fuzzy"};
  }
  [[nodiscard]] ProcessResult RunWithFault(const std::string& output, const std::string& fault) const {
    return RunProcess(Command(output), {.environment = {{"CLNER_FAULT", fault}}});
  }
  /// Runs the same command again, which must end with the bytes of an uninterrupted run.
  ProcessResult ExpectGoesOn(const std::string& output) const {
    ProcessResult result = RunProcess(Command(output));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(ReadText(Path(output)) == expected_);
    EXPECT_FALSE(std::filesystem::exists(Path("." + output + ".building")));
    return result;
  }
  std::string expected_;
};

// Rows 44 and 61.
TEST_F(ContextsFault, KilledAtEveryWriteGoesOnToTheSameBytes) {
  int64_t kills = 0, published = 0;
  for (const char* op : {"write", "rename", "fsync"}) {
    for (int k = 1;; ++k) {
      const std::string fault = "kill@" + std::string(op) + ":" + std::to_string(k);
      SCOPED_TRACE(fault);
      std::filesystem::remove(Path("out.jsonl"));
      const ProcessResult result = RunWithFault("out.jsonl", fault);
      if (result.exit_code == 0) break;
      ASSERT_EQ(result.exit_code, 128 + SIGKILL) << result.err;
      ++kills;
      if (std::filesystem::exists(Path("out.jsonl"))) {
        EXPECT_TRUE(ReadText(Path("out.jsonl")) == expected_);
        const bool only_to_tidy_up = std::filesystem::exists(Path(".out.jsonl.building"));
        published += only_to_tidy_up ? 1 : 0;
        if (!only_to_tidy_up) std::filesystem::remove(Path("out.jsonl"));  // all was done
      }
      ExpectGoesOn("out.jsonl");
    }
  }
  EXPECT_GT(kills, 8);
  EXPECT_GT(published, 0);
}

// A run that ends by a kill right behind the publication of its output is finished by the same command, and no other.
TEST_F(ContextsFault, KilledBehindThePublicationIsTidiedUp) {
  ASSERT_EQ(RunWithFault("out.jsonl", "kill@rename:5").exit_code, 128 + SIGKILL);
  ASSERT_TRUE(ReadText(Path("out.jsonl")) == expected_);
  ASSERT_TRUE(std::filesystem::exists(Path(".out.jsonl.building")));
  std::vector<std::string> other = Command("out.jsonl");
  other.insert(other.end(), {"--top", "2"});
  ExpectFailure(RunProcess(other), 73, {"is there already", "--overwrite"});
  EXPECT_TRUE(ReadText(Path("out.jsonl")) == expected_);
  EXPECT_THAT(ExpectGoesOn("out.jsonl").err, HasSubstr("400 sentences are there"));
  ExpectFailure(RunProcess(Command("out.jsonl")), 73, {"is there already"});
}

// Row 46, at any time.
TEST_F(ContextsFault, KilledByChanceGoesOnToTheSameBytes) {
  constexpr uint64_t kSeed = 46;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 8; ++i) {
    Background program(Command("out.jsonl"));
    std::this_thread::sleep_for(std::chrono::milliseconds(random.Below(120)));
    program.Signal(SIGKILL);
    (void)program.Wait();
    if (!std::filesystem::exists(Path("out.jsonl"))) continue;
    EXPECT_TRUE(ReadText(Path("out.jsonl")) == expected_);
    if (!std::filesystem::exists(Path(".out.jsonl.building"))) std::filesystem::remove(Path("out.jsonl"));
  }
  ExpectGoesOn("out.jsonl");
}

// Rows 45 and 46.
TEST_F(ContextsFault, SignalsEndWith75AndWhatIsDoneIsKept) {
  for (const auto& [number, name] : {std::pair<int, std::string>{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}}) {
    SCOPED_TRACE(name);
    std::filesystem::remove(Path("out.jsonl"));
    Background program(Command("out.jsonl"));
    const std::filesystem::path records = Path(".out.jsonl.building/records");
    std::error_code ignored;
    if (!program.WaitUntil([&] {
          return std::filesystem::exists(records, ignored) && std::filesystem::file_size(records, ignored) > 1000;
        })) {
      GTEST_SKIP() << "the run was over before it could be stopped";
    }
    program.Signal(number);
    const ProcessResult result = program.Wait();
    if (result.exit_code == 0) continue;
    EXPECT_EQ(result.exit_code, 75) << result.err;
    EXPECT_THAT(result.err, HasSubstr("stopped by " + name));
    EXPECT_THAT(ExpectGoesOn("out.jsonl").err, HasSubstr("going on with an unfinished retrieval"));
  }
}

// Rows 53 and 61.
TEST_F(ContextsFault, TwoWritersAtOnceAreRefused) {
  ASSERT_EQ(RunWithFault("out.jsonl", "kill@write:5").exit_code, 128 + SIGKILL);
  const std::string lock = Path(".out.jsonl.building/lock");
  const ProcessResult result =
      RunShell("exec 9>>'" + lock + "'; flock -n 9 && '" CLNER_PROGRAM "' contexts -i '" + Path("leads.idx") + "' '" +
               Path("corpus.conll") + "' -o '" + Path("out.jsonl") + "' --unlabelled --rerank fuzzy 9>&-");
  if (!HasProgram("flock")) GTEST_SKIP() << "needs the program flock";
  EXPECT_EQ(result.exit_code, 73) << result.err;
  ExpectGoesOn("out.jsonl");
}

// Row 61.
TEST_F(ContextsFault, OtherOptionsAndDamageAreNeverMixed) {
  ASSERT_EQ(RunWithFault("out.jsonl", "kill@write:6").exit_code, 128 + SIGKILL);
  std::vector<std::string> other = Command("out.jsonl");
  other.insert(other.end(), {"--top", "2"});
  const ProcessResult anew = RunProcess(other);
  EXPECT_EQ(anew.exit_code, 0) << anew.err;
  EXPECT_THAT(anew.err, HasSubstr("begun anew"));
  std::filesystem::remove(Path("out.jsonl"));
  ASSERT_EQ(RunWithFault("out.jsonl", "kill@write:6").exit_code, 128 + SIGKILL);
  const std::string records = Path(".out.jsonl.building/records");
  std::string text = ReadText(records);
  text[text.size() / 2] ^= 1;
  text.resize(text.size() - 30);
  WriteText(records, text);
  EXPECT_THAT(ExpectGoesOn("out.jsonl").err, HasSubstr("2 sentences were cut short, damaged or partial"));
}

// Row 50.
TEST_F(ContextsFault, AFullDiskKeepsTheFinishedPart) {
  const ProcessResult result = RunWithFault("out.jsonl", "error@write:5+=ENOSPC");
  ExpectFailure(result, 74, {"No space left"});
  EXPECT_FALSE(std::filesystem::exists(Path("out.jsonl")));
  EXPECT_THAT(ExpectGoesOn("out.jsonl").err, HasSubstr("128 sentences are there"));
}

class ContextsReportFault : public Scratch {};

// Rows 44 and 50 for `clner contexts report --html`: the page is the old one or the new one, never a part of it.
TEST_F(ContextsReportFault, APageIsReplacedWholeOrNotAtAll) {
  WriteText(Path("view.conll"), "Oslo\tB-LOC\n<EOS> B-X\nOslo B-X\nagain B-X\n");
  const auto report = [&](const std::string& fault) {
    return RunProcess({CLNER_PROGRAM, "contexts", "report", "view.conll", "view.conll", "--html", "report.html"},
                      {.environment = {{"CLNER_FAULT", fault}}, .directory = directory_});
  };
  ASSERT_EQ(report("").exit_code, 0);
  const std::string page = ReadText(Path("report.html"));
  const std::vector<std::string> tree = Tree(directory_);
  for (const char* action : {"error", "kill"}) {
    int64_t failures = 0;
    for (const char* op : {"write", "fsync", "rename"}) {
      for (int k = 1;; ++k) {
        const std::string call = std::string("@") + op + ":" + std::to_string(k);
        const std::string fault = std::string(action) == "kill" ? "kill" + call : "error" + call + "=ENOSPC";
        SCOPED_TRACE(fault);
        WriteText(Path("report.html"), "old");
        const ProcessResult result = report(fault);
        if (result.exit_code == 0) break;
        ++failures;
        const std::string left = ReadText(Path("report.html"));
        EXPECT_TRUE(left == "old" || left == page) << left;
        if (std::string(action) == "kill") {
          EXPECT_EQ(result.exit_code, 128 + SIGKILL) << result.err;
        } else {
          EXPECT_EQ(result.exit_code, 74) << result.err;
          EXPECT_THAT(result.err, HasSubstr("No space left"));
          EXPECT_EQ(Tree(directory_), tree);
        }
      }
    }
    EXPECT_GE(failures, 3);
  }
}

}  // namespace
}  // namespace clner::test
