// What every model family must do: train on a toy set, save, load, predict the same; stop and resume equal a straight
// run.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>

#include "clner/clner.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "core/sha256.h"
#include "data/corpus.h"
#include "support/tiny_model.h"

namespace clner {
namespace {

class TaggerContract : public ::testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kQuiet);
    at::set_num_threads(1);
    test::WriteTinyEncoder(dir_ / "encoder");
    test::WriteText(dir_ / "train.conll", test::ToyCorpus(60, 1));
    test::WriteText(dir_ / "dev.conll", test::ToyCorpus(30, 2));
    test::WriteText(dir_ / "config.yaml", R"(format: 1
name: toy
threads: 1
data:
  train: {sentences: train.conll}
  dev: {sentences: dev.conll}
  test: {sentences: dev.conll}
  token_cache: off
model:
  encoder: {path: encoder, max_pieces: 64, window_overlap: 16}
train:
  epochs: 6
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
    return job;
  }
  // Long enough to learn the set.
  [[nodiscard]] TrainJob LongJob(const std::string& out) const {
    TrainJob job = Job(out);
    test::WriteText(dir_ / "train.conll", test::ToyCorpus(400, 1));
    job.set = {"train.epochs=12", "train.accumulate=1", "train.lr=2e-3"};
    return job;
  }
  [[nodiscard]] std::string BestHash(const std::string& out) const {
    return Sha256OfFile(dir_ / out / "best/model.safetensors");
  }

  /// Stores the weights of the model in `run` again, each as `change` gives it for its name.
  void ChangeWeights(const std::function<at::Tensor(const std::string&, const at::Tensor&)>& change) const {
    const std::filesystem::path weights = dir_ / "run/best/model.safetensors";
    NamedTensors tensors;
    const SafetensorsFile file(weights);
    for (const TensorInfo& info : file.tensors())
      tensors.emplace_back(info.name, change(info.name, AsTensor(info).clone()));
    SaveTensors(weights, tensors);
  }
  /// Expects that the model in `run` is corrupt and that the message holds `text`.
  void ExpectCorruptAtLoad(bool verify, const std::string& text) const {
    LoadOptions options;
    options.verify = verify;
    try {
      (void)Tagger::Load((dir_ / "run/best").string(), options);
      FAIL() << "loaded, expected: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
  }

  test::TempDir dir_;
};

TEST_F(TaggerContract, LearnsTheToySetAndLoadsToTheSamePredictions) {
  const Json report = ParseJson(Train(LongJob("run")), "report", ErrorCode::kInternal);
  EXPECT_GT(report["dev"]["micro"]["f1"].get<double>(), 0.9) << DumpJson(report["epochs"], 1);
  EXPECT_EQ(DumpJson(report["dev"]["micro"]), DumpJson(report["test"]["micro"]));
  LoadOptions options;
  options.threads = 1;
  const Tagger tagger = Tagger::Load((dir_ / "run/best").string(), options);
  EXPECT_EQ(tagger.EntityTypes().size(), 2U);
  // dev.pred.conll holds word, gold and predicted tag.
  const Corpus written = ReadCorpus((dir_ / "run/dev.pred.conll").string(), {});
  ASSERT_EQ(written.sentences.size(), 30U);
  for (const Sentence& sentence : written.sentences) {
    const TagResult result = tagger.Tag({sentence.words});
    EXPECT_EQ(result.tags, SpansToTags(sentence.spans, static_cast<int64_t>(sentence.words.size()), Scheme::kBio));
    for (const Entity& entity : result.entities) {
      EXPECT_GT(entity.score, 0);
      EXPECT_LE(entity.score, 1.0001);
    }
  }
}

TEST_F(TaggerContract, RoundedEncodersGiveNearlyTheSameTags) {
  (void)Train(LongJob("run"));
  const auto tags = [&](const std::string& precision) {
    LoadOptions options;
    options.threads = 1;
    options.precision = precision;
    const Tagger tagger = Tagger::Load((dir_ / "run/best").string(), options);
    std::vector<std::string> all;
    for (const Sentence& sentence : ReadCorpus((dir_ / "dev.conll").string(), {}).sentences) {
      for (const std::string& tag : tagger.Tag({sentence.words}).tags) all.push_back(tag);
    }
    return all;
  };
  const std::vector<std::string> exact = tags("fp32");
  for (const char* precision : {"bf16", "int8"}) {
    const std::vector<std::string> rounded = tags(precision);
    ASSERT_EQ(rounded.size(), exact.size());
    size_t same = 0;
    for (size_t i = 0; i < exact.size(); ++i) same += exact[i] == rounded[i] ? 1 : 0;
    EXPECT_GE(same * 100, exact.size() * 95) << precision;
  }
  try {
    (void)tags("int4");
    FAIL() << "int4 was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfig);
    EXPECT_NE(std::string(error.what()).find("did you mean 'int8'?"), std::string::npos) << error.what();
  }
}

struct ModelChoice {
  std::string model_type;
  std::vector<std::string> set = {};
};
class TaggerOfEveryKind : public TaggerContract, public testing::WithParamInterface<ModelChoice> {};

TEST_P(TaggerOfEveryKind, LearnsLoadsAndPredictsTheSame) {
  std::filesystem::remove_all(dir_ / "encoder");
  test::WriteTinyEncoder(dir_ / "encoder", 7, GetParam().model_type);
  TrainJob job = LongJob("run");
  job.set.push_back("train.epochs=5");
  job.set.insert(job.set.end(), GetParam().set.begin(), GetParam().set.end());
  const Json report = ParseJson(Train(job), "report", ErrorCode::kInternal);
  EXPECT_GT(report["dev"]["micro"]["f1"].get<double>(), 0.8) << DumpJson(report["epochs"], 1);
  LoadOptions options;
  options.threads = 1;
  const Tagger tagger = Tagger::Load((dir_ / "run/best").string(), options);
  for (const Sentence& sentence : ReadCorpus((dir_ / "run/dev.pred.conll").string(), {}).sentences) {
    EXPECT_EQ(tagger.Tag({sentence.words}).tags,
              SpansToTags(sentence.spans, static_cast<int64_t>(sentence.words.size()), Scheme::kBio));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, TaggerOfEveryKind,
    testing::Values(ModelChoice{"roberta"}, ModelChoice{"distilbert", {"model.encoder.pool=mean"}},
                    ModelChoice{"electra", {"model.encoder.pool=first_last", "model.encoder.layers=all"}},
                    ModelChoice{"xlm-roberta", {"model.encoder.layer_mix=scalar", "model.encoder.layers=-2:-1"}},
                    ModelChoice{"camembert", {"model.encoder.pool=last"}},
                    ModelChoice{"bert", {"model.head.type=softmax", "train.groups=[]"}}),
    [](const auto& kind) {
      std::string name = kind.param.model_type;
      std::erase(name, '-');
      return name;
    });

TEST_F(TaggerContract, EmptyOneWordAndVeryLongSentencesGetOneTagPerWord) {
  (void)Train(Job("run"));
  const Tagger tagger = Tagger::Load((dir_ / "run/best").string());
  TagInput longest;
  for (int i = 0; i < 700; ++i) longest.words.push_back(i % 50 == 0 ? "anna" : "met");
  TagInput zero_width{{"\xE2\x80\x8B", "anna"}};  // a word without pieces
  const auto results = tagger.TagBatch({{{}}, {{"anna"}}, longest, zero_width});
  EXPECT_EQ(results[0].tags.size(), 0U);
  EXPECT_EQ(results[1].tags.size(), 1U);
  EXPECT_EQ(results[2].tags.size(), 700U);
  EXPECT_EQ(results[3].tags.size(), 2U);
}

TEST_F(TaggerContract, ResultsDoNotDependOnBatchMates) {
  (void)Train(Job("run"));
  LoadOptions small;
  small.batch_pieces = 1;
  const Tagger alone = Tagger::Load((dir_ / "run/best").string(), small),
               together = Tagger::Load((dir_ / "run/best").string());
  std::vector<TagInput> inputs;
  Random random(11);
  for (int i = 0; i < 40; ++i) {
    TagInput& input = inputs.emplace_back();
    for (uint64_t w = 0; w <= random.Below(12); ++w) input.words.push_back(random.Below(2) == 0 ? "anna" : "rome");
  }
  const auto a = alone.TagBatch(inputs), b = together.TagBatch(inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(a[i].tags, b[i].tags);
    ASSERT_EQ(a[i].entities.size(), b[i].entities.size());
    for (size_t e = 0; e < a[i].entities.size(); ++e) EXPECT_NEAR(a[i].entities[e].score, b[i].entities[e].score, 1e-5);
  }
}

TEST_F(TaggerContract, StoppedAtAnyStepAndResumedGivesTheSameBytes) {
  (void)Train(Job("straight"));
  const std::string expected = BestHash("straight");
  for (const int64_t stop_after : {1, 8, 9, 17, 30}) {  // mid-epoch, last step of an epoch, first of the next, ...
    const std::string out = "stop-" + std::to_string(stop_after);
    TrainCallbacks callbacks;
    int64_t steps = 0;
    callbacks.on_step = [&](int64_t step, double) { steps = step; };
    callbacks.should_stop = [&] { return steps >= stop_after; };
    try {
      (void)Train(Job(out), callbacks);
      FAIL() << "was not stopped";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
    }
    TrainJob again = Job(out);
    again.resume = true;
    (void)Train(again);
    EXPECT_EQ(BestHash(out), expected) << stop_after;
    EXPECT_EQ(ReadFile(dir_ / out / "trace.jsonl"), ReadFile(dir_ / "straight/trace.jsonl")) << stop_after;
  }
}

TEST_F(TaggerContract, SameSeedSameBytesOtherSeedOtherBytes) {
  (void)Train(Job("a"));
  (void)Train(Job("b"));
  EXPECT_EQ(BestHash("a"), BestHash("b"));
  TrainJob other = Job("c");
  other.set = {"seed=2"};
  (void)Train(other);
  EXPECT_NE(BestHash("a"), BestHash("c"));
}

TEST_F(TaggerContract, ExistingRunIsRefusedAndChangedConfigurationIsNotResumed) {
  (void)Train(Job("run"));
  const auto code_of = [&](const TrainJob& job) {
    try {
      (void)Train(job);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code_of(Job("run")), ErrorCode::kOutput);
  TrainJob resume = Job("run");
  resume.resume = true;
  resume.set = {"train.lr=1e-4"};
  EXPECT_EQ(code_of(resume), ErrorCode::kConfig);
  resume.overwrite = true;
  EXPECT_EQ(code_of(resume), ErrorCode::kUsage);
  TrainJob overwrite = Job("run");
  overwrite.overwrite = true;
  (void)Train(overwrite);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "run.old-1/best"));
}

TEST_F(TaggerContract, DamagedNewestCheckpointFallsBackAndAllDamagedIsCorrupt) {
  TrainCallbacks callbacks;
  int64_t steps = 0;
  callbacks.on_step = [&](int64_t step, double) { steps = step; };
  callbacks.should_stop = [&] { return steps >= 13; };
  EXPECT_THROW((void)Train(Job("run"), callbacks), Error);
  (void)Train(Job("straight"));
  std::vector<std::filesystem::path> checkpoints;
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "run/checkpoints"))
    checkpoints.push_back(entry.path());
  std::sort(checkpoints.begin(), checkpoints.end());
  ASSERT_EQ(checkpoints.size(), 2U);
  test::WriteText(checkpoints.back() / "state.json", "{}");
  TrainJob resume = Job("run");
  resume.resume = true;
  (void)Train(resume);
  EXPECT_EQ(BestHash("run"), BestHash("straight"));
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "run/checkpoints"))
    test::WriteText(entry.path() / "state.json", "{}");
  try {
    (void)Train(resume);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  }
}

TEST_F(TaggerContract, FlippedBitInTheWeightsIsFoundAtLoad) {
  (void)Train(Job("run"));
  const std::filesystem::path weights = dir_ / "run/best/model.safetensors";
  std::string bytes = ReadFile(weights);
  bytes[bytes.size() / 2] ^= 1;
  test::WriteText(weights, bytes);
  ExpectCorruptAtLoad(true, "model.safetensors");
  LoadOptions options;
  options.verify = false;
  (void)Tagger::Load((dir_ / "run/best").string(), options);
}

TEST_F(TaggerContract, NonFiniteWeightIsNamed) {
  (void)Train(Job("run"));
  ChangeWeights([](const std::string& name, at::Tensor tensor) {
    if (name == "crf.start") tensor[0] = std::numeric_limits<float>::quiet_NaN();
    return tensor;
  });
  ExpectCorruptAtLoad(false, "non-finite value in tensor 'crf.start'");
}

TEST_F(TaggerContract, WeightsThatAreIntegersAreNamed) {
  (void)Train(Job("run"));
  ChangeWeights([](const std::string& name, const at::Tensor& tensor) {
    return name == "crf.transitions" ? tensor.to(at::kInt) : tensor;
  });
  ExpectCorruptAtLoad(false, "tensor 'crf.transitions' holds I32 values, not weights");
}

TEST_F(TaggerContract, CardWithUnknownPartsIsRefused) {
  (void)Train(Job("run"));
  const std::filesystem::path card = dir_ / "run/best/clner.json";
  const Json good = ParseJson(ReadFile(card), "card", ErrorCode::kInternal);
  for (const auto& [section, key] :
       std::vector<std::pair<const char*, const char*>>{{"head", "type"}, {"encoder", "pool"}, {"view", "type"}}) {
    Json bad = good;
    bad[section][key] = "dance";
    test::WriteText(card, DumpJson(bad));
    ExpectCorruptAtLoad(false, key);
  }
}

TEST_F(TaggerContract, AllOutsideTrainingDataAreRefusedUnlessForced) {
  test::WriteText(dir_ / "train.conll", "a\tO\nb\tO\n\nc\tO\n\n");
  try {
    (void)Train(Job("run"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kData);
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ / "run"));
}

TEST_F(TaggerContract, SeedsGiveOneRunEachAndASummary) {
  TrainJob job = Job("seeds");
  job.seeds = {1, 2};
  const Json summary = ParseJson(Train(job), "summary", ErrorCode::kInternal);
  EXPECT_EQ(summary["runs"].size(), 2U);
  EXPECT_EQ(summary["dev"]["f1_values"].size(), 2U);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "seeds/seed-2/report.json"));
}

TEST_F(TaggerContract, DryRunWritesNothing) {
  const Json plan = ParseJson(DryRunTraining(Job("dry")), "plan", ErrorCode::kInternal);
  EXPECT_EQ(plan["steps"].get<int64_t>(), 8 * 6);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "dry"));
}

}  // namespace
}  // namespace clner
