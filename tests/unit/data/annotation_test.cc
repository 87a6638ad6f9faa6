// Records of annotation tools: what is read, what is refused with which words, and round trips.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log.h"
#include "core/random.h"
#include "data/annotation_file.h"
#include "data/convert.h"
#include "data/text_index.h"
#include "support/shared_data.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr DataFormat kTextFormats[] = {DataFormat::kProdigy,     DataFormat::kSpacy,   DataFormat::kDoccano,
                                       DataFormat::kLabelStudio, DataFormat::kCluener, DataFormat::kAdaSeq};

CorpusOptions Reading(AnnotationOptions annotation) {
  CorpusOptions options;
  options.annotation = annotation;
  return options;
}
Corpus Read(std::string_view text, DataFormat format, const CorpusOptions& options = {}, DataSource* source = nullptr) {
  const TempDir dir;
  return ReadData(dir.Write("in", text), format, options, {}, source);
}
Problem ReadProblem(std::string_view text, DataFormat format, const CorpusOptions& options = {}) {
  const Error error = ErrorOf([&] { (void)Read(text, format, options); });
  EXPECT_EQ(error.code(), ErrorCode::kData);
  return error.problems()[0];
}
std::string Converted(std::string_view text, const ConvertOptions& options, ConvertReport* report = nullptr) {
  const TempDir dir;
  std::string result;
  const ConvertReport done = Convert(dir.Write("in", text), options, [&](std::string_view piece) { result += piece; });
  if (report != nullptr) *report = done;
  return result;
}

TEST(TextIndex, UnitsAgreeOnEveryPositionOfAMixedText) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x98\x80z";  // 1, 2 and 4 bytes; the last two UTF-16 units
  const TextIndex index(text);
  EXPECT_EQ(index.code_points(), 4);
  for (const OffsetUnit unit : {OffsetUnit::kCodePoint, OffsetUnit::kUtf16, OffsetUnit::kByte}) {
    for (int64_t i = 0; i <= 4; ++i) EXPECT_EQ(index.CodePointOf(index.OffsetOf(i, unit), unit), i) << Name(unit);
    EXPECT_EQ(index.CodePointOf(-1, unit), std::nullopt);
    EXPECT_EQ(index.CodePointOf(index.OffsetOf(4, unit) + 1, unit), std::nullopt);
  }
  EXPECT_EQ(index.OffsetOf(3, OffsetUnit::kUtf16), 4);
  EXPECT_EQ(index.CodePointOf(3, OffsetUnit::kUtf16), std::nullopt) << "inside a surrogate pair";
  EXPECT_EQ(index.CodePointOf(4, OffsetUnit::kByte), std::nullopt);
  EXPECT_EQ(index.TextOf({2, 3}), "\xF0\x9F\x98\x80");
}

TEST(Prodigy, TokensSpansAndAnswersAreRead) {
  DataSource source;
  const Corpus corpus = Read(
      R"({"text":"Jane  Doe\nran","tokens":[{"text":"Jane","start":0,"end":4,"id":0},{"text":" ","start":5,"end":6,"id":1},)"
      R"({"text":"Doe","start":6,"end":9,"id":2},{"text":"\n","start":9,"end":10,"id":3},{"text":"ran","start":10,"end":13,"id":4}],)"
      R"("spans":[{"start":0,"end":9,"label":"PER"}],"answer":"accept"})"
      "\n"
      R"({"text":"x","answer":"reject"})"
      "\n"
      R"({"text":"x","answer":"ignore"})"
      "\n"
      R"({"text":" ","answer":"accept"})"
      "\n",
      DataFormat::kProdigy, {}, &source);
  ASSERT_EQ(corpus.sentences.size(), 1U);
  EXPECT_THAT(corpus.sentences[0].words, ElementsAre("Jane", "Doe", "ran"));
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 2, "PER"}));
  EXPECT_EQ(source.annotation.texts[0].text, "Jane  Doe\nran");
  EXPECT_THAT(source.annotation.dropped,
              ElementsAre(Pair("ignored records", 1), Pair("rejected records", 1), Pair("texts without words", 1)));
}

TEST(Prodigy, SpacyPairsAreReadToo) {
  const Corpus corpus = Read("[\"Jane ran\", {\"entities\": [[0, 4, \"PER\"]]}]\n[\"x y\", {}]\n", DataFormat::kSpacy);
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 1, "PER"}));
  EXPECT_FALSE(corpus.sentences[1].labelled);
}

TEST(Doccano, AllThreeFormsAreRead) {
  for (const char* labels : {"\"label\":[[0,4,\"PER\"]]", "\"labels\":[[0,4,\"PER\"]]",
                             "\"entities\":[{\"id\":1,\"label\":\"PER\",\"start_offset\":0,\"end_offset\":4}]"}) {
    const Corpus corpus = Read("{\"id\":7,\"text\":\"Jane ran\"," + std::string(labels) + "}", DataFormat::kDoccano);
    EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 1, "PER"})) << labels;
  }
}

TEST(Cluener, EndsAreInclusiveAndCharactersAreWords) {
  const Corpus corpus = Read(
      "{\"text\":\"\xE5\x8C\x97\xE4\xBA\xAC \xE5\xA5\xBD\",\"label\":{\"LOC\":{\"\xE5\x8C\x97\xE4\xBA\xAC\":[[0,1]]}}}",
      DataFormat::kCluener);
  EXPECT_EQ(corpus.sentences[0].words.size(), 3U) << "a blank is no word";
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 2, "LOC"}));
  EXPECT_THAT(ReadProblem("{\"text\":\"abc\",\"label\":{\"T\":{\"ab\":[[0,2]]}}}", DataFormat::kCluener).what,
              HasSubstr("the text there is 'abc', not 'ab'"));
}

TEST(AdaSeq, SpansAndTagsOfTextsAndLists) {
  const char* spans = "{\"text\":\"ab cd\",\"spans\":[{\"start\":0,\"end\":2,\"type\":\"T\"}]}";
  EXPECT_THAT(Read(spans, DataFormat::kAdaSeq).sentences[0].spans, ElementsAre(Span{0, 2, "T"}));
  EXPECT_THAT(Read(spans, DataFormat::kAdaSeq, Reading({.words = WordRule::kBlanks})).sentences[0].words,
              ElementsAre("ab", "cd"))
      << "positions count words";
  EXPECT_THAT(
      Read("{\"tokens\":[\"ab\",\"cd\"],\"spans\":[{\"start\":1,\"end\":2,\"type\":[\"T\"]}]}", DataFormat::kAdaSeq)
          .sentences[0]
          .spans,
      ElementsAre(Span{1, 2, "T"}));
  const Corpus tags = Read("{\"text\":\"ab c\",\"labels\":[\"B-T\",\"E-T\",\"O\",\"S-T\"]}", DataFormat::kAdaSeq);
  EXPECT_EQ(tags.scheme, Scheme::kBioes);
  EXPECT_THAT(tags.sentences[0].spans, ElementsAre(Span{0, 2, "T"}, Span{2, 3, "T"}));
  EXPECT_THAT(ReadProblem("{\"text\":\"ab\",\"labels\":[\"O\"]}", DataFormat::kAdaSeq).what,
              "2 characters but 1 label");
  EXPECT_THAT(
      ReadProblem("{\"text\":[\"a\"],\"spans\":[{\"start\":0,\"end\":2,\"type\":\"T\"}]}", DataFormat::kAdaSeq).what,
      HasSubstr("0-2 is empty or outside the sentence of 1 word"));
  EXPECT_THAT(
      ReadProblem("{\"text\":[\"a\"],\"spans\":[]}\n{\"text\":[\"a\"],\"labels\":[\"O\"]}", DataFormat::kAdaSeq).what,
      HasSubstr("1 record with tags and 1 record with spans"));
}

constexpr const char* kTasks =
    R"([{"id":1,"data":{"text":"\ud83d\ude00 Jane ran"},"annotations":[{"was_cancelled":true,"result":[]},)"
    R"({"result":[{"type":"labels","value":{"start":3,"end":7,"text":"Jane","labels":["PER"]}},{"type":"choices","value":{}}]},)"
    R"({"result":[]}]},{"data":{"body":"Doe"},"annotations":[]},{"data":{"text":"x"},"annotations":[{"was_cancelled":true,"result":[]}]}])";

TEST(LabelStudio, Utf16IsTheDefaultAndCancelledAnnotationsAreCounted) {
  DataSource source;
  const Corpus corpus = Read(kTasks, DataFormat::kLabelStudio, {}, &source);
  ASSERT_EQ(corpus.sentences.size(), 2U);
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{1, 2, "PER"}));
  EXPECT_FALSE(corpus.sentences[1].labelled);
  EXPECT_THAT(source.annotation.dropped,
              ElementsAre(Pair("cancelled annotations", 2), Pair("further annotations of a task", 1),
                          Pair("results of type choices", 1)));
  const Problem problem =
      ReadProblem(kTasks, DataFormat::kLabelStudio, Reading({.offset_unit = OffsetUnit::kCodePoint}));
  EXPECT_THAT(problem.what, HasSubstr("the text there is 'ane ', not 'Jane'"));
  EXPECT_THAT(problem.where, HasSubstr("([0].annotations[1].result[0])"));
  EXPECT_EQ(problem.fix, "offsets look like UTF-16; use --offset-unit utf16");
}

TEST(LabelStudio, OtherExportsAreRefused) {
  EXPECT_THAT(ReadProblem("{\"data\":{}}", DataFormat::kLabelStudio).what, HasSubstr("not a list of tasks"));
  EXPECT_THAT(ReadProblem("[{\"text\":\"a\",\"annotator\":1}]", DataFormat::kLabelStudio).fix, HasSubstr("JSON-MIN"));
  EXPECT_THAT(ReadProblem("[{\"data\":{\"a\":\"x\",\"b\":\"y\"}}]", DataFormat::kLabelStudio).what,
              HasSubstr("several others"));
  EXPECT_THAT(ReadProblem("[{\"data\":{}}]", DataFormat::kLabelStudio).what, HasSubstr("no field holds the text"));
  EXPECT_THAT(ReadProblem("[1]", DataFormat::kLabelStudio).what, HasSubstr("number, not an object"));
}

TEST(Spans, ThoseThatAreNoWordsFailWidenOrAreDropped) {
  const std::string text = "{\"text\":\"Jane Doe ran\",\"label\":[[1,4,\"A\"],[4,8,\"B\"],[9,12,\"C\"]]}";
  const CorpusOptions fail = {};
  const Error error = ErrorOf([&] { (void)Read(text, DataFormat::kDoccano, fail); });
  ASSERT_EQ(error.problems().size(), 2U);
  EXPECT_EQ(error.problems()[0].what, "span of type 'A' at 1-4 'ane' begins inside the word 'Jane'");
  EXPECT_THAT(error.problems()[0].where, HasSubstr(":1 (label[0])"));
  EXPECT_THAT(error.problems()[0].fix, HasSubstr("--on-misaligned widen"));
  EXPECT_EQ(error.problems()[1].what, "span of type 'B' at 4-8 ' Doe' begins with a blank");
  DataSource source;
  EXPECT_THAT(
      Read(text, DataFormat::kDoccano, Reading({.on_misaligned = MisalignedRule::kWiden}), &source).sentences[0].spans,
      ElementsAre(Span{0, 1, "A"}, Span{1, 2, "B"}, Span{2, 3, "C"}));
  EXPECT_THAT(source.annotation.changed, ElementsAre(Pair("spans widened to whole words", 2)));
  EXPECT_THAT(
      Read(text, DataFormat::kDoccano, Reading({.on_misaligned = MisalignedRule::kDrop}), &source).sentences[0].spans,
      ElementsAre(Span{2, 3, "C"}));
  EXPECT_THAT(source.annotation.dropped, ElementsAre(Pair("misaligned spans", 2)));
  EXPECT_THAT(ReadProblem("{\"text\":\"\xF0\x9F\x98\x80 Jane x\",\"label\":[[3,7,\"A\"]]}", DataFormat::kDoccano).fix,
              "offsets look like UTF-16; use --offset-unit utf16");
}

TEST(Spans, OverlapsFailOrOneIsKept) {
  const std::string text = "{\"text\":\"a b c\",\"label\":[[0,1,\"A\"],[0,5,\"B\"],[4,5,\"C\"],[0,5,\"B\"]]}";
  EXPECT_EQ(ReadProblem(text, DataFormat::kDoccano).what, "span of type 'B' at 0-5 overlaps span of type 'A' at 0-1");
  const auto kept = [&](OverlapRule rule, DataSource* source) {
    return Read(text, DataFormat::kDoccano, Reading({.on_overlap = rule}), source).sentences[0].spans;
  };
  DataSource longest, first;
  EXPECT_THAT(kept(OverlapRule::kLongest, &longest), ElementsAre(Span{0, 3, "B"}));
  EXPECT_THAT(longest.annotation.dropped, ElementsAre(Pair("overlapping spans", 2), Pair("repeated spans", 1)));
  EXPECT_THAT(kept(OverlapRule::kFirst, &first), ElementsAre(Span{0, 1, "A"}, Span{2, 3, "C"}));
  CorpusOptions without_b;
  without_b.label_map = {{"B", ""}};
  const Corpus corpus = Read(text, DataFormat::kDoccano, without_b);
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 1, "A"}, Span{2, 3, "C"}))
      << "dropped types do not overlap";
  EXPECT_EQ(corpus.types_in_file.count("B"), 1U);
}

TEST(Spans, PositionsOutsideTheTextAndBadLabelsAreNamed) {
  const auto what = [](const std::string& span) {
    return ReadProblem("{\"text\":\"a\xF0\x9F\x98\x80\",\"label\":[" + span + "]}", DataFormat::kDoccano).what;
  };
  EXPECT_THAT(what("[0,9,\"A\"]"), HasSubstr("0-9 is outside the text of 2 characters"));
  EXPECT_THAT(what("[1,1,\"A\"]"), HasSubstr("1-1 is empty"));
  EXPECT_THAT(what("[1,0,\"A\"]"), HasSubstr("1-0 ends before it begins"));
  EXPECT_THAT(what("[0,-1,\"A\"]"), HasSubstr("position -1 is below 0 or too large"));
  EXPECT_THAT(what("[0,18446744073709551615,\"A\"]"), HasSubstr("too large"));
  EXPECT_THAT(what("[0,9223372036854775807,\"A\"]"), HasSubstr("too large"));
  EXPECT_THAT(what("[0,1.5,\"A\"]"), HasSubstr("1.5 is no position"));
  EXPECT_THAT(what("[0,1]"), HasSubstr("fewer than three items"));
  EXPECT_THAT(what("[0,1,\"\"]"), "the label is empty");
  EXPECT_THAT(what("[0,1,\"X\"]"), "label 'X' cannot stand in a tag");
  EXPECT_THAT(what("[0,1,null]"), HasSubstr("null, not a string"));
  EXPECT_THAT(what("\"A\""), HasSubstr("a label without a position"));
  EXPECT_THAT(ReadProblem("{\"text\":\"a\xF0\x9F\x98\x80\",\"label\":[[0,2,\"A\"]]}", DataFormat::kDoccano,
                          Reading({.offset_unit = OffsetUnit::kUtf16}))
                  .what,
              HasSubstr("0-2 begins or ends inside a character"));
}

TEST(Records, MalformedOnesAreListedWithTheirLines) {
  const Error error = ErrorOf([] {
    (void)Read(
        "{\"text\":\"a\"}\n{\"text\":\n[1]\n7\n{\"text\":5}\n{}\n{\"text\":\"a\\u0000\"}\n{\"text\":\"a\",\"label\":{}}"
        "\n",
        DataFormat::kDoccano);
  });
  std::vector<std::string> whats, places;
  for (const Problem& problem : error.problems()) {
    whats.push_back(problem.what);
    places.push_back(problem.where.substr(problem.where.find("in:")));
  }
  EXPECT_THAT(whats, ElementsAre(HasSubstr("bad JSON"), HasSubstr("array, not an object"), HasSubstr("line is number"),
                                 "number, not a string", "field 'text' is missing", "text holds a NUL character",
                                 "object, not a list"));
  EXPECT_THAT(places, ElementsAre("in:2", "in:3", "in:4", "in:5 (text)", "in:6", "in:7 (text)", "in:8 (label)"));
  CorpusOptions skip;
  skip.file.skip_bad_sentences = true;
  const Corpus corpus = Read("{}\n{\"text\":\"a\",\"label\":[[0,1,\"T\"]]}\n", DataFormat::kDoccano, skip);
  EXPECT_EQ(corpus.file.skipped_sentences, 1);
  EXPECT_EQ(corpus.sentences.size(), 1U);
}

TEST(Records, DeepNestingAndHugeTextsAreRefused) {
  const std::string deep = "{\"text\":" + std::string(100000, '[') + std::string(100000, ']') + "}";
  for (const DataFormat format : kTextFormats)
    EXPECT_THAT(ReadProblem(deep, format).what, HasSubstr("deeper than 64")) << Name(format);
  const std::string huge = "[{\"data\":{\"text\":\"" + std::string(kMaxWholeFileBytes / 16 + 1, 'a') + "\"}}]";
  EXPECT_THAT(ReadProblem(huge, DataFormat::kLabelStudio).what, HasSubstr("at most 16777216"));
}

TEST(Records, MutatedBytesGiveErrorsOfDataOnly) {
  const std::vector<std::pair<DataFormat, std::string>> seeds = {
      {DataFormat::kLabelStudio, kTasks},
      {DataFormat::kProdigy,
       R"({"text":"Jo \ud83d\ude00 x","tokens":[{"text":"Jo","start":0,"end":2}],"spans":[{"start":0,"end":2,"label":"P"}]})"},
      {DataFormat::kSpacy, R"(["Jo ran", {"entities": [[0, 2, "P"]]}])"},
      {DataFormat::kDoccano, R"({"text":"Jo ran","entities":[{"label":"P","start_offset":0,"end_offset":2}]})"},
      {DataFormat::kCluener, R"({"text":"Jo ran","label":{"P":{"Jo":[[0,1]]}}})"},
      {DataFormat::kAdaSeq, R"({"text":["Jo","ran"],"spans":[{"start":0,"end":1,"type":["P"]}]})"}};
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    auto [format, text] = seeds[static_cast<size_t>(round) % seeds.size()];
    for (int k = 0; k < 3; ++k) {
      const std::string_view bytes = "[]{}\",:0129-eantr\\ \xF0\x9F\x98\x80";
      text[random.Below(text.size())] = bytes[random.Below(bytes.size())];
    }
    try {
      (void)Read(text, format);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kData) << text;
    }
  }
}

TEST(Writers, TextAndPositionsOfTheSourceAreKept) {
  const std::string text =
      "{\"text\":\"  Jane \xF0\x9F\x98\x80  Doe, ran\",\"label\":[[2,6,\"PER\"],[10,13,\"PER\"]]}\n";
  for (const DataFormat format : kTextFormats) {
    if (format == DataFormat::kAdaSeq) continue;  // holds words only
    const std::string other = Converted(text, {.from = DataFormat::kDoccano, .to = format});
    ConvertOptions back = {.from = format, .to = DataFormat::kDoccano};
    back.read.annotation.words = WordRule::kText;
    EXPECT_EQ(Converted(other, back), text) << Name(format);
  }
}

TEST(Writers, DocumentsAndContextsAreKeptOrListed) {
  const std::string columns = "-DOCSTART- O\n\na B-P\n<EOS> B-X\nc B-X\n\n-DOCSTART- O\n\nd O\n\n";
  ConvertReport report;
  const std::string doccano = Converted(columns, {.to = DataFormat::kDoccano}, &report);
  EXPECT_THAT(report.dropped, ElementsAre(Pair("contexts", 1)));
  EXPECT_EQ(Converted(doccano, {.from = DataFormat::kDoccano, .delimiter = ' '}, &report),
            "-DOCSTART- O\n\na B-P\n\n-DOCSTART- O\n\nd O\n\n");
  EXPECT_THAT(report.dropped, ElementsAre(Pair("texts between words", 2)));
  Converted(columns, {.to = DataFormat::kCluener}, &report);
  EXPECT_THAT(report.dropped, ElementsAre(Pair("contexts", 1), Pair("document breaks", 2)));
  const Json json = ToJson(report, {.from = DataFormat::kLabelStudio});
  EXPECT_EQ(json["offset_unit"], "utf16");
  EXPECT_EQ(json["words_by"], "text");
}

TEST(Writers, TypesWithBlanksCannotBecomeColumns) {
  const Error error =
      ErrorOf([] { Converted("{\"text\":\"a\",\"label\":[[0,1,\"Full name\"]]}", {.from = DataFormat::kDoccano}); });
  EXPECT_THAT(error.problems()[0].what, "tag 'B-Full name' holds a blank");
  EXPECT_THAT(error.problems()[0].fix, HasSubstr("--label-map"));
}

class RoundTrip : public ::testing::TestWithParam<const char*> {};

TEST_P(RoundTrip, ColumnsOfSharedDataComeBackFromEveryFormat) {
  const std::filesystem::path path = test::DataDir() / GetParam();
  CLNER_NEEDS(path);
  ConvertOptions read;
  read.read.first_code_point = std::string_view(GetParam()).find("weibo") != std::string_view::npos;
  const Corpus corpus = ReadCorpus(path.string(), read.read);
  bool characters = true;
  for (const Sentence& sentence : corpus.sentences) {
    for (const std::string& word : sentence.words) characters = characters && TextIndex(word).code_points() == 1;
  }
  const TempDir dir;
  for (const DataFormat format : kTextFormats) {
    ConvertOptions out = read;
    out.to = format;
    std::string text;
    (void)Convert(path.string(), out, [&](std::string_view piece) { text += piece; });
    const Corpus back = Read(text, format, Reading({.words = characters ? WordRule::kCharacters : WordRule::kBlanks}));
    ASSERT_EQ(back.sentences.size(), corpus.sentences.size()) << Name(format);
    for (size_t i = 0; i < back.sentences.size(); ++i) {
      EXPECT_EQ(back.sentences[i].words, corpus.sentences[i].words) << Name(format) << " " << i;
      EXPECT_EQ(back.sentences[i].spans, corpus.sentences[i].spans) << Name(format) << " " << i;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Files, RoundTrip,
                         ::testing::Values("wnut17/wnut17train.conll", "wnut17/emerging.dev.conll",
                                           "wnut17/emerging.test.annotated", "wnut16/test", "ncbi/IOB/devel.tsv",
                                           "cbs/tech_test", "msra_ner_test/msra_test_bio.txt",
                                           "weibo_ner/weiboNER_2nd_conll.dev"));

TEST(AnnotationWriter, TagsWithoutATypeHaveNoLabel) {
  for (const DataFormat format : kTextFormats) {
    ConvertOptions options;
    options.to = format;
    const Error error = ErrorOf([&] { (void)Converted("a B\nb I\n", options); });
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_EQ(error.problems()[0].what, std::string("type '' cannot stand in a ") + Name(format) + " file");
    EXPECT_EQ(error.problems()[0].fix, "tags without a type have no label; write columns or JSON lines");
  }
}

}  // namespace
}  // namespace clner
