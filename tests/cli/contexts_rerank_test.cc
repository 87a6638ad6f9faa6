// `clner contexts --rerank` by an encoder.
#include "core/json.h"
#include "program.h"
#include "tiny_model_files.h"

namespace clner::test {
namespace {

class ContextsRerank : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("leads.tsv"),
              "1\tDoe\tJane Doe is a maker of robots in Lisbon.\n2\tRobots\tRobots of Lisbon were sold to Jane.\n");
    WriteText(Path("corpus.conll"), "Jane\tO\nsold\tO\nrobots\tO\n\nLisbon\tO\n");
    const ProcessResult built =
        RunClner({"index", "build", Path("leads.tsv"), "-o", Path("idx"), "--fields", "id,title,text"});
    ASSERT_EQ(built.exit_code, 0) << built.err;
  }
  [[nodiscard]] ProcessResult Contexts(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"contexts", "-i", Path("idx"), Path("corpus.conll"), "-o", Path("out.jsonl")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  }
};

TEST_F(ContextsRerank, OptionsOfAnEncoderNeedOne) {
  ExpectFailure(Contexts({"--rerank", "bertscore"}), 64, {"--rerank bertscore without an encoder", "--rerank-encoder"});
  const std::vector<std::vector<std::string>> wrong = {
      {"--rerank-encoder", Path("model")}, {"--layer", "3"}, {"--rerank-words", "9"}, {"--precision", "bf16"}};
  for (const std::vector<std::string>& option : wrong) {
    std::vector<std::string> arguments = {"--rerank", "fuzzy"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    ExpectFailure(Contexts(arguments), 64, {option[0] + " without a re-ranker that is an encoder"});
  }
  ExpectFailure(Contexts({"--rerank", "bleu"}), 64, {"bleu"});
  ExpectFailure(Contexts({"--rerank", "cosine", "--layer", "last"}), 64, {"last"});
  EXPECT_FALSE(std::filesystem::exists(Path("out.jsonl")));
}

TEST_F(ContextsRerank, EveryMethodScoresTheTextsThatAreKept) {
  TinyModel().Write(Path("model"));
  for (const std::string method : {"bertscore", "bertscore_idf", "cosine"}) {
    const ProcessResult result =
        Contexts({"--rerank", method, "--rerank-encoder", Path("model"), "--overwrite", "--json"});
    if (result.exit_code == 69) GTEST_SKIP() << "built without LibTorch: " << result.err;
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(ParseJson(result.out, "report", ErrorCode::kData).at("rerank"), method);
    const std::string cache = ReadText(Path("out.jsonl"));
    EXPECT_NE(cache.find("\"rerank_score\""), std::string::npos) << cache;
  }
  ExpectFailure(Contexts({"--rerank", "bertscore", "--rerank-encoder", Path("model"), "--layer", "2", "--overwrite"}),
                64, {"--layer", "a layer is not there"});
  ExpectFailure(Contexts({"--rerank", "bertscore", "--rerank-encoder", Path("nothing"), "--overwrite"}), 66,
                {"config.json"});
}

}  // namespace
}  // namespace clner::test
