#include "data/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log.h"
#include "core/random.h"
#include "data/autoner.h"
#include "data/jsonl.h"
#include "support/shared_data.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string Converted(std::string_view text, const ConvertOptions& options, ConvertReport* report = nullptr) {
  const TempDir dir;
  std::string result;
  const ConvertReport done = Convert(dir.Write("in", text), options, [&](std::string_view piece) { result += piece; });
  if (report != nullptr) *report = done;
  return result;
}
Error ConvertError(std::string_view text, const ConvertOptions& options) {
  const TempDir dir;
  const std::string path = dir.Write("in", text);
  return ErrorOf([&] { (void)Convert(path, options, [](std::string_view) {}); });
}

TEST(Convert, FormatsAreFoundByNameAndEnding) {
  EXPECT_EQ(ParseDataFormat("conll"), DataFormat::kColumns);
  EXPECT_EQ(ParseDataFormat("ck"), DataFormat::kAutoNer);
  for (const DataFormat format : {DataFormat::kColumns, DataFormat::kJsonl, DataFormat::kAutoNer}) {
    EXPECT_EQ(ParseDataFormat(Name(format)), format);
  }
  const Error error = ErrorOf([] { (void)ParseDataFormat("jsnl"); });
  EXPECT_EQ(error.code(), ErrorCode::kUsage);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("unknown data format 'jsnl' (did you mean 'jsonl'?)"));
  EXPECT_EQ(FormatOfPath("a/b.jsonl"), DataFormat::kJsonl);
  EXPECT_EQ(FormatOfPath("truth.ck"), DataFormat::kAutoNer);
  EXPECT_EQ(FormatOfPath("train.txt"), DataFormat::kColumns);
}

TEST(Convert, JsonLinesAreFoundByTheirFirstBytesToo) {
  const TempDir dir;
  for (const char* text : {"{\"tokens\":[]}", "\xEF\xBB\xBF\n { \"tokens\": []}"})
    EXPECT_EQ(FormatOfFile(dir.Write("a", text)), DataFormat::kJsonl) << text;
  for (const char* text : {"", "{", "{ O\n", "a O\n", "[1]"})
    EXPECT_EQ(FormatOfFile(dir.Write("a", text)), DataFormat::kColumns) << text;
  EXPECT_EQ(FormatOfFile(dir.Write("a.ck", "{\"")), DataFormat::kAutoNer) << "the name decides first";
  EXPECT_EQ(FormatOfFile("-"), DataFormat::kColumns);
  EXPECT_EQ(FormatOfFile((dir.path() / "none.jsonl").string()), DataFormat::kJsonl);
  EXPECT_EQ(FormatOfFile(dir.path().string()), DataFormat::kColumns);
}

TEST(Convert, EveryFormatIsReadByOneFunction) {
  const TempDir dir;
  const std::string json = dir.Write("a", "{\"tokens\":[\"a\"],\"tags\":[1]}\n");
  EXPECT_THAT(ReadData(json, DataFormat::kJsonl, {}, {"O", "B-P"}).sentences[0].spans, ElementsAre(Span{0, 1, "P"}));
  const std::string ck = dir.Write("b", "<s> O None\na I P\n<eof> I None\n");
  EXPECT_THAT(ReadData(ck, DataFormat::kAutoNer, {}, {}).sentences[0].spans, ElementsAre(Span{0, 1, "P"}));
  EXPECT_THAT(ReadData(dir.Write("c", "a B-P\n"), DataFormat::kColumns, {}, {}).sentences[0].spans,
              ElementsAre(Span{0, 1, "P"}));
}

TEST(Convert, UnknownNamesOfTheLabelMapAreWarnedAbout) {
  const size_t warnings = WarningCount();
  EXPECT_EQ(Converted("a B-P\n", {.read = {.label_map = {{"P", "Q"}}}}), "a B-Q\n\n");
  EXPECT_EQ(WarningCount(), warnings);
  EXPECT_EQ(Converted("a B-P\n", {.read = {.label_map = {{"NOPE", "x"}}}}), "a B-P\n\n");
  EXPECT_EQ(WarningCount(), warnings + 1);
}

TEST(Convert, LinesBehindTheLastSentenceAreKeptOrListed) {
  const std::string text = "a O\n\n# tail\n-DOCSTART- O\n\n";
  const CorpusOptions read = {.file = {.comment = "# "}};
  ConvertReport report;
  EXPECT_EQ(Converted(text, {.read = read}, &report), text);
  EXPECT_THAT(report.dropped, IsEmpty());
  for (const DataFormat to : {DataFormat::kJsonl, DataFormat::kAutoNer}) {
    Converted(text, {.to = to, .read = read}, &report);
    EXPECT_THAT(report.dropped, ElementsAre(Pair("comment lines", 1), Pair("document breaks", 1))) << Name(to);
  }
}

TEST(Convert, SchemesChangeAndOtherColumnsDocumentsAndCommentsStay) {
  ConvertReport report;
  const std::string text = "# 1\n-DOCSTART- -X- O\n\nJane NNP B-P\nDoe NNP I-P\n\n# 2\nran VBD O\n";
  EXPECT_EQ(Converted(text, {.read = {.file = {.comment = "# "}}, .scheme = Scheme::kBioes}, &report),
            "# 1\n-DOCSTART- -X- O\n\nJane NNP B-P\nDoe NNP E-P\n\n# 2\nran VBD O\n\n");
  EXPECT_EQ(report.sentences, 2);
  EXPECT_EQ(report.words, 3);
  EXPECT_EQ(report.entities, 1);
  EXPECT_EQ(report.documents, 1);
  EXPECT_EQ(report.read_scheme, Scheme::kBio);
  EXPECT_EQ(report.written_scheme, Scheme::kBioes);
  EXPECT_THAT(report.dropped, IsEmpty());
}

TEST(Convert, DelimiterIsKeptOrChosen) {
  EXPECT_EQ(Converted("a\tO\n", {}), "a\tO\n\n");
  EXPECT_EQ(Converted("a O\n", {}), "a O\n\n");
  EXPECT_EQ(Converted("a   O\n", {.delimiter = '\t'}), "a\tO\n\n");
}

TEST(Convert, ColumnsAreChosenAndDroppedOnesListed) {
  ConvertReport report;
  EXPECT_EQ(Converted("1 a N B-P\n", {.read = {.text_column = 1}, .columns = {1, -1}}, &report), "a B-P\n\n");
  EXPECT_THAT(report.dropped, ElementsAre(Pair("columns", 2)));
  EXPECT_THAT(ConvertError("a O\n", {.columns = {0, 5}}).problems()[0].what,
              HasSubstr("no column 5: rows have 2 columns"));
}

TEST(Convert, ContextLayoutIsKept) {
  const std::string text = "a\tB-P\nb\tO\n<EOS> B-X\nc B-X\n B-X\n\nd\tO\n\n";
  EXPECT_EQ(Converted(text, {}), text);
  EXPECT_EQ(Converted("a N O\n<EOS> B-X B-X\nc B-X\n", {}), "a N O\n<EOS> B-X B-X\nc B-X B-X\n\n");
}

TEST(Convert, SkippedSentencesAreListed) {
  ConvertReport report;
  EXPECT_EQ(Converted("a O\n\nb\n\nc b-p\n\nd O\n", {.read = {.file = {.skip_bad_sentences = true}}}, &report),
            "a O\n\nd O\n\n");
  EXPECT_THAT(report.dropped, ElementsAre(Pair("bad sentences", 2)));
}

TEST(Convert, UnlabelledColumnsStayUnlabelled) {
  EXPECT_EQ(Converted("a\nb\n", {.read = {.tags_optional = true}}), "a\nb\n\n");
}

TEST(Convert, ColumnsToJsonLinesAndBack) {
  const std::string columns = "-DOCSTART- O\n\na B-P\nb I-P\n<EOS> B-X\nc B-X\n\n-DOCSTART- O\n\nd O\n\n";
  ConvertReport report;
  const std::string lines = Converted(columns, {.to = DataFormat::kJsonl}, &report);
  EXPECT_EQ(lines,
            "{\"tokens\":[\"a\",\"b\"],\"tags\":[\"B-P\",\"I-P\"],\"document\":1,\"context\":[\"c\"]}\n"
            "{\"tokens\":[\"d\"],\"tags\":[\"O\"],\"document\":2}\n");
  EXPECT_THAT(report.dropped, IsEmpty());
  EXPECT_EQ(Converted(lines, {.from = DataFormat::kJsonl, .delimiter = ' '}), columns);
  Converted("# x\na N O\n", {.to = DataFormat::kJsonl, .read = {.file = {.comment = "#"}}}, &report);
  EXPECT_THAT(report.dropped, ElementsAre(Pair("columns", 1), Pair("comment lines", 1)));
}

TEST(Convert, WordsThatColumnsCannotHoldAreRefused) {
  const auto error_of = [](const std::string& word, char delimiter) {
    return ConvertError("{\"tokens\":[\"" + word + "\"],\"tags\":[\"O\"]}\n",
                        {.from = DataFormat::kJsonl, .delimiter = delimiter});
  };
  for (const char* word : {"a\\tb", "a\\nb", "-DOCSTART-"}) {
    const Error error = error_of(word, '\t');
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_THAT(error.problems()[0].what, HasSubstr("cannot stand in a column file"));
    EXPECT_THAT(error.problems()[0].where, HasSubstr("in:1"));
  }
  EXPECT_THAT(error_of("New York", ' ').problems()[0].fix, HasSubstr("delimiter 'tab'"));
  EXPECT_EQ(Converted("{\"tokens\":[\"New York\"],\"tags\":[\"O\"]}\n", {.from = DataFormat::kJsonl}),
            "New York\tO\n\n");
}

TEST(Jsonl, OtherNamesIntegersAndExtraFieldsAreRead) {
  const TempDir dir;
  const std::string path = dir.Write(
      "a.jsonl", "{\"id\":1,\"words\":[\"a\",\"b\"],\"ner_tags\":[1,2]}\n\n{\"tokens\":[\"c\"],\"tags\":[0]}\n");
  int64_t ignored = 0;
  const Corpus corpus = ReadJsonl(path, {}, {"O", "B-P", "I-P"}, &ignored);
  ASSERT_EQ(corpus.sentences.size(), 2U);
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 2, "P"}));
  EXPECT_EQ(corpus.sentences[1].line, 3);
  EXPECT_EQ(ignored, 1);
  EXPECT_FALSE(ReadJsonl(dir.Write("b.jsonl", "{\"tokens\":[\"a\"]}"), {}, {}).sentences[0].labelled);
}

TEST(Jsonl, BadLinesAreCollectedWithPlace) {
  const TempDir dir;
  const struct {
    const char* line;
    const char* what;
  } cases[] = {{"{\"tokens\":[\"a\"", ""},
               {"[1]", "line is array, not an object"},
               {"{\"tags\":[]}", "field 'tokens' is missing"},
               {"{\"tokens\":\"a\"}", "'tokens' is not a list"},
               {"{\"tokens\":[1]}", "'tokens' holds number, not a string"},
               {"{\"tokens\":[\"a\"],\"tags\":[\"O\",\"O\"]}", "1 token but 2 tags"},
               {"{\"tokens\":[\"a\"],\"tags\":[7]}", "tag 7 is not one of the 1 labels"},
               {"{\"tokens\":[\"a\"],\"tags\":[-1]}", "tag -1 is not one of the 1 labels"},
               {"{\"tokens\":[\"a\"],\"document\":\"x\"}", "'document' is not an integer"},
               {"{\"tokens\":[\"a\xFF\"]}", "invalid UTF-8 at byte offset"}};
  std::string text = "{\"tokens\":[\"a\"],\"tags\":[0]}\n";
  for (const auto& c : cases) text += std::string(c.line) + "\n";
  const std::string path = dir.Write("a.jsonl", text);
  const Error error = ErrorOf([&] { (void)ReadJsonl(path, {}, {"O"}); });
  EXPECT_EQ(error.code(), ErrorCode::kData);
  ASSERT_EQ(error.total(), std::size(cases));
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_THAT(error.problems()[i].what, HasSubstr(cases[i].what));
    EXPECT_THAT(error.problems()[i].where, HasSubstr("a.jsonl:" + std::to_string(i + 2)));
  }
  const Corpus corpus = ReadJsonl(path, {.file = {.skip_bad_sentences = true}}, {"O"});
  EXPECT_EQ(corpus.sentences.size(), 1U);
  EXPECT_EQ(corpus.file.skipped_sentences, static_cast<int64_t>(std::size(cases)));
  EXPECT_THAT(
      ErrorOf([&] { (void)ReadJsonl(dir.Write("b", "{\"tokens\":[\"a\"],\"tags\":[0]}"), {}, {}); }).problems()[0].fix,
      HasSubstr("--labels"));
}

constexpr const char* kCk =
    "<s> O None\nlithium I Chemical\ncarbonate O Chemical\nand I None\nthe O None\nflu I Disease\n<eof> I None\n\n";

TEST(AutoNer, ChunksBecomeSpans) {
  const TempDir dir;
  const Corpus corpus = ReadAutoNer(dir.Write("a.ck", kCk), {});
  ASSERT_EQ(corpus.sentences.size(), 1U);
  EXPECT_THAT(corpus.sentences[0].words, ElementsAre("lithium", "carbonate", "and", "the", "flu"));
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 2, "Chemical"}, Span{4, 5, "Disease"}));
  EXPECT_EQ(corpus.repaired_tags, 0);
}

TEST(AutoNer, SpansComeBack) {
  const std::string columns = "a B-P\nb B-P\nc I-P\nd O\n\n";
  const std::string ck = Converted(columns, {.to = DataFormat::kAutoNer});
  EXPECT_EQ(ck, "<s> O None\na I P\nb I P\nc O P\nd I None\n<eof> I None\n\n");
  EXPECT_EQ(Converted(ck, {.from = DataFormat::kAutoNer, .delimiter = ' '}), columns);
  ConvertReport report;
  Converted("-DOCSTART- O\n\na O\n<EOS> B-X\nb B-X\n", {.to = DataFormat::kAutoNer}, &report);
  EXPECT_THAT(report.dropped, ElementsAre(Pair("contexts", 1), Pair("document breaks", 1)));
  EXPECT_THAT(ConvertError("{\"tokens\":[\"a b\"]}", {.from = DataFormat::kJsonl, .to = DataFormat::kAutoNer})
                  .problems()[0]
                  .what,
              HasSubstr("word 'a b' cannot stand in an AutoNER file"));
}

TEST(AutoNer, MalformedSentencesAreNamed) {
  const struct {
    const char* text;
    const char* what;
    int line;
  } cases[] = {{"a O\n", "row is not 'token break type': 'a O'", 1},
               {"a I None\n<eof> I None\n", "sentence does not begin with '<s>'", 1},
               {"<s> O None\na I None\n", "sentence does not end with '<eof>'", 2},
               {"<s> O None\na B None\n<eof> I None\n", "break is neither 'I' nor 'O'", 2},
               {"<s> O None\na I P\nb O Q\n<eof> I None\n", "tied token has another type", 3}};
  for (const auto& c : cases) {
    const TempDir dir;
    const std::string path = dir.Write("a.ck", c.text);
    const Error error = ErrorOf([&] { (void)ReadAutoNer(path, {}); });
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_THAT(error.problems()[0].what, HasSubstr(c.what));
    EXPECT_THAT(error.problems()[0].where, HasSubstr("a.ck:" + std::to_string(c.line)));
  }
}

TEST(Convert, RandomCorporaSurviveEverySchemeAndFormat) {
  const Scheme schemes[] = {Scheme::kBio, Scheme::kBioes, Scheme::kBmes, Scheme::kBilou};
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string text;
    for (uint64_t s = 0, sentences = 1 + random.Below(6); s < sentences; ++s) {
      if (random.Below(4) == 0) text += "-DOCSTART- O\n\n";
      for (uint64_t i = 0, words = 1 + random.Below(8); i < words; ++i) {
        const char* tags[] = {"O", "B-P", "B-geo-loc"};
        text += "w" + std::to_string(random.Below(9)) + " " + tags[random.Below(3)] + "\n";
      }
      if (random.Below(3) == 0) text += "<EOS> B-X\nc B-X\n B-X\n";
      text += "\n";
    }
    const std::string bio = Converted(text, {.scheme = Scheme::kBio});
    for (const Scheme scheme : schemes) {
      const std::string there = Converted(bio, {.read = {.scheme = Scheme::kBio}, .scheme = scheme});
      EXPECT_EQ(Converted(there, {.read = {.scheme = scheme}, .scheme = Scheme::kBio}), bio) << Name(scheme);
    }
    const std::string json = Converted(bio, {.to = DataFormat::kJsonl, .read = {.scheme = Scheme::kBio}});
    EXPECT_EQ(Converted(json, {.from = DataFormat::kJsonl, .read = {.scheme = Scheme::kBio}, .delimiter = ' '}), bio);
  }
}

TEST(Convert, ReportAsJson) {
  ConvertReport report;
  Converted("a N O\n", {.to = DataFormat::kJsonl}, &report);
  const Json json = ToJson(report, {.to = DataFormat::kJsonl});
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["from"], "columns");
  EXPECT_EQ(json["to"], "jsonl");
  EXPECT_EQ(json["sentences"], 1);
  EXPECT_EQ(json["dropped"]["columns"], 1);
}

TEST(SharedDataConvert, AutoNerFilesHaveTheStatedSentences) {
  const std::filesystem::path dir = test::DataDir() / "bc5cdr_autoner";
  CLNER_NEEDS(dir);
  EXPECT_EQ(ReadAutoNer((dir / "truth_dev.ck").string(), {}).sentences.size(), 6653U);
  const Corpus corpus = ReadAutoNer((dir / "truth_test.ck").string(), {});
  EXPECT_EQ(corpus.sentences.size(), 7095U);
  EXPECT_EQ(corpus.entities_of_type.size(), 2U);
}

}  // namespace
}  // namespace clner
