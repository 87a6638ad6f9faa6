#include "eval/eval_input.h"

#include <gtest/gtest.h>

#include "core/log.h"
#include "eval/evaluation.h"
#include "unit/data/temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using Tags = std::vector<std::string>;

class EvalInputTest : public ::testing::Test {
 protected:
  EvalInput Read(const std::string& gold, const std::string& predicted, EvalInputOptions options = {}) {
    gold_ = directory_.Write("gold.conll", gold);
    predicted_ = directory_.Write("pred.conll", predicted);
    return ReadGoldAndPredictions(gold_, predicted_, options);
  }
  EvalInput ReadConll(const std::string& text) {
    gold_ = directory_.Write("both.conll", text);
    return ReadConllFile(gold_, {});
  }
  Problem ProblemOf(const std::string& gold, const std::string& predicted, EvalInputOptions options = {}) {
    const Error error = ErrorOf([&] { (void)Read(gold, predicted, options); });
    EXPECT_EQ(error.code(), ErrorCode::kData);
    return error.problems()[0];
  }
  std::string Places(int gold_line, int predicted_line) const {
    return gold_ + ":" + std::to_string(gold_line) + " and " + predicted_ + ":" + std::to_string(predicted_line);
  }

  test::TempDir directory_;
  std::string gold_, predicted_;
};

TEST_F(EvalInputTest, TakesTheLastColumnOfEachFile) {
  const EvalInput input = Read("a x B-T\nb x O\n\nc x O\n", "a\tO\tB-T\nb\tO\tI-T\n\nc\tO\tO\n");
  ASSERT_EQ(input.sentences.size(), 2U);
  EXPECT_EQ(input.words, 3);
  EXPECT_EQ(input.different_words, 0);
  EXPECT_EQ(input.sentences[0].words, (Tags{"a", "b"}));
  EXPECT_EQ(input.sentences[0].gold_tags, (Tags{"B-T", "O"}));
  EXPECT_EQ(input.sentences[0].predicted_tags, (Tags{"B-T", "I-T"}));
  EXPECT_EQ(input.sentences[1].gold_line, 4);
  EXPECT_EQ(input.raw.tokens(), 3);
}

TEST_F(EvalInputTest, PredictionsMayHoldTagsOnly) {
  const EvalInput input = Read("a B-T\nb O\n", "B-T\nO\n");
  EXPECT_EQ(input.different_words, 0);
  EXPECT_EQ(input.sentences[0].predicted_tags, (Tags{"B-T", "O"}));
}

TEST_F(EvalInputTest, OtherNumberOfWordsNamesTheFirstDifferentLines) {
  const Problem problem = ProblemOf("a O\nb O\n\nc O\nd O\ne O\n", "a O\nb O\n\nc O\ne O\n");
  EXPECT_EQ(problem.what, "sentence 2 has 3 words in '" + gold_ + "' but 2 in '" + predicted_ + "'");
  EXPECT_EQ(problem.where, Places(5, 5));
  EXPECT_EQ(problem.fix,
            "the files differ from these lines on; give one predicted tag for every word of the gold file");
}

TEST_F(EvalInputTest, MissingBreakNamesTheBreakAndTheWord) {
  const Problem problem = ProblemOf("a O\nb O\n\nc O\n", "a O\nb O\nc O\n");
  EXPECT_EQ(problem.what, "sentence 1 has 2 words in '" + gold_ + "' but 3 in '" + predicted_ + "'");
  EXPECT_EQ(problem.where, Places(3, 3));
}

TEST_F(EvalInputTest, TooFewPredictedSentences) {
  const Problem problem = ProblemOf("a O\n\nb O\n\nc O\n", "a O\n\nb O\n");
  EXPECT_EQ(problem.what, "'" + predicted_ + "' ends after 2 sentences but '" + gold_ + "' goes on");
  EXPECT_EQ(problem.where, Places(5, 4));
  EXPECT_EQ(problem.fix, "give predictions for exactly the sentences of the gold file, in the same order");
}

TEST_F(EvalInputTest, TooManyPredictedSentences) {
  const Problem problem = ProblemOf("a O\n", "a O\n\nb O\n");
  EXPECT_EQ(problem.what, "'" + gold_ + "' ends after 1 sentence but '" + predicted_ + "' goes on");
  EXPECT_EQ(problem.where, Places(2, 3));
}

TEST_F(EvalInputTest, EmptyGoldIsRefused) {
  for (const char* text : {"", "\n\n \n", "-DOCSTART- -X- O O\n\n"}) {
    const Problem problem = ProblemOf(text, "a O\n");
    EXPECT_EQ(problem.what, "no sentences");
    EXPECT_EQ(problem.where, gold_);
    EXPECT_EQ(problem.fix, "give a column file with one word and its tag in each row");
    const Error conll = ErrorOf([&] { (void)ReadConll(text); });
    EXPECT_EQ(conll.code(), ErrorCode::kData);
    EXPECT_EQ(conll.problems()[0].what, "no sentences");
    const Error gold = ErrorOf([&] { (void)ReadGold(gold_, {}); });
    EXPECT_EQ(gold.problems()[0].what, "no sentences");
  }
}

TEST_F(EvalInputTest, DifferentWordsAreCountedAndWarnedAbout) {
  const size_t before = WarningCount();
  const EvalInput input = Read("a O\nb O\n\nc O\n", "a O\nB O\n\nC O\n");
  EXPECT_EQ(input.different_words, 2);
  EXPECT_EQ(WarningCount(), before + 1);
}

TEST_F(EvalInputTest, DifferentWordsAreAnErrorWhenStrict) {
  EvalInputOptions options;
  options.strict = true;
  const Problem problem = ProblemOf("a O\nb O\n\nc O\n", "a O\nB O\n\nC O\n", options);
  EXPECT_EQ(problem.what, "2 of 3 words differ between the files, the first: 'b' against 'B'");
  EXPECT_EQ(problem.where, Places(2, 2));
  EXPECT_EQ(problem.fix, "check that both files hold the same text");
}

TEST_F(EvalInputTest, GoldWithoutTagsIsRefused) {
  const Problem problem = ProblemOf("a\nb\n", "a O\nb O\n");
  EXPECT_EQ(problem.what, "row 'a' has no tag");
  EXPECT_EQ(problem.where, gold_ + ":1");
  EXPECT_EQ(problem.fix, "the gold file needs a word and its tag in each row");
  const Error error = ErrorOf([&] { (void)ReadGold(gold_, {}); });
  EXPECT_EQ(error.problems()[0].what, "row 'a' has no tag");
}

TEST_F(EvalInputTest, WordsInThePlaceOfTagsAreRefusedWithBothFiles) {
  const Error error = ErrorOf([&] { (void)Read("a B-T\nb O,B-T\n", "a B_T\nb O\n"); });
  EXPECT_EQ(error.code(), ErrorCode::kData);
  ASSERT_EQ(error.total(), 2U);
  EXPECT_EQ(error.problems()[0].where, gold_ + ":2");
  EXPECT_NE(error.problems()[0].what.find("'O,B-T'"), std::string::npos);
  EXPECT_EQ(error.problems()[1].where, predicted_ + ":1");
  EXPECT_NE(error.problems()[1].what.find("'B_T'"), std::string::npos);
}

TEST_F(EvalInputTest, OneColumnForBothTagsIsRefused) {
  const Error error = ErrorOf([&] { (void)ReadConll("O\nO\n"); });
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_EQ(error.problems()[0].what, "row 'O' has one column");
  EXPECT_EQ(error.problems()[0].where, gold_ + ":1");
  EXPECT_EQ(error.problems()[0].fix, "the last two columns must be the gold and the predicted tag");
}

TEST_F(EvalInputTest, BothFilesFromStdinAreRefused) {
  const Error error = ErrorOf([] { (void)ReadGoldAndPredictions("-", "-", {}); });
  EXPECT_EQ(error.code(), ErrorCode::kUsage);
  EXPECT_EQ(error.problems()[0].what, "gold and predictions cannot both be read from stdin");
  EXPECT_EQ(error.problems()[0].fix, "give one of them as a file, or one file with both columns to --conll");
}

TEST_F(EvalInputTest, MissingFileIsNamed) {
  const Error error = ErrorOf([&] { (void)ReadConllFile((directory_.path() / "none").string(), {}); });
  EXPECT_EQ(error.code(), ErrorCode::kNoInput);
}

TEST_F(EvalInputTest, ConllFileHoldsBothTags) {
  const EvalInput input = ReadConll("a N B-T O\nb N O O\n\nc N O I-T\n");
  EXPECT_EQ(input.sentences[0].gold_tags, (Tags{"B-T", "O"}));
  EXPECT_EQ(input.sentences[1].predicted_tags, (Tags{"I-T"}));
  EXPECT_EQ(input.raw.Total(), (Counts{1, 1, 0}));
}

TEST_F(EvalInputTest, DocumentRowsAreTokensOfTheScriptOnly) {
  const EvalInput input = ReadConll("-DOCSTART- O O\n\na B-T O\n\n-DOCSTART- O O\n\nb O O\n");
  EXPECT_EQ(input.words, 2);
  EXPECT_EQ(input.raw.tokens(), 4);
  const EvalInput pair = Read("-DOCSTART- O\n\na O\n\n-DOCSTART- O\n\n", "-DOCSTART- O\n\na O\n\n-DOCSTART- O\n\n");
  EXPECT_EQ(pair.words, 1);
  EXPECT_EQ(pair.raw.tokens(), 3);
  EXPECT_EQ(Read("-DOCSTART- O\n\na O\n", "a O\n").raw.tokens(), 1);
}

TEST_F(EvalInputTest, BoundaryWordIsNoTokenOfTheScript) {
  const EvalInput input = ReadConll("a B-T B-T\n-X- O O\nb I-T I-T\n");
  EXPECT_EQ(input.raw.tokens(), 2);
  EXPECT_EQ(input.raw.Total(), (Counts{2, 2, 2}));
}

TEST_F(EvalInputTest, ContextRowsAreCutOff) {
  const std::string gold = "a\tB-T\nb\tO\n<EOS> B-X\nc B-X\nd B-X\n";
  for (const char* predicted :
       {"a B-T\nb O\n", "a B-T\nb O\n<EOS> B-X\nc B-X\nd B-X\n", "a B-T\nb O\n<EOS> O\nc O\nd B-T\n",
        "a B-T\nb O\n<EOS> B-X\nc B-T\nd O\n", "a B-T\nb O\n<EOS> B-X\nother B-X\n", "B-T\nO\nO\nO\nB-T\n"}) {
    const EvalInput input = Read(gold, predicted);
    EXPECT_EQ(input.words, 2);
    EXPECT_EQ(input.sentences[0].predicted_tags, (Tags{"B-T", "O"}));
  }
  const EvalInput both = ReadConll("a B-T B-T\nb O O\n<EOS> B-X O\nc B-X B-T\n");
  EXPECT_EQ(both.words, 2);
  EXPECT_EQ(both.raw.tokens(), 4);
}

TEST_F(EvalInputTest, OtherWordsInThePlaceOfAContextAreOtherLengths) {
  const std::string context = "a O\nb B-T\n<EOS> B-X\nq B-X\n", plain = "a O\nb B-T\nc B-L\nd O\n";
  Problem problem = ProblemOf(context, plain);
  EXPECT_EQ(problem.what, "sentence 1 has 2 words in '" + gold_ + "' but 4 in '" + predicted_ + "'");
  EXPECT_EQ(problem.where, Places(3, 3));
  problem = ProblemOf(plain, context);
  EXPECT_EQ(problem.what, "sentence 1 has 4 words in '" + gold_ + "' but 2 in '" + predicted_ + "'");
  EXPECT_EQ(problem.where, Places(3, 3));
  EXPECT_EQ(Read("a O\n<EOS> O\nb B-T\n", "a O\n<EOS> O\nb O\n").words, 3) << "an ordinary word on both sides";
}

TEST_F(EvalInputTest, WordsOfAContextAreNotCounted) {
  const Problem problem = ProblemOf("a O\n", "a O\nb O\n<EOS> B-X\nc B-X\nd B-X\n");
  EXPECT_EQ(problem.what, "sentence 1 has 1 word in '" + gold_ + "' but 2 in '" + predicted_ + "'");
  EXPECT_EQ(problem.where, Places(2, 2));
}

TEST_F(EvalInputTest, GoldLabelsInTheContextAreRefused) {
  const std::string text = "a O\n<EOS> B-X\nq B-X\nr B-T\n";
  Problem problem = ProblemOf(text, text);
  EXPECT_EQ(problem.what, "row of a context has the tag 'B-T': 'r B-T'");
  EXPECT_EQ(problem.where, gold_ + ":4");
  const Error both = ErrorOf([&] { (void)ReadConll("a O O\n<EOS> B-X O\nr B-T O\n"); });
  EXPECT_EQ(both.code(), ErrorCode::kData);
  EXPECT_EQ(both.problems()[0].what, "row of a context has the tag 'B-T': 'r B-T O'");
  EXPECT_EQ(both.problems()[0].where, gold_ + ":3");
}

TEST_F(EvalInputTest, LinesOfWordsSkipComments) {
  EvalInputOptions options;
  options.file.comment = "# ";
  const EvalSentence sentence = Read("# id\na O\n# inside\nb B-T\n", "a O\nb O\n", options).sentences[0];
  EXPECT_EQ(sentence.GoldLine(0), 2);
  EXPECT_EQ(sentence.GoldLine(1), 4);
  EXPECT_EQ(ReadConll("a O O\n\nb O O\nc O O\n").sentences[1].GoldLine(1), 4);
  EXPECT_EQ(ReadGold(gold_, {}).sentences[1].GoldLine(1), 4);
}

TEST_F(EvalInputTest, DocumentRowsEndChunksOnlyByTheirTagsOrABlankLine) {
  // As conlleval counts them: a row without a blank line before or behind it is one of the tokens around it.
  EXPECT_EQ(ReadConll("a B-T B-T\n\n-DOCSTART- B-T B-T\nb I-T I-T\n").raw.Total(), (Counts{2, 2, 2}));
  EXPECT_EQ(ReadConll("a B-T B-T\n\n-DOCSTART- B-T B-T\n\nb I-T I-T\n").raw.Total(), (Counts{3, 3, 3}));
  EXPECT_EQ(ReadConll("a B-T B-T\n-DOCSTART- I-T I-T\nb I-T I-T\n").raw.Total(), (Counts{1, 1, 1}));
  EXPECT_EQ(ReadConll("a B-T B-T\n-DOCSTART-\nb I-T I-T\n").raw.Total(), (Counts{2, 2, 2})) << "no row of the script";
}

TEST_F(EvalInputTest, DetectsTheSchemesOfBothSides) {
  EXPECT_EQ(Read("a B-T\nb E-T\nc S-T\n", "a B-T\nb I-T\nc B-T\n").gold_scheme, Scheme::kBioes);
  EXPECT_EQ(Read("a B-T\nb I-T\nc B-T\n", "a B-T\nb E-T\nc S-T\n").predicted_scheme, Scheme::kBioes);
}

TEST_F(EvalInputTest, IllFormedPredictionsDoNotChangeTheirScheme) {
  // Alone, these predictions would look like IOB1.
  const EvalInput input = Read("a B-T\nb I-T\nc O\nd O\n", "a O\nb I-T\nc O\nd I-T\n");
  EXPECT_EQ(input.gold_scheme, Scheme::kBio);
  EXPECT_EQ(input.predicted_scheme, Scheme::kBio);
}

TEST_F(EvalInputTest, PredictionsOfAnySchemeAreReadByIt) {
  const std::vector<Span> spans = {{0, 1, "T"}, {1, 3, "U"}, {4, 7, "T"}, {8, 9, "U"}, {9, 10, "U"}};
  const Scheme schemes[] = {Scheme::kBio, Scheme::kIob1, Scheme::kBioes, Scheme::kBmes, Scheme::kBilou, Scheme::kBie};
  const auto text = [&](Scheme scheme) {
    std::string rows;
    for (const std::string& tag : SpansToTags(spans, 12, scheme)) rows += "w " + tag + "\n";
    return rows;
  };
  for (const Scheme gold : schemes) {
    for (const Scheme predicted : schemes) {
      const EvalInput input = Read(text(gold), text(predicted));
      EXPECT_EQ(input.gold_scheme, gold);
      EXPECT_EQ(input.predicted_scheme, predicted) << Name(gold) << " against " << Name(predicted);
      EXPECT_EQ(Evaluate(input, EvalMode::kStrict).scores.micro, (Counts{5, 5, 5}));
      EXPECT_FALSE(Evaluate(input, EvalMode::kConlleval).strict.has_value());
    }
  }
}

TEST_F(EvalInputTest, AllOutsideTakesTheSchemeOfTheOtherSide) {
  EXPECT_EQ(Read("a O\nb O\n", "a B-T\nb E-T\n").gold_scheme, Scheme::kBioes);
  EXPECT_EQ(Read("a B-T\nb E-T\n", "a O\nb O\n").predicted_scheme, Scheme::kBioes);
  EXPECT_EQ(Read("a I-T\nb O\nc I-T\n", "a B-T\nb O\nc B-T\n").predicted_scheme, Scheme::kBio);
}

TEST_F(EvalInputTest, SchemeCanBeGiven) {
  EvalInputOptions options;
  options.scheme = Scheme::kBilou;
  EXPECT_EQ(Read("a B-T\n", "a B-T\n", options).predicted_scheme, Scheme::kBilou);
}

TEST_F(EvalInputTest, PredictionsOfAModelAreAdded) {
  EvalInput input = ReadGold(directory_.Write("gold", "a S-T\nb O\n\nc B-U\nd E-U\n"), {});
  SetPredictions({{{0, 1, "T"}}, {{1, 2, "U"}}}, "model", &input);
  EXPECT_EQ(input.predicted_path, "model");
  EXPECT_EQ(input.sentences[0].predicted_tags, (Tags{"S-T", "O"}));
  EXPECT_EQ(input.sentences[1].predicted_tags, (Tags{"O", "S-U"}));
  EXPECT_EQ(input.raw.tokens(), 4);
}

}  // namespace
}  // namespace clner
