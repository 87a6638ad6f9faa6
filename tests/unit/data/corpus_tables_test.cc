#include "data/corpus_tables.h"

#include <gtest/gtest.h>

#include "data/data_format.h"
#include "support/context_texts.h"
#include "support/shared_data.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::DataDir;
using test::ErrorOf;
using test::TempDir;

const std::string kKey(64, '0');

Corpus ThroughTables(const Corpus& corpus, const TempDir& dir) {
  const CorpusTables tables(corpus);
  TableWriter writer(kKey);
  writer.Add(std::span<const char>("before", 6));
  tables.AddTo(&writer);
  writer.Write(dir.path() / "t");
  return CorpusFromTables(TableFile(dir.path() / "t", kKey), 1, corpus.path);
}

void ExpectSame(const Corpus& a, const Corpus& b) {
  EXPECT_EQ(a.path, b.path);
  ASSERT_EQ(a.sentences.size(), b.sentences.size());
  for (size_t i = 0; i < a.sentences.size(); ++i) {
    const Sentence &one = a.sentences[i], &other = b.sentences[i];
    ASSERT_EQ(one.words, other.words) << i;
    ASSERT_EQ(one.spans, other.spans) << i;
    ASSERT_EQ(one.labelled, other.labelled) << i;
    ASSERT_EQ(one.contexts, other.contexts) << i;
    ASSERT_EQ(one.document, other.document) << i;
    ASSERT_EQ(one.line, other.line) << i;
  }
  EXPECT_EQ(a.scheme, b.scheme);
  EXPECT_EQ(a.file.sentences, b.file.sentences);
  EXPECT_EQ(a.file.words, b.file.words);
  EXPECT_EQ(a.file.docstart_lines, b.file.docstart_lines);
  EXPECT_EQ(a.file.whitespace_separators, b.file.whitespace_separators);
  EXPECT_EQ(a.file.skipped_sentences, b.file.skipped_sentences);
  EXPECT_EQ(a.file.replaced_bytes, b.file.replaced_bytes);
  EXPECT_EQ(a.file.min_fields, b.file.min_fields);
  EXPECT_EQ(a.file.max_fields, b.file.max_fields);
  EXPECT_EQ(a.words, b.words);
  EXPECT_EQ(a.entities, b.entities);
  EXPECT_EQ(a.repaired_tags, b.repaired_tags);
  EXPECT_EQ(a.documents, b.documents);
  EXPECT_EQ(a.with_context, b.with_context);
  EXPECT_EQ(a.context_texts, b.context_texts);
  EXPECT_EQ(a.context_words, b.context_words);
  EXPECT_EQ(a.empty_context_words, b.empty_context_words);
  EXPECT_EQ(a.entities_of_type, b.entities_of_type);
  EXPECT_EQ(a.types_in_file, b.types_in_file);
  EXPECT_EQ(a.trailing_lines, b.trailing_lines);
  EXPECT_EQ(a.spans_in_file, b.spans_in_file);
}

TEST(CorpusTables, KeepEveryFieldOfColumnFiles) {
  const TempDir dir;
  CorpusOptions options;
  options.file.comment = "%";
  options.file.skip_bad_sentences = options.file.replace_invalid_utf8 = true;
  options.label_map = {{"LOC", "PLACE"}, {"MISC", ""}};
  const std::string path =
      dir.Write("c.conll",
                "-DOCSTART- O\n\nJane B-PER\nDoe I-PER\n\xFF O\n\xE4\xB8\xAD I-LOC\n \t\nran\nx y z\n\n"
                "a O\nb B-MISC\n<EOS> B-X\n B-X\na B-X\nJane B-X\n\n"
                "c O\n<EOS> B-X\na B-X\n<EOS> B-X\nc B-X\nc B-X\n\n% the end\n\n");
  ExpectSame(ReadCorpus(path, options), ThroughTables(ReadCorpus(path, options), dir));
}

TEST(CorpusTables, KeepOtherFormatsAndUnlabelledText) {
  const TempDir dir;
  const std::string jsonl = dir.Write("c.jsonl", R"({"tokens": ["Jane", "ran"], "tags": ["B-PER", "O"]}
{"tokens": ["\u0000", "\ud83d\ude00"], "tags": ["O", "O"]}
)");
  const Corpus corpus = ReadData(jsonl, DataFormat::kJsonl, {}, {});
  ExpectSame(corpus, ThroughTables(corpus, dir));
  const std::string texts =
      dir.Write("c.contexts.jsonl",
                R"({"words": ["ran"], "tokenized": true, "contexts": [{"text": "Jane ran ."}, {"text": "b  c"}]}
{"words": ["sat"], "contexts": []}
)");
  const Corpus contexts = ReadData(texts, FormatOfFile(texts), {}, {});
  EXPECT_EQ(contexts.sentences[0].contexts.texts(), 2U);
  ExpectSame(contexts, ThroughTables(contexts, dir));
  const std::string ranges = dir.Write("c.doccano.jsonl", R"({"text": "Jane ran", "label": [[0, 4, "PER"]]})");
  const Corpus spans = ReadData(ranges, DataFormat::kDoccano, {}, {});
  EXPECT_TRUE(spans.spans_in_file);
  ExpectSame(spans, ThroughTables(spans, dir));
  CorpusOptions plain;
  plain.tag_column = std::nullopt;
  const Corpus words = ReadCorpus(dir.Write("w.txt", "one\ntwo\n\none\n"), plain);
  EXPECT_FALSE(words.sentences[0].labelled);
  ExpectSame(words, ThroughTables(words, dir));
}

TEST(CorpusTables, HoldEveryDistinctWordOnce) {
  const TempDir dir;
  const Corpus corpus = ReadCorpus(dir.Write("c.conll", "a O\nb O\na O\n<EOS> X\nb X\nc X\n\nc O\n"), {});
  const CorpusTables tables(corpus);
  EXPECT_EQ(std::vector(tables.types().begin(), tables.types().end()), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_EQ(std::vector(tables.word_types().begin(), tables.word_types().end()),
            (std::vector<uint32_t>{0, 1, 0, 1, 2, 2}));
}

/// Tables with right hashes and wrong content, as only somebody with bad intentions writes them.
struct Forged {
  std::string summary =
      R"({"scheme":"BIO","file":[1,2,0,0,0,0,2,2],"counts":[2,1,0,0,0,0,0,0],"entities_of_type":{"T":1},)"
      R"("types_in_file":["T"],"trailing_lines":[],"spans_in_file":false,"span_types":["T"]})";
  std::vector<int64_t> sentence = {2, 2, 1, 1, 0, 1, 1};
  std::vector<uint32_t> words = {0, 1, 1, 0};
  std::vector<uint64_t> text_ends = {2};
  std::vector<uint64_t> ends = {1, 3};
  std::string text = "ab\xC3\xA4";
  std::vector<int64_t> span = {0, 1, 0};

  Corpus Read(const TempDir& dir) const {
    TableWriter writer(kKey);
    writer.Add(std::span<const char>(summary));
    writer.Add(std::span(sentence));
    writer.Add(std::span(words));
    writer.Add(std::span(text_ends));
    writer.Add(std::span(ends));
    writer.Add(std::span<const char>(text));
    writer.Add(std::span(span));
    writer.Write(dir.path() / "f");
    return CorpusFromTables(TableFile(dir.path() / "f", kKey), 0, "f");
  }
};

TEST(CorpusTables, ContradictionsAreNamed) {
  const TempDir dir;
  Forged right;
  right.text = "aBC";
  const Sentence sentence = right.Read(dir).sentences.at(0);
  EXPECT_EQ(sentence.words, (std::vector<std::string>{"a", "BC"}));
  EXPECT_EQ(sentence.contexts, test::ContextsOf({{"BC", "a"}}));
  const auto problem = [&](auto change) {
    Forged forged = right;
    change(forged);
    const Error error = ErrorOf([&] { (void)forged.Read(dir); });
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    return error.problems().front().what;
  };
  EXPECT_EQ(problem([](Forged& f) { f.words = {0}; }), "a sentence has more words than there are");
  EXPECT_EQ(problem([](Forged& f) {
              f.words = {0, 1, 1, 0, 1};
            }),
            "there are more words, texts or spans than sentences");
  EXPECT_EQ(problem([](Forged& f) { f.text_ends = {2, 2}; }), "there are more words, texts or spans than sentences");
  EXPECT_EQ(problem([](Forged& f) { f.text_ends = {}; }), "a sentence has more texts than there are");
  EXPECT_EQ(problem([](Forged& f) { f.sentence[2] = -1; }), "a sentence has more texts than there are");
  EXPECT_EQ(problem([](Forged& f) { f.sentence[1] = 3; }), "a sentence has more words than there are");
  EXPECT_EQ(problem([](Forged& f) { f.text_ends = {1}; }), "words of a context are in no text");
  for (const uint64_t end : {uint64_t{0}, uint64_t{3}}) {
    EXPECT_EQ(problem([&](Forged& f) { f.text_ends = {end}; }), "the end of a text is wrong");
  }
  EXPECT_EQ(problem([](Forged& f) { f.words = {0, 2, 1, 0}; }), "a word has a wrong number");
  EXPECT_EQ(problem([](Forged& f) { f.ends = {3, 1}; }), "the place of a word is wrong");
  EXPECT_EQ(problem([](Forged& f) { f.ends = {1, 4}; }), "the place of a word is wrong");
  EXPECT_EQ(problem([](Forged& f) {
              f.text =
                  "a\xFF"
                  "C";
            }),
            "a word is not UTF-8");
  EXPECT_EQ(problem([](Forged& f) {
              f.text =
                  "\xC3\xA4"
                  "C";
            }),
            "a word ends inside a character");
  EXPECT_EQ(problem([](Forged& f) { f.words[3] = 2; }), "a word has a wrong number");
  EXPECT_EQ(problem([](Forged& f) { f.sentence[3] = 2; }), "a sentence has more spans than there are");
  EXPECT_EQ(problem([](Forged& f) { f.sentence[0] = -1; }), "a sentence has more words than there are");
  for (const std::vector<int64_t>& span :
       {std::vector<int64_t>{0, 3, 0}, {1, 1, 0}, {-1, 1, 0}, {0, 1, 1}, {0, 1, -1}}) {
    EXPECT_EQ(problem([&](Forged& f) { f.span = span; }), "a span is wrong");
  }
  for (const char* summary : {"", "{}", "[]", "{\"scheme\": 3}", "{\"scheme\": \"none\"}"}) {
    EXPECT_TRUE(problem([&](Forged& f) { f.summary = summary; }).starts_with("the summary is wrong: ")) << summary;
  }
}

TEST(CorpusTables, KeepRealCorpora) {
  CLNER_NEEDS(DataDir() / "conllpp");
  const TempDir dir;
  for (const char* name : {"conllpp/conllpp_test.txt", "clner_contexts/wnut17_bertscore_eos_doc_full/dev.txt"}) {
    const Corpus corpus = ReadCorpus(DataDir() / name, {});
    ExpectSame(corpus, ThroughTables(corpus, dir));
  }
}

}  // namespace
}  // namespace clner
