#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>

#include "core/error.h"
#include "model/tag_space.h"
#include "support/tiny_model.h"
#include "tensor/batch_plan.h"
#include "train/checkpoint.h"
#include "train/optimizer_groups.h"
#include "train/schedule.h"

namespace clner {
namespace {

Example MakeExample(int64_t words, int64_t sentence) {
  Example example;
  ViewItem item;
  item.ids.assign(static_cast<size_t>(words) + 2, 1);
  for (int64_t w = 0; w < words; ++w) item.pool.push_back(static_cast<int32_t>(w) + 1);
  example.items.push_back(item);
  example.words = words;
  example.sentence = sentence;
  example.tags.assign(static_cast<size_t>(words), static_cast<int32_t>(sentence));
  return example;
}

TEST(Pack, KeepsSentenceOrderAndPoolsEveryWordFromItsOwnSequence) {
  std::vector<Example> examples = {MakeExample(2, 0), MakeExample(5, 1), MakeExample(1, 2)};
  for (size_t i = 0; i < examples.size(); ++i) {
    std::fill(examples[i].items[0].ids.begin(), examples[i].items[0].ids.end(), static_cast<int32_t>(i) + 10);
  }
  const Batch batch = Pack({&examples[0], &examples[1], &examples[2]});
  EXPECT_EQ(batch.cu_seqlens, (std::vector<int64_t>{0, 7, 11, 14}));  // longest first
  EXPECT_EQ(batch.cu_words, (std::vector<int64_t>{0, 2, 7, 8}));
  EXPECT_EQ(batch.tags, (std::vector<int32_t>{0, 0, 1, 1, 1, 1, 1, 2}));
  EXPECT_EQ(batch.cu_queries, (std::vector<int64_t>{0, 5, 7, 8}));
  const at::Tensor pooled = batch.ids.index_select(0, batch.query_index).index_select(0, batch.query_of_word);
  EXPECT_TRUE(at::equal(pooled, at::tensor({10, 10, 11, 11, 11, 11, 11, 12}, at::kLong)));
  EXPECT_EQ(batch.positions[7].item<int64_t>(), 0);
  EXPECT_EQ(batch.mask_rows, 5);
  EXPECT_FALSE(batch.words_without_pieces);
}

TEST(Pack, UnlabelledSentenceMakesTheBatchUnlabelled) {
  std::vector<Example> examples = {MakeExample(2, 0), MakeExample(3, 1)};
  examples[1].tags.clear();
  EXPECT_TRUE(Pack({&examples[0], &examples[1]}).tags.empty());
}

TEST(PlanBatches, EverySentenceOnceInEveryOrderAndDependsOnSeedAndEpochOnly) {
  std::vector<PlanUnit> units;
  for (int64_t i = 0; i < 37; ++i) units.push_back({1 + (i * 5) % 11, 3 + (i * 5) % 11});
  for (const BatchOrder order : {BatchOrder::kSorted, BatchOrder::kRandom, BatchOrder::kFile}) {
    for (const int64_t sentences : {int64_t{4}, int64_t{0}}) {
      const BatchPlanOptions options{order, sentences, 20, 9};
      const auto plan = PlanBatches(units, options, 3);
      std::multiset<int64_t> seen;
      for (const auto& batch : plan) {
        seen.insert(batch.begin(), batch.end());
        if (sentences > 0) {
          EXPECT_LE(batch.size(), 4U);
        } else {
          int64_t pieces = 0;
          for (int64_t i : batch) pieces += units[static_cast<size_t>(i)].pieces;
          EXPECT_TRUE(pieces <= 20 || batch.size() == 1);
        }
      }
      EXPECT_EQ(seen.size(), 37U);
      EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 37U);
      EXPECT_EQ(plan, PlanBatches(units, options, 3));
      EXPECT_EQ(plan == PlanBatches(units, options, 4), order == BatchOrder::kFile);
    }
  }
}

TEST(PlanBatches, SortedBatchesHoldNeighboursInLength) {
  std::vector<PlanUnit> units;
  for (int64_t i = 0; i < 12; ++i) units.push_back({12 - i, 14 - i});
  for (const auto& batch : PlanBatches(units, {BatchOrder::kSorted, 3, 0, 1}, 0)) {
    EXPECT_EQ(batch.front() - batch.back(), 2);
  }
}

TEST(PlanBatches, FileOrderTakesTheBatchesOfSeveralListsInTurn) {
  const std::vector<PlanUnit> units(10, {4, 6});
  const auto plan = PlanBatches(units, {BatchOrder::kFile, 2, 0, 1, 2}, 5);
  EXPECT_EQ(plan, (std::vector<std::vector<int64_t>>{{0, 1}, {5, 6}, {2, 3}, {7, 8}, {4}, {9}}));
}

TEST(Pack, PartnersComeBehindTheirSentencesAndTheViewWithContextTeaches) {
  std::vector<Example> plain = {MakeExample(2, 0), MakeExample(3, 1), MakeExample(1, 2)}, shown = plain;
  shown[0].context = shown[2].context = true;
  const Batch pairs = Pack({&plain[0], &plain[1], &plain[2]}, {&shown[0], nullptr, &shown[2]});
  EXPECT_EQ(pairs.members, 3);
  EXPECT_EQ(pairs.cu_words, (std::vector<int64_t>{0, 2, 5, 6, 8, 9}));
  EXPECT_EQ(pairs.teacher_of, (std::vector<int64_t>{3, -1, 4, -1, -1}));
  EXPECT_EQ(pairs.context, (std::vector<bool>{false, false, false, true, true}));
  EXPECT_EQ(pairs.tags.size(), 9U);
  // Every view of a sentence draws its own word dropout mask.
  EXPECT_EQ(pairs.mask_rows, 5);
  EXPECT_TRUE(at::equal(pairs.word_position, at::tensor({0, 1, 0, 1, 2, 0, 3, 4, 3}, at::kLong)));
  const Batch students = Pack({&shown[0], &plain[1]}, {&plain[0], nullptr});
  EXPECT_EQ(students.teacher_of, (std::vector<int64_t>{-1, -1, 0}));
  // Two views of one kind do not teach each other.
  EXPECT_EQ(Pack({&plain[1]}, {&shown[1]}).teacher_of, (std::vector<int64_t>{-1, -1}));
}

TEST(Schedule, LinearFallsToZeroAfterWarmUp) {
  ScheduleOptions options;
  EXPECT_DOUBLE_EQ(ScheduleFactor(options, 0, 10), 1);
  EXPECT_DOUBLE_EQ(ScheduleFactor(options, 5, 10), 0.5);
  options.warmup = 0.2;
  EXPECT_DOUBLE_EQ(ScheduleFactor(options, 1, 10), 0.5);
  EXPECT_DOUBLE_EQ(ScheduleFactor(options, 2, 10), 1);
  EXPECT_DOUBLE_EQ(ScheduleFactor(options, 6, 10), 0.5);
  options.warmup = 4;
  EXPECT_DOUBLE_EQ(ScheduleFactor(options, 1, 10), 0.25);
  options.type = ScheduleOptions::Type::kConstant;
  EXPECT_DOUBLE_EQ(ScheduleFactor(options, 9, 10), 1);
}

TEST(TagSpace, EncodesDecodesAndSurvivesJson) {
  const TagSpace tags(LabelSet{{"PER", "creative-work"}, {3, 2}}, Scheme::kBioes);
  EXPECT_EQ(tags.size(), 9);
  Sentence sentence;
  sentence.words = {"a", "b", "c", "d"};
  sentence.spans = {{0, 1, "PER"}, {2, 4, "creative-work"}};
  const std::vector<int32_t> ids = tags.Encode(sentence);
  EXPECT_EQ(tags.Decode(ids.data(), 4), sentence.spans);
  const TagSpace again = TagSpace::FromJson(tags.ToJson(), "x");
  EXPECT_EQ(again.tags(), tags.tags());
  EXPECT_EQ(again.labels().counts, tags.labels().counts);
  int64_t unknown = 0;
  sentence.spans[0].type = "ORG";
  EXPECT_EQ(tags.tags()[static_cast<size_t>(tags.Encode(sentence, &unknown)[0])], "O");
  EXPECT_EQ(unknown, 1);
}

TEST(TagSpace, RefusesDamagedJson) {
  const Json good = TagSpace(LabelSet{{"PER"}, {1}}, Scheme::kBio).ToJson();
  for (const char* key : {"types", "counts", "scheme", "tags"}) {
    Json bad = good;
    bad.erase(key);
    EXPECT_THROW((void)TagSpace::FromJson(bad, "clner.json"), Error) << key;
  }
  Json twice = good;
  twice["tags"].push_back("O");
  EXPECT_THROW((void)TagSpace::FromJson(twice, "clner.json"), Error);
  Json types = TagSpace(LabelSet{{"PER", "LOC"}, {1, 1}}, Scheme::kBio).ToJson();
  types["types"][1] = "PER";
  EXPECT_THROW((void)TagSpace::FromJson(types, "clner.json"), Error);
}

TEST(OptimizerGroups, FirstMatchingPatternDecidesAndZeroFreezes) {
  TrainOptions options;
  options.lr = 0.5;
  options.groups = {{"^crf\\.", 0.05, std::nullopt}, {"embeddings", 0.0, std::nullopt}};
  NamedTensors parameters = {{"bert.embeddings.w", at::ones({1}).requires_grad_(true)},
                             {"crf.start", at::ones({1}).requires_grad_(true)},
                             {"classifier.bias", at::ones({1}).requires_grad_(true)}};
  const ops::AdamW optimizer = MakeOptimizer(options, parameters);
  EXPECT_EQ(optimizer.groups()[0].names, std::vector<std::string>{"crf.start"});
  EXPECT_DOUBLE_EQ(optimizer.groups()[0].lr, 0.05);
  EXPECT_EQ(optimizer.groups()[2].names, std::vector<std::string>{"classifier.bias"});
  EXPECT_FALSE(parameters[0].second.requires_grad());
  options.groups[0].match = "transition";
  EXPECT_THROW((void)MakeOptimizer(options, parameters), Error);
  options.groups[0].match = "(";
  EXPECT_THROW((void)MakeOptimizer(options, parameters), Error);
}

TEST(TrainState, JsonKeepsEveryField) {
  TrainState state;
  state.epoch = 3;
  state.best_f1 = 0.1 + 0.2;
  state.history.push_back({{"epoch", 1}});
  const TrainState again = TrainState::FromJson(ParseJson(DumpJson(state.ToJson()), "s", ErrorCode::kCorrupt), "s");
  EXPECT_EQ(DumpJson(again.ToJson()), DumpJson(state.ToJson()));
  EXPECT_EQ(again.best_f1, state.best_f1);
  Json missing = state.ToJson();
  missing.erase("step");
  EXPECT_THROW((void)TrainState::FromJson(missing, "s"), Error);
}

}  // namespace
}  // namespace clner
