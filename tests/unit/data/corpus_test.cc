#include "data/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log.h"
#include "data/term_list.h"
#include "support/context_texts.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Corpus Read(std::string_view text, const CorpusOptions& options = {}) {
  const TempDir dir;
  return ReadCorpus(dir.Write("a.conll", text), options);
}
Error ReadError(std::string_view text, const CorpusOptions& options = {}) {
  const TempDir dir;
  const std::string path = dir.Write("a.conll", text);
  return ErrorOf([&] { (void)ReadCorpus(path, options); });
}

TEST(Corpus, TagsBecomeSpansAndAreCounted) {
  const Corpus corpus = Read("Jane B-PER\nDoe I-PER\nat O\nAcme B-ORG\n\nJane B-PER\n");
  ASSERT_EQ(corpus.sentences.size(), 2U);
  EXPECT_THAT(corpus.sentences[0].words, ElementsAre("Jane", "Doe", "at", "Acme"));
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 2, "PER"}, Span{3, 4, "ORG"}));
  EXPECT_TRUE(corpus.sentences[0].labelled);
  EXPECT_EQ(corpus.sentences[1].line, 6);
  EXPECT_EQ(corpus.scheme, Scheme::kBio);
  EXPECT_EQ(corpus.words, 5);
  EXPECT_EQ(corpus.entities, 3);
  EXPECT_THAT(corpus.entities_of_type, ElementsAre(Pair("ORG", 1), Pair("PER", 2)));
  EXPECT_EQ(corpus.documents, 0);
}

TEST(Corpus, ColumnsAreChosenByNumberFromEitherEnd) {
  const std::string text = "1 Jane NNP I-NP B-PER\n2 ran VBD I-VP O\n";
  EXPECT_THAT(Read(text, {.text_column = 1}).sentences[0].spans, ElementsAre(Span{0, 1, "PER"}));
  EXPECT_THAT(Read(text, {.text_column = -4, .tag_column = 3}).sentences[0].spans,
              ElementsAre(Span{0, 1, "NP"}, Span{1, 2, "VP"}));
  EXPECT_THAT(Read(text, {.text_column = 1}).sentences[0].words, ElementsAre("Jane", "ran"));
}

TEST(Corpus, MissingColumnsNameTheRow) {
  const Error text = ReadError("a O\n", {.text_column = 4});
  EXPECT_EQ(text.code(), ErrorCode::kData);
  EXPECT_EQ(text.problems()[0].what, "no text column 4: rows have 2 columns: 'a O'");
  EXPECT_THAT(text.problems()[0].where, HasSubstr("a.conll:1"));
  EXPECT_THAT(ReadError("a O\n", {.tag_column = -3}).problems()[0].what, HasSubstr("no tag column -3"));
  EXPECT_THAT(ReadError("a\nb\n").problems()[0].what, HasSubstr("rows have one column, so there are no tags: 'a'"));
  EXPECT_THAT(ReadError("a O\n", {.tag_column = 0}).problems()[0].what, HasSubstr("column 0 is both text and tag"));
}

TEST(Corpus, MissingTextColumnNamesTheFileOfASentence) {
  ColumnSentence raw;
  raw.rows = {{{"a", "O"}, 3, "a O"}};
  size_t own = 0;
  const Error error = ErrorOf([&] { (void)SplitContext(raw, 7, &own, "in.conll"); });
  EXPECT_EQ(error.problems()[0].what, "no text column 7: rows have 2 columns: 'a O'");
  EXPECT_EQ(error.problems()[0].where, "in.conll:3");
}

TEST(Corpus, UnlabelledFilesNeedNoTags) {
  const Corpus corpus = Read("a\nb\n\nc\n", {.tag_column = std::nullopt});
  EXPECT_EQ(corpus.sentences.size(), 2U);
  EXPECT_FALSE(corpus.sentences[0].labelled);
}

TEST(Corpus, EmptyFilesAreRefused) {
  for (const char* text : {"", "\n\t\n", "-DOCSTART- O\n\n"}) {
    const Error error = ReadError(text);
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_EQ(error.problems()[0].what, "no sentences");
  }
  EXPECT_EQ(ReadError("a\nb O\nc O\n", {.file = {.skip_bad_sentences = true}}).problems()[0].what,
            "no sentences left, 1 skipped");
}

TEST(Corpus, DocumentsAreCounted) {
  const Corpus corpus = Read("-DOCSTART- O\n\na O\n\n-DOCSTART- O\n\nb O\n\nc O\n");
  EXPECT_EQ(corpus.documents, 2);
  EXPECT_EQ(corpus.sentences[0].document, 1);
  EXPECT_EQ(corpus.sentences[2].document, 2);
}

TEST(Corpus, IllFormedTagsAreRepairedCountedAndWarnedAbout) {
  const size_t warnings = WarningCount();
  const Corpus corpus = Read("a B-P\nb O\nc I-P\n\nd I-P\ne B-P\nf B-P\n\ng B-P\n");
  EXPECT_EQ(corpus.scheme, Scheme::kBio);
  EXPECT_EQ(corpus.repaired_tags, 2);
  EXPECT_EQ(corpus.entities, 6);
  EXPECT_EQ(WarningCount(), warnings + 1);
}

TEST(Corpus, RepairsAreNotWarnedAboutWhenTheCallerReportsThem) {
  const size_t warnings = WarningCount();
  EXPECT_EQ(Read("a B-P\nb O\nc I-P\n\nd B-P\n", {.warn_repairs = false}).repaired_tags, 1);
  EXPECT_EQ(WarningCount(), warnings);
}

TEST(Corpus, StrictModeRefusesIllFormedTags) {
  const Error error = ReadError("a B-P\nb O\nc I-P\n\nd I-P\ne B-P\nf B-P\n\ng B-P\n", {.strict = true});
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_EQ(error.total(), 2U);
  EXPECT_EQ(error.problems()[0].what, "ill-formed tags for scheme BIO: from 'O' to 'I-P'");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:3"));
  EXPECT_EQ(error.problems()[1].what, "ill-formed tags for scheme BIO: from the start to 'I-P'");
  EXPECT_THAT(ReadError("a B-P\n\nb S-P\n", {.strict = true}).problems()[0].what,
              HasSubstr("scheme BIOES: from 'B-P' to the end"));
}

TEST(Corpus, GivenSchemeOverridesDetection) {
  EXPECT_EQ(Read("a B-P\nb I-P\n", {.scheme = Scheme::kBioes}).repaired_tags, 1);
}

TEST(Corpus, BadTagsAreNamedOnceWithRowsAndPlace) {
  const Error error = ReadError("a B-P\nb b-p\n\nc B_P\nd b-p\ne P,Q\n\nf B-P,B-Q\n");
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_EQ(error.total(), 4U);
  EXPECT_EQ(error.problems()[0].what, "tag 'b-p' has a lower-case prefix (sentence 1, 2 rows)");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:2"));
  EXPECT_THAT(error.problems()[1].what, HasSubstr("'B_P'"));
  EXPECT_THAT(error.problems()[2].what, HasSubstr("tag 'P,Q' has no known prefix"));
  EXPECT_THAT(error.problems()[3].what, HasSubstr("joins several tags (sentence 3, 1 row)"));
}

TEST(Corpus, SentencesWithBadTagsAreSkippedOnRequest) {
  const Corpus corpus = Read("a B-P\n\nb b-p\n\nc O\nd O\n\n  O\ne O\n",
                             {.file = {.delimiter = ColumnDelimiter::kLast, .skip_bad_sentences = true}});
  EXPECT_EQ(corpus.sentences.size(), 3U);
  EXPECT_EQ(corpus.file.skipped_sentences, 1);
  EXPECT_EQ(corpus.file.sentences, 3);
  EXPECT_EQ(corpus.words, 5);
  EXPECT_EQ(corpus.file.words, 5);
}

TEST(Corpus, AColumnWithoutTagsIsRecognised) {
  const Error error = ReadError("Jane NNP\nran VBD\n");
  EXPECT_THAT(error.problems()[0].what, HasSubstr("'NNP' is not a tag"));
  EXPECT_THAT(error.problems()[0].fix, HasSubstr("choose the tag column"));
}

TEST(Corpus, TypesOnlyAreRead) {
  const Corpus corpus = Read("Jane PER\nDoe PER\nran O\n");
  EXPECT_EQ(corpus.scheme, Scheme::kIo);
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 2, "PER"}));
}

TEST(Corpus, EmptyOwnWordsAreRefused) {
  const Error error = ReadError("a\tO\n\tO\n", {.file = {.delimiter = ColumnDelimiter::kTab}});
  EXPECT_EQ(error.problems()[0].what, "word 2 of the sentence is empty");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:2"));
}

TEST(Corpus, LabelMapRenamesAndDropsTypes) {
  const Corpus corpus = Read("a B-loc\nb B-NOM\nc B-PER\n", {.label_map = {{"loc", "geo-loc"}, {"NOM", ""}}});
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{0, 1, "geo-loc"}, Span{2, 3, "PER"}));
  EXPECT_EQ(corpus.entities, 2);
}

TEST(Corpus, NamesOfTheLabelMapThatDoNotOccurAreWarnedAbout) {
  const std::map<std::string, std::string> map = {{"loc", "geo-loc"}, {"PRE", "x"}, {"unlike", ""}};
  const Corpus corpus = Read("a B-loc\nb B-PER\nc O\n", {.label_map = map});
  EXPECT_THAT(corpus.types_in_file, ElementsAre("PER", "loc"));
  const size_t warnings = WarningCount();
  testing::internal::CaptureStderr();
  WarnUnusedNames(map, corpus.types_in_file, "a.conll");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(WarningCount(), warnings + 2);
  EXPECT_THAT(text, AllOf(HasSubstr("no tag has the type 'PRE' of the label map (did you mean 'PER'?)"),
                          HasSubstr("no tag has the type 'unlike' of the label map\n"), HasSubstr("a.conll")));
}

TEST(Corpus, FirstCodePointIsTheWordOnRequest) {
  const Corpus corpus = Read(
      "\xE8\xB5\x84"
      "0\tO\n12\tO\n\xEF\xBF\xBD\xEF\xBF\xBD"
      "3\tO\n",
      {.first_code_point = true});
  EXPECT_THAT(corpus.sentences[0].words, ElementsAre("\xE8\xB5\x84", "1", "\xEF\xBF\xBD"));
}

TEST(Corpus, ContextsAreSplitOff) {
  const Corpus corpus = Read("a\tB-P\nb\tO\n<EOS> B-X\nc B-X\n B-X\n<EOS> B-X\nd\n\ne\tO\n");
  ASSERT_EQ(corpus.sentences.size(), 2U);
  EXPECT_THAT(corpus.sentences[0].words, ElementsAre("a", "b"));
  EXPECT_EQ(test::TextsOf(corpus.sentences[0].contexts), (test::Texts{{"c", ""}, {"d"}}));
  EXPECT_FALSE(corpus.sentences[0].contexts.flat);
  EXPECT_TRUE(corpus.sentences[1].contexts.empty());
  EXPECT_EQ(corpus.with_context, 1);
  EXPECT_EQ(corpus.context_texts, 2);
  EXPECT_EQ(corpus.context_words, 3);
  EXPECT_EQ(corpus.empty_context_words, 1);
  EXPECT_EQ(corpus.words, 3);
  EXPECT_EQ(corpus.entities, 1);
}

TEST(Corpus, ContextWordsStandInFrontWhenRowsAreShorter) {
  const Corpus corpus = Read("1 a N B-P\n<EOS> B-X B-X B-X\nc B-X\n9 d N B-X\n", {.text_column = 1});
  EXPECT_EQ(test::TextsOf(corpus.sentences[0].contexts), (test::Texts{{"c", "d"}}));
}

TEST(Corpus, ContextsOfOneMarkHaveUnknownBorders) {
  // The second form has no context tag at the mark, so that the reader keeps the rows until it has seen all of them.
  for (const char* mark : {"<EOS> B-X", "<EOS> O"}) {
    const std::string rows = std::string(mark) + "\nc B-X\nd\tO\n f O\n";
    const Corpus one = Read("a\tB-P\n" + rows, {.file = {.delimiter = ColumnDelimiter::kLast}});
    EXPECT_EQ(test::TextsOf(one.sentences[0].contexts), (test::Texts{{"c", "d", " f"}})) << mark;
    EXPECT_TRUE(one.sentences[0].contexts.flat);
    const Corpus two = Read("a\tB-P\n" + rows + mark + "\n", {.file = {.delimiter = ColumnDelimiter::kLast}});
    EXPECT_FALSE(two.sentences[0].contexts.flat) << "a mark that nothing follows is one, too";
    EXPECT_FALSE(Read("a O\n\nb\tO\n" + std::string(mark) + "\n").sentences[1].contexts.flat) << "no words";
  }
}

TEST(Corpus, ContextsAreReadAlikeAsRowsAndAsWords) {
  for (const char* text : {"a O\n<EOS> B-X\nb B-X\n\tc X\n B-X\nd\n<EOS>\ne  B-X \n",
                           "a P N O\n<EOS> B-X B-X B-X\nb B-X\nc P N B-X\n<EOS> X\nd E-X\n"}) {
    const test::TempDir dir;
    const std::string path = dir.Write("a.conll", text);
    ColumnReader rows(path, {}), words(path, {.context_words = true});
    const std::optional<ColumnSentence> with_rows = rows.Next(), with_words = words.Next();
    ASSERT_TRUE(with_rows.has_value() && with_words.has_value());
    EXPECT_EQ(with_words->rows.size(), 1U);
    EXPECT_EQ(TextsOfRows(with_rows->rows, 1, 0), with_words->contexts) << text;
  }
}

TEST(Corpus, BadContextRowsAreFoundWithTheirPlace) {
  const Error error = ReadError("a O\n<EOS> B-X\nb B-X\nc B-PER\nd e B-X\n");
  ASSERT_EQ(error.total(), 2U);
  EXPECT_EQ(error.problems()[0].what, "row of a context has the tag 'B-PER': 'c B-PER'");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:4"));
  EXPECT_EQ(error.problems()[1].what, "row has 3 columns, expected at most 2: 'd e B-X'");
}

TEST(Corpus, ContextTagsInTheSentenceAreRefused) {
  for (const char* text : {"a O\nb O\n\nc O\nd B-X\n", "a O\nb O\n\nc O\nd X\ne O\n<EOS> B-X\nf B-X\n"}) {
    const Error error = ReadError(text);
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_THAT(error.problems()[0].what, AllOf(HasSubstr("context tag"), HasSubstr("sentence 2")));
    EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:5"));
  }
  EXPECT_THAT(Read("d B-X\n", {.label_map = {{"X", "MISC"}}}).sentences[0].spans, ElementsAre(Span{0, 1, "MISC"}));
}

TEST(Corpus, LongSentencesAreWarnedAbout) {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += "w O\n";
  const size_t warnings = WarningCount();
  EXPECT_EQ(Read(text).words, 1001);
  EXPECT_EQ(WarningCount(), warnings + 1);
}

TEST(Corpus, LabelSetKeepsFirstAppearanceAndCounts) {
  LabelSet labels;
  labels.Add(Read("a B-Z\nb B-A\n\nc B-Z\n"));
  labels.Add(Read("a B-M\nb B-A\n"));
  EXPECT_THAT(labels.types, ElementsAre("Z", "A", "M"));
  EXPECT_THAT(labels.counts, ElementsAre(2, 2, 1));
}

TEST(Pairs, ContextsMoveToThePlainCorpus) {
  Corpus plain = Read("a O\nb B-P\n\nc O\n");
  AttachContexts(&plain, Read("a O\nb B-P\n<EOS> B-X\nx B-X\ny B-X\n\nc O\n"));
  EXPECT_EQ(test::TextsOf(plain.sentences[0].contexts), (test::Texts{{"x", "y"}}));
  EXPECT_TRUE(plain.sentences[1].contexts.empty());
  EXPECT_EQ(plain.with_context, 1);
  EXPECT_EQ(plain.context_words, 2);
}

TEST(Pairs, TypographicDifferencesAreWarnedAbout) {
  Corpus plain = Read("\xE2\x80\x9C O\nit\xE2\x80\x99s O\na\xE2\x80\x8B O\n\xEF\xBC\xA1 O\n\xE2\x80\x93 O\n");
  const size_t warnings = WarningCount();
  AttachContexts(&plain, Read("`` O\nit's O\na O\nA O\n- O\n<EOS> B-X\nx B-X\n"));
  EXPECT_EQ(WarningCount(), warnings + 5);
  EXPECT_EQ(plain.sentences[0].words[1], "it\xE2\x80\x99s") << "the data's own words stay";
}

TEST(Pairs, ShiftedOrOtherWordsAreRefused) {
  const auto error_of = [](std::string_view plain, std::string_view contexts) {
    Corpus data = Read(plain);
    const Corpus other = Read(contexts);
    return ErrorOf([&] { AttachContexts(&data, other); });
  };
  Error error = error_of("a O\nb O\n\nc O\n", "a O\n\nc O\n");
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_EQ(error.problems()[0].what,
            "sentence 1 has 2 words in the data and 1 in the contexts; word 2 is 'b' and nothing");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:1"));

  error = error_of("a O\nb O\n\nc O\n", "a O\nB O\n\nc O\n");
  EXPECT_EQ(error.problems()[0].what, "sentence 1: word 2 is 'b' in the data and 'B' in the contexts");

  error = error_of("a O\n\nb O\n\nc O\n", "a O\n\nc O\n");
  EXPECT_EQ(error.total(), 2U);
  EXPECT_EQ(error.problems()[0].what, "the data have 3 sentences, the contexts 2");
  EXPECT_THAT(error.problems()[1].what, HasSubstr("sentence 2: word 1 is 'b' in the data and 'c'"));

  error = error_of("a B-geo-loc\nb O\n", "a B-loc\nb O\n");
  EXPECT_EQ(error.problems()[0].what,
            "sentence 1: entity 1 is geo-loc at words 1-1 in the data and loc at words 1-1 in the contexts");
  EXPECT_THAT(error.problems()[0].fix, HasSubstr("{loc: geo-loc}"));

  error = error_of("a B-P\nb O\n", "a B-P\nb I-P\n");
  EXPECT_THAT(error.problems()[0].what, HasSubstr("P at words 1-1 in the data and P at words 1-2 in the contexts"));
  EXPECT_THAT(error_of("a B-P\nb O\n", "a O\nb O\n").problems()[0].what, HasSubstr("and none in the contexts"));
}

TEST(Parallel, LinesOfBothFilesMakeSentences) {
  const TempDir dir;
  const std::string words = dir.Write("w.txt", "a b c \nd\n"), tags = dir.Write("t.txt", "O B-P I-P \nO\n");
  const Corpus corpus = ReadParallel(words, tags, {});
  ASSERT_EQ(corpus.sentences.size(), 2U);
  EXPECT_THAT(corpus.sentences[0].spans, ElementsAre(Span{1, 3, "P"}));
  EXPECT_EQ(corpus.sentences[1].line, 2);
  EXPECT_EQ(corpus.words, 4);

  const Error count = ErrorOf([&] { (void)ReadParallel(words, dir.Write("u.txt", "O O\nO\n"), {}); });
  EXPECT_EQ(count.problems()[0].what, "3 words but 2 tags");
  EXPECT_THAT(count.problems()[0].where, HasSubstr("w.txt:1"));
  const Error lines = ErrorOf([&] { (void)ReadParallel(words, dir.Write("v.txt", "O B-P I-P\n"), {}); });
  EXPECT_THAT(lines.problems()[0].what, HasSubstr("has more lines than"));
}

TEST(TermList, FieldsAreStrippedAndCounted) {
  const TempDir dir;
  using Rows = std::vector<std::vector<std::string>>;
  EXPECT_EQ(ReadTermList(dir.Write("a",
                                   "\xEF\xBB\xBF"
                                   "x y\t3\rz \t 4\r\r")),
            (Rows{{"x y", "3"}, {"z", "4"}}));
  EXPECT_EQ(ReadTermList(dir.Write("b", "x\r\ny")), (Rows{{"x"}, {"y"}}));
  EXPECT_EQ(ReadTermList(dir.Write("c", "")), Rows{});
  const Error fields = ErrorOf([&] { (void)ReadTermList(dir.Write("d", "x\t1\ny\n")); });
  EXPECT_EQ(fields.problems()[0].what, "line has 1 fields, expected 2: 'y'");
  EXPECT_THAT(fields.problems()[0].where, HasSubstr("d:2"));
  EXPECT_THAT(ErrorOf([&] { (void)ReadTermList(dir.Write("e", " \t1\n")); }).problems()[0].what,
              HasSubstr("first field is empty"));
  EXPECT_EQ(ErrorOf([&] { (void)ReadTermList(dir.Write("f", "x\t1\n"), {.fields = 3}); }).code(), ErrorCode::kData);
}

}  // namespace
}  // namespace clner
