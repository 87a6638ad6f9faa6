// `clner contexts report` as a user calls it.
#include <gmock/gmock.h>

#include "core/json.h"
#include "program.h"
#include "support/shared_data.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kData =
    "Jane\tB-PER\nDoe\tI-PER\nof\tO\nAcme\tB-ORG\nlives\tO\nin\tO\nOslo\tB-LOC\n\n"
    "Rome\tB-LOC\nis\tO\ncold\tO\n\n?\tO\n";
constexpr const char* kCache =
    "{\"words\":[\"Jane\",\"Doe\",\"of\",\"Acme\",\"lives\",\"in\",\"Oslo\"],\"contexts\":[{\"text\":\"OSLO (city) is "
    "big.\"},{\"text\":\"News: Jane Doe of Acme lives in Oslo!\"},{\"text\":\"Oslo city is big\"}]}\n"
    "{\"words\":[\"Rome\",\"is\",\"cold\"],\"contexts\":[{\"text\":\"About <b>Romeo</b>.\"}]}\n"
    "{\"words\":[\"?\"],\"contexts\":[]}\n";

class ContextsReport : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("dev.conll"), kData);
    WriteText(Path("dev.jsonl"), kCache);
  }
  [[nodiscard]] ProcessResult Report(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"contexts", "report"});
    ProcessOptions options;
    options.directory = directory_;
    return RunClner(arguments, options);
  }
  [[nodiscard]] Json ReportJson(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const ProcessResult result = Report(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ParseJson(result.out, "out", ErrorCode::kData);
  }
};

TEST_F(ContextsReport, JsonHasEveryNumber) {
  WriteText(Path("train.conll"), "OSLO\tB-GPE\n");
  const Json json = ReportJson({"dev.conll", "dev.jsonl", "--train", "train.conll"});
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("data"), "dev.conll");
  EXPECT_EQ(json.at("contexts"), "dev.jsonl");
  EXPECT_EQ(json.at("sentences"), 3);
  EXPECT_EQ(json.at("with_context"), 2);
  EXPECT_EQ(json.at("mentions"), 4);
  EXPECT_EQ(json.at("mentions_found"), 3);
  EXPECT_EQ(json.at("coverage"), 0.75);
  EXPECT_EQ(json.at("coverage_seen"), 1.0);
  EXPECT_EQ(json.at("unseen"), (Json{{"mentions", 3}, {"found", 2}, {"coverage", 2.0 / 3}}));
  EXPECT_EQ(json.at("types").at("LOC").at("coverage"), 0.5);
  EXPECT_EQ(json.at("found_first_in_text"), (Json{1, 2}));
  EXPECT_EQ(json.at("texts_per_sentence").at("mean"), 2.0);
  EXPECT_EQ(json.at("texts_per_sentence").at("p75"), 3);
  EXPECT_EQ(json.at("leaks"), (Json{{"exact", 1}, {"fuzzy", 0}}));
  EXPECT_EQ(json.at("duplicates"), (Json{{"in_sentence", 1}, {"in_corpus", 0}, {"distinct_texts", 3}}));
  std::vector<std::string> codes;
  for (const Json& finding : json.at("findings")) codes.push_back(finding.at("code"));
  EXPECT_EQ(codes, (std::vector<std::string>{"leak-exact", "duplicate-text", "mention-not-found", "no-context"}));
  EXPECT_EQ(json.at("findings").at(2).at("places").at(0), (Json{{"where", "dev.conll:9"}, {"what", "'Rome'"}}));
}

TEST_F(ContextsReport, EveryFormOfContextsIsRead) {
  const Json cache = ReportJson({"dev.conll", "dev.jsonl"});
  ASSERT_EQ(
      RunClner({"convert", Path("dev.conll"), Path("dev.tsv"), "--contexts", Path("dev.jsonl"), "--to", "contexts-tsv"})
          .exit_code,
      0);
  ASSERT_EQ(RunClner({"convert", Path("dev.conll"), Path("view.conll"), "--contexts", Path("dev.jsonl")}).exit_code, 0);
  for (const char* contexts : {"dev.tsv", "view.conll"}) {
    const Json other = ReportJson({"dev.conll", contexts});
    for (const char* key : {"coverage", "types", "leaks", "duplicates", "words_per_sentence"})
      EXPECT_EQ(other.at(key), cache.at(key)) << contexts << " " << key;
  }
  // The column file has the tags, too.
  EXPECT_EQ(ReportJson({"view.conll", "view.conll"}).at("coverage"), cache.at("coverage"));
  // One text without inner borders, as in CLNER's files.
  WriteText(Path("flat.conll"), "Oslo\tB-LOC\n<EOS> B-X\nfar B-X\noslo B-X\n");
  const Json flat = ReportJson({"flat.conll", "flat.conll"});
  EXPECT_EQ(flat.at("flat"), true);
  EXPECT_EQ(flat.at("coverage"), 1.0);
}

TEST_F(ContextsReport, TablesNameFindingsWithTheirPlaces) {
  const ProcessResult result = Report({"dev.conll", "dev.jsonl", "--train", "dev.conll"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* text :
       {"without context                 1\n", "leaks, exact                    1\n",
        "mentions         all  found  coverage %\n", "all                4      3       75.00\n",
        "unseen in train    0      0         n/a\n", "first text  mentions  coverage up to it %\n", "words of a text",
        "leak-exact (1): texts contain a sentence of the data word for word\n   at: dev.conll:1: 'News : Jane Doe",
        "mention-not-found (1): "})
    EXPECT_THAT(result.out, HasSubstr(text));
  EXPECT_THAT(result.out, Not(HasSubstr("sentence 1 at")));
}

TEST_F(ContextsReport, SentencesShowMentionsBeforeAndAfter) {
  const ProcessResult result = Report({"dev.conll", "dev.jsonl", "--sentences", "3"});
  EXPECT_THAT(result.out, HasSubstr("\nsentence 1 at dev.conll:1\n"
                                    "  [Jane Doe](PER) of [Acme](ORG) lives in [Oslo](LOC)\n"
                                    "  1: [OSLO] ( city ) is big .\n"
                                    "  2 (leak): News : [Jane Doe] of [Acme] lives in [Oslo] !\n"
                                    "  3 (duplicate): [Oslo] city is big\n"
                                    "\nsentence 2 at dev.conll:9\n  [Rome](LOC, not found) is cold\n  1: About"));
  EXPECT_THAT(result.out, HasSubstr("\nsentence 3 at dev.conll:13\n  ?\n  no context\n"));
}

TEST_F(ContextsReport, ExcludedDataLeakToo) {
  WriteText(Path("test.conll"), "OSLO\ncity\nis\nbig\n");
  const Json json = ReportJson({"dev.conll", "dev.jsonl", "--exclude", "test.conll"});
  EXPECT_EQ(json.at("leaks"), (Json{{"exact", 3}, {"fuzzy", 0}}));
  EXPECT_EQ(json.at("exclude"), Json{"test.conll"});
}

TEST_F(ContextsReport, HtmlIsOneFileThatHoldsNoMarkupOfTheData) {
  WriteText(Path("dev.conll"), "Rome\tB-<i>\nis\tO\ncold\tO\n");
  WriteText(Path("dev.jsonl"),
            "{\"words\":[\"Rome\",\"is\",\"cold\"],\"tokenized\":true,\"contexts\":[{\"text\":\"ROME <script> "
            "\u202Eevil\u202C \\u0001 & so\"}]}\n");
  const ProcessResult result = Report({"dev.conll", "dev.jsonl", "--html", "report.html"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string html = ReadText(Path("report.html"));
  EXPECT_THAT(html, StartsWith("<!DOCTYPE html>"));
  for (const char* text : {"<span class=\"found\">Rome</span><span class=\"type\"> &lt;i&gt;</span> is cold",
                           "<span class=\"hit\">ROME</span> &lt;script&gt; \uFFFDevil\uFFFD", "&amp; so",
                           "<h2>Before and after</h2>", "<h2>Mentions found in the contexts</h2>", "<td>100.00</td>"})
    EXPECT_THAT(html, HasSubstr(text));
  for (const char* text : {"<script", "<i>", "http:", "https:", "src=", "href=", "\u202E", "\x01"})
    EXPECT_THAT(html, Not(HasSubstr(text)));
  EXPECT_THAT(Report({"dev.conll", "dev.jsonl", "--html", "report.html", "--sentences", "0"}).out,
              HasSubstr("coverage"));
  EXPECT_THAT(ReadText(Path("report.html")), Not(HasSubstr("Before and after")));
}

TEST_F(ContextsReport, ErrorsNameTheirCauses) {
  WriteText(Path("plain.jsonl"), "{\"words\":[\"Rome\"]}\n");
  ExpectFailure(Report({"plain.jsonl", "dev.jsonl"}), 65, {"have no tags", "plain.jsonl", "fix: give the file"});
  ExpectFailure(Report({"dev.jsonl", "dev.jsonl"}), 65, {"have no tags"});
  ExpectFailure(Report({"dev.conll", "dev.jsonl", "--train", "plain.jsonl"}), 65, {"have no tags", "plain.jsonl"});
  WriteText(Path("other.conll"), "Oslo\tB-LOC\nis\tO\ncold\tO\n\nRome\tB-LOC\n\n?\tO\n");
  ExpectFailure(Report({"dev.conll", "other.conll"}), 65, {"sentence 1 has 7 words in the data and 3 in the contexts"});
  WriteText(Path("other.jsonl"), "{\"words\":[\"Paris\"],\"contexts\":[]}\n");
  ExpectFailure(Report({"dev.conll", "other.jsonl"}), 65, {"the cache has none of the 3 sentences"});
  ExpectFailure(Report({"dev.conll", "no.jsonl"}), 66, {"no.jsonl"});
  ExpectFailure(Report({"dev.conll", "dev.jsonl", "--html", "dev.jsonl"}), 73, {"'dev.jsonl' is the input"});
  ExpectFailure(Report({"dev.conll", "dev.jsonl", "--html", "no/report.html"}), 73, {"no/report.html"});
  ExpectFailure(Report({"dev.conll"}), 64, {"argument 'CONTEXTS' is missing"});
  ExpectFailure(Report({"dev.conll", "dev.jsonl", "--sentences", "-1"}), 64, {"'--sentences'", ">= 0"});
}

TEST_F(ContextsReport, TheCommandHasBothForms) {
  ProcessOptions options;
  options.directory = directory_;
  ExpectFailure(RunClner({"contexts", "reprot", "dev.conll", "dev.jsonl"}, options), 64,
                {"unknown command 'reprot' (did you mean 'report'?)", "'clner contexts --help'"});
  ExpectFailure(RunClner({"contexts"}, options), 64, {"argument 'CORPUS' is missing", "option '--output' is missing"});
  const std::string help = RunClner({"contexts", "--help"}).out;
  EXPECT_THAT(help,
              HasSubstr("Usage: clner contexts [options] -o OUT CORPUS\n       clner contexts [options] COMMAND ..."));
  EXPECT_THAT(help, HasSubstr("Commands:\n  report "));
  EXPECT_THAT(RunClner({"contexts", "-q", "report", "--help"}).out,
              HasSubstr("Usage: clner contexts report [options] DATA CONTEXTS"));
  // A corpus may be named like the subcommand.
  WriteText(Path("leads.tsv"), "1\tOslo\tOslo is the capital of Norway.\n");
  WriteText(Path("report"), "Oslo\tB-LOC\nis\tO\n");
  ASSERT_EQ(RunClner({"index", "build", "leads.tsv", "-o", "leads.idx"}, options).exit_code, 0);
  EXPECT_EQ(RunClner({"contexts", "./report", "-i", "leads.idx", "-o", "a.jsonl"}, options).exit_code, 0);
  EXPECT_EQ(RunClner({"contexts", "-i", "leads.idx", "-o", "b.jsonl", "report"}, options).exit_code, 0);
  EXPECT_EQ(ReadText(Path("a.jsonl")), ReadText(Path("b.jsonl")));
  EXPECT_EQ(RunClner({"contexts", "report", "report", "a.jsonl"}, options).exit_code, 0);
}

// Of the contexts that CLNER's authors published.
TEST_F(ContextsReport, FiguresOfWnut17) {
  const std::filesystem::path views = DataDir() / "clner_contexts/wnut17_bertscore_eos_doc_full";
  CLNER_NEEDS(views);
  const std::string dev = views / "dev.txt", train = views / "train.txt";
  const Json json = ReportJson({dev, dev, "--train", train});
  EXPECT_EQ(json.at("mentions"), 836);
  EXPECT_EQ(json.at("mentions_found"), 455);
  EXPECT_EQ(json.at("unseen"), (Json{{"mentions", 800}, {"found", 431}, {"coverage", 431.0 / 800}}));
  EXPECT_EQ(json.at("leaks"), (Json{{"exact", 8}, {"fuzzy", 1}}));
  EXPECT_EQ(json.at("without_context"), 20);
}

}  // namespace
}  // namespace clner::test
