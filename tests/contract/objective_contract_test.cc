// What every objective must do on two views of a toy set: learn, stop and resume, score and predict both views alike.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "clner/clner.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "core/sha256.h"
#include "data/corpus.h"
#include "support/context_corpus.h"
#include "support/tiny_model.h"

namespace clner {
namespace {

class ObjectiveContract : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kQuiet);
    at::set_num_threads(1);
    test::WriteTinyEncoder(dir_ / "encoder");
    for (const auto& [name, count, seed] :
         {std::tuple("train", 60, 1), std::tuple("dev", 30, 2), std::tuple("more", 40, 3)}) {
      const std::string text = test::ToyCorpus(count, static_cast<uint64_t>(seed));
      test::WriteText(dir_ / (std::string(name) + ".conll"), text);
      test::WriteText(dir_ / (std::string(name) + ".context.conll"), test::WithToyContexts(text));
    }
    test::WriteText(dir_ / "config.yaml", R"(format: 1
name: toy
threads: 1
data:
  train: {sentences: train.conll, contexts: train.context.conll}
  dev: {sentences: dev.conll, contexts: dev.context.conll}
  test: {sentences: dev.conll, contexts: dev.context.conll}
  token_cache: off
model:
  encoder: {path: encoder, max_pieces: 64, window_overlap: 16}
objective: )" + std::string(GetParam()) + R"(
train:
  epochs: 3
  batch_sentences: 4
  accumulate: 2
  lr: 3e-3
  save_every: 3
  groups: [{match: '^crf\.', lr: 0.05}]
logging: {trace: true}
)");
  }
  [[nodiscard]] TrainJob Job(const std::string& out) const {
    TrainJob job;
    job.config = (dir_ / "config.yaml").string();
    job.output_dir = (dir_ / out).string();
    if (unlabelled()) job.set = {"data.unlabelled.sentences=" + (dir_ / "more.context.conll").string()};
    return job;
  }
  [[nodiscard]] bool unlabelled() const { return std::string(GetParam()).find("unlabelled") != std::string::npos; }
  [[nodiscard]] std::string BestHash(const std::string& out) const {
    return Sha256OfFile(dir_ / out / "best/model.safetensors");
  }
  test::TempDir dir_;
};

TEST_P(ObjectiveContract, StoppedAndResumedGivesTheSameBytes) {
  (void)Train(Job("straight"));
  for (const int64_t stop_after : {1, 7}) {
    const std::string out = "stop-" + std::to_string(stop_after);
    TrainCallbacks callbacks;
    int64_t steps = 0;
    callbacks.on_step = [&](int64_t step, double) { steps = step; };
    callbacks.should_stop = [&] { return steps >= stop_after; };
    EXPECT_THROW((void)Train(Job(out), callbacks), Error);
    TrainJob again = Job(out);
    again.resume = true;
    (void)Train(again);
    EXPECT_EQ(BestHash(out), BestHash("straight")) << stop_after;
    EXPECT_EQ(ReadFile(dir_ / out / "trace.jsonl"), ReadFile(dir_ / "straight/trace.jsonl")) << stop_after;
  }
}

// Contexts of files of their own, and such that stand behind their sentences.
TEST_P(ObjectiveContract, TheTokenCacheChangesNoByte) {
  const auto train = [&](const std::string& out, bool one_file, const std::string& cache) {
    TrainJob job = Job(out);
    job.set.insert(job.set.end(), {"train.epochs=1", "data.token_cache=" + cache});
    for (const auto& [split, name] : {std::pair("train", "train"), std::pair("dev", "dev"), std::pair("test", "dev")}) {
      if (!one_file) continue;
      const std::string key = "data." + std::string(split);
      job.set.push_back(key + ".sentences=" + (dir_ / (std::string(name) + ".context.conll")).string());
      job.set.push_back(key + ".contexts=");
    }
    (void)Train(job);
    return BestHash(out) + ReadFile(dir_ / out / "trace.jsonl") + ReadFile(dir_ / out / "dev.context.pred.conll");
  };
  const auto kept_files = [&] {
    std::map<std::string, ino_t> files;  // a file that is written anew has another inode
    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "cache")) {
      struct stat info = {};
      if (entry.path().extension() == ".tokens" && stat(entry.path().c_str(), &info) == 0)
        files[entry.path().filename()] = info.st_ino;
    }
    return files;
  };
  const std::string cache = (dir_ / "cache").string();
  const std::string two_files = train("two-off", false, "off");
  EXPECT_EQ(train("two-cold", false, cache), two_files);
  const std::map<std::string, ino_t> kept = kept_files();
  EXPECT_EQ(kept.size(), unlabelled() ? 5U : 4U);
  EXPECT_EQ(train("two-warm", false, cache), two_files);
  EXPECT_EQ(train("one-warm", true, cache), train("one-off", true, "off"));
  EXPECT_EQ(kept_files(), kept);
}

TEST_P(ObjectiveContract, BothViewsAreScoredAndThePredictorReadsThemAlike) {
  const Json report = ParseJson(Train(Job("run")), "report", ErrorCode::kInternal);
  const bool by_context = std::string(GetParam()).find("view: context") != std::string::npos;
  EXPECT_EQ(report["test"], report["views"][by_context ? "context" : "original"]["test"]);
  const Tagger tagger = Tagger::Load((dir_ / "run/best").string(), {.threads = 1});
  const Corpus shown = ReadCorpus((dir_ / "dev.context.conll").string(), {});
  for (const bool context : {false, true}) {
    const Corpus written =
        ReadCorpus((dir_ / (context ? "run/dev.context.pred.conll" : "run/dev.pred.conll")).string(), {});
    ASSERT_EQ(written.sentences.size(), shown.sentences.size());
    for (size_t i = 0; i < shown.sentences.size(); ++i) {
      TagInput input{shown.sentences[i].words};
      std::string text;
      for (size_t w = 0; w < shown.sentences[i].contexts.words(); ++w)
        text += (w == 0 ? "" : " ") + std::string(shown.sentences[i].contexts.word(w));
      if (context && !text.empty()) input.contexts = {text};
      EXPECT_EQ(tagger.Tag(input).tags,
                SpansToTags(written.sentences[i].spans, static_cast<int64_t>(input.words.size()), Scheme::kBio));
    }
  }
}

TEST_P(ObjectiveContract, LearnsTheToySet) {
  const std::string text = test::ToyCorpus(300, 1);
  test::WriteText(dir_ / "train.conll", text);
  test::WriteText(dir_ / "train.context.conll", test::WithToyContexts(text));
  TrainJob job = Job("run");
  job.set.insert(job.set.end(), {"train.epochs=10", "train.accumulate=1", "train.lr=2e-3"});
  const Json report = ParseJson(Train(job), "report", ErrorCode::kInternal);
  const bool trained_alone = std::string(GetParam()).find("view") == std::string::npos;
  EXPECT_GT(report["views"][trained_alone ? "original" : "context"]["dev"]["micro"]["f1"].get<double>(), 0.85)
      << DumpJson(report["epochs"], 1);
}

class ContextSourceContract : public ObjectiveContract {};

TEST_P(ContextSourceContract, StoppedAndResumedGivesTheSameBytes) {
  std::set<std::string> models;
  for (const std::string source : {"file", "document", "random_contexts", "random_sentences"}) {
    SCOPED_TRACE(source);
    TrainJob job = Job(source);
    job.set.push_back("data.contexts.source=" + source);
    if (source == "document" || source == "random_sentences") {
      for (const std::string split : {"train", "dev", "test"}) job.set.push_back("data." + split + ".contexts=");
    }
    const Json report = ParseJson(Train(job), "report", ErrorCode::kInternal);
    EXPECT_EQ(report["test"], report["views"]["context"]["test"]);
    EXPECT_TRUE(models.insert(BestHash(source)).second) << "trained on the contexts of another source";
    job.output_dir = (dir_ / (source + "-stopped")).string();
    TrainCallbacks callbacks;
    int64_t steps = 0;
    callbacks.on_step = [&](int64_t step, double) { steps = step; };
    callbacks.should_stop = [&] { return steps >= 7; };
    EXPECT_THROW((void)Train(job, callbacks), Error);
    job.resume = true;
    (void)Train(job);
    EXPECT_EQ(BestHash(source + "-stopped"), BestHash(source));
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, ContextSourceContract, ::testing::Values("{type: nll, view: context}"));

INSTANTIATE_TEST_SUITE_P(
    Objectives, ObjectiveContract,
    ::testing::Values("{type: nll}", "{type: nll, view: context}", "{type: cooperative, cl: none}",
                      "{type: cooperative, cl: kl}", "{type: cooperative, cl: l2}",
                      "{type: cooperative, cl: both, direction: symmetric, temperature: 2}",
                      "{type: cooperative, mode: paper, cl: kl}",
                      "{type: cooperative, mode: paper, cl: l2, weights: {cl: 0.01}}",
                      "{type: cooperative, cl: kl, weights: {unlabelled: 0.5}}",
                      "{type: cooperative, mode: paper, cl: both, weights: {cl: 0.01, unlabelled: 0.01}}"));

}  // namespace
}  // namespace clner
