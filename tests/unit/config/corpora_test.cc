#include "config/corpora.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/resolve.h"
#include "config/write.h"
#include "config_test_support.h"

namespace clner {
namespace {

using test::ConfigOfText;
using test::ErrorOf;
using test::ErrorOfSet;
using test::ErrorOfText;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr const char* kTwo =
    "data:\n"
    "  columns: {ner: 3}\n"
    "  label_map: {loc: location, per: person}\n"
    "  corpora:\n"
    "    zeta: {train: {sentences: /z, contexts: /zc}, dev: {sentences: /zd}}\n"
    "    alpha: {train: {sentences: /a}, test: {sentences: /at}, format: conll, columns: {ner: 1}, comment: '#',\n"
    "            read_scheme: IOB1, label_map: {loc: place}}\n";

TEST(Corpora, TheyKeepTheirOrderAndReadWhatTheySetOtherwise) {
  const std::vector<CorpusData> corpora = CorporaOf(ConfigOfText(kTwo).data);
  ASSERT_EQ(corpora.size(), 2u);
  EXPECT_EQ(corpora[0].name, "zeta");
  EXPECT_EQ(corpora[0].key, "data.corpora.zeta");
  EXPECT_EQ(corpora[0].data.train.contexts, "/zc");
  EXPECT_EQ(corpora[0].data.columns.ner, 3);
  EXPECT_EQ(corpora[0].data.format, DataOptions::Format::kAuto);
  EXPECT_THAT(corpora[0].data.label_map, UnorderedElementsAre(Pair("loc", "location"), Pair("per", "person")));
  const DataOptions& alpha = corpora[1].data;
  EXPECT_EQ(alpha.test.sentences, "/at");
  EXPECT_EQ(alpha.dev.sentences, "");
  EXPECT_EQ(alpha.columns.ner, 1);
  EXPECT_EQ(alpha.comment, "#");
  EXPECT_EQ(alpha.read_scheme, "IOB1");
  EXPECT_EQ(alpha.format, DataOptions::Format::kColumns);
  EXPECT_THAT(alpha.label_map, UnorderedElementsAre(Pair("loc", "place"), Pair("per", "person")));
}

TEST(Corpora, WithoutTheSectionTheDataAreTheOnlyOne) {
  const RunConfig config = ConfigOfText("data: {train: {sentences: /a}, label_map: {a: b}}\n");
  const std::vector<CorpusData> corpora = CorporaOf(config.data);
  ASSERT_EQ(corpora.size(), 1u);
  EXPECT_EQ(corpora[0].name, "");
  EXPECT_EQ(corpora[0].key, "data");
  EXPECT_EQ(corpora[0].data, config.data);
}

TEST(Corpora, LayersMergeThemKeyByKeyAndAssignmentsAddToThem) {
  const test::TempDir work;
  work.Write("base.yaml", kTwo);
  const std::string path = work.Write(
      "run.yaml",
      "include: base.yaml\ndata: {corpora: {alpha: {dev: {sentences: /ad}}, new: {test: {sentences: /n}}}}\n");
  const ResolvedConfig resolved =
      ResolveConfig(path, {"data.corpora.alpha.train.sentences=/other", "data.corpora.last.dev.sentences=/l",
                           "data.corpora.alpha.label_map.x=y", "data.corpora.zeta={dev: {contexts: /zdc}}"});
  std::vector<std::string> names;
  for (const auto& [name, corpus] : resolved.config.data.corpora) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("zeta", "alpha", "new", "last"));
  const JointCorpusOptions& alpha = resolved.config.data.corpora[1].second;
  EXPECT_EQ(alpha.train.sentences, "/other");
  EXPECT_EQ(alpha.dev.sentences, "/ad");
  EXPECT_EQ(alpha.columns.ner, 1);
  EXPECT_EQ(alpha.label_map.at("x"), "y");
  EXPECT_EQ(resolved.config.data.corpora[0].second.dev.contexts, "/zdc");
  EXPECT_EQ(resolved.origin.at("data.corpora.alpha.train.sentences"), "--set");
  EXPECT_EQ(resolved.origin.at("data.corpora.alpha.test.contexts"), "default");
}

TEST(Corpora, TheYamlOfAConfigurationReadsBack) {
  const RunConfig config = ConfigOfText(kTwo);
  EXPECT_EQ(ConfigOfText(ToYaml(config)), config);
  EXPECT_EQ(ConfigOfText(WriteYaml(ToJson(config), {.comments = true})), config);
  EXPECT_EQ(ConfigOfText(WriteChanges(config)), config);
  EXPECT_THAT(ToYaml(config), HasSubstr("  corpora:\n    zeta:\n      train:\n        sentences: /z\n"));
  const std::vector<Difference> differences =
      Diff(config, ConfigOfText(kTwo, {"data.corpora.zeta.factor=2", "data.upsample=factor"}));
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].key, "data.corpora.zeta.factor");
}

TEST(Corpora, AMissingFileIsNamedWithItsCorpus) {
  const Error error = ErrorOf([] {
    CheckFiles(ResolveConfig("", {"data.corpora.mine.train.sentences=/nowhere/at/all"}, {.use_environment = false}));
  });
  EXPECT_EQ(error.code(), ErrorCode::kNoInput);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("cannot read data.corpora.mine.train.sentences '/nowhere/at/all'"));
}

TEST(Corpora, TrainingNeedsTrainingDataInOneOfThem) {
  RunConfig config;
  config.model.encoder.path = "/b";
  config.data.corpora.emplace_back("a", JointCorpusOptions{.dev = {"/d", ""}});
  const Error error = ErrorOf([&] { RequireTrainable(config); });
  EXPECT_EQ(error.problems()[0].what, "no corpus of data.corpora has training data");
  EXPECT_TRUE(SelectsOnDev(config));
  config.data.corpora.emplace_back("b", JointCorpusOptions{.train = {"/t", ""}});
  EXPECT_NO_THROW(RequireTrainable(config));
}

struct BadCorpora {
  std::vector<std::string> set;
  std::string what;
};

class RefusedCorpora : public ::testing::TestWithParam<BadCorpora> {};

TEST_P(RefusedCorpora, NamesTheCorpusAndItsPlace) {
  std::vector<std::string> set = {"data.corpora.a.train.sentences=t", "data.corpora.a.dev.sentences=d"};
  set.insert(set.end(), GetParam().set.begin(), GetParam().set.end());
  const Error error = ErrorOfSet(set);
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  EXPECT_EQ(error.total(), 1u) << error.what();
  EXPECT_EQ(error.problems()[0].what, GetParam().what);
  EXPECT_THAT(error.problems()[0].where, HasSubstr("--set "));
  EXPECT_FALSE(error.problems()[0].fix.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Rules, RefusedCorpora,
    ::testing::Values(
        BadCorpora{{"data.corpora.a.trian.sentences=x"}, "unknown key 'data.corpora.a.trian' (did you mean 'train'?)"},
        BadCorpora{{"data.corpora.a b.train.sentences=x"}, "data.corpora: 'a b' is not a name"},
        BadCorpora{{"data.corpora=[a]"}, "data.corpora must be a map of sections, not a list"},
        BadCorpora{{"data.corpora.b=file"}, "data.corpora.b must be a section of keys, not 'file'"},
        BadCorpora{{"data.corpora.b={}"}, "data.corpora.b names no file"},
        BadCorpora{
            {"data.corpora.a.format=colums"},
            "data.corpora.a.format must be one of auto, columns, conll, jsonl, autoner, prodigy, spacy, doccano, "
            "labelstudio, brat, cluener, adaseq or null, not 'colums' (did you mean 'columns'?)"},
        BadCorpora{{"data.corpora.a.factor=0.5"}, "data.corpora.a.factor must be a number in [1, 1000], not '0.5'"},
        BadCorpora{{"data.corpora.a.factor=2"}, "data.corpora.a.factor has no effect without data.upsample: factor"},
        BadCorpora{{"data.upsample=factor"}, "data.upsample has no effect without a factor below data.corpora"},
        BadCorpora{{"data.upsample=factor", "data.corpora.b={dev: {sentences: d}, factor: 2}"},
                   "data.corpora.b.factor has no effect without data.corpora.b.train.sentences"},
        BadCorpora{{"data.test.sentences=x"}, "data.test.sentences and data.corpora are both set"},
        BadCorpora{{"data.corpora.a.test.contexts=x"},
                   "data.corpora.a.test.contexts has no effect without data.corpora.a.test.sentences"},
        BadCorpora{{"data.corpora.a.dev.contexts=x", "data.contexts.source=document"},
                   "data.corpora.a.dev.contexts has no effect with data.contexts.source: document"},
        BadCorpora{{"data.corpora.a.label_map.x=X"},
                   "data.corpora.a.label_map: 'x' becomes 'X', which is the type of context words"},
        BadCorpora{{"data.corpora.a.columns={text: 2, ner: 2}"},
                   "data.corpora.a.columns.text and data.corpora.a.columns.ner are both column 2"},
        BadCorpora{{"data.corpora.a.format=jsonl", "data.corpora.a.columns.ner=2"},
                   "data.corpora.a.columns.ner has no effect with data.corpora.a.format: jsonl"},
        BadCorpora{{"data.format=jsonl", "data.corpora.a.comment=%"},
                   "data.corpora.a.comment has no effect with data.format: jsonl"},
        BadCorpora{
            {"train.select_over=mikro"},
            "train.select_over must be macro, micro or the name of a corpus, not 'mikro' (did you mean 'micro'?)"},
        BadCorpora{{"data.corpora.b.train.sentences=x", "train.select_over=b"},
                   "train.select_over is 'b', a corpus without dev data"},
        BadCorpora{{"train.select=last", "train.select_over=micro"},
                   "train.select_over has no effect without dev data to select on"}));

TEST(Corpora, TheirOptionsNeedThem) {
  EXPECT_EQ(ErrorOfSet({"data.upsample=equal"}).problems()[0].what, "data.upsample has no effect without data.corpora");
  EXPECT_EQ(ErrorOfSet({"data.dev.sentences=d", "train.select_over=micro"}).problems()[0].what,
            "train.select_over has no effect without data.corpora");
}

TEST(Corpora, AKeyOfDataMayServeACorpusOfAnotherFormat) {
  EXPECT_NO_THROW(
      (void)ConfigOfText("data: {format: jsonl, comment: '#', corpora: {a: {train: {sentences: /a}}, "
                         "b: {format: columns, train: {sentences: /b}}}}\n"));
}

TEST(Corpora, ThereAreAHundredAtMost) {
  std::string text = "data:\n  corpora:\n";
  for (int i = 0; i < 101; ++i) text += "    c" + std::to_string(i) + ": {train: {sentences: /t}}\n";
  const Error error = ErrorOfText(text);
  EXPECT_EQ(error.total(), 1u);
  EXPECT_EQ(error.problems()[0].what, "data.corpora has more than 100 sections");
}

TEST(Corpora, ABadValueInAFileHasItsLine) {
  const Error error = ErrorOfText("data:\n  corpora:\n    one:\n      train: {sentences: /t}\n      labells: x\n");
  EXPECT_EQ(error.problems()[0].what, "unknown key 'data.corpora.one.labells' (did you mean 'labels'?)");
  EXPECT_THAT(error.problems()[0].where, HasSubstr(":5:7 (data.corpora.one.labells)"));
}

}  // namespace
}  // namespace clner
