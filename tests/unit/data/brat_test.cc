// Pairs of brat files, and the recognition of formats by what is inside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/annotation_file.h"
#include "data/convert.h"
#include "support/shared_data.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Corpus ReadPair(std::string_view text, std::string_view annotations, AnnotationSource* source,
                const AnnotationOptions& annotation = {}) {
  const TempDir dir;
  (void)dir.Write("a.txt", text);
  CorpusOptions options;
  options.annotation = annotation;
  return ReadBrat(dir.Write("a.ann", annotations), options, source);
}
Problem PairProblem(std::string_view text, std::string_view annotations, const AnnotationOptions& annotation = {}) {
  AnnotationSource source;
  return ErrorOf([&] { (void)ReadPair(text, annotations, &source, annotation); }).problems()[0];
}

TEST(Brat, PositionsCountLineEndsAndLinesAreSentences) {
  AnnotationSource source;
  const Corpus corpus =
      ReadPair("\xEF\xBB\xBFJane ran\r\n\r\n\xF0\x9F\x98\x80 Doe sat\n",
               "T1\tPER 1 5\tJane\nT2\tPER 15 18\tDoe\n\nR1\tx Arg1:T1 Arg2:T2\n#1\tNote T1\tn\n", &source);
  ASSERT_EQ(corpus.sentences.size(), 2U);
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 1, "PER"}));
  EXPECT_THAT(corpus.sentences[1].spans, ElementsAre(Span{1, 2, "PER"}));
  EXPECT_EQ(corpus.sentences[1].line, 3);
  EXPECT_THAT(source.dropped, ElementsAre(Pair("notes", 1), Pair("relations", 1)));
}

TEST(Brat, DiscontinuousSpansFailSplitOrAreDropped) {
  const char* text = "North and South America\nnext line\n";
  const char* parts = "T1\tLOC 0 5;16 23\tNorth America\n";
  const Problem problem = PairProblem(text, parts);
  EXPECT_EQ(problem.what, "span of type 'LOC' has 2 parts: 'North America'");
  EXPECT_THAT(problem.where, HasSubstr("a.ann:1"));
  EXPECT_THAT(problem.fix, HasSubstr("--on-discontinuous split"));
  AnnotationSource source;
  EXPECT_THAT(ReadPair(text, parts, &source, {.on_discontinuous = DiscontinuousRule::kSplit}).sentences[0].spans,
              ElementsAre(Span{0, 1, "LOC"}, Span{3, 4, "LOC"}));
  EXPECT_THAT(source.changed, ElementsAre(Pair("discontinuous spans split", 1)));
  EXPECT_TRUE(
      ReadPair(text, parts, &source, {.on_discontinuous = DiscontinuousRule::kDrop}).sentences[0].spans.empty());
  EXPECT_THAT(PairProblem(text, "T1\tLOC 16 28\tAmerica next\n").what, HasSubstr("has 2 parts")) << "two lines";
  EXPECT_THAT(PairProblem(text, "T1\tLOC 0 5;16 23\tSouth America\n").what, HasSubstr("its text there is"));
}

TEST(Brat, BadLinesAndPositionsAreNamed) {
  for (const char* line : {"T1 PER 0 4 Jane", "T1\tPER\tJane", "T1\tPER 0\tJane", "T1\tPER -1 4\tJane",
                           "T1\tPER 0 4 Jane", "T1\tPER 0 99999999999999999999\tJane", "Z"}) {
    EXPECT_THAT(PairProblem("Jane\n", line).what, HasSubstr("no brat annotation")) << line;
  }
  const Problem utf16 = PairProblem("\xF0\x9F\x98\x80 Jane ran\n", "T1\tPER 3 7\tJane\n");
  EXPECT_THAT(utf16.what, HasSubstr("the text there is 'ane ', not 'Jane'"));
  EXPECT_EQ(utf16.fix, "offsets look like UTF-16; use --offset-unit utf16");
  AnnotationSource source;
  EXPECT_THAT(
      ReadPair("\xF0\x9F\x98\x80 Jane ran\n", "T1\tPER 3 7\tJane\n", &source, {.offset_unit = OffsetUnit::kUtf16})
          .sentences[0]
          .spans,
      ElementsAre(Span{1, 2, "PER"}));
  EXPECT_THAT(PairProblem("", "T1\tPER 0 4\tJane\n").what, HasSubstr("outside the text of 0 characters"));
  EXPECT_THAT(PairProblem("a\n\xFF", "").what, "invalid UTF-8 at byte 2 of the file");
  EXPECT_THAT(PairProblem("Jane\n", "T1\tPER 1 4\tane\n").where, HasSubstr("a.txt:1 ("));
}

TEST(Brat, DirectoriesAreDocumentsAndPairsMustBeComplete) {
  const TempDir dir;
  AnnotationSource source;
  EXPECT_THAT(ErrorOf([&] { (void)ReadBrat(dir.path().string(), {}, &source); }).problems()[0].what,
              HasSubstr("no .ann file"));
  (void)dir.Write("b.txt", "Doe\n");
  (void)dir.Write("b.ann", "T1\tPER 0 3\tDoe\n");
  (void)dir.Write("a.txt", "Jane\n");
  (void)dir.Write("a.ann", "");
  (void)dir.Write("c.txt", "x\n");
  EXPECT_EQ(FormatOfFile(dir.path().string()), DataFormat::kBrat);
  const Corpus corpus = ReadBrat(dir.path().string(), {}, &source);
  EXPECT_EQ(corpus.documents, 2);
  EXPECT_THAT(corpus.sentences[1].spans, ElementsAre(Span{0, 1, "PER"}));
  EXPECT_THAT(source.dropped, ElementsAre(Pair("texts without .ann file", 1)));
  EXPECT_EQ(ErrorOf([&] { (void)ReadBrat((dir.path() / "c.txt").string(), {}, &source); }).code(), ErrorCode::kNoInput);
  EXPECT_EQ(ErrorOf([&] { (void)ReadBrat((dir.path() / "c").string(), {}, &source); }).code(), ErrorCode::kUsage);
}

TEST(Brat, SharedDataComeBack) {
  const std::filesystem::path path = test::DataDir() / "wnut17/emerging.test.annotated";
  CLNER_NEEDS(path);
  const TempDir dir;
  const std::string pair = (dir.path() / "x.ann").string();
  BratOutput output(pair);
  (void)Convert(
      path.string(), {.to = DataFormat::kBrat}, [](std::string_view) {}, &output);
  output.Close();
  AnnotationSource source;
  CorpusOptions blanks;
  blanks.annotation.words = WordRule::kBlanks;
  const Corpus back = ReadBrat(pair, blanks, &source);
  const Corpus corpus = ReadCorpus(path.string(), {});
  ASSERT_EQ(back.sentences.size(), corpus.sentences.size());
  for (size_t i = 0; i < back.sentences.size(); ++i) {
    EXPECT_EQ(back.sentences[i].words, corpus.sentences[i].words) << i;
    EXPECT_EQ(back.sentences[i].spans, corpus.sentences[i].spans) << i;
  }
}

TEST(FormatOfFile, JsonIsRecognisedByItsFieldsOrRefused) {
  const TempDir dir;
  const auto format = [&](std::string_view text) { return FormatOfFile(dir.Write("a.json", text)); };
  EXPECT_EQ(format("{\"tokens\":[\"a\"]}"), DataFormat::kJsonl);
  EXPECT_EQ(format("{\"text\":\"a\",\"tokens\":[{\"text\":\"a\",\"start\":0,\"end\":1}]}"), DataFormat::kProdigy);
  EXPECT_EQ(format("{\"text\":\"a\",\"spans\":[]}\n{\"text\":\"a\",\"spans\":[{\"label\":\"P\"}]}"),
            DataFormat::kProdigy);
  EXPECT_EQ(format("{\"text\":\"a\",\"spans\":[{\"type\":\"P\"}]}"), DataFormat::kAdaSeq);
  EXPECT_EQ(format("{\"text\":\"a\",\"labels\":[\"O\"]}"), DataFormat::kAdaSeq);
  EXPECT_EQ(format("{\"text\":\"a\",\"label\":[]}"), DataFormat::kDoccano);
  EXPECT_EQ(format("{\"text\":\"a\",\"label\":{}}"), DataFormat::kCluener);
  EXPECT_EQ(format("[\"a\", {\"entities\": []}]"), DataFormat::kSpacy);
  EXPECT_EQ(format("[\n {\"data\": {\"text\": \"a\"},\n \"annotations\": []}]"), DataFormat::kLabelStudio);
  for (const char* text : {"{\"text\":\"a\"}", "{\"text\":\"a\",\"spans\":[]}", "[{\"text\":\"a\"}]"}) {
    const Error error = ErrorOf([&] { (void)format(text); });
    EXPECT_EQ(error.code(), ErrorCode::kData) << text;
    EXPECT_THAT(error.problems()[0].what, HasSubstr("could be of several formats"));
    EXPECT_THAT(error.problems()[0].fix, HasSubstr("--from prodigy"));
  }
}

}  // namespace
}  // namespace clner
