#include "config/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "config/validate.h"
#include "config_test_support.h"

namespace clner {
namespace {

using test::ConfigOfText;
using test::ErrorOf;
using test::ErrorOfSet;
using test::ErrorOfText;
using ::testing::HasSubstr;

struct BadValue {
  std::string set, what;
};

class RefusedValue : public ::testing::TestWithParam<BadValue> {};

TEST_P(RefusedValue, NamesKeyValueAndRange) {
  const Error error = ErrorOfSet({GetParam().set});
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  EXPECT_EQ(error.total(), 1u);
  EXPECT_EQ(error.problems()[0].what, GetParam().what);
  EXPECT_THAT(error.problems()[0].where, HasSubstr("--set " + GetParam().set));
}

INSTANTIATE_TEST_SUITE_P(
    Types, RefusedValue,
    ::testing::Values(
        BadValue{"train.lr=fast", "train.lr must be a number in [0, 100], not 'fast'"},
        BadValue{"train.lr=nan", "train.lr must be a number in [0, 100], not 'nan'"},
        BadValue{"train.lr=.inf", "train.lr must be a number in [0, 100], not '.inf'"},
        BadValue{"train.lr=1e999", "train.lr must be a number in [0, 100], not '1e999'"},
        BadValue{"train.lr=-1e-5", "train.lr must be a number in [0, 100], not '-1e-5'"},
        BadValue{"train.lr='1e-5'", "train.lr must be a number in [0, 100], not the text \"1e-5\"; remove the quotes"},
        BadValue{"train.lr=[1]", "train.lr must be a number in [0, 100], not a list"},
        BadValue{"train.lr=", "train.lr must be a number in [0, 100], not the text \"\""},
        BadValue{"train.lr=null", "train.lr must be a number in [0, 100], not nothing"},
        BadValue{"train.lr=0x10", "train.lr must be a number in [0, 100], not '0x10'"},
        BadValue{"train.epochs=-1", "train.epochs must be a whole number in [1, 1000000], not '-1'"},
        BadValue{"train.epochs=010",
                 "train.epochs must be a whole number in [1, 1000000], not '010'; a number has no leading zeros"},
        BadValue{"train.epochs=1.5", "train.epochs must be a whole number in [1, 1000000], not '1.5'"},
        BadValue{"train.epochs=1e3", "train.epochs must be a whole number in [1, 1000000], not '1e3'"},
        BadValue{"train.epochs=99999999999999999999",
                 "train.epochs must be a whole number in [1, 1000000], not '99999999999999999999'"},
        BadValue{"train.epochs=true", "train.epochs must be a whole number in [1, 1000000], not 'true'"},
        BadValue{"seed=-1", "seed must be a whole number >= 0, not '-1'"},
        BadValue{"model.encoder.dropout=1.5", "model.encoder.dropout must be a number in [0, 1) or null, not '1.5'"},
        BadValue{"model.encoder.word_dropout=1", "model.encoder.word_dropout must be a number in [0, 1), not '1'"},
        BadValue{"train.optimizer.eps=0", "train.optimizer.eps must be a number in (0, 1], not '0'"},
        BadValue{"logging.trace=yes", "logging.trace must be true or false, not 'yes'"},
        BadValue{"logging.trace='true'", "logging.trace must be true or false, not the text \"true\""},
        BadValue{"train.batching=sorte",
                 "train.batching must be one of sorted, random, file, not 'sorte' (did you mean 'sorted'?)"},
        BadValue{"model.encoder.pool=attention",
                 "model.encoder.pool must be one of first, last, mean, first_last, not 'attention'"},
        BadValue{"format=2", "format must be a whole number = 1, not '2'"},
        BadValue{"train.groups={}", "train.groups must be a list, not a section"},
        BadValue{"data.label_map=[]", "data.label_map must be a map of texts, not a list"},
        BadValue{"data.train=train.conll", "data.train must be a section of keys, not 'train.conll'"}));

TEST(Values, NumbersAreDecimalWithPointAndExponent) {
  const RunConfig config = ConfigOfText("train: {lr: 1e-5, clip_norm: 5., epochs: 7}\nseed: 9223372036854775807\n",
                                        {"train.optimizer.eps=.5E-3"});
  EXPECT_EQ(config.train.lr, 1e-5);
  EXPECT_EQ(config.train.clip_norm, 5.0);
  EXPECT_EQ(config.train.optimizer.eps, 0.5e-3);
  EXPECT_EQ(config.seed, std::numeric_limits<int64_t>::max());
}

TEST(Values, NumbersAreWrittenShortAndReadBackExactly) {
  EXPECT_EQ(NumberText(5e-5), "5e-5");
  EXPECT_EQ(NumberText(1e300), "1e+300");
  EXPECT_EQ(NumberText(1.5e-7), "1.5e-7");
  EXPECT_EQ(NumberText(1e6), "1000000");
  EXPECT_EQ(NumberText(0.1), "0.1");
  EXPECT_EQ(NumberText(-3), "-3");
}

TEST(Values, TextsStayTextsWhateverYamlMakesOfThem) {
  const RunConfig config = ConfigOfText(
      "name: 010\ndata:\n  comment: 'NO'\n  label_map: {NO: on, \"yes\": 1e-5, loc: geo-loc, drop: \"\"}\nmodel: "
      "{head: {constraints: off}}\n");
  EXPECT_EQ(config.name, "010");
  EXPECT_EQ(config.data.comment, "NO");
  EXPECT_THAT(config.data.label_map,
              ::testing::UnorderedElementsAre(::testing::Pair("NO", "on"), ::testing::Pair("yes", "1e-5"),
                                              ::testing::Pair("loc", "geo-loc"), ::testing::Pair("drop", "")));
  EXPECT_EQ(config.model.head.constraints, HeadOptions::Constraints::kOff);
}

TEST(Values, AKeyWithoutValueIsAnErrorForTextsAndNotSetForOptionals) {
  EXPECT_EQ(ErrorOfText("name:\n").problems()[0].what, "name must be text, not nothing; write \"\" for an empty text");
  EXPECT_EQ(ErrorOfText("data: {label_map: {a: }}\n").problems()[0].what, "data.label_map.a must be text, not nothing");
  EXPECT_FALSE(ConfigOfText("model: {encoder: {dropout: null}}\n").model.encoder.dropout.has_value());
  EXPECT_FALSE(ConfigOfText("model: {encoder: {dropout: 0.2}}\n", {"model.encoder.dropout=null"})
                   .model.encoder.dropout.has_value());
}

TEST(Values, ASectionWithoutKeysIsEmpty) { EXPECT_EQ(ConfigOfText("train:\n  # lr: 1\ndata:\n"), RunConfig{}); }

TEST(Values, ChoicesOfAFormatStandBesideItAndBesideAuto) {
  const std::vector<std::string> choices = {"data.offset_unit=utf16", "data.words=blanks", "data.on_misaligned=widen",
                                            "data.on_overlap=longest", "data.on_discontinuous=split"};
  for (const char* format : {"auto", "brat"}) {
    std::vector<std::string> set = choices;
    set.push_back(std::string("data.format=") + format);
    const DataOptions data = ResolveConfig("", set).config.data;
    EXPECT_EQ(data.offset_unit, DataOptions::OffsetUnit::kUtf16);
    EXPECT_EQ(data.on_discontinuous, DataOptions::OnDiscontinuous::kSplit);
  }
  const DataOptions conll =
      ResolveConfig("", {"data.format=conll", "data.delimiter=tab", "data.read_scheme=IOB1"}).config.data;
  EXPECT_EQ(conll.format, DataOptions::Format::kColumns);
  EXPECT_EQ(conll.read_scheme, "IOB1");
}

struct BadConfig {
  std::vector<std::string> set;
  std::string what;
};

class RefusedCombination : public ::testing::TestWithParam<BadConfig> {};

TEST_P(RefusedCombination, NamesTheOptions) {
  const Error error = ErrorOfSet(GetParam().set);
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  EXPECT_EQ(error.total(), 1u);
  EXPECT_EQ(error.problems()[0].what, GetParam().what);
  EXPECT_THAT(error.problems()[0].where, testing::AnyOf(HasSubstr("--set "), HasSubstr("train.groups.0.match")));
  EXPECT_FALSE(error.problems()[0].fix.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Rules, RefusedCombination,
    ::testing::Values(
        BadConfig{{"train.batch_sentences=8", "train.batch_pieces=4096"},
                  "train.batch_sentences (8) and train.batch_pieces (4096) are both set"},
        BadConfig{{"train.batch_sentences=0"}, "train.batch_sentences and train.batch_pieces are both 0"},
        BadConfig{{"train.patience=3"}, "train.patience has no effect without data.dev.sentences"},
        BadConfig{{"data.dev.sentences=d", "data.train_with_dev=true", "train.patience=3"},
                  "train.patience has no effect with data.train_with_dev, which leaves no dev data to watch"},
        BadConfig{{"data.train_with_dev=true"}, "data.train_with_dev has no effect without data.dev.sentences"},
        BadConfig{{"data.test.contexts=c"}, "data.test.contexts has no effect without data.test.sentences"},
        BadConfig{{"data.contexts.source=document", "data.dev.sentences=d", "data.dev.contexts=c"},
                  "data.dev.contexts has no effect with data.contexts.source: document"},
        BadConfig{{"data.contexts.source=random_sentences", "data.train.sentences=d", "data.train.contexts=c"},
                  "data.train.contexts has no effect with data.contexts.source: random_sentences"},
        BadConfig{{"data.contexts.source=document", "data.contexts.max_texts=6"},
                  "data.contexts.max_texts has no effect with data.contexts.source: document"},
        BadConfig{{"data.contexts.source=document", "data.contexts.max_words_per_text=35"},
                  "data.contexts.max_words_per_text has no effect with data.contexts.source: document"},
        BadConfig{{"data.format=jsonl", "data.delimiter=tab"}, "data.delimiter has no effect with data.format: jsonl"},
        BadConfig{{"data.format=doccano", "data.columns.text=2"},
                  "data.columns.text has no effect with data.format: doccano"},
        BadConfig{{"data.format=spacy", "data.read_scheme=BIO"},
                  "data.read_scheme has no effect with data.format: spacy"},
        BadConfig{{"data.format=prodigy", "data.labels=O,B-T"}, "data.labels has no effect with data.format: prodigy"},
        BadConfig{{"data.format=conll", "data.offset_unit=utf16"},
                  "data.offset_unit has no effect with data.format: columns"},
        BadConfig{{"data.format=autoner", "data.words=blanks"}, "data.words has no effect with data.format: autoner"},
        BadConfig{{"data.format=jsonl", "data.on_misaligned=drop"},
                  "data.on_misaligned has no effect with data.format: jsonl"},
        BadConfig{{"data.format=columns", "data.on_overlap=first"},
                  "data.on_overlap has no effect with data.format: columns"},
        BadConfig{{"data.format=labelstudio", "data.on_discontinuous=split"},
                  "data.on_discontinuous has no effect with data.format: labelstudio"},
        BadConfig{{"data.format=cluener", "data.first_code_point=true"},
                  "data.first_code_point has no effect with data.format: cluener"},
        BadConfig{{"data.format=brat", "data.comment=# id"}, "data.comment has no effect with data.format: brat"},
        BadConfig{{"train.schedule.warmup=1.5"},
                  "train.schedule.warmup must be below 1 (a share) or a whole number of steps, not '1.5'"},
        BadConfig{{"train.groups=[{lr: 0.1}]"}, "train.groups.0.match is empty"},
        BadConfig{{"train.groups=[{match: crf}]"},
                  "train.groups.0 has no effect without train.groups.0.lr or train.groups.0.weight_decay"},
        BadConfig{{"train.groups=[{match: " + std::string(501, 'a') + ", lr: 1}]"},
                  "train.groups.0.match is longer than 500 bytes"},
        BadConfig{{"data.columns.ner=0"}, "data.columns.text and data.columns.ner are both column 0"},
        BadConfig{{"data.label_map.a=b c"}, "data.label_map: 'a' becomes 'b c', which holds a blank"},
        BadConfig{{"data.label_map.a=X"}, "data.label_map: 'a' becomes 'X', which is the type of context words"},
        BadConfig{{"data.comment=\"#\\n\""}, "data.comment holds a line break, so no line can start with it"},
        BadConfig{{"model.encoder.window_overlap=510"},
                  "model.encoder.window_overlap (510) must be smaller than model.encoder.max_pieces (512) less 2 "
                  "special pieces"},
        BadConfig{{"name=a/b"}, "name must be a file name of at most 200 bytes, not 'a/b'"},
        BadConfig{{"name=.."}, "name must be a file name of at most 200 bytes, not '..'"},
        BadConfig{{"name="}, "name must be a file name of at most 200 bytes, not ''"},
        BadConfig{{"device=cuda:x"}, "device must be auto, cpu, cuda or cuda:N, not 'cuda:x' (did you mean 'cuda'?)"},
        BadConfig{{"device=gpu"}, "device must be auto, cpu, cuda or cuda:N, not 'gpu' (did you mean 'cpu'?)"}));

TEST(Validate, ABrokenRegularExpressionIsNamed) {
  const Error error = ErrorOfSet({"train.groups=[{match: '^crf(', lr: 0.1}]"});
  EXPECT_THAT(error.problems()[0].what, HasSubstr("train.groups.0.match is not a regular expression: '^crf('"));
}

TEST(Validate, ChecksRangesOfAConfigMadeInCode) {
  RunConfig config;
  config.train.lr = std::nan("");
  config.train.epochs = 0;
  config.data.scheme = "BILO";
  const Error error = ErrorOf([&] { Validate(config); });
  ASSERT_EQ(error.total(), 3u);
  EXPECT_EQ(error.problems()[0].what,
            "data.scheme must be one of BIOES, IOBES, BIO, IOB2, IOB1, BILOU, BMES, BIE, IO, not 'BILO' (did you mean "
            "'BIO'?)");
  EXPECT_EQ(error.problems()[1].what, "train.epochs must be a whole number in [1, 1000000], not '0'");
  EXPECT_EQ(error.problems()[2].what, "train.lr must be a number in [0, 100], not 'nan'");
  EXPECT_NO_THROW(Validate(RunConfig{}));
}

TEST(Validate, OptionsAtTheirDefaultNeverConflict) {
  EXPECT_NO_THROW(
      (void)ConfigOfText("train: {batch_pieces: 0, patience: 0, select: best}\ndata: {train_with_dev: false}\n"));
}

TEST(Validate, TrainingNeedsDataAndEncoder) {
  const Error error = ErrorOf([] { RequireTrainable(RunConfig{}); });
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  ASSERT_EQ(error.total(), 2u);
  EXPECT_EQ(error.problems()[0].what, "data.train.sentences is empty, but training needs it");
  EXPECT_EQ(error.problems()[1].what, "model.encoder.path is empty, but training needs it");
  RunConfig config;
  config.data.train.sentences = "/a";
  config.model.encoder.path = "/b";
  EXPECT_NO_THROW(RequireTrainable(config));
}

TEST(Validate, TheEpochIsSelectedOnDevOnlyWhenDevIsHeldOut) {
  RunConfig config;
  EXPECT_FALSE(SelectsOnDev(config));
  config.data.dev.sentences = "/d";
  EXPECT_TRUE(SelectsOnDev(config));
  config.data.train_with_dev = true;
  EXPECT_FALSE(SelectsOnDev(config));
  config.data.train_with_dev = false;
  config.train.select = TrainOptions::Select::kLast;
  EXPECT_FALSE(SelectsOnDev(config));
}

}  // namespace
}  // namespace clner
