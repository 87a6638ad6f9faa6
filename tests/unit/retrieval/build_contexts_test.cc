// Whole retrievals: outputs, resume, faults.
#include "retrieval/build_contexts.h"

#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <vector>

#include "core/files.h"
#include "core/log.h"
#include "core/stop.h"
#include "data/contexts.h"
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
using test::Put;
using test::SentenceOf;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ContextsRun : public ::testing::Test {
 protected:
  ContextsRun() { SetLogLevel(LogLevel::kQuiet); }
  ~ContextsRun() override {
    SetLogLevel(LogLevel::kInfo);
    ClearStop();
  }
  void SetUp() override {
    corpus.path = "corpus";
    for (int i = 0; i < 300; ++i) {
      const std::string text = "sentence number " + std::to_string(i % 290);
      corpus.sentences.push_back(SentenceOf(text));
      engine.answers[text].candidates = {{std::to_string(i % 290), "T", "text of " + std::to_string(i % 290), 1.5},
                                         {"0", "", "a text of all", 0.1}};
    }
    job.output = dir / "out.jsonl";
  }
  ContextsReport Run() {
    LeakFilter leaks(LeakRule::kExact);
    ContextRetriever retriever(engine, "fake", nullptr, leaks, {}, options);
    return BuildContexts(corpus, {}, retriever, job);
  }

  TempDir dir;
  FakeEngine engine;
  Corpus corpus;
  RetrievalOptions options;
  ContextsJob job;
};

TEST_F(ContextsRun, WritesARecordForEveryDifferentSentence) {
  const ContextsReport report = Run();
  EXPECT_EQ(report.sentences, 300);
  EXPECT_EQ(report.distinct, 290);
  EXPECT_EQ(report.resumed, 0);
  EXPECT_EQ(report.counts.sentences, 290);
  EXPECT_EQ(report.counts.texts, 580);
  EXPECT_THAT(Names(dir.path()), ElementsAre("out.jsonl"));
  const ContextCache cache = ReadJsonlCache(job.output, {});
  ASSERT_EQ(cache.records.size(), 290U);
  EXPECT_EQ(cache.records[7].id, 7);
  EXPECT_EQ(cache.records[7].query, "sentence number 7");
  EXPECT_EQ(cache.records[7].texts[0].text, "text of 7");
  EXPECT_EQ(cache.records[7].texts[0].score, 1.5);
  EXPECT_THAT(Get(job.output),
              HasSubstr("{\"id\":0,\"words\":[\"sentence\",\"number\",\"0\"],\"query\":\"sentence number "
                        "0\",\"contexts\":[{\"text\":\"text of 0\",\"title\":\"T\",\"doc_id\":\"0\","
                        "\"source\":\"fake\",\"score\":1.5}"));
}

TEST_F(ContextsRun, TheTableAndTheColumnFileHoldTheSame) {
  job.format = ContextsFormat::kTsv;
  job.output = dir / "out.tsv";
  (void)Run();
  const ContextCache table = ReadTsvCache(job.output, {});
  EXPECT_EQ(table.records.size(), 290U);
  EXPECT_EQ(table.Find(corpus.sentences[3].words)->texts[0].text, "text of 3");
  job.format = ContextsFormat::kColumns;
  job.layout.flat_contexts = true;
  job.output = dir / "out.conll";
  corpus.sentences[0].labelled = true;
  corpus.sentences[0].spans = {{0, 1, "PER"}};
  (void)Run();
  EXPECT_THAT(Get(job.output),
              HasSubstr("sentence\tB-PER\nnumber\tO\n0\tO\n<EOS> B-X\ntext B-X\nof B-X\n0 B-X\na B-X\ntext B-X\n"));
}

TEST_F(ContextsRun, RefusesAnOutputThatIsThere) {
  Put(job.output, "mine");
  EXPECT_ERROR(Run(), ErrorCode::kOutput, "is there already");
  EXPECT_EQ(Get(job.output), "mine");
  EXPECT_EQ(engine.asked, 0);
  job.overwrite = true;
  (void)Run();
  EXPECT_NE(Get(job.output), "mine");
  job.output = dir.path();
  EXPECT_ERROR(Run(), ErrorCode::kOutput, "is no file");
  job.output = dir / "no/out.jsonl";
  EXPECT_ERROR(Run(), ErrorCode::kOutput, "no");
}

TEST_F(ContextsRun, ADryRunWritesNothing) {
  job.dry_run = true;
  const ContextsReport report = Run();
  EXPECT_EQ(report.counts.sentences, 256);
  EXPECT_EQ(report.distinct, 290);
  EXPECT_THAT(Names(dir.path()), ElementsAre());
}

// Rows 44 and 46.
TEST_F(ContextsRun, KilledAnywhereGoesOnToTheSameBytes) {
  (void)Run();
  const std::string expected = Get(job.output);
  int kills = 0;
  for (const char* op : {"open", "write", "fsync", "rename", "close", "unlink", "sync_directory"}) {
    for (int k = 1;; ++k) {
      SCOPED_TRACE(std::string(op) + " " + std::to_string(k));
      for (const std::string& name : Names(dir.path())) std::filesystem::remove_all(dir / name);
      const int status = InChild([&] {
        const HookGuard guard(FaultAt(op, k, kFaultKill));
        (void)Run();
      });
      if (WIFEXITED(status)) break;
      ++kills;
      const bool published = std::filesystem::exists(job.output);
      if (published) {
        EXPECT_EQ(Get(job.output), expected);
      }
      job.overwrite = published && !std::filesystem::exists(dir / ".out.jsonl.building");  // all is done
      (void)Run();
      EXPECT_EQ(Get(job.output), expected);
      job.overwrite = false;
      EXPECT_FALSE(std::filesystem::exists(dir / ".out.jsonl.building"));
    }
  }
  EXPECT_GT(kills, 20);
}

TEST_F(ContextsRun, OnlyTheSameWorkGoesOnBehindItsOutput) {
  const auto publish_only = [&] {
    EXPECT_TRUE(WIFSIGNALED(InChild([&] {
      const HookGuard guard(FaultAt("rename", 5, kFaultKill));  // header, output, note, publication, removal
      (void)Run();
    })));
    ASSERT_TRUE(std::filesystem::exists(job.output));
    ASSERT_TRUE(std::filesystem::exists(dir / ".out.jsonl.building/published"));
  };
  publish_only();
  const std::string expected = Get(job.output);
  options.top = 1;
  EXPECT_ERROR(Run(), ErrorCode::kOutput, "is there already");
  EXPECT_EQ(Get(job.output), expected);
  options.top = 6;
  Put(job.output, expected + "mine");
  EXPECT_ERROR(Run(), ErrorCode::kOutput, "is there already");
  EXPECT_EQ(Get(job.output), expected + "mine");
  Put(job.output, expected);
  EXPECT_NO_THROW(CheckContextsOutput(job));
  EXPECT_EQ(Run().resumed, 290);
  EXPECT_EQ(Get(job.output), expected);
  EXPECT_THAT(Names(dir.path()), ElementsAre("out.jsonl"));
  EXPECT_ERROR(Run(), ErrorCode::kOutput, "is there already");
}

TEST_F(ContextsRun, StopsOnRequestAndGoesOn) {
  RequestStop("SIGTERM");
  EXPECT_ERROR(Run(), ErrorCode::kInterrupted, "stopped by SIGTERM after 0 of 290 sentences");
  ClearStop();
  const int status = InChild([&] {
    const HookGuard guard(FaultAt("write", 5, kFaultKill));
    (void)Run();
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  const ContextsReport report = Run();
  EXPECT_EQ(report.resumed, 192);
  EXPECT_EQ(report.counts.sentences, 290);
  EXPECT_EQ(report.counts.texts, 580);
  EXPECT_EQ(engine.asked, 290 - 192);
}

// Row 61.
TEST_F(ContextsRun, AnotherRetrievalBeginsAnewAndDamageIsRepaired) {
  const auto interrupt = [&] {
    EXPECT_TRUE(WIFSIGNALED(InChild([&] {
      const HookGuard guard(FaultAt("write", 5, kFaultKill));
      (void)Run();
    })));
  };
  const std::filesystem::path records = dir / ".out.jsonl.building/records";
  interrupt();
  engine.name = "another index";
  EXPECT_EQ(Run().resumed, 0);
  std::filesystem::remove(job.output);
  interrupt();
  options.top = 1;
  EXPECT_EQ(Run().resumed, 0);
  const std::string expected = Get(job.output);
  std::filesystem::remove(job.output);
  interrupt();
  std::string text = Get(records);
  text[text.size() / 2] ^= 1;
  text.resize(text.size() - 20);
  Put(records, text);
  EXPECT_EQ(Run().resumed, 126);
  EXPECT_EQ(Get(job.output), expected);
  std::filesystem::remove(job.output);
  interrupt();
  Put(records, "");
  EXPECT_EQ(Run().resumed, 0);
  EXPECT_EQ(Get(job.output), expected);
}

TEST_F(ContextsRun, PartialAnswersAreAskedForAgain) {
  engine.answers["sentence number 3"].partial = true;
  EXPECT_TRUE(WIFSIGNALED(InChild([&] {
    const HookGuard guard(FaultAt("write", 5, kFaultKill));
    (void)Run();
  })));
  engine.answers["sentence number 3"].partial = false;
  const ContextsReport report = Run();
  EXPECT_EQ(report.resumed, 127);
  EXPECT_EQ(report.counts.partial, 0);
}

// Row 61.
TEST_F(ContextsRun, TwoWritersAtOnceAreRefused) {
  CreateDirectories(dir / ".out.jsonl.building");
  const FileLock lock(dir / ".out.jsonl.building/lock");
  EXPECT_ERROR(Run(), ErrorCode::kOutput, "lock");
}

TEST_F(ContextsRun, AFullDiskKeepsWhatIsDone) {
  {
    const HookGuard guard(FaultAt("write", 5, ENOSPC));
    EXPECT_ERROR(Run(), ErrorCode::kIo, "No space left");
  }
  EXPECT_FALSE(std::filesystem::exists(job.output));
  EXPECT_EQ(Run().resumed, 128);
}

}  // namespace
}  // namespace clner
