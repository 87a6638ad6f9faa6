// `clner contexts --rounds` with a model.
#include <gmock/gmock.h>

#include "core/json.h"
#include "program.h"
#include "tiny_model_files.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;

/// A model for which every word is a person.
class ContextsRounds : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("leads.tsv"),
              "1\tIndustry\tThe robots of today are made in many towns.\n2\tOslo\tOslo is cold.\n"
              "3\tWinter\tWinter in Oslo and in other towns is long.\n");
    WriteText(Path("corpus.conll"), "robots\tO\nof\tO\nOslo\tB-LOC\n\ntowns\tO\n");
    const ProcessResult built =
        RunClner({"index", "build", Path("leads.tsv"), "-o", Path("idx"), "--fields", "id,title,text"});
    ASSERT_EQ(built.exit_code, 0) << built.err;
    TinyModel model;
    model.Tensor("classifier.bias").values[1] = 50.0F;
    model.Write(Path("model"));
  }
  [[nodiscard]] ProcessResult Contexts(const std::string& output, std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"contexts", "-i", Path("idx"), Path("corpus.conll"), "-o", Path(output)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  }
};

TEST_F(ContextsRounds, OptionsThatDoNotFitTogetherAreNamed) {
  ExpectFailure(Contexts("out", {"--rounds", "2"}), 64, {"--rounds 2 without a model", "--model DIR"});
  ExpectFailure(Contexts("out", {"-m", Path("model")}), 64, {"--model has no effect", "--rounds 2"});
  ExpectFailure(Contexts("out", {"--rounds", "0"}), 64, {"--rounds"});
  const std::string corpus = Path("corpus.conll");
  ExpectFailure(RunClner({"contexts", corpus, "-o", Path("out"), "--search-command", "cat", "--rounds", "2", "-m",
                          Path("model")}),
                64, {"--rounds needs an index file", "-i INDEX"});
  ExpectFailure(RunClner({"contexts", corpus, "-o", Path("out"), "--search-command", "cat", "--entities", corpus}), 64,
                {"--entities needs an index file"});
  EXPECT_FALSE(std::filesystem::exists(Path("out")));
}

TEST_F(ContextsRounds, GiveTheBytesOfRetrievalPredictionAndRetrievalByHand) {
  const ProcessResult result = Contexts("rounds.jsonl", {"--rounds", "2", "-m", Path("model"), "--json"});
  if (result.exit_code == 69) GTEST_SKIP() << "built without LibTorch: " << result.err;
  ASSERT_EQ(result.exit_code, 0) << result.err;
  ASSERT_EQ(Contexts("first.jsonl", {}).exit_code, 0);
  const ProcessResult predicted = RunClner({"predict", "-m", Path("model"), Path("corpus.conll"), "--contexts",
                                            Path("first.jsonl"), "--format", "jsonl", "-o", Path("entities.jsonl")});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  ASSERT_EQ(Contexts("second.jsonl", {"--entities", Path("entities.jsonl")}).exit_code, 0);
  EXPECT_EQ(ReadText(Path("rounds.jsonl")), ReadText(Path("second.jsonl")));
  EXPECT_NE(ReadText(Path("rounds.jsonl")), ReadText(Path("first.jsonl")));
  const Json rounds = ParseJson(result.out, "report", ErrorCode::kData).at("rounds");
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[1].at("names"), 4);
  EXPECT_EQ(rounds[1].at("changed_sentences"), 1);
  EXPECT_EQ(rounds[1].at("coverage"), 1.0);
  EXPECT_THAT(result.err, HasSubstr("gold mentions in the texts"));
}

// Rows 44 and 46: the unit tests kill at every call.
TEST_F(ContextsRounds, KilledInTheSecondRoundGoesOnToTheSameBytes) {
  const std::vector<std::string> rounds = {"--rounds", "2", "-m", Path("model")};
  const ProcessResult straight = Contexts("straight.jsonl", rounds);
  if (straight.exit_code == 69) GTEST_SKIP() << "built without LibTorch: " << straight.err;
  ASSERT_EQ(straight.exit_code, 0) << straight.err;
  std::vector<std::string> arguments = {CLNER_PROGRAM, "contexts",       "-i", Path("idx"), Path("corpus.conll"),
                                        "-o",          Path("out.jsonl")};
  arguments.insert(arguments.end(), rounds.begin(), rounds.end());
  const ProcessResult killed = RunProcess(arguments, {.environment = {{"CLNER_FAULT", "kill@rename:2"}}});
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << killed.err;
  ASSERT_TRUE(std::filesystem::exists(Path(".out.jsonl.building/round-2")));
  const ProcessResult result = RunProcess(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("2 sentences are there"));
  EXPECT_EQ(ReadText(Path("out.jsonl")), ReadText(Path("straight.jsonl")));
  EXPECT_FALSE(std::filesystem::exists(Path(".out.jsonl.building")));
}

TEST_F(ContextsRounds, AModelThatIsNoneIsRefusedBeforeAnythingIsRetrieved) {
  const ProcessResult result = Contexts("out", {"--rounds", "2", "-m", Path("nothing")});
  if (result.exit_code == 69) GTEST_SKIP() << "built without LibTorch: " << result.err;
  ExpectFailure(result, 66, {"nothing"});
  EXPECT_FALSE(std::filesystem::exists(Path(".out.building")));
}

}  // namespace
}  // namespace clner::test
