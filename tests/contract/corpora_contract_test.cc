// What training on several corpora must do: the same as on one where they are one, score each, stop and resume exactly;
// and that batches prepared in the background change no byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "clner/clner.h"
#include "config/resolve.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "core/sha256.h"
#include "support/context_corpus.h"
#include "support/tiny_model.h"
#include "train/run.h"

namespace clner {
namespace {

using ::testing::HasSubstr;

/// "name" has PER and LOC; "other" has fewer sentences, its columns the other way round and LOC called GPE.
class CorporaContract : public ::testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kQuiet);
    at::set_num_threads(1);
    test::WriteTinyEncoder(dir_ / "encoder");
    for (const auto& [name, count, seed] :
         {std::tuple("train", 40, 1), std::tuple("dev", 20, 2), std::tuple("other", 13, 3), std::tuple("odev", 9, 4)}) {
      const std::string text = test::ToyCorpus(count, static_cast<uint64_t>(seed));
      test::WriteText(dir_ / (std::string(name) + ".conll"), text);
      test::WriteText(dir_ / (std::string(name) + ".context.conll"), test::WithToyContexts(text));
      test::WriteText(dir_ / (std::string(name) + ".turned.conll"), Turned(text));
    }
  }
  /// Tag before word, and B-GPE for B-LOC.
  static std::string Turned(const std::string& text) {
    std::istringstream lines(text);
    std::string out;
    for (std::string line; std::getline(lines, line);) {
      const size_t tab = line.find('\t');
      if (tab == std::string::npos) {
        out += "\n";
        continue;
      }
      const std::string tag = line.substr(tab + 1);
      out += (tag == "B-LOC" ? "B-GPE" : tag) + "\t" + line.substr(0, tab) + "\n";
    }
    return out;
  }
  [[nodiscard]] TrainJob Job(const std::string& out, const std::string& data, std::vector<std::string> set = {}) {
    test::WriteText(dir_ / (out + ".yaml"), R"(format: 1
name: toy
threads: 1
data:
)" + data + R"(
  token_cache: off
model:
  encoder: {path: encoder, max_pieces: 64, window_overlap: 16}
train:
  epochs: 3
  batch_sentences: 4
  accumulate: 2
  lr: 3e-3
  save_every: 3
  groups: [{match: '^crf\.', lr: 0.05}]
logging: {trace: true, every_steps: 2}
)");
    TrainJob job;
    job.config = (dir_ / (out + ".yaml")).string();
    job.output_dir = (dir_ / out).string();
    job.set = std::move(set);
    return job;
  }
  [[nodiscard]] std::string Bytes(const std::string& out) const {
    return Sha256OfFile(dir_ / out / "best/model.safetensors") + ReadFile(dir_ / out / "trace.jsonl");
  }
  [[nodiscard]] static Json TrainJson(const TrainJob& job) {
    return ParseJson(Train(job), "report", ErrorCode::kInternal);
  }
  const std::string kJoint = R"(  corpora:
    name: {train: {sentences: train.conll}, dev: {sentences: dev.conll}, test: {sentences: dev.conll}}
    other: {train: {sentences: other.turned.conll}, dev: {sentences: odev.turned.conll}, columns: {text: 1, ner: 0},
            label_map: {GPE: PLACE}}
)";
  test::TempDir dir_;
};

TEST_F(CorporaContract, OneCorpusIsTheSameAsNone) {
  (void)Train(Job("plain", "  train: {sentences: train.conll}\n  dev: {sentences: dev.conll}\n"));
  (void)Train(Job("joint", "  corpora: {one: {train: {sentences: train.conll}, dev: {sentences: dev.conll}}}\n"));
  EXPECT_EQ(Bytes("joint"), Bytes("plain"));
  EXPECT_EQ(ReadFile(dir_ / "joint/one.dev.pred.conll"), ReadFile(dir_ / "plain/dev.pred.conll"));
}

TEST_F(CorporaContract, SeveralAreTheSameAsTheirFilesOneBehindTheOther) {
  test::WriteText(dir_ / "both.conll", ReadFile(dir_ / "train.conll") + ReadFile(dir_ / "other.conll"));
  (void)Train(Job("plain", "  train: {sentences: both.conll}\n"));
  (void)Train(Job("joint", R"(  corpora:
    name: {train: {sentences: train.conll}}
    other: {train: {sentences: other.turned.conll}, columns: {text: 1, ner: 0}, label_map: {GPE: LOC}}
)"));
  EXPECT_EQ(Bytes("joint"), Bytes("plain"));
  // And with a repeated corpus, as with a file that holds it twice.
  test::WriteText(dir_ / "both.conll", ReadFile(dir_ / "both.conll") + ReadFile(dir_ / "other.conll"));
  (void)Train(Job("twice", "  train: {sentences: both.conll}\n"));
  (void)Train(Job("factor", R"(  upsample: factor
  corpora:
    name: {train: {sentences: train.conll}}
    other: {train: {sentences: other.conll}, factor: 2}
)"));
  EXPECT_EQ(Bytes("factor"), Bytes("twice"));
}

TEST_F(CorporaContract, ACorpusOfAnotherDomainIsOnlyTestedOnInBothViews) {
  const std::string data = R"(  corpora:
    name: {train: {sentences: train.conll, contexts: train.context.conll}, dev: {sentences: dev.conll}}
    far: {test: {sentences: other.conll, contexts: other.context.conll}}
)";
  const Json report = TrainJson(Job("run", data, {"objective={type: cooperative, cl: kl}", "train.epochs=1"}));
  const Json& far = report["corpora"]["far"];
  EXPECT_FALSE(far.contains("dev"));
  EXPECT_EQ(far["test"]["sentences"], 13);
  for (const char* view : {"original", "context"})
    EXPECT_GT(far["views"][view]["test"]["micro"]["gold"].get<int64_t>(), 0) << view;
  const Json run = ParseJson(ReadFile(dir_ / "run/run.json"), "run.json", ErrorCode::kInternal);
  EXPECT_EQ(run["corpora"]["far"].value("train_sentences", 0), 0);
  for (const char* file : {"far.test.pred.conll", "far.test.context.pred.conll"})
    EXPECT_TRUE(std::filesystem::exists(dir_ / "run" / file)) << file;
}

TEST_F(CorporaContract, OtherTypesOfATestedCorpusAreNamedAndCanBeRenamed) {
  const std::string data = R"(  corpora:
    name: {train: {sentences: train.conll}}
    far: {test: {sentences: other.turned.conll}, columns: {text: 1, ner: 0}, label_map: {}}
)";
  const auto warnings_of = [&](const std::string& out, const std::string& text) {
    const WarningRecorder recorder;
    (void)Train(Job(out, text, {"train.epochs=1"}));
    std::string all;
    for (const LoggedWarning& warning : recorder.warnings()) all += warning.message + " / " + warning.fix + "\n";
    return all;
  };
  const std::string named = warnings_of("other", data);
  EXPECT_THAT(named, HasSubstr("type 'GPE'"));
  EXPECT_THAT(named, HasSubstr("rename it: data.corpora.far.label_map, as in {GPE: "));
  std::string mapped = data;
  mapped.replace(mapped.find("label_map: {}"), 13, "label_map: {GPE: LOC}");
  EXPECT_EQ(warnings_of("mapped", mapped), "");
}

TEST_F(CorporaContract, EveryCorpusIsScoredAndTheModelKnowsAllTypes) {
  TrainJob job = Job("run", kJoint, {"train.epochs=6"});
  const Json report = TrainJson(job);
  const Json &name = report["corpora"]["name"], &other = report["corpora"]["other"];
  EXPECT_EQ(name["dev"]["sentences"], 20);
  EXPECT_EQ(other["dev"]["sentences"], 9);
  EXPECT_TRUE(name.contains("test"));
  EXPECT_FALSE(other.contains("test"));
  for (const char* count : {"gold", "predicted", "correct"}) {
    EXPECT_EQ(report["dev"]["micro"][count].get<int64_t>(),
              name["dev"]["micro"][count].get<int64_t>() + other["dev"]["micro"][count].get<int64_t>());
  }
  const double mean = (name["dev"]["micro"]["f1"].get<double>() + other["dev"]["micro"]["f1"].get<double>()) / 2;
  EXPECT_DOUBLE_EQ(report["dev"]["corpora_mean"]["f1"].get<double>(), mean);
  EXPECT_EQ(report["test"]["micro"], name["test"]["micro"]);
  // The epoch that was kept is one with the best mean.
  double best = -1;
  for (const Json& epoch : report["epochs"]) {
    const Json& dev = epoch["dev_corpora"];
    EXPECT_DOUBLE_EQ(epoch["dev"]["f1"].get<double>(),
                     (dev["name"]["original"]["f1"].get<double>() + dev["other"]["original"]["f1"].get<double>()) / 2);
    best = std::max(best, epoch["dev"]["f1"].get<double>());
  }
  EXPECT_DOUBLE_EQ(mean, best);
  EXPECT_THAT(ReadFile(dir_ / "run/report.html"), HasSubstr("other dev F1"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "run/other.dev.pred.conll"));
  const Json run = ParseJson(ReadFile(dir_ / "run/run.json"), "run.json", ErrorCode::kInternal);
  EXPECT_EQ(run["corpora"]["other"], Json({{"train_sentences", 13}, {"epoch_sentences", 13}, {"dev_sentences", 9}}));
  EXPECT_TRUE(run["sha256"].contains("data.corpora.other.dev.sentences"));
  const Tagger tagger = Tagger::Load((dir_ / "run/best").string(), {.threads = 1});
  EXPECT_THAT(tagger.EntityTypes(), ::testing::UnorderedElementsAre("PER", "LOC", "PLACE"));
}

TEST_F(CorporaContract, WhatChoosesTheEpochCanBeSaid) {
  for (const std::string over : {"micro", "other"}) {
    const Json report = TrainJson(Job(over, kJoint, {"train.select_over=" + over}));
    double best = -1;
    for (const Json& epoch : report["epochs"]) {
      if (over == "other") {
        EXPECT_EQ(epoch["dev"]["f1"], epoch["dev_corpora"]["other"]["original"]["f1"]);
      }
      best = std::max(best, epoch["dev"]["f1"].get<double>());
    }
    const Json& kept = over == "micro" ? report["dev"] : report["corpora"]["other"]["dev"];
    EXPECT_DOUBLE_EQ(kept["micro"]["f1"].get<double>(), best) << over;
  }
}

TEST_F(CorporaContract, StoppedAndResumedGivesTheSameBytes) {
  const std::string contexts = R"(  corpora:
    name: {train: {sentences: train.conll, contexts: train.context.conll},
           dev: {sentences: dev.conll, contexts: dev.context.conll}, factor: 1.3}
    other: {train: {sentences: other.conll}, dev: {sentences: odev.conll}}
)";
  for (const std::string upsample : {"none", "equal", "smoothed", "factor"}) {
    SCOPED_TRACE(upsample);
    std::vector<std::string> set = {
        "data.upsample=" + upsample,
        "objective={type: cooperative, mode: " + std::string(upsample == "equal" ? "paper" : "code") + ", cl: kl}"};
    if (upsample != "factor") set.push_back("data.corpora.name.factor=1");
    (void)Train(Job(upsample, contexts, set));
    for (const int64_t stop_after : {1, 7}) {
      const std::string out = upsample + "-" + std::to_string(stop_after);
      TrainJob job = Job(out, contexts, set);
      TrainCallbacks callbacks;
      int64_t steps = 0;
      callbacks.on_step = [&](int64_t step, double) { steps = step; };
      callbacks.should_stop = [&] { return steps >= stop_after; };
      EXPECT_THROW((void)Train(job, callbacks), Error);
      job.resume = true;
      (void)Train(job);
      EXPECT_EQ(Bytes(out), Bytes(upsample)) << stop_after;
    }
  }
}

TEST_F(CorporaContract, AChangedFileIsNamedWithItsCorpusOnResume) {
  TrainJob job = Job("run", kJoint);
  (void)Train(job);
  test::WriteText(dir_ / "odev.turned.conll", ReadFile(dir_ / "odev.turned.conll") + "O\tmet\n\n");
  job.resume = true;
  try {
    (void)Train(job);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfig);
    EXPECT_THAT(error.what(), HasSubstr("the content of 'data.corpora.other.dev.sentences' changed"));
  }
}

TEST_F(CorporaContract, SelectionByContextsNeedsThemInSomeDevData) {
  TrainJob job = Job("run", kJoint, {"train.select_by=context"});
  try {
    (void)Train(job);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_THAT(error.what(), HasSubstr("train.select_by: context needs contexts, and no dev sentence has one"));
    EXPECT_THAT(error.what(), HasSubstr("dev.contexts of a corpus"));
  }
}

TEST_F(CorporaContract, SeedsAreSummedUpForEveryCorpus) {
  TrainJob job = Job("seeds", kJoint, {"train.epochs=1"});
  job.seeds = {1, 2};
  const Json summary = TrainJson(job);
  EXPECT_EQ(summary["corpora"]["other"]["dev"]["f1_values"].size(), 2U);
  EXPECT_FALSE(summary["corpora"]["other"].contains("test"));
}

TEST_F(CorporaContract, BatchesPreparedInTheBackgroundChangeNoByte) {
  const std::string data = R"(  train: {sentences: train.conll, contexts: train.context.conll}
  dev: {sentences: dev.conll, contexts: dev.context.conll}
)";
  std::string expected;
  for (const auto& [depth, threads] : {std::pair<size_t, size_t>{0, 0}, {1, 1}, {8, 1}, {4, 3}}) {
    const std::string out = "depth" + std::to_string(depth);
    const TrainJob job = Job(out, data, {"objective={type: cooperative, cl: kl}"});
    TrainRequest request;
    request.config = ResolveConfig(job.config, job.set).config;
    request.out = job.output_dir;
    request.read_ahead = {depth, threads};
    const Json report = TrainRun(request);
    EXPECT_GE(report["train"]["data_wait_share"].get<double>(), 0);
    EXPECT_LE(report["train"]["data_wait_share"].get<double>(), 1);
    const std::string bytes = Bytes(out) + ReadFile(dir_ / out / "dev.context.pred.conll");
    if (depth == 0) expected = bytes;
    EXPECT_EQ(bytes, expected) << depth;
  }
  // Every record of metrics.jsonl that tells the speed tells the share, too.
  std::istringstream lines(ReadFile(dir_ / "depth8/metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) EXPECT_THAT(line, HasSubstr("\"data_wait_share\":"));
}

}  // namespace
}  // namespace clner
