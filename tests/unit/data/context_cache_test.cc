#include "data/context_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/utf8.h"
#include "data/contexts.h"
#include "data/convert.h"
#include "support/context_texts.h"
#include "support/shared_data.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::TempDir;
using test::Texts;
using test::TextsOf;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

ContextCache ReadJson(std::string_view text, const ColumnFileOptions& options = {}) {
  const TempDir dir;
  return ReadJsonlCache(dir.Write("c.jsonl", text), options);
}
ContextCache ReadTable(std::string_view text, const ColumnFileOptions& options = {}) {
  const TempDir dir;
  return ReadTsvCache(dir.Write("c.tsv", text), options);
}
/// What and place (file name without directory) of every problem.
std::vector<std::string> ProblemsOf(const Error& error) {
  EXPECT_EQ(error.code(), ErrorCode::kData);
  std::vector<std::string> problems;
  for (const Problem& problem : error.problems()) {
    EXPECT_FALSE(problem.fix.empty()) << problem.what;
    problems.push_back(problem.what + " at " + problem.where.substr(problem.where.rfind('/') + 1));
  }
  return problems;
}
std::vector<std::string> JsonProblems(std::string_view text) {
  const TempDir dir;
  const std::string path = dir.Write("c.jsonl", text);
  return ProblemsOf(ErrorOf([&] { (void)ReadJsonlCache(path, {}); }));
}
std::vector<std::string> TableProblems(std::string_view text) {
  const TempDir dir;
  const std::string path = dir.Write("c.tsv", text);
  return ProblemsOf(ErrorOf([&] { (void)ReadTsvCache(path, {}); }));
}

TEST(ContextCache, KeyIsTheHashOfTheWordsInLines) {
  EXPECT_EQ(KeyOfWords(std::vector<std::string>{"Jane", "sings"}), Sha256Hex("Jane\nsings"));
  EXPECT_EQ(KeyOfWords({}), Sha256Hex(""));
}

TEST(ContextCache, AllFieldsOfARecordAreRead) {
  const ContextCache cache = ReadJson(
      "\n{\"id\": 7, \"words\": [\"Jane\", \"sings\"], \"query\": \"q\", \"contexts\": ["
      "{\"text\": \"Jane Doe (singer).\", \"title\": \"t\", \"doc_id\": \"d\", \"source\": \"s\", \"score\": 12.5, "
      "\"rerank_score\": -1}, {\"text\": \"x\", \"doc_id\": 12, \"title\": null, \"score\": null}], \"partial\": "
      "true}");
  ASSERT_EQ(cache.records.size(), 1U);
  const CacheRecord& record = cache.records[0];
  EXPECT_EQ(cache.Find(record.words), &record);
  EXPECT_EQ(cache.Find(std::vector<std::string>{"Jane"}), nullptr);
  EXPECT_EQ(record.id, 7);
  EXPECT_EQ(record.line, 2);
  EXPECT_EQ(record.query, "q");
  EXPECT_TRUE(record.partial);
  EXPECT_FALSE(record.tokenized);
  ASSERT_EQ(record.texts.size(), 2U);
  EXPECT_EQ(record.texts[0].title + record.texts[0].doc_id + record.texts[0].source, "tds");
  EXPECT_EQ(record.texts[0].score, 12.5);
  EXPECT_EQ(record.texts[0].rerank_score, -1.0);
  EXPECT_EQ(record.texts[1].doc_id, "12");
  EXPECT_FALSE(record.texts[1].score.has_value());
  EXPECT_EQ(TextsOf(ContextsOfRecord(record)), (Texts{{"Jane", "Doe", "(", "singer", ")", "."}, {"x"}}));
}

TEST(ContextCache, EveryProblemOfARecordHasItsColumn) {
  EXPECT_THAT(
      JsonProblems("{\"words\":[\"a\"],\"contexts\":[],\"wrds\":1}\n[1]\n{\"contexts\":[]}\n{\"words\":[]}\n"
                   "{\"words\":[],\"contexts\":[]}\n{\"words\":\"a\"}\n{\"words\":[1]}\n"
                   "{\"words\":[\"a\"],\"contexts\":[{\"txt\":\"b\"}]}\n{\"words\":[\"a\"],\"contexts\":[{}]}\n"
                   "{\"words\":[\"a\"],\"contexts\":[\"b\"]}\n{\"words\":[\"a\"],\"words\":[\"a\"]}\n"),
      ElementsAre("unknown field 'wrds' (did you mean 'words'?) at c.jsonl:1:35",
                  "line is a list, not an object at c.jsonl:2:1", "field 'words' is missing at c.jsonl:3:15",
                  "field 'contexts' is missing at c.jsonl:4:12", "'words' is empty at c.jsonl:5:26",
                  "'words' is a string, not a list of strings at c.jsonl:6:12", "'words' holds 1 at c.jsonl:7:12",
                  "unknown field 'txt' (did you mean 'text'?) at c.jsonl:8:33",
                  "field 'text' is missing at c.jsonl:9:29", "'contexts' holds a string at c.jsonl:10:30",
                  "field 'words' is there twice at c.jsonl:11:22"));
  EXPECT_THAT(
      JsonProblems("{\"id\":-1}\n{\"id\":\"x\"}\n{\"query\":5}\n{\"partial\":0}\n{\"words\":null}\n"
                   "{\"contexts\":[{\"text\":null}]}\n{\"contexts\":[{\"score\":\"1\"}]}\n{\"contexts\":{}}\n"
                   "{\"contexts\":[[]]}\n5\n{\"words\":[\"a\"]\n\xFF\n"),
      ElementsAre(HasSubstr("'id' is -1, not an integer from 0 on"), HasSubstr("'id' is a string"),
                  HasSubstr("'query' is 5, not a string"), HasSubstr("'partial' is 0, not true or false"),
                  HasSubstr("'words' is null"), HasSubstr("'text' is null, not a string"),
                  HasSubstr("'score' is a string, not a number"), HasSubstr("'contexts' is an object, not a list"),
                  HasSubstr("'contexts' holds a list"), HasSubstr("line is 5, not an object"), HasSubstr("bad JSON"),
                  AllOf(HasSubstr("invalid UTF-8"), HasSubstr("c.jsonl:12:1"))));
}

TEST(ContextCache, SentencesMayNotOccurTwice) {
  const std::string record = "{\"words\":[\"a\",\"b\"],\"contexts\":[]}\n";
  EXPECT_THAT(JsonProblems(record + "\n" + record),
              ElementsAre("the sentence that begins with 'a' is in line 1 already at c.jsonl:3:1"));
  const size_t warnings = WarningCount();
  const ContextCache cache = ReadJson(record + "{\n" + record, {.skip_bad_sentences = true});
  EXPECT_EQ(cache.records.size(), 1U);
  EXPECT_EQ(cache.skipped_records, 2);
  EXPECT_EQ(WarningCount(), warnings + 2);
}

TEST(ContextCache, TooManyProblemsAreCounted) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "{}\n";
  const TempDir dir;
  const std::string path = dir.Write("c.jsonl", text);
  const Error error = ErrorOf([&] { (void)ReadJsonlCache(path, {}); });
  EXPECT_EQ(error.total(), 30U);
  EXPECT_EQ(error.problems().size(), 20U);
}

const std::string kKey = Sha256Hex("a"), kOther = Sha256Hex("b\nc");

TEST(ContextCache, TableRowsAreSortedByRank) {
  const ContextCache cache = ReadTable(kKey + "\t2\t\t\tq\tsecond text\n" + kOther + "\t0\t\t\tnothing\t\n" + kKey +
                                       "\t1\t-2.5\tleads\tq\tFirst text.\n");
  ASSERT_EQ(cache.records.size(), 2U);
  const CacheRecord& record = *cache.Find(std::vector<std::string>{"a"});
  ASSERT_EQ(record.texts.size(), 2U);
  EXPECT_EQ(record.texts[0].text, "First text.");
  EXPECT_EQ(record.texts[0].source, "leads");
  EXPECT_EQ(record.texts[0].score, -2.5);
  EXPECT_EQ(record.query, "q");
  EXPECT_EQ(TextsOf(ContextsOfRecord(record)), (Texts{{"First", "text", "."}, {"second", "text"}}));
  EXPECT_TRUE(cache.Find(std::vector<std::string>{"b", "c"})->texts.empty()) << "nothing was found";
}

TEST(ContextCache, EveryProblemOfATableHasItsColumn) {
  EXPECT_THAT(TableProblems(kKey + "\t1\t\t\tq\n" + "abc\t1\t\t\tq\tx\n" + kKey + "\tone\t\t\tq\tx\n" + kKey +
                            "\t-1\t\t\tq\tx\n" + kKey + "\t1\tnan\t\tq\tx\n" + kKey + "\t1\t\t\tq\t\n" + kKey +
                            "\t0\t\t\tq\tx\n" + kKey + "\t99999999999999999999\t\t\tq\tx\n"),
              ElementsAre(HasSubstr("row has 5 columns, expected 6"),
                          HasSubstr("the hash of the sentence is not 64 digits 0-9 and a-f: 'abc' at c.tsv:2:1"),
                          HasSubstr("the rank is no integer from 0 on: 'one' at c.tsv:3:66"),
                          HasSubstr("the rank is no integer from 0 on: '-1'"),
                          HasSubstr("the score is no number: 'nan' at c.tsv:5:68"),
                          HasSubstr("the text is empty: '' at c.tsv:6:72"), HasSubstr("rank 0 has a text: 'x'"),
                          HasSubstr("the rank is no integer")));
  const std::string row = kKey + "\t1\t\t\tq\tx\n";
  EXPECT_THAT(TableProblems(row + row),
              ElementsAre("the sentence has a text of rank 1 in line 1 already at c.tsv:2:1"));
  EXPECT_THAT(TableProblems(kKey + "\t0\t\t\tq\t\n" + row),
              ElementsAre(HasSubstr("the sentence has a text of rank 0 in line 1 already")));
  EXPECT_THAT(TableProblems(row + CacheTsvHeader(true)), ElementsAre(HasSubstr("the header stands behind rows")));
}

TEST(ContextCache, TokenizedTextsComeBackWordByWord) {
  Sentence sentence = {.words = {"a"}, .contexts = test::ContextsOf({{"b", "", "\xC2\xA0", "x\x07y"}, {"<EOS>"}})};
  const CacheRecord made = RecordOfSentence(sentence);
  EXPECT_TRUE(made.tokenized);
  for (const ContextCache& cache :
       {ReadJson(CacheJsonlRecord(made, 0)), ReadTable(CacheTsvHeader(true) + CacheTsvRows(made))}) {
    ASSERT_EQ(cache.records.size(), 1U);
    EXPECT_EQ(ContextsOfRecord(cache.records[0]), sentence.contexts);
  }
  sentence.contexts = test::ContextsOf({{"b", "c"}}, true);
  EXPECT_EQ(ContextsOfRecord(RecordOfSentence(sentence)), sentence.contexts) << "flat";
  EXPECT_FALSE(ContextsOfRecord({.texts = {{.text = "b c"}}}).flat);
}

TEST(ContextCache, TextsFromOutsideAreCleaned) {
  const auto clean = [](std::string text, bool tokenized = false) {
    (void)CleanText(tokenized, &text);
    return text;
  };
  EXPECT_EQ(clean("a\tb\r\nc\x07"), "a b  c ");
  EXPECT_EQ(clean(std::string("a\0b", 3)), "ab");
  EXPECT_EQ(clean("a\xE2\x80\xAE"
                  "b\xE2\x80\x8F"
                  "c\xD8\x9C"
                  "d\xE2\x81\xA6"),
            "abcd")
      << "marks of direction";
  EXPECT_EQ(clean("a\xC2\x85"
                  "b\xE2\x80\xA8"
                  "c"),
            "a b c")
      << "U+0085 and U+2028";
  EXPECT_EQ(clean("a\xE2\x80\x8F\x07\n", true), "a\xE2\x80\x8F\x07 ") << "blanks only";
  EXPECT_EQ(clean("caf\xC3\xA9 \xE2\x80\x9Cx\xE2\x80\x9D"), "caf\xC3\xA9 \xE2\x80\x9Cx\xE2\x80\x9D");
  const ContextCache cache = ReadJson(
      "{\"words\":[\"a\"],\"query\":\"q\\n<EOS>\",\"contexts\":[{\"text\":\"x\\n\\n<EOS> "
      "B-X\\u0000\\u202e\",\"title\":\"t\\t\"},"
      "{\"text\":\"y\"}]}\n");
  EXPECT_EQ(cache.cleaned_texts, 1);
  EXPECT_EQ(cache.records[0].query, "q <EOS>");
  EXPECT_EQ(cache.records[0].texts[0].title, "t ");
  EXPECT_THAT(CacheTsvRows(cache.records[0]), HasSubstr("\tx  <EOS> B-X\n"));
}

TEST(ContextCache, HostileTextsMakeNoRows) {
  for (const char* text : {"x\\n\\nEvil B-PER\\n<EOS> B-X", "<EOS>", "\\u202e<EOS>\\u202c B-X", "-DOCSTART-\\n",
                           "\\t\\t", "a\\rb\\u0085c\\u2028d"}) {
    for (const char* tokenized : {"false", "true"}) {
      const TempDir dir;
      const std::string cache =
          dir.Write("c.jsonl", std::string("{\"words\":[\"a\"],\"tokenized\":") + tokenized +
                                   ",\"contexts\":[{\"text\":\"" + text + "\"},{\"text\":\"z\"}]}\n");
      const std::string data = dir.Write("d.conll", "a\tB-P\n");
      std::string rows;
      (void)Convert(data, {.contexts = cache}, [&](std::string_view piece) { rows += piece; });
      const Corpus corpus = ReadCorpus(dir.Write("back.conll", rows), {});
      ASSERT_EQ(corpus.sentences.size(), 1U) << text;
      EXPECT_EQ(corpus.entities, 1);
      EXPECT_THAT(corpus.sentences[0].words, ElementsAre("a"));
      EXPECT_LE(corpus.context_texts, 2) << text;
      EXPECT_EQ(TextsOf(corpus.sentences[0].contexts).back(), (std::vector<std::string>{"z"}));
    }
  }
}

TEST(Contexts, FormsAreFoundByWhatIsInside) {
  const TempDir dir;
  EXPECT_EQ(FormatOfFile(dir.Write("a.jsonl", "{\"words\":[\"a\"],\"contexts\":[]}\n")), DataFormat::kContexts);
  EXPECT_EQ(FormatOfFile(dir.Write(
                "a", "{\"id\":1,\"words\":[\"a\"],\"query\":\"" + std::string(300'000, 'x') + "\",\"contexts\":[]}\n")),
            DataFormat::kJsonl)
      << "the first bytes do not tell";
  EXPECT_EQ(FormatOfFile(dir.Write(
                "a", "{\"words\":[\"a\"],\"contexts\":[{\"text\":\"" + std::string(300'000, 'x') + "\"}]}\n")),
            DataFormat::kContexts);
  EXPECT_EQ(FormatOfFile(dir.Write("a.tsv", kKey + "\t1\t\t\t\tx\n")), DataFormat::kContextsTsv);
  EXPECT_EQ(FormatOfFile(dir.Write("a.txt", CacheTsvHeader(false))), DataFormat::kContextsTsv);
  EXPECT_EQ(FormatOfFile(dir.Write("a.tsv", "a\tB-P\n")), DataFormat::kColumns);
  EXPECT_EQ(FormatOfFile(dir.Write("a.tsv", kKey + "\tO\tx\n")), DataFormat::kColumns);
}

Corpus Data(const TempDir& dir) { return ReadCorpus(dir.Write("d.conll", "a B-P\n\nb O\nc O\n\na B-P\n"), {}); }

TEST(Contexts, EveryFormGivesTheSameContexts) {
  const TempDir dir;
  const std::vector<std::string> files = {
      dir.Write("c.conll",
                "a B-P\n<EOS> B-X\nx B-X\n<EOS> B-X\ny B-X\nz B-X\n\nb O\nc O\n\na B-P\n<EOS> B-X\nx B-X\n<EOS> "
                "B-X\ny B-X\nz B-X\n"),
      dir.Write("d.jsonl",
                "{\"tokens\":[\"a\"],\"context\":[[\"x\"],[\"y\",\"z\"]]}\n{\"tokens\":[\"b\",\"c\"]}\n"
                "{\"tokens\":[\"a\"],\"context\":[[\"x\"],[\"y\",\"z\"]]}\n"),
      dir.Write("e.jsonl",
                "{\"words\":[\"q\"],\"contexts\":[]}\n{\"words\":[\"b\",\"c\"],\"contexts\":[]}\n"
                "{\"words\":[\"a\"],\"contexts\":[{\"text\":\"x\"},{\"text\":\"y z\"}]}\n"),
      dir.Write("f.tsv", kKey + "\t1\t\t\t\tx\n" + kKey + "\t7\t\t\t\ty z\n" + kOther + "\t0\t\t\t\t\n")};
  for (const std::string& file : files) {
    Corpus corpus = Data(dir);
    const size_t warnings = WarningCount();
    AttachContextFile(&corpus, file, {});
    EXPECT_EQ(WarningCount(), warnings) << file;
    for (const size_t i : {0U, 2U})
      EXPECT_EQ(TextsOf(corpus.sentences[i].contexts), (Texts{{"x"}, {"y", "z"}})) << file;
    EXPECT_TRUE(corpus.sentences[1].contexts.empty()) << file;
    EXPECT_EQ(corpus.with_context, 2);
    EXPECT_EQ(corpus.context_texts, 4);
    EXPECT_EQ(corpus.context_words, 6);
  }
}

TEST(Contexts, SentencesThatTheCacheLacksStayWithout) {
  const TempDir dir;
  Corpus corpus = Data(dir);
  corpus.sentences[1].contexts = test::ContextsOf({{"old"}});
  const ContextCache cache = ReadJson("{\"words\":[\"a\"],\"contexts\":[{\"text\":\"x\"}]}\n");
  const size_t warnings = WarningCount();
  EXPECT_EQ(AttachCache(&corpus, cache), 1);
  EXPECT_EQ(WarningCount(), warnings + 1);
  EXPECT_TRUE(corpus.sentences[1].contexts.empty());
  EXPECT_EQ(corpus.with_context, 2);
  const Error error =
      ErrorOf([&] { AttachCache(&corpus, ReadJson("{\"words\":[\"A\"],\"contexts\":[{\"text\":\"x\"}]}\n")); });
  EXPECT_THAT(ProblemsOf(error)[0], HasSubstr("the cache has none of the 3 sentences"));
}

TEST(Contexts, FileWithoutContextsIsWarnedAbout) {
  const TempDir dir;
  Corpus corpus = Data(dir);
  const size_t warnings = WarningCount();
  AttachContextFile(&corpus, dir.Write("c", "a B-P\n\nb O\nc O\n\na B-P\n"), {});
  EXPECT_EQ(WarningCount(), warnings + 1);
}

TEST(Contexts, TableAloneHasNoSentences) {
  const TempDir dir;
  const std::string path = dir.Write("c.tsv", kKey + "\t1\t\t\t\tx\n");
  const Error error = ErrorOf([&] { (void)ReadData(path, FormatOfFile(path), {}, {}); });
  EXPECT_THAT(ProblemsOf(error)[0], HasSubstr("a table of contexts has no sentences"));
}

std::string ConvertFile(const std::string& path, DataFormat to, const std::string& contexts = {},
                        ConvertReport* report = nullptr) {
  std::string result;
  const ConvertOptions options = {
      .from = FormatOfFile(path), .to = to, .read = {.tags_optional = true}, .contexts = contexts};
  const ConvertReport done = Convert(path, options, [&](std::string_view piece) { result += piece; });
  if (report != nullptr) *report = done;
  return result;
}

TEST(Contexts, CachesKeepWhatTheRetrievalSaid) {
  const TempDir dir;
  const std::string record =
      "{\"id\":0,\"words\":[\"a\"],\"query\":\"q\",\"contexts\":[{\"text\":\"It's "
      "x.\",\"title\":\"t\",\"doc_id\":\"d\","
      "\"source\":\"s\",\"score\":0.1,\"rerank_score\":2.0}],\"partial\":false}\n";
  const std::string cache = dir.Write("c.jsonl", record), data = dir.Write("d.conll", "a B-P\n\na B-P\n\nb O\n");
  EXPECT_EQ(ConvertFile(cache, DataFormat::kContexts), record);
  ConvertReport report;
  EXPECT_EQ(ConvertFile(data, DataFormat::kContexts, cache, &report), record);
  EXPECT_THAT(report.dropped, ElementsAre(Pair("entities", 2), Pair("repeated sentences", 1),
                                          Pair("sentences that the cache lacks", 1)));
  EXPECT_EQ(ConvertFile(cache, DataFormat::kContextsTsv, {}, &report),
            CacheTsvHeader(false) + kKey + "\t1\t0.1\ts\tq\tIt's x.\n");
  EXPECT_THAT(report.dropped, ElementsAre(Pair("titles, documents and second scores of texts", 1)));
  EXPECT_EQ(ConvertFile(cache, DataFormat::kColumns, {}, &report), "a\n<EOS>\nIt\n's\nx\n.\n\n");
  EXPECT_THAT(report.dropped, ElementsAre(Pair("titles, sources and scores of texts", 1)));
}

TEST(Contexts, MarksInTextsAreWrittenAsOtherWords) {
  const TempDir dir;
  const std::string cache = dir.Write(
      "c.jsonl", "{\"words\":[\"a\"],\"tokenized\":true,\"contexts\":[{\"text\":\"x <EOS> y\"},{\"text\":\"z\"}]}\n");
  ConvertReport report;
  EXPECT_EQ(ConvertFile(dir.Write("d", "a O\n"), DataFormat::kColumns, cache, &report),
            "a O\n<EOS> B-X\nx B-X\n< B-X\nEOS B-X\n> B-X\ny B-X\n<EOS> B-X\nz B-X\n\n");
  EXPECT_THAT(report.changed, ElementsAre(Pair("context words '<EOS>' written as three words", 1)));
}

TEST(Contexts, RandomContextsSurviveEveryForm) {
  const std::vector<std::string> vocabulary = {"a", "b-c", ".", "\xE2\x80\x9C", "", "\xE4\xB8\xAD",
                                               "X", "B-X", "O", "-DOCSTART-"};
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string rows;
    const auto word = [&] { return vocabulary[random.Below(vocabulary.size())]; };
    for (uint64_t i = 0, count = 1 + random.Below(8); i < count; ++i) {
      rows += "w" + std::to_string(i) + "\tO\n";
      for (uint64_t t = 0, texts = random.Below(4); t < texts; ++t) {
        rows += "<EOS> B-X\nfirst B-X\n";
        for (uint64_t w = 0, words = 1 + random.Below(6); w < words; ++w) rows += word() + " B-X\n";
      }
      rows += "\n";
    }
    const TempDir dir;
    const std::string columns = dir.Write("a.conll", rows);
    for (const DataFormat form : {DataFormat::kContexts, DataFormat::kContextsTsv, DataFormat::kJsonl}) {
      const std::string cache = dir.Write("cache", ConvertFile(columns, form));
      EXPECT_EQ(ConvertFile(columns, DataFormat::kColumns, cache), rows) << Name(form);
    }
  }
}

TEST(SharedContextCaches, GiveBackTheContextsOfTheColumnFiles) {
  const std::filesystem::path directory = test::DataDir() / "clner_contexts/wnut17_bertscore_eos_doc_full";
  CLNER_NEEDS(directory);
  for (const char* name : {"train.txt", "dev.txt", "test.txt"}) {
    const std::string path = (directory / name).string();
    const TempDir dir;
    for (const DataFormat form : {DataFormat::kContexts, DataFormat::kContextsTsv}) {
      const std::string cache = dir.Write("cache", ConvertFile(path, form));
      EXPECT_EQ(ConvertFile(path, DataFormat::kColumns, cache), TempDir::Read(path)) << name;
    }
  }
}

}  // namespace
}  // namespace clner
