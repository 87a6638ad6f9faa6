// Contexts of every form in the commands that take them.
#include <gmock/gmock.h>

#include "core/json.h"
#include "core/sha256.h"
#include "program.h"
#include "tiny_model_files.h"

namespace clner::test {
namespace {

constexpr const char* kGold = "Jane B-PER\nDoe I-PER\nleft O\n\nAcme B-ORG\nwon O\n\n";
constexpr const char* kView =
    "Jane B-PER\nDoe I-PER\nleft O\n<EOS> B-X\ndoe B-X\n<EOS> B-X\njane B-X\njane B-X\n\nAcme B-ORG\nwon O\n\n";

class Contexts : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("gold"), kGold);
    WriteText(Path("view"), kView);
  }
  [[nodiscard]] Json Run(std::vector<std::string> arguments) const {
    const ProcessResult result = RunClner(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ParseJson(result.out, "out", ErrorCode::kData);
  }
};

TEST_F(Contexts, AreConvertedToCachesAndBack) {
  for (const char* form : {"contexts", "contexts-tsv"}) {
    EXPECT_EQ(RunClner({"convert", Path("view"), Path("cache"), "--to", form}).exit_code, 0);
    EXPECT_EQ(RunClner({"convert", Path("gold"), Path("back"), "--contexts", Path("cache")}).exit_code, 0);
    EXPECT_EQ(ReadText(Path("back")), kView) << form;
  }
  WriteText(Path("c.jsonl"), "{\"words\":[\"Jane\"],\"contexts\":[{\"text\":\"Jane's.\"}]}\n");
  EXPECT_EQ(RunClner({"convert", Path("c.jsonl"), Path("c.tsv")}).exit_code, 0) << "the ending says which form";
  EXPECT_EQ(ReadText(Path("c.tsv")),
            "sentence\trank\tscore\tsource\tquery\ttext\n" + Sha256Hex("Jane") + "\t1\t\t\t\tJane's.\n");
  EXPECT_EQ(RunClner({"convert", Path("c.jsonl"), "-"}).out, "Jane\n<EOS>\nJane\n's\n.\n\n");
  ExpectFailure(RunClner({"convert", Path("c.tsv"), Path("x")}), 65,
                {"a table of contexts has no sentences", Path("c.tsv"), "clner convert DATA OUT --contexts FILE"});
  ExpectFailure(RunClner({"convert", Path("gold"), Path("view"), "--contexts", Path("view")}), 73, {"is the input"});
  const Json report = Run({"convert", Path("view"), "-", "--to", "contexts", "--dry-run", "--json"});
  EXPECT_EQ(report.at("to"), "contexts");
  EXPECT_EQ(report.at("dropped").at("entities"), 2);
}

TEST_F(Contexts, AreCountedWithTheirData) {
  ASSERT_EQ(RunClner({"convert", Path("view"), Path("cache"), "--to", "contexts-tsv"}).exit_code, 0);
  for (const char* file : {"view", "cache"}) {
    const Json context = Run({"stats", Path("gold"), "--contexts", Path(file), "--json"}).at("context");
    EXPECT_EQ(context.at("sentences"), 1) << file;
    EXPECT_EQ(context.at("texts"), 2);
    EXPECT_EQ(context.at("words"), 3);
    EXPECT_EQ(context.at("share"), 0.5);
  }
  ExpectFailure(RunClner({"stats", Path("gold"), "--contexts", Path("none")}), 66, {Path("none")});
  WriteText(Path("other"), "{\"words\":[\"x\"],\"contexts\":[]}\n");
  ExpectFailure(RunClner({"stats", Path("gold"), "--contexts", Path("other")}), 65,
                {"the cache has none of the 2 sentences", Path("other") + " and " + Path("gold")});
}

TEST_F(Contexts, AreValidated) {
  WriteText(Path("c.jsonl"),
            "{\"words\":[\"Jane\",\"Doe\",\"left\"],\"contexts\":[{\"text\":\"jane doe left\"}]}\n{\"words\":[]}\n");
  const ProcessResult result = RunClner({"validate", "--json", Path("gold"), "--contexts", Path("c.jsonl")});
  EXPECT_EQ(result.exit_code, 1);
  const Json report = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(report.at("files").at(0).at("with_context"), 1);
  std::map<std::string, Json> findings;
  for (const Json& finding : report.at("findings")) findings[finding.at("code")] = finding;
  ASSERT_EQ(findings.count("bad-input") + findings.count("context-missing"), 2U) << result.out;
  EXPECT_EQ(findings["bad-input"].at("places").at(0).at("where"), Path("c.jsonl") + ":2:12");
  EXPECT_EQ(findings["context-missing"].at("count"), 1);
  EXPECT_EQ(findings["context-missing"].at("places").at(0).at("where"), Path("gold") + ":5");
  EXPECT_EQ(findings.count("context-leak"), 0U) << "shorter than five words";
}

TEST_F(Contexts, AreInspectedAsTheEncoderSeesThem) {
  TinyModel().Write(Path("m"));
  const auto lines = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"inspect", "tokens", "-m", Path("m"), Path("gold"), "--contexts", Path("view")});
    const ProcessResult result = RunClner(more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<Json> records;
    for (size_t at = 0; at < result.out.size(); at = result.out.find('\n', at) + 1)
      records.push_back(ParseJson(result.out.substr(at, result.out.find('\n', at) - at), "out", ErrorCode::kData));
    return records;
  };
  const std::vector<Json> all = lines({"--max-pieces", "64"});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].at("ids"), Json({2, 5, 6, 1, 3, 6, 5, 5, 3}));
  EXPECT_EQ(all[0].at("context"), Json({"doe", "jane", "jane"}));
  EXPECT_EQ(all[0].at("word_of_piece"), Json({-1, 0, 1, 2, -1, 3, 4, 5, -1}));
  EXPECT_EQ(all[1].at("ids"), Json({2, 1, 1, 3})) << "no context";
  EXPECT_EQ(all[1].at("context"), Json::array());
  EXPECT_EQ(lines({"--max-texts", "1"})[0].at("ids"), Json({2, 5, 6, 1, 3, 6, 3}));
  EXPECT_EQ(lines({"--max-text-words", "1"})[0].at("ids"), Json({2, 5, 6, 1, 3, 6, 5, 3}));
  EXPECT_EQ(lines({"--max-pieces", "15"})[0].at("context"), Json::array()) << "9 pieces are left";
  ExpectFailure(
      RunClner({"inspect", "tokens", "-m", Path("m"), Path("gold"), "--contexts", Path("view"), "--max-texts", "0"}),
      64, {"--max-texts"});
}

TEST_F(Contexts, ATableIsNoInputOfPredict) {
  WriteText(Path("c.tsv"), Sha256Hex("Jane") + "\t1\t\t\t\tx\n");
  ExpectFailure(RunClner({"predict", "-m", "x", Path("c.tsv")}), 65, {"a table of contexts has no sentences"});
}

}  // namespace
}  // namespace clner::test
