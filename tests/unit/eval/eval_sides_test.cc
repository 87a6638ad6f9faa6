// Gold and predictions of different formats: which words are scored, what is refused with which words.
#include "eval/eval_sides.h"

#include <gtest/gtest.h>

#include "core/log.h"
#include "data/convert.h"
#include "eval/evaluation.h"
#include "unit/data/temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using Tags = std::vector<std::string>;

constexpr const char* kGold = "Jane\tB-PER\nDoe's\tI-PER\nU.S.\tB-LOC\n\nOk\tO\n:)\tO\n";

class EvalSidesTest : public ::testing::Test {
 protected:
  EvalInput Read(const std::string& gold, const std::string& predicted, EvalInputOptions options) {
    gold_ = directory_.Write("gold", gold);
    predicted_ = directory_.Write("pred", predicted);
    return ReadGoldAndPredictions(gold_, predicted_, options);
  }
  Problem ProblemOf(const std::string& gold, const std::string& predicted, const EvalInputOptions& options) {
    const Error error = ErrorOf([&] { (void)Read(gold, predicted, options); });
    EXPECT_EQ(error.code(), ErrorCode::kData);
    return error.problems()[0];
  }
  std::string Converted(const std::string& text, DataFormat to) {
    std::string result;
    ConvertOptions options;
    options.to = to;
    (void)Convert(directory_.Write("in", text), options, [&](std::string_view piece) { result += piece; });
    return result;
  }

  test::TempDir directory_;
  std::string gold_, predicted_;
};

EvalInputOptions Formats(DataFormat gold, DataFormat predicted) {
  EvalInputOptions options;
  options.gold_format = gold;
  options.predicted_format = predicted;
  return options;
}

TEST_F(EvalSidesTest, EveryPairOfFormatsOfTheSameEntitiesIsPerfect) {
  constexpr DataFormat kPaired[] = {DataFormat::kColumns, DataFormat::kJsonl,       DataFormat::kProdigy,
                                    DataFormat::kSpacy,   DataFormat::kDoccano,     DataFormat::kCluener,
                                    DataFormat::kAdaSeq,  DataFormat::kLabelStudio, DataFormat::kAutoNer};
  for (const DataFormat gold : kPaired) {
    for (const DataFormat predicted : kPaired) {
      const EvalInput input = Read(Converted(kGold, gold), Converted(kGold, predicted), Formats(gold, predicted));
      const Evaluation evaluation = Evaluate(input, EvalMode::kConlleval);
      EXPECT_EQ(evaluation.scores.micro.correct, 2) << Name(gold) << " " << Name(predicted);
      EXPECT_EQ(evaluation.scores.micro.gold, 2) << Name(gold) << " " << Name(predicted);
      EXPECT_EQ(evaluation.scores.micro.predicted, 2) << Name(gold) << " " << Name(predicted);
      EXPECT_EQ(input.different_words, 0);
    }
  }
}

TEST_F(EvalSidesTest, ATextIsSplitIntoTheWordsOfTheOtherFile) {
  const std::string doccano =
      "{\"text\":\" Jane  Doe's U.S.\",\"label\":[[1,12,\"PER\"]]}\n{\"text\":\"Ok :)\",\"label\":[]}\n";
  for (const bool text_is_gold : {false, true}) {
    const EvalInput input = text_is_gold ? Read(doccano, kGold, Formats(DataFormat::kDoccano, DataFormat::kColumns))
                                         : Read(kGold, doccano, Formats(DataFormat::kColumns, DataFormat::kDoccano));
    EXPECT_EQ(input.sentences[0].words, (Tags{"Jane", "Doe's", "U.S."}));
    const EvalSentence& first = input.sentences[0];
    EXPECT_EQ(text_is_gold ? first.gold_tags : first.predicted_tags, (Tags{"B-PER", "I-PER", "O"}));
    EXPECT_EQ(first.GoldLine(2), text_is_gold ? 1 : 3);
  }
}

TEST_F(EvalSidesTest, AMisalignedSpanIsNamedWithItsPlace) {
  const std::string cut = R"({"text":"Jane Doe's U.S.","label":[[0,8,"PER"]]})";
  const Problem problem =
      ProblemOf("Jane O\nDoe's O\nU.S. O\n", cut + "\n", Formats(DataFormat::kColumns, DataFormat::kDoccano));
  EXPECT_EQ(problem.what, "span of type 'PER' at 0-8 'Jane Doe' ends inside the word 'Doe's'");
  EXPECT_EQ(problem.where, predicted_ + ":1 (label[0])");
  EvalInputOptions widen = Formats(DataFormat::kColumns, DataFormat::kDoccano);
  widen.annotation.on_misaligned = MisalignedRule::kWiden;
  EXPECT_EQ(Read("Jane O\nDoe's O\nU.S. O\n", cut, widen).sentences[0].predicted_tags, (Tags{"B-PER", "I-PER", "O"}));
}

TEST_F(EvalSidesTest, OtherWordsAreRefusedWithTheFirstOnes) {
  const Problem problem = ProblemOf(kGold,
                                    R"({"tokens":["Jane","Doe","'s"],"tags":["O","O","O"]})"
                                    "\n"
                                    R"({"tokens":["Ok"],"tags":["O"]})",
                                    Formats(DataFormat::kColumns, DataFormat::kJsonl));
  EXPECT_EQ(problem.what, "sentence 2 has 2 words in '" + gold_ + "' but 1 in '" + predicted_ +
                              "'; they differ from ':)' against the end on");
  EXPECT_EQ(problem.where, gold_ + ":5 and " + predicted_ + ":2");
  EXPECT_EQ(problem.fix,
            "give both files the same words or the same texts; --words says how texts without tokens are split");
}

TEST_F(EvalSidesTest, OtherNumbersOfSentencesNameTheFileThatGoesOn) {
  const EvalInputOptions options = Formats(DataFormat::kColumns, DataFormat::kJsonl);
  const Problem fewer = ProblemOf("a O\n\nb O\n", R"({"tokens":["a"],"tags":["O"]})", options);
  EXPECT_EQ(fewer.what, "'" + predicted_ + "' ends after 1 sentence but '" + gold_ + "' goes on");
  EXPECT_EQ(fewer.where, gold_ + ":3 and " + predicted_ + ":1");
  EXPECT_EQ(fewer.fix, "give predictions for exactly the sentences of the gold file, in the same order");
  const Problem more =
      ProblemOf("a O\n", "{\"tokens\":[\"a\"],\"tags\":[\"O\"]}\n{\"tokens\":[\"b\"],\"tags\":[\"O\"]}", options);
  EXPECT_EQ(more.what, "'" + gold_ + "' ends after 1 sentence but '" + predicted_ + "' goes on");
  EXPECT_EQ(more.where, gold_ + ":1 and " + predicted_ + ":2");
}

TEST_F(EvalSidesTest, WordsThatDifferAreCountedAndRefusedWhenStrict) {
  EvalInputOptions options = Formats(DataFormat::kColumns, DataFormat::kJsonl);
  const std::string other = R"({"tokens":["A","b"],"tags":["O","O"]})";
  const size_t warnings = WarningCount();
  EXPECT_EQ(Read("a O\nb O\n", other, options).different_words, 1);
  EXPECT_EQ(WarningCount(), warnings + 1);
  options.strict = true;
  const Problem problem = ProblemOf("a O\nb O\n", other, options);
  EXPECT_EQ(problem.what, "1 of 2 words differ between the files, the first: 'a' against 'A'");
  EXPECT_EQ(problem.where, gold_ + ":1 and " + predicted_ + ":1");
}

TEST_F(EvalSidesTest, GoldNeedsLabelsAndPredictionsNeedSome) {
  const std::string some = "{\"text\":\"a\",\"label\":[[0,1,\"T\"]]}\n{\"text\":\"b\"}\n";
  const EvalInputOptions options = Formats(DataFormat::kDoccano, DataFormat::kDoccano);
  const Problem gold = ProblemOf(some, some, options);
  EXPECT_EQ(gold.what, "sentence 2 has no labels");
  EXPECT_EQ(gold.where, gold_ + ":2");
  EXPECT_EQ(gold.fix, "label it, or take it out of both files");
  const std::string all = "{\"text\":\"a\",\"label\":[[0,1,\"T\"]]}\n{\"text\":\"b\",\"label\":[]}\n";
  EXPECT_EQ(Read(all, some, options).sentences[1].predicted_tags, Tags{"O"});
  const Problem none = ProblemOf(all, "{\"text\":\"a\"}\n{\"text\":\"b\"}\n", options);
  EXPECT_EQ(none.what, "no sentence has labels");
  EXPECT_EQ(none.fix, "give a file with predicted entities");
  EXPECT_EQ(ProblemOf("a\n", some, Formats(DataFormat::kColumns, DataFormat::kDoccano)).what, "row 'a' has no tag");
}

TEST_F(EvalSidesTest, IllFormedTagsOfJsonLinesStayAsTheyAre) {
  const EvalInput input = Read("a B-T\nb I-T\n\nc B-T\n",
                               "{\"tokens\":[\"a\",\"b\"],\"tags\":[\"I-T\",\"I-T\"]}\n"
                               "{\"tokens\":[\"c\"],\"tags\":[\"B-T\"]}\n",
                               Formats(DataFormat::kColumns, DataFormat::kJsonl));
  EXPECT_EQ(input.sentences[0].predicted_tags, (Tags{"I-T", "I-T"}));
  EXPECT_EQ(Evaluate(input, EvalMode::kStrict).scores.micro.predicted, 1);
  EXPECT_EQ(Evaluate(input, EvalMode::kConlleval).scores.micro.correct, 2);
}

TEST_F(EvalSidesTest, RangesAreReadStrictlyWhateverTheSchemeOfGold) {
  for (const char* gold : {"a S-T\nb B-T\nc E-T\n", "a B-T\nb B-T\nc I-T\n", "a I-T\nb B-T\nc I-T\n"}) {
    const EvalInput input = Read(gold, R"({"text":"a b c","label":[[0,1,"T"],[2,5,"T"]]})",
                                 Formats(DataFormat::kColumns, DataFormat::kDoccano));
    EXPECT_EQ(Evaluate(input, EvalMode::kStrict).scores.micro.correct, 2) << gold;
  }
}

TEST_F(EvalSidesTest, TheLabelMapRenamesBothSides) {
  EvalInputOptions options = Formats(DataFormat::kColumns, DataFormat::kDoccano);
  options.label_map = {{"loc", "LOC"}, {"time", ""}};
  const std::string predicted = R"({"text":"a b","label":[[0,1,"LOC"],[2,3,"time"]]})";
  EvalInput input = Read("a B-loc\nb B-time\n", predicted, options);
  EXPECT_EQ(input.sentences[0].gold_tags, (Tags{"B-LOC", "O"}));
  EXPECT_EQ(input.sentences[0].predicted_tags, (Tags{"B-LOC", "O"}));
  options.predicted_format = DataFormat::kColumns;
  input = Read("a B-loc\nb B-time\n", "a S-LOC\nb S-time\n", options);
  EXPECT_EQ(input.sentences[0].gold_tags, (Tags{"B-LOC", "O"}));
  EXPECT_EQ(input.sentences[0].predicted_tags, (Tags{"S-LOC", "O"}));
  const size_t warnings = WarningCount();
  options.label_map = {{"lok", "LOC"}};
  (void)Read("a B-loc\n", "a B-loc\n", options);
  EXPECT_EQ(WarningCount(), warnings + 1) << "no tag has this type";
}

TEST_F(EvalSidesTest, PredictionsOfTagsOnlyGoWithATextOfGold) {
  const EvalInput input =
      Read(R"({"text":"a b","label":[[0,1,"T"]]})", "B-T\nO\n", Formats(DataFormat::kDoccano, DataFormat::kColumns));
  EXPECT_EQ(input.sentences[0].words, (Tags{"a", "b"}));
  EXPECT_EQ(input.sentences[0].predicted_tags, (Tags{"B-T", "O"}));
}

TEST_F(EvalSidesTest, GoldForAModelMayBeOfAnyFormat) {
  EvalInputOptions options;
  options.gold_format = DataFormat::kDoccano;
  EvalInput input = ReadGold(directory_.Write("gold", R"({"text":"a b","label":[[0,3,"T"]]})"), options);
  EXPECT_EQ(input.words, 2);
  EXPECT_EQ(input.gold_scheme, Scheme::kBio);
  SetPredictions({{{0, 2, "T"}}}, "model", &input);
  EXPECT_EQ(Evaluate(input, EvalMode::kStrict).scores.micro.correct, 1);
}

}  // namespace
}  // namespace clner
