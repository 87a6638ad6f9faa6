// `clner model diff`.
#include <limits>

#include "model_command.h"

namespace clner::test {
namespace {

TEST_F(ModelCommand, EqualModelsDoNotDiffer) {
  TinyModel().Write(Path("a"));
  TinyModel().Write(Path("b"));
  const ProcessResult result = RunClner({"model", "diff", Path("a"), Path("b")});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(result.out, "26 of 26 tensors equal, largest difference 0\n");
}

TEST_F(ModelCommand, DifferencesAreListedAndExitIs1) {
  TinyModel a, b;
  b.Tensor("crf.start").values[1] = 0.75F;
  b.card["head"]["constraints"] = "off";
  b.config["hidden_act"] = "relu";
  b.Tensor("crf.end").name = "crf.stop";
  a.Write(Path("a"));
  b.Write(Path("b"));
  const ProcessResult text = RunClner({"model", "diff", Path("a"), Path("b")});
  EXPECT_EQ(text.exit_code, 1) << text.err;
  for (const char* part : {"head.constraints", "hidden_act", "crf.start", "0.5", "only in A", "crf.stop", "only in B",
                           "24 of 27 tensors equal"}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  }
  const ProcessResult result = RunClner({"model", "diff", "--json", Path("a"), Path("b")});
  EXPECT_EQ(result.exit_code, 1);
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("same"), false);
  EXPECT_EQ(json.at("max_abs"), 0.5);
  EXPECT_EQ(json.at("config").size(), 1U);
  EXPECT_EQ(json.at("clner").at(0).at("key"), "head.constraints");
  EXPECT_EQ(json.at("tensors").size(), 3U);
}

TEST_F(ModelCommand, OtherFilesAreCompared) {
  TinyModel a, b;
  b.vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ndoe\njane\n";
  a.Write(Path("a"), false);
  b.Write(Path("b"), false);
  WriteText(Path("a/tokenizer.json"), "{}");
  WriteText(Path("b/added_tokens.json"), "{}");
  for (const char* name : {"README.md", "metrics.json", ".hidden"}) WriteText(Path("b") + "/" + name, "not compared");
  const ProcessResult text = RunClner({"model", "diff", Path("a"), Path("b")});
  EXPECT_EQ(text.exit_code, 1) << text.err;
  EXPECT_EQ(text.out,
            "file               difference\nadded_tokens.json   only in B\ntokenizer.json      only in A\n"
            "vocab.txt             content\n\n26 of 26 tensors equal, largest difference 0\n");
  const Json json = ParseJson(RunClner({"model", "diff", "--json", Path("a"), Path("b")}).out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("same"), false);
  ASSERT_EQ(json.at("files").size(), 3U);
  EXPECT_EQ(json.at("files")[2], Json({{"name", "vocab.txt"}, {"difference", "content"}}));
}

TEST_F(ModelCommand, NotANumberOnOneSideIsAnInfiniteDifference) {
  TinyModel a, b;
  b.Tensor("crf.start").values[0] = std::numeric_limits<float>::quiet_NaN();
  a.Write(Path("a"));
  b.Write(Path("b"));
  const ProcessResult result = RunClner({"model", "diff", Path("a"), Path("b")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.out.find("inf"), std::string::npos) << result.out;
}

}  // namespace
}  // namespace clner::test
