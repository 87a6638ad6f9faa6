// Exit codes and messages of the commands that read data, configurations and models; contents are tested with the
// libraries.
#include "core/json.h"
#include "program.h"
#include "tiny_model_files.h"

namespace clner::test {
namespace {

constexpr const char* kGold = "Jane B-PER\nDoe I-PER\nleft O\n\nAcme B-ORG\nwon O\n";
constexpr const char* kPredicted = "Jane B-PER\nDoe I-PER\nleft O\n\nAcme O\nwon O\n";

class Commands : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("gold"), kGold);
    WriteText(Path("pred"), kPredicted);
  }
  /// Runs a command on a path that does not exist (66), and on a directory (data readers recognise it: 65).
  void ExpectInputErrors(const std::vector<std::string>& before, const std::vector<std::string>& after = {},
                         int directory_code = 65) {
    for (const auto& [path, code] :
         {std::pair<std::string, int>{Path("none"), 66}, {directory_.string(), directory_code}}) {
      std::vector<std::string> arguments = before;
      arguments.push_back(path);
      arguments.insert(arguments.end(), after.begin(), after.end());
      ExpectFailure(RunClner(arguments), code, {path});
    }
  }
};

TEST_F(Commands, MissingInputIs66) {
  ExpectInputErrors({"stats"});
  ExpectInputErrors({"validate"});
  ExpectInputErrors({"convert"}, {"-"});
  ExpectInputErrors({"eval", Path("gold")});
  ExpectInputErrors({"eval", "--conll"});
  ExpectInputErrors({"config", "check", "-c"}, {}, 66);
}

TEST_F(Commands, UnreadableInputIs66) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  std::filesystem::permissions(Path("gold"), std::filesystem::perms::none);
  ExpectFailure(RunClner({"stats", Path("gold")}), 66, {"Permission denied"});
}

TEST_F(Commands, BadDataIs65WithItsPlace) {
  WriteText(Path("bad"), "Jane B-PER\nD\xffoe I-PER\n");
  ExpectFailure(RunClner({"stats", Path("bad")}), 65, {Path("bad") + ":2"});
  WriteText(Path("empty"), "");
  ExpectFailure(RunClner({"stats", Path("empty")}), 65, {"no sentences"});
  ExpectFailure(RunClner({"eval", Path("gold"), Path("empty")}), 65, {Path("empty")});
}

TEST_F(Commands, EvalPrintsScoresAndFailsUnder) {
  const ProcessResult result = RunClner({"eval", "--json", Path("gold"), Path("pred")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("micro").at("gold"), 2);
  EXPECT_EQ(json.at("micro").at("correct"), 1);
  EXPECT_EQ(RunClner({"eval", Path("gold"), Path("pred"), "--fail-under", "0.5"}).exit_code, 0);
  const ProcessResult under = RunClner({"eval", Path("gold"), Path("pred"), "--fail-under", "0.9"});
  EXPECT_EQ(under.exit_code, 1);
  EXPECT_NE(under.err.find("clner: error: "), std::string::npos) << under.err;
}

TEST_F(Commands, EvalWithDifferentLengthsIs65WithoutScores) {
  WriteText(Path("short"), "Jane B-PER\nDoe I-PER\n\nAcme O\nwon O\n");
  ExpectFailure(RunClner({"eval", Path("gold"), Path("short")}), 65, {Path("short")});
}

TEST_F(Commands, EvalUsageErrorsAre64) {
  ExpectFailure(RunClner({"eval"}), 64, {"fix: "});
  ExpectFailure(RunClner({"eval", Path("gold")}), 64, {"fix: "});
  ExpectFailure(RunClner({"eval", Path("gold"), Path("pred"), "--mode", "strickt"}), 64,
                {"strickt", "did you mean 'strict'"});
}

TEST_F(Commands, StatsReadsStandardInputInEveryLocale) {
  ProcessOptions options;
  options.input = "Caf\xc3\xa9 B-ORG\nopened O\n";
  const ProcessResult plain = RunClner({"stats", "-", "--json"}, options);
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  options.environment = {{"LC_ALL", "C"}, {"HOME", std::nullopt}};
  EXPECT_EQ(RunClner({"stats", "-", "--json"}, options).out, plain.out);
}

TEST_F(Commands, ClosedStandardInputIsAnError) {
  ProcessOptions options;
  options.close_stdin = true;
  const ProcessResult result = RunClner({"stats", "-"}, options);
  EXPECT_TRUE(result.exit_code == 66 || result.exit_code == 74) << result.exit_code << result.err;
  EXPECT_NE(result.err.find("clner: error: "), std::string::npos) << result.err;
}

TEST_F(Commands, FullDiskIs74) {
  ProcessOptions options;
  options.stdout_path = "/dev/full";
  ExpectFailure(RunClner({"stats", Path("gold")}, options), 74, {"No space left on device"});
  ExpectFailure(RunClner({"eval", Path("gold"), Path("pred")}, options), 74, {"No space left on device"});
  ExpectFailure(RunClner({"convert", Path("gold"), "-", "--to", "jsonl"}, options), 74, {"No space left on device"});
  ExpectFailure(RunClner({"config", "init"}, options), 74, {"No space left on device"});
}

TEST_F(Commands, ReaderThatGoesAwayEndsConvertQuietly) {
  std::string large;
  for (int i = 0; i < 20000; ++i) large += kGold + std::string("\n");
  WriteText(Path("large"), large);
  const ProcessResult result =
      RunClnerShell("\"$clner\" convert -q '" + Path("large") + "' - --to jsonl | head -1 | cut -c1-1");
  EXPECT_EQ(result.exit_code, 141) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, "{\n");
}

TEST_F(Commands, OutputThatCannotBeCreatedIs73) {
  ExpectFailure(RunClner({"convert", Path("gold"), Path("none/out.jsonl")}), 73, {Path("none")});
  ExpectFailure(RunClner({"convert", Path("gold"), Path("gold")}), 73, {"is the input"});
  EXPECT_EQ(ReadText(Path("gold")), kGold);
}

TEST_F(Commands, RefusedInputLeavesNoOutput) {
  WriteText(Path("bad"), "Jane B-PER\n\xff I-PER\n");
  EXPECT_EQ(RunClner({"convert", Path("bad"), Path("out.jsonl")}).exit_code, 65);
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_)) ++files;
  EXPECT_EQ(files, 3U);  // gold, pred, bad
}

TEST_F(Commands, ValidateWithFindingsIs1AndPrintsThem) {
  const ProcessResult result = RunClner({"validate", Path("gold"), "--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(ParseJson(result.out, "out", ErrorCode::kData).at("schema_version"), 1);
}

TEST_F(Commands, ConfigurationErrorsAre78WithPlaceAndSuggestion) {
  WriteText(Path("c.yaml"), "trian:\n  epochs: 1\n");
  ExpectFailure(RunClner({"config", "check", "-c", Path("c.yaml")}), 78,
                {"trian", "did you mean 'train'", Path("c.yaml") + ":1"});
}

TEST_F(Commands, ConfigInitValidatesAsItIs) {
  const ProcessResult init = RunClner({"config", "init"});
  ASSERT_EQ(init.exit_code, 0) << init.err;
  ProcessOptions options;
  options.input = init.out;
  const ProcessResult check = RunClner({"config", "check", "--no-files", "-c", "-"}, options);
  EXPECT_EQ(check.exit_code, 0) << check.err;
}

TEST_F(Commands, TrainAndPredictUsageErrorsAre64) {
  ExpectFailure(RunClner({"train"}), 64, {"--config is missing"});
  ExpectFailure(RunClner({"train", "-c", "x", "--seed", "1", "--seeds", "1,2"}), 64,
                {"'--seed' and '--seeds' exclude each other"});
  ExpectFailure(RunClner({"predict"}), 64, {"option '--model' is missing", "give -m, --model DIR"});
  ExpectFailure(RunClner({"inspect", "states", "-m", "x", Path("gold")}), 64, {"give -o FILE.safetensors"});
  ExpectFailure(RunClner({"predict", "-m", "x", "--format", "conl"}), 64, {"did you mean 'conll'?"});
}

TEST_F(Commands, TokensAreInspectedWithoutTorch) {
  TinyModel().Write(Path("m"));
  const ProcessResult result = RunClner({"inspect", "tokens", "-m", Path("m"), Path("gold")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json first = ParseJson(result.out.substr(0, result.out.find('\n')), "out", ErrorCode::kData);
  EXPECT_EQ(first.at("ids"), Json({2, 5, 6, 1, 3}));
  EXPECT_EQ(first.at("word_of_piece"), Json({-1, 0, 1, 2, -1}));
}

TEST_F(Commands, MissingModelOrLibraryIsNamed) {
  const bool has_torch =
      std::filesystem::exists(std::filesystem::path(CLNER_PROGRAM).parent_path() / "../lib/libclner.so");
  ExpectFailure(RunClner({"predict", "-m", Path("none"), Path("gold")}), has_torch ? 66 : 69,
                {has_torch ? Path("none") : "needs LibTorch"});
}

TEST_F(Commands, StrictMakesWarningsErrors) {
  // Words that differ between the files are a warning.
  WriteText(Path("other"), "Jane B-PER\nDoe I-PER\nstayed O\n\nAcme O\nwon O\n");
  EXPECT_EQ(RunClner({"eval", Path("gold"), Path("other")}).exit_code, 0);
  EXPECT_NE(RunClner({"eval", "--strict", Path("gold"), Path("other")}).exit_code, 0);
}

}  // namespace
}  // namespace clner::test
