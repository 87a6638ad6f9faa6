// `clner contexts` as a user calls it.
#include <gmock/gmock.h>

#include "core/json.h"
#include "program.h"
#include "support/shared_data.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLeads =
    "1\tAcme Robotics\tAcme Robotics is a maker of industrial robots in Lisbon.\n"
    "2\tJane Doe\tJane Doe is an engineer who founded Acme Robotics.\n"
    "3\tOslo\tOslo is the capital of Norway and <EOS> B-X its largest city.\n"
    "4\tLeak\tReaders say: Jane Doe of Acme Robotics lives in Oslo now!\n"
    "5\tNear leak\tReaders say: Jane Doe of Acme Robotics now lives in Oslo with pleasure.\n";
constexpr const char* kCorpus =
    "Jane\tB-PER\nDoe\tI-PER\nof\tO\nAcme\tB-ORG\nRobotics\tI-ORG\nlives\tO\nin\tO\nOslo\tB-LOC\nnow\tO\n\n"
    "Oslo\tB-LOC\nis\tO\ncold\tO\n\n?\tO\n!\tO\n\nOslo\tB-LOC\nis\tO\ncold\tO\n";

class ContextsCommand : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("leads.tsv"), kLeads);
    WriteText(Path("corpus.conll"), kCorpus);
    const ProcessResult built = RunClner({"index", "build", Path("leads.tsv"), "-o", Path("leads.idx"), "--fields",
                                          "id,title,text", "--near-duplicates", "0"});
    ASSERT_EQ(built.exit_code, 0) << built.err;
  }
  [[nodiscard]] ProcessResult Contexts(const std::string& output, std::vector<std::string> more = {},
                                       const ProcessOptions& options = {}) const {
    std::vector<std::string> arguments = {"contexts",           "-i", Path("leads.idx"),
                                          Path("corpus.conll"), "-o", Path(output)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments, options);
  }
  [[nodiscard]] static Json Parse(const std::string& text) { return ParseJson(text, "out", ErrorCode::kData); }
  /// The records of a cache.
  [[nodiscard]] std::vector<Json> Records(const std::string& name) const {
    std::vector<Json> records;
    std::istringstream lines(ReadText(Path(name)));
    for (std::string line; std::getline(lines, line);) records.push_back(Parse(line));
    return records;
  }
};

TEST_F(ContextsCommand, WritesACacheThatOtherCommandsRead) {
  const ProcessResult result = Contexts("out.jsonl", {"--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* text : {"summary", "leaks, exact", "with contexts", "seconds"})
    EXPECT_THAT(result.err, HasSubstr(text));
  const Json report = Parse(result.out);
  EXPECT_EQ(report.at("schema_version"), 1);
  EXPECT_EQ(report.at("sentences"), 4);
  EXPECT_EQ(report.at("distinct_sentences"), 3);
  EXPECT_EQ(report.at("with_contexts"), 2);
  EXPECT_EQ(report.at("empty_queries"), 1);
  EXPECT_GE(report.at("leaks_exact"), 1);
  EXPECT_GE(report.at("leaks_fuzzy"), 1);
  EXPECT_EQ(report.at("partial"), 0);
  const std::vector<Json> records = Records("out.jsonl");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].at("id"), 0);
  EXPECT_EQ(records[0].at("words").size(), 9U);
  EXPECT_EQ(records[0].at("query"), "Jane Doe of Acme Robotics lives in Oslo now");
  EXPECT_EQ(records[0].at("partial"), false);
  const Json& first = records[0].at("contexts").at(0);
  for (const char* field : {"text", "title", "doc_id", "source", "score"}) EXPECT_TRUE(first.contains(field)) << field;
  EXPECT_EQ(first.at("source"), "leads.idx");
  for (const Json& context : records[0].at("contexts")) EXPECT_THAT(context.at("text"), Not(HasSubstr("Readers say")));
  EXPECT_EQ(records[2].at("contexts"), Json::array());

  const ProcessResult stats = RunClner({"stats", Path("corpus.conll"), "--contexts", Path("out.jsonl"), "--json"});
  EXPECT_EQ(Parse(stats.out).at("context").at("sentences"), 3) << stats.err;
  const ProcessResult checked =
      RunClner({"validate", Path("corpus.conll"), "--context-file", Path("out.jsonl"), "--json", "--fail-on", "error"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
}

TEST_F(ContextsCommand, EveryFormatHoldsTheSameTexts) {
  ASSERT_EQ(Contexts("out.jsonl").exit_code, 0);
  ASSERT_EQ(Contexts("out.tsv").exit_code, 0);
  ASSERT_EQ(Contexts("view.conll", {"--format", "clner"}).exit_code, 0);
  EXPECT_THAT(ReadText(Path("out.tsv")), HasSubstr("sentence\trank\tscore\tsource\tquery\ttext\n"));
  const std::string view = ReadText(Path("view.conll"));
  EXPECT_THAT(view, HasSubstr("Oslo\tB-LOC\nis\tO\ncold\tO\n<EOS> B-X\nOslo B-X\nis B-X\nthe B-X\ncapital B-X\n"));
  EXPECT_THAT(view, HasSubstr("?\tO\n!\tO\n\n"));
  const auto words = [&](const std::string& contexts) {
    return Parse(RunClner({"stats", Path("corpus.conll"), "--contexts", Path(contexts), "--json"}).out)
        .at("context")
        .at("words");
  };
  EXPECT_EQ(words("out.jsonl"), words("out.tsv"));
  // In rows "<EOS>" stands as the three words that it is in the cache.
  EXPECT_EQ(words("out.jsonl"), words("view.conll"));
  EXPECT_EQ(RunClner({"validate", Path("view.conll"), "--fail-on", "error"}).exit_code, 0);
}

TEST_F(ContextsCommand, LeaksOfOtherDataAreDroppedOnRequest) {
  WriteText(Path("other.conll"), "Oslo\nis\nthe\ncapital\nof\nNorway\n");
  ASSERT_EQ(Contexts("all.jsonl").exit_code, 0);
  EXPECT_THAT(ReadText(Path("all.jsonl")), HasSubstr("capital of Norway"));
  ASSERT_EQ(Contexts("some.jsonl", {"--exclude", Path("other.conll")}).exit_code, 0);
  EXPECT_THAT(ReadText(Path("some.jsonl")), Not(HasSubstr("capital of Norway")));
  ASSERT_EQ(Contexts("off.jsonl", {"--leaks", "off"}).exit_code, 0);
  EXPECT_THAT(ReadText(Path("off.jsonl")), HasSubstr("Readers say: Jane Doe of Acme Robotics lives"));
  ASSERT_EQ(Contexts("exact.jsonl", {"--leaks", "exact"}).exit_code, 0);
  EXPECT_THAT(ReadText(Path("exact.jsonl")), Not(HasSubstr("Readers say: Jane Doe of Acme Robotics lives")));
  EXPECT_THAT(ReadText(Path("exact.jsonl")), HasSubstr("Robotics now lives"));
}

TEST_F(ContextsCommand, RerankersGiveScoresInOrder) {
  for (const char* name : {"bm25", "fuzzy"}) {
    const std::string output = std::string(name) + ".jsonl";
    ASSERT_EQ(Contexts(output, {"--rerank", name, "--leaks", "off"}).exit_code, 0);
    const std::vector<Json> records = Records(output);
    double last = 1e9;
    for (const Json& context : records.at(0).at("contexts")) {
      EXPECT_LE(context.at("rerank_score").get<double>(), last);
      last = context.at("rerank_score");
    }
    EXPECT_LT(last, 1e9);
  }
}

TEST_F(ContextsCommand, EntitiesAreLookedForInTitles) {
  WriteText(Path("corpus.conll"), "robots\tO\nof\tO\nOslo\tB-LOC\n");
  ASSERT_EQ(Contexts("plain.jsonl").exit_code, 0);
  ASSERT_EQ(Contexts("named.jsonl", {"--entities", Path("corpus.conll")}).exit_code, 0);
  const Json plain = Records("plain.jsonl").at(0).at("contexts"), named = Records("named.jsonl").at(0).at("contexts");
  EXPECT_EQ(named.at(0).at("title"), "Oslo");
  const auto score = [](const Json& contexts) {
    for (const Json& context : contexts) {
      if (context.at("title") == "Oslo") return context.at("score").get<double>();
    }
    return 0.0;
  };
  EXPECT_GT(score(named), score(plain));
  WriteText(Path("other.conll"), "Lisbon\tB-LOC\n");
  ExpectFailure(Contexts("out.jsonl", {"--entities", Path("other.conll")}), 65, {"none of the sentences"});
  ExpectFailure(Contexts("out.jsonl", {"--entities", Path("no.conll")}), 66, {"no.conll"});
}

TEST_F(ContextsCommand, BudgetsLimitTheTexts) {
  ASSERT_EQ(Contexts("one.jsonl", {"--max-texts", "1", "--max-words-per-text", "3"}).exit_code, 0);
  const std::vector<Json> records = Records("one.jsonl");
  EXPECT_EQ(records.at(0).at("contexts").size(), 1U);
  EXPECT_EQ(records.at(1).at("contexts").at(0).at("text"), "Oslo is the");
  const std::string encoder = (TokenizerDir() / "bert-base-cased").string();
  CLNER_NEEDS(encoder);
  ASSERT_EQ(Contexts("all.jsonl", {"--encoder", encoder}).exit_code, 0);
  ASSERT_EQ(Contexts("few.jsonl", {"--encoder", encoder, "--max-pieces", "32"}).exit_code, 0);
  EXPECT_GT(Records("all.jsonl").at(0).at("contexts").size(), Records("few.jsonl").at(0).at("contexts").size());
}

TEST_F(ContextsCommand, MistakesAreNamed) {
  const std::string corpus = Path("corpus.conll"), index = Path("leads.idx");
  ExpectFailure(RunClner({"contexts", corpus, "-o", Path("out")}), 64, {"--index"});
  ExpectFailure(RunClner({"contexts", corpus, "-i", index}), 64, {"--output"});
  ExpectFailure(RunClner({"contexts", corpus, "-i", index, "-o", "-"}), 64, {"standard output"});
  ExpectFailure(Contexts("out", {"--rerank", "bm26"}), 64, {"bm26"});
  ExpectFailure(Contexts("out", {"--format", "xml"}), 64, {"xml"});
  ExpectFailure(Contexts("out", {"--top", "0"}), 64, {"--top"});
  ExpectFailure(Contexts("out", {"--max-pieces", "100"}), 64, {"--max-pieces", "--encoder"});
  ExpectFailure(Contexts("out", {"--exclude", Path("no.conll")}), 66, {"no.conll"});
  ExpectFailure(Contexts("no/out"), 73, {"no"});
  ExpectFailure(RunClner({"contexts", corpus, "-i", index, "-o", corpus}), 73, {"is the input"});
  ExpectFailure(RunClner({"contexts", corpus, "-i", index, "-o", index}), 73, {"is the input"});
  ExpectFailure(RunClner({"contexts", corpus, "-i", corpus, "-o", Path("out")}), 76, {"is not an index of clner"});
  ExpectFailure(RunClner({"contexts", Path("no.conll"), "-i", index, "-o", Path("out")}), 66, {"no.conll"});
  WriteText(Path("out"), "mine");
  ExpectFailure(Contexts("out"), 73, {"is there already", "--overwrite"});
  EXPECT_EQ(ReadText(Path("out")), "mine");
  EXPECT_EQ(Contexts("out", {"--overwrite"}).exit_code, 0);
  EXPECT_EQ(Records("out").size(), 3U);
  EXPECT_FALSE(std::filesystem::exists(Path(".out.building")));
}

TEST_F(ContextsCommand, ADryRunWritesNothing) {
  const ProcessResult result = Contexts("out.jsonl", {"--dry-run", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("nothing was written"));
  EXPECT_EQ(Parse(result.out).at("dry_run"), true);
  EXPECT_FALSE(std::filesystem::exists(Path("out.jsonl")));
  EXPECT_FALSE(std::filesystem::exists(Path(".out.jsonl.building")));
}

// Row 59.
TEST_F(ContextsCommand, AnySentenceIsAQuery) {
  std::string corpus = "AND\n(\"\n:/\n\n\xF0\x9F\x98\x80\n\n*\n\n";
  for (int i = 0; i < 5000; ++i) corpus += i % 2 == 0 ? "Oslo\n" : "capital\n";
  WriteText(Path("corpus.conll"), corpus);
  const ProcessResult result = Contexts("out.jsonl", {"--unlabelled", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Parse(result.out).at("distinct_sentences"), 4);
  EXPECT_EQ(Parse(result.out).at("empty_queries"), 2);
  EXPECT_EQ(Records("out.jsonl").at(3).at("contexts").size(), 3U);
}

}  // namespace
}  // namespace clner::test
