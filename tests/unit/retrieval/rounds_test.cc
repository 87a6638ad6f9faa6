// Retrieval in rounds: names that a model finds are looked for in the next one.
#include "retrieval/rounds.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "core/log.h"
#include "core/stop.h"
#include "retrieval/build_contexts.h"
#include "unit/core/support.h"
#include "unit/retrieval/fake_engine.h"

namespace clner {
namespace {

using test::FakeEngine;
using test::FaultAt;
using test::Get;
using test::HookGuard;
using test::InChild;
using test::Names;
using test::SentenceOf;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kSentences = 70;  // more than are asked for at once

/// "Name7" is in sentence 7; only its context tells the model so, and only titles tell the engine.
class Rounds : public ::testing::Test {
 protected:
  Rounds() { SetLogLevel(LogLevel::kQuiet); }
  ~Rounds() override {
    SetLogLevel(LogLevel::kInfo);
    ClearStop();
  }
  void SetUp() override {
    corpus.path = "corpus";
    for (int i = 0; i < kSentences; ++i) {
      const std::string number = std::to_string(i);
      Sentence& sentence = corpus.sentences.emplace_back(SentenceOf("we met Name" + number));
      sentence.labelled = true;
      sentence.spans = {{2, 3, "PER"}};
      engine.titles["Name" + number] = "NAME" + number + " is a person.";
      if (i % 2 == 0) engine.answers["we met Name" + number].candidates = {{number, "", "People met people.", 1.0}};
    }
    job.output = dir / "out.jsonl";
    job.rounds.rounds = 2;
    job.rounds.predict = [this](std::span<const Sentence> sentences) {
      std::vector<std::vector<Span>> found;
      for (const Sentence& sentence : sentences) {
        ++tagged;
        found.emplace_back();
        if (sentence.contexts.words() > 0) found.back().push_back({2, 3, "PER"});
      }
      return found;
    };
  }
  ContextsReport Run() {
    LeakFilter leaks(LeakRule::kExact);
    ContextRetriever retriever(engine, "fake", nullptr, leaks, {}, {});
    return BuildContexts(corpus, {}, retriever, job);
  }
  /// A run that ends by a kill at this write; true if it did.
  bool KilledAt(const std::string& op, int k) {
    return WIFSIGNALED(InChild([&] {
      const HookGuard guard(FaultAt(op.c_str(), k, kFaultKill));
      (void)Run();
    }));
  }

  TempDir dir;
  FakeEngine engine;
  Corpus corpus;
  ContextsJob job;
  int64_t tagged = 0;
};

TEST_F(Rounds, NamesThatTheModelFindsWithContextsAreLookedForInTheNextRound) {
  job.rounds.rounds = 3;
  const ContextsReport report = Run();
  ASSERT_EQ(report.rounds.size(), 3U);
  EXPECT_EQ(tagged, 2 * kSentences);
  EXPECT_EQ(engine.asked, 3 * kSentences);
  const RoundReport &first = report.rounds[0], &second = report.rounds[1], &third = report.rounds[2];
  EXPECT_EQ(first.round, 1);
  EXPECT_EQ(first.names, 0);
  EXPECT_EQ(first.changed, 0);
  EXPECT_EQ(first.texts, kSentences / 2);
  EXPECT_EQ(first.mentions, kSentences);
  EXPECT_EQ(first.mentions_found, 0);
  EXPECT_EQ(second.names, kSentences / 2);
  EXPECT_EQ(second.named_sentences, kSentences / 2);
  EXPECT_EQ(second.with_contexts, kSentences / 2);
  EXPECT_EQ(second.changed, kSentences / 2);
  EXPECT_EQ(second.mentions_found, kSentences / 2);
  EXPECT_EQ(third.changed, 0);
  EXPECT_EQ(third.mentions_found, kSentences / 2);
  EXPECT_EQ(report.counts.sentences, kSentences);
  EXPECT_EQ(report.counts.texts, kSentences);  // of the last round
  const ContextCache cache = ReadJsonlCache(job.output, {});
  EXPECT_EQ(cache.records[4].texts.at(0).text, "NAME4 is a person.");
  EXPECT_EQ(cache.records[4].texts.at(1).text, "People met people.");
  EXPECT_TRUE(cache.records[5].texts.empty());
  EXPECT_THAT(Names(dir.path()), ElementsAre("out.jsonl"));
  const Json json = ToJson(report);
  EXPECT_EQ(json.at("rounds").at(1).at("changed_sentences"), kSentences / 2);
  EXPECT_EQ(json.at("rounds").at(1).at("coverage"), 0.5);
}

TEST_F(Rounds, OneRoundAsksNoModel) {
  job.rounds.rounds = 1;
  const ContextsReport report = Run();
  EXPECT_TRUE(report.rounds.empty());
  EXPECT_FALSE(ToJson(report).contains("rounds"));
  EXPECT_EQ(tagged, 0);
  const std::string bytes = Get(job.output);
  job.output = dir / "plain.jsonl";
  job.rounds = {};
  (void)Run();
  EXPECT_EQ(Get(job.output), bytes);
}

TEST_F(Rounds, WithoutGoldTagsThereIsNoCoverage) {
  for (Sentence& sentence : corpus.sentences) sentence.spans.clear();
  EXPECT_TRUE(ToJson(Run()).at("rounds").at(0).at("coverage").is_null());
}

TEST_F(Rounds, ADryRunTriesEveryRoundAndWritesNothing) {
  job.dry_run = true;
  const ContextsReport report = Run();
  EXPECT_EQ(report.rounds.at(1).changed, kSentences / 2);
  EXPECT_EQ(report.counts.texts, kSentences);
  EXPECT_THAT(Names(dir.path()), ElementsAre());
}

// Rows 44 and 46.
TEST_F(Rounds, KilledInAnyRoundGoesOnToTheSameBytes) {
  (void)Run();
  const std::string expected = Get(job.output);
  int kills = 0, in_second = 0;
  for (const char* op : {"write", "rename"}) {
    for (int k = 1;; ++k) {
      SCOPED_TRACE(std::string(op) + " " + std::to_string(k));
      for (const std::string& name : Names(dir.path())) std::filesystem::remove_all(dir / name);
      if (!KilledAt(op, k)) break;
      ++kills;
      const bool begun = std::filesystem::exists(dir / ".out.jsonl.building");
      in_second += std::filesystem::exists(dir / ".out.jsonl.building/round-2") ? 1 : 0;
      job.overwrite = !begun && std::filesystem::exists(job.output);
      (void)Run();
      job.overwrite = false;
      EXPECT_EQ(Get(job.output), expected);
      EXPECT_FALSE(std::filesystem::exists(dir / ".out.jsonl.building"));
    }
  }
  EXPECT_GT(kills, 12);
  EXPECT_GT(in_second, 5);
}

TEST_F(Rounds, AStopWhileTaggingKeepsTheFirstRound) {
  const auto predict = job.rounds.predict;
  job.rounds.predict = [&](std::span<const Sentence> sentences) {
    RequestStop("SIGTERM");
    return predict(sentences);
  };
  EXPECT_ERROR(Run(), ErrorCode::kInterrupted, "stopped by SIGTERM");
  ClearStop();
  job.rounds.predict = predict;
  engine.asked = 0;
  const ContextsReport report = Run();
  EXPECT_EQ(report.rounds.at(0).resumed, kSentences);
  EXPECT_EQ(report.rounds.at(1).resumed, 0);
  EXPECT_EQ(engine.asked, kSentences);
}

// Row 61.
TEST_F(Rounds, AnotherModelBeginsItsRoundAnew) {
  ASSERT_TRUE(KilledAt("write", 10));
  ASSERT_TRUE(std::filesystem::exists(dir / ".out.jsonl.building/round-2/records"));
  job.rounds.predict = [](std::span<const Sentence> sentences) {
    return std::vector<std::vector<Span>>(sentences.size());
  };
  const ContextsReport report = Run();
  EXPECT_EQ(report.rounds.at(0).resumed, kSentences);
  EXPECT_EQ(report.rounds.at(1).resumed, 0);
  EXPECT_EQ(report.rounds.at(1).changed, 0);
}

TEST(AddNames, TakesEveryMentionOnce) {
  const Sentence sentence = SentenceOf("New York and Rome and New York");
  std::vector<std::string> names;
  AddNames(sentence.words, std::vector<Span>{{0, 2, "LOC"}, {3, 4, "LOC"}, {5, 7, "LOC"}}, &names);
  EXPECT_THAT(names, ElementsAre("New York", "Rome"));
}

}  // namespace
}  // namespace clner
