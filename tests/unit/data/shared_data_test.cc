// Counts of the shared data sets as their SOURCE.txt files state them.
#include "support/shared_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "data/corpus.h"
#include "data/term_list.h"

namespace clner {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Types = std::map<std::string, int64_t>;

/// What differs from plain BIO data.
struct Traits {
  Scheme scheme = Scheme::kBio;
  ColumnDelimiter delimiter = ColumnDelimiter::kBlanks;
  int64_t documents = 0, repaired = 0, whitespace_separators = 0;
  bool first_code_point = false;
};
struct Case {
  const char* path;
  size_t sentences;
  int64_t words;
  size_t longest;
  Types types;
  Traits traits = {};
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.path; }

class SharedData : public ::testing::TestWithParam<Case> {};

size_t Longest(const Corpus& corpus) {
  size_t longest = 0;
  for (const Sentence& sentence : corpus.sentences) longest = std::max(longest, sentence.words.size());
  return longest;
}

TEST_P(SharedData, HasTheStatedCounts) {
  const Case& c = GetParam();
  const std::filesystem::path path = test::DataDir() / c.path;
  CLNER_NEEDS(path);
  const Corpus corpus = ReadCorpus(
      path.string(), {.file = {.delimiter = c.traits.delimiter}, .first_code_point = c.traits.first_code_point});
  EXPECT_EQ(corpus.sentences.size(), c.sentences);
  EXPECT_EQ(corpus.words, c.words);
  EXPECT_EQ(Longest(corpus), c.longest);
  EXPECT_EQ(corpus.entities_of_type, c.types);
  int64_t entities = 0;
  for (const auto& [type, count] : c.types) entities += count;
  EXPECT_EQ(corpus.entities, entities);
  EXPECT_EQ(corpus.scheme, c.traits.scheme) << Name(corpus.scheme);
  EXPECT_EQ(corpus.documents, c.traits.documents);
  EXPECT_EQ(corpus.file.docstart_lines, c.traits.documents);
  EXPECT_EQ(corpus.repaired_tags, c.traits.repaired);
  EXPECT_EQ(corpus.file.whitespace_separators, c.traits.whitespace_separators);
  EXPECT_EQ(corpus.with_context, 0);
}

const Case kCases[] = {
    {"wnut17/wnut17train.conll",
     3394,
     62730,
     41,
     {{"corporation", 221},
      {"creative-work", 140},
      {"group", 264},
      {"location", 548},
      {"person", 660},
      {"product", 142}},
     {.whitespace_separators = 2394}},
    {"wnut17/emerging.dev.conll",
     1009,
     15733,
     82,
     {{"corporation", 34}, {"creative-work", 105}, {"group", 39}, {"location", 74}, {"person", 470}, {"product", 114}}},
    {"wnut17/emerging.test.annotated",
     1287,
     23394,
     105,
     {{"corporation", 66},
      {"creative-work", 142},
      {"group", 165},
      {"location", 150},
      {"person", 429},
      {"product", 127}}},
    {"wnut16/train",
     2394,
     46469,
     39,
     {{"company", 171},
      {"facility", 104},
      {"geo-loc", 276},
      {"movie", 34},
      {"musicartist", 55},
      {"other", 225},
      {"person", 449},
      {"product", 97},
      {"sportsteam", 51},
      {"tvshow", 34}}},
    {"wnut16/dev",
     1000,
     16261,
     41,
     {{"company", 39},
      {"facility", 38},
      {"geo-loc", 116},
      {"movie", 15},
      {"musicartist", 41},
      {"other", 132},
      {"person", 171},
      {"product", 37},
      {"sportsteam", 70},
      {"tvshow", 2}}},
    {"wnut16/test",
     3850,
     61908,
     35,
     {{"company", 621},
      {"facility", 253},
      {"geo-loc", 882},
      {"movie", 34},
      {"musicartist", 191},
      {"other", 584},
      {"person", 482},
      {"product", 246},
      {"sportsteam", 147},
      {"tvshow", 33}}},
    {"wnut16/dev_2015",
     420,
     6789,
     39,
     {{"company", 33},
      {"facility", 7},
      {"geo-loc", 46},
      {"movie", 3},
      {"musicartist", 13},
      {"other", 47},
      {"person", 73},
      {"product", 9},
      {"sportsteam", 35},
      {"tvshow", 6}}},
    {"wnut16/train_notypes", 2394, 46469, 39, {{"", 1496}}},
    {"conllpp/conllpp_train.txt",
     14041,
     203621,
     113,
     {{"LOC", 7140}, {"MISC", 3438}, {"ORG", 6321}, {"PER", 6600}},
     {.documents = 946}},
    {"conllpp/conllpp_dev.txt",
     3250,
     51362,
     109,
     {{"LOC", 1837}, {"MISC", 922}, {"ORG", 1341}, {"PER", 1842}},
     {.documents = 216}},
    {"conllpp/conllpp_test.txt",
     3453,
     46435,
     124,
     {{"LOC", 1646}, {"MISC", 723}, {"ORG", 1715}, {"PER", 1618}},
     {.documents = 231}},
    {"bc5cdr/IOB/train.tsv", 4560, 118170, 154, {{"Chemical", 5203}, {"Disease", 4182}}},
    {"bc5cdr/IOB/devel.tsv", 4581, 117453, 225, {{"Chemical", 5347}, {"Disease", 4246}}},
    {"bc5cdr/IOB/test.tsv", 4797, 124750, 165, {{"Chemical", 5385}, {"Disease", 4424}}},
    {"ncbi/IOB/train.tsv", 5424, 135701, 123, {{"Disease", 5134}}},
    {"ncbi/IOB/devel.tsv", 923, 23969, 86, {{"Disease", 787}}},
    {"ncbi/IOB/test.tsv", 940, 24497, 106, {{"Disease", 960}}},
    {"cbs/tech_test",
     2000,
     54116,
     97,
     {{"LOC", 489}, {"MISC", 365}, {"ORG", 878}, {"PER", 1095}},
     {.scheme = Scheme::kBioes, .repaired = 20, .whitespace_separators = 1}},
    {"weibo_ner/weiboNER_2nd_conll.train",
     1350,
     73778,
     175,
     {{"GPE.NAM", 205},
      {"GPE.NOM", 8},
      {"LOC.NAM", 56},
      {"LOC.NOM", 51},
      {"ORG.NAM", 183},
      {"ORG.NOM", 42},
      {"PER.NAM", 578},
      {"PER.NOM", 772}},
     {.repaired = 10, .first_code_point = true}},
    {"weibo_ner/weiboNER_2nd_conll.dev",
     270,
     14509,
     145,
     {{"GPE.NAM", 26},
      {"GPE.NOM", 1},
      {"LOC.NAM", 6},
      {"LOC.NOM", 6},
      {"ORG.NAM", 47},
      {"ORG.NOM", 5},
      {"PER.NAM", 90},
      {"PER.NOM", 208}},
     {.first_code_point = true}},
    {"weibo_ner/weiboNER_2nd_conll.test",
     270,
     14842,
     146,
     {{"GPE.NAM", 47},
      {"GPE.NOM", 2},
      {"LOC.NAM", 19},
      {"LOC.NOM", 9},
      {"ORG.NAM", 39},
      {"ORG.NOM", 17},
      {"PER.NAM", 113},
      {"PER.NOM", 172}},
     {.repaired = 4, .first_code_point = true}},
    {"msra_ner_test/msra_test_bio.txt", 3442, 172601, 2427, {{"LOC", 2886}, {"ORG", 1331}, {"PER", 1973}}},
    {"autoie_youku/train.txt",
     10000,
     164881,
     87,
     {{"NUM", 241}, {"PER", 1569}, {"TV", 3489}},
     {.scheme = Scheme::kBioes, .delimiter = ColumnDelimiter::kLast}},
    {"autoie_youku/valid.txt",
     1000,
     15867,
     68,
     {{"NUM", 95}, {"PER", 423}, {"TV", 851}},
     {.scheme = Scheme::kBie, .delimiter = ColumnDelimiter::kLast}},
    {"autoie_youku/test.txt",
     2000,
     33123,
     79,
     {{"NUM", 185}, {"PER", 863}, {"TV", 1722}},
     {.scheme = Scheme::kBie, .delimiter = ColumnDelimiter::kLast}},
};
INSTANTIATE_TEST_SUITE_P(Files, SharedData, ::testing::ValuesIn(kCases));

TEST(SharedDataStrict, CbsHasFewerStrictSpans) {
  const std::filesystem::path path = test::DataDir() / "cbs/tech_test";
  CLNER_NEEDS(path);
  ColumnReader reader(path.string(), {});
  size_t starts = 0;
  while (const std::optional<ColumnSentence> sentence = reader.Next()) {
    for (const ColumnRow& row : sentence->rows) {
      const char prefix = SplitTag(row.fields.back()).prefix;
      starts += prefix == 'B' || prefix == 'S' ? 1U : 0U;
    }
  }
  EXPECT_EQ(starts, 2820U);
}

TEST(SharedDataStrict, Wnut17CrowdFileIsRefusedWithAHint) {
  const std::filesystem::path path = test::DataDir() / "wnut17/emerging.test.conll";
  CLNER_NEEDS(path);
  try {
    (void)ReadCorpus(path.string(), {});
    FAIL() << "joined tags must be refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_THAT(error.problems()[0].what, ::testing::HasSubstr("joins several tags"));
  }
}

TEST(SharedDataStrict, UnlabelledFilesLoad) {
  const std::filesystem::path wnut = test::DataDir() / "wnut17/emerging.test";
  const std::filesystem::path raw = test::DataDir() / "bc5cdr_autoner/raw_text.txt";
  CLNER_NEEDS(wnut);
  CLNER_NEEDS(raw);
  const CorpusOptions options = {.tag_column = std::nullopt};
  EXPECT_EQ(ReadCorpus(wnut.string(), options).sentences.size(), 1287U);
  const Corpus autoner = ReadCorpus(raw.string(), options);
  EXPECT_EQ(autoner.sentences.size(), 20217U);
  EXPECT_EQ(autoner.words, 361768 - 20217);
}

struct ContextCase {
  const char* contexts;
  const char* gold;
  size_t sentences;
  int64_t with_context, context_words;
  size_t longest_view;
  size_t differing_sentences;
};
void PrintTo(const ContextCase& c, std::ostream* out) { *out << c.contexts; }

class SharedContexts : public ::testing::TestWithParam<ContextCase> {};

TEST_P(SharedContexts, PairWithTheGoldFile) {
  const ContextCase& c = GetParam();
  const std::filesystem::path path = test::DataDir() / "clner_contexts" / c.contexts;
  CLNER_NEEDS(path);
  const Corpus contexts = ReadCorpus(path.string(), {.label_map = {{"loc", "geo-loc"}}});
  EXPECT_EQ(contexts.sentences.size(), c.sentences);
  EXPECT_EQ(contexts.with_context, c.with_context);
  EXPECT_EQ(contexts.context_words, c.context_words);
  size_t longest = 0, longest_view = 0;
  for (const Sentence& sentence : contexts.sentences) {
    longest = std::max(longest, sentence.contexts.words());
    // The stated lengths count the <EOS> row, too.
    const size_t mark = sentence.contexts.empty() ? 0 : 1;
    longest_view = std::max(longest_view, sentence.words.size() + mark + sentence.contexts.words());
  }
  EXPECT_EQ(longest, 210U);
  EXPECT_EQ(longest_view, c.longest_view);

  Corpus plain = ReadCorpus((test::DataDir() / c.gold).string(), {});
  const PairReport report = ComparePair(plain, contexts);
  EXPECT_TRUE(report.problems.empty());
  std::set<std::string> sentences;
  for (const Problem& problem : report.words) sentences.insert(problem.where);
  EXPECT_EQ(sentences.size(), c.differing_sentences);
  AttachContexts(&plain, contexts);
  EXPECT_EQ(plain.context_words, c.context_words);
}

const ContextCase kContextCases[] = {
    {"wnut17_bertscore_eos_doc_full/train.txt", "wnut17/wnut17train.conll", 3394, 3192, 407517, 246, 0},
    {"wnut17_bertscore_eos_doc_full/dev.txt", "wnut17/emerging.dev.conll", 1009, 989, 139379, 248, 3},
    {"wnut17_bertscore_eos_doc_full/test.txt", "wnut17/emerging.test.annotated", 1287, 1184, 153461, 248, 9},
    {"wnut16_bertscore_eos_doc_full/train.txt", "wnut16/train", 2394, 2245, 283054, 246, 0},
    {"wnut16_bertscore_eos_doc_full/dev.txt", "wnut16/dev", 1000, 947, 117244, 233, 0},
    {"ncbi_bertscore_eos_doc_full/dev.txt", "ncbi/IOB/devel.tsv", 923, 874, 100239, 250, 0},
    {"ncbi_bertscore_eos_doc_full/test.txt", "ncbi/IOB/test.tsv", 940, 899, 102538, 250, 0},
};
INSTANTIATE_TEST_SUITE_P(Files, SharedContexts, ::testing::ValuesIn(kContextCases));

TEST(SharedDataStrict, EmptyContextWordOfWnut17TestIsKept) {
  const std::filesystem::path path = test::DataDir() / "clner_contexts/wnut17_bertscore_eos_doc_full/test.txt";
  CLNER_NEEDS(path);
  EXPECT_EQ(ReadCorpus(path.string(), {}).empty_context_words, 1);
}

int64_t CountNames(const std::vector<Span>& spans) {
  return std::count_if(spans.begin(), spans.end(), [](const Span& span) { return span.type.ends_with(".NAM"); });
}

struct WeiboCase {
  const char* path;
  int64_t lenient, lenient_names, begins, begin_names;
};

// The stated numbers of names (NAM) count B- tags; an ill-formed I- tag opens further spans in lenient reading.
TEST(SharedDataStrict, WeiboCountsEntitiesAndNames) {
  for (const WeiboCase& c : {WeiboCase{"weiboNER_2nd_conll.train", 1895, 1022, 1885, 1018},
                             {"weiboNER_2nd_conll.dev", 389, 169, 389, 169},
                             {"weiboNER_2nd_conll.test", 418, 218, 414, 216}}) {
    const std::filesystem::path path = test::DataDir() / "weibo_ner" / c.path;
    CLNER_NEEDS(path);
    const Corpus corpus = ReadCorpus(path.string(), {.first_code_point = true});
    int64_t names = 0, strict = 0, strict_names = 0;
    for (const Sentence& sentence : corpus.sentences) names += CountNames(sentence.spans);
    ColumnReader reader(path.string(), {});
    while (const std::optional<ColumnSentence> sentence = reader.Next()) {
      std::vector<std::string> tags;
      for (const ColumnRow& row : sentence->rows) tags.push_back(row.fields.back());
      const std::vector<Span> spans = TagsToSpansStrict(tags, Scheme::kBio);
      strict += static_cast<int64_t>(spans.size());
      strict_names += CountNames(spans);
    }
    EXPECT_EQ(corpus.entities, c.lenient);
    EXPECT_EQ(names, c.lenient_names);
    EXPECT_EQ(strict, c.begins);
    EXPECT_EQ(strict_names, c.begin_names);
  }
}

TEST(SharedDataStrict, MsraParallelFilesLoad) {
  const std::filesystem::path dir = test::DataDir() / "msra_ner_val";
  CLNER_NEEDS(dir);
  const Corpus corpus = ReadParallel((dir / "sentences.txt").string(), (dir / "tags.txt").string(), {});
  EXPECT_EQ(corpus.sentences.size(), 3000U);
  EXPECT_EQ(corpus.words, 142980);
  EXPECT_EQ(Longest(corpus), 587U);
  EXPECT_THAT(corpus.entities_of_type, ElementsAre(Pair("LOC", 2414), Pair("ORG", 1394), Pair("PER", 1203)));
}

TEST(SharedDataStrict, TermListsHaveTheStatedLengths) {
  const struct {
    const char* path;
    size_t terms, fields;
  } lists[] = {{"thuocl/THUOCL_diming.txt", 44804, 2},     {"thuocl/THUOCL_lishimingren.txt", 13658, 2},
               {"thuocl/THUOCL_caijing.txt", 3830, 2},     {"autoie_youku/PER.txt", 614, 1},
               {"autoie_youku/TV.txt", 1216, 1},           {"autoie_youku/NUM.txt", 22, 1},
               {"bc5cdr_autoner/dict_core.txt", 2482, 2},  {"bc5cdr_autoner/dict_full.txt", 6877, 1},
               {"wikipedia/wikipedia_leads.tsv", 41095, 4}};
  for (const auto& list : lists) {
    const std::filesystem::path path = test::DataDir() / list.path;
    CLNER_NEEDS(path);
    const auto records = ReadTermList(path.string(), {.fields = list.fields});
    EXPECT_EQ(records.size(), list.terms) << list.path;
    if (list.fields != 2 || records[0][1].find_first_not_of("0123456789") != std::string::npos) continue;
    for (const auto& record : records) EXPECT_GT(std::stoll(record[1]), 0);
  }
}

}  // namespace
}  // namespace clner
