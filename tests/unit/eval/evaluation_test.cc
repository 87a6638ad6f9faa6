#include "eval/evaluation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "unit/data/temp_file.h"

namespace clner {
namespace {

using Json = nlohmann::json;
using Tags = std::vector<std::string>;
constexpr double kTolerance = 1e-12;

Json Golden() {
  return Json::parse(test::TempDir::Read(std::string(CLNER_SOURCE_DIR) + "/tests/unit/eval/golden.json"));
}

std::vector<Tags> Sequences(const Json& lines) {
  std::vector<Tags> sequences;
  for (const auto& line : lines) {
    std::istringstream in(line.get<std::string>());
    Tags tags;
    for (std::string tag; in >> tag;) tags.push_back(tag);
    sequences.push_back(tags);
  }
  return sequences;
}

std::vector<std::vector<Span>> SpanLists(const Json& sentences) {
  std::vector<std::vector<Span>> lists;
  for (const auto& sentence : sentences) {
    lists.emplace_back();
    for (const auto& span : sentence) lists.back().push_back({span[0], span[1], span[2]});
  }
  return lists;
}

void ExpectRates(const Rates& rates, const Json& expected, const std::string& what) {
  EXPECT_NEAR(rates.precision, expected["precision"].get<double>(), kTolerance) << what;
  EXPECT_NEAR(rates.recall, expected["recall"].get<double>(), kTolerance) << what;
  EXPECT_NEAR(rates.f1, expected["f1"].get<double>(), kTolerance) << what;
}

void ExpectSeqeval(const Scores& scores, const Json& expected, const std::string& what) {
  ExpectRates(scores.Micro(), expected["micro"], what + " micro");
  ExpectRates(scores.Macro(), expected["macro"], what + " macro");
  ASSERT_EQ(scores.types.size(), expected["types"].size()) << what;
  for (const auto& [type, values] : expected["types"].items()) {
    ASSERT_TRUE(scores.types.contains(type)) << what;
    ExpectRates(RatesOf(scores.types.at(type), scores.mode), values, what + " " + type);
    EXPECT_EQ(scores.types.at(type).gold, values["gold"].get<int64_t>()) << what;
  }
}

TEST(Evaluation, EqualsSeqevalOnRandomTags) {
  const Json golden = Golden();
  ASSERT_GE(golden["tags"].size(), 16U);
  for (const auto& item : golden["tags"]) {
    const Scheme scheme = ParseScheme(item["scheme"].get<std::string>());
    const auto gold = Sequences(item["gold"]), predicted = Sequences(item["predicted"]);
    const Scores strict = ScoreTags(gold, predicted, scheme, EvalMode::kStrict);
    ExpectSeqeval(strict, item["strict"], item["scheme"].get<std::string>() + " strict");
    EXPECT_NEAR(strict.Accuracy(), item["accuracy"].get<double>(), kTolerance);
    if (!item.contains("conlleval")) continue;
    ExpectSeqeval(ScoreTags(gold, predicted, scheme, EvalMode::kConlleval), item["conlleval"],
                  item["scheme"].get<std::string>());
  }
}

void ExpectNervaluate(const Counts& counts, EvalMode mode, const Json& expected, const std::string& what) {
  EXPECT_EQ(counts.correct, expected["correct"].get<int64_t>()) << what;
  EXPECT_EQ(counts.incorrect, expected["incorrect"].get<int64_t>()) << what;
  EXPECT_EQ(counts.partial, expected["partial"].get<int64_t>()) << what;
  EXPECT_EQ(counts.missed(), expected["missed"].get<int64_t>()) << what;
  EXPECT_EQ(counts.spurious(), expected["spurious"].get<int64_t>()) << what;
  ExpectRates(RatesOf(counts, mode), expected, what);
}

TEST(Evaluation, EqualsNervaluateOnRandomSpans) {
  const Json golden = Golden();
  ASSERT_GE(golden["spans"].size(), 10U);
  for (const auto& item : golden["spans"]) {
    for (const EvalMode mode : {EvalMode::kExact, EvalMode::kPartial, EvalMode::kType}) {
      const Scores scores = ScoreSpans(SpanLists(item["gold"]), SpanLists(item["predicted"]), mode);
      const Json& expected = item["scores"][Name(mode)];
      ExpectNervaluate(scores.micro, mode, expected["overall"], Name(mode));
      EXPECT_EQ(scores.types.size(), expected["types"].size());
      for (const auto& [type, values] : expected["types"].items()) {
        ExpectNervaluate(scores.types.at(type), mode, values, std::string(Name(mode)) + " " + type);
      }
    }
  }
}

EvalInput Input(const std::vector<std::pair<Tags, Tags>>& pairs, Scheme gold, Scheme predicted) {
  EvalInput input;
  input.gold_scheme = gold;
  input.predicted_scheme = predicted;
  for (const auto& [gold_tags, predicted_tags] : pairs) {
    EvalSentence sentence;
    sentence.gold_tags = gold_tags;
    sentence.predicted_tags = predicted_tags;
    for (size_t w = 0; w < gold_tags.size(); ++w) {
      sentence.words.push_back("w" + std::to_string(w));
      input.raw.AddToken(gold_tags[w], predicted_tags[w]);
    }
    input.raw.AddBoundary();
    input.words += static_cast<int64_t>(gold_tags.size());
    input.sentences.push_back(sentence);
  }
  return input;
}

TEST(Evaluation, TagsOfDifferentSchemesAreComparedAsSpans) {
  const EvalInput input = Input({{{"S-a", "B-b", "E-b"}, {"B-a", "B-b", "I-b"}}}, Scheme::kBioes, Scheme::kBio);
  const Evaluation evaluation = Evaluate(input, EvalMode::kConlleval);
  EXPECT_EQ(evaluation.scores.micro, (Counts{2, 2, 2}));
  EXPECT_EQ(evaluation.scores.correct_words, 3);
  EXPECT_FALSE(evaluation.strict.has_value());
}

TEST(Evaluation, StrictAndRawCountsAreGivenWhereTheyDiffer) {
  const EvalInput bio = Input({{{"B-a", "I-a"}, {"I-a", "I-a"}}}, Scheme::kBio, Scheme::kBio);
  const Evaluation lenient = Evaluate(bio, EvalMode::kConlleval);
  EXPECT_EQ(lenient.scores.micro, (Counts{1, 1, 1}));
  ASSERT_TRUE(lenient.strict.has_value());
  EXPECT_EQ(*lenient.strict, (Counts{1, 0, 0}));
  EXPECT_FALSE(lenient.raw.has_value());

  const EvalInput bioes = Input({{{"S-a", "S-a"}, {"S-a", "S-a"}}}, Scheme::kBioes, Scheme::kBioes);
  const Evaluation split = Evaluate(bioes, EvalMode::kConlleval);
  EXPECT_EQ(split.scores.micro, (Counts{2, 2, 2}));
  ASSERT_TRUE(split.raw.has_value());
  EXPECT_EQ(*split.raw, (Counts{1, 1, 1}));
  EXPECT_FALSE(Evaluate(bioes, EvalMode::kStrict).raw.has_value());
}

TEST(Evaluation, ModesReadIllFormedTagsByTheirOwnRules) {
  const EvalInput input = Input({{{"B-a", "E-a", "O"}, {"B-a", "E-b", "O"}}}, Scheme::kBioes, Scheme::kBioes);
  EXPECT_EQ(Evaluate(input, EvalMode::kConlleval).scores.micro, (Counts{1, 2, 0}));
  EXPECT_EQ(Evaluate(input, EvalMode::kStrict).scores.micro, (Counts{1, 0, 0}));
  EXPECT_EQ(Evaluate(input, EvalMode::kClner).scores.micro, (Counts{1, 1, 1}));
}

TEST(Evaluation, PredictedTypeUnknownToGoldShowsItsRow) {
  const EvalInput input = Input({{{"B-a", "O"}, {"B-a", "B-new"}}}, Scheme::kBio, Scheme::kBio);
  const Scores scores = Evaluate(input, EvalMode::kConlleval).scores;
  EXPECT_EQ(scores.types.at("new"), (Counts{0, 1, 0}));
  EXPECT_EQ(scores.micro, (Counts{1, 2, 1}));
}

TEST(SurfaceCounts, CountsEverySurfaceOnce) {
  EvalInput input = Input({{{"B-a", "O"}, {"B-a", "B-a"}}, {{"B-a", "O"}, {"O", "O"}}}, Scheme::kBio, Scheme::kBio);
  EXPECT_EQ(SurfaceCounts(input, Evaluate(input, EvalMode::kConlleval)), (Counts{1, 2, 1}));
}

TEST(ScoreSeen, SplitsBySurfaceAndType) {
  EvalInput input = Input({{{"B-a", "B-b", "B-a"}, {"B-a", "O", "B-b"}}}, Scheme::kBio, Scheme::kBio);
  Sentence train;
  train.words = {"w0", "w1"};
  train.spans = {{0, 1, "b"}, {1, 2, "b"}};
  const Evaluation evaluation = Evaluate(input, EvalMode::kConlleval);
  const SeenScores seen = ScoreSeen(input, evaluation, {train});
  EXPECT_EQ(seen.surface_seen, (Counts{2, 1, 1}));
  EXPECT_EQ(seen.surface_unseen, (Counts{1, 1, 0}));
  EXPECT_EQ(seen.typed_seen, (Counts{1, 0, 0}));
  EXPECT_EQ(seen.typed_unseen, (Counts{2, 2, 1}));
  EXPECT_EQ(TypesNotIn(evaluation, {train}), (Tags{"a"}));
}

}  // namespace
}  // namespace clner
