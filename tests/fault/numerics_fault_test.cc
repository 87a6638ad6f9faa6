// Rows 39-43 of the fault matrix: numbers that are not finite, extreme scores, exhausted memory, equal runs.
#include <cmath>
#include <limits>

#include "core/safetensors.h"
#include "train_fixture.h"

namespace clner::test {
namespace {

class NumericsFault : public TrainFault {
 protected:
  /// Words that start with `z` have a vector whose differences overflow; all stored values are finite.
  void WritePoisonedEncoder() const {
    TinyModel encoder = LetterEncoder();
    const std::string& vocabulary = encoder.vocabulary;
    const auto row =
        std::count(vocabulary.begin(), vocabulary.begin() + static_cast<long>(vocabulary.find("\nz\n")) + 1, '\n');
    std::vector<float>& values = encoder.Tensor("bert.embeddings.word_embeddings.weight").values;
    std::fill_n(values.begin() + 8 * row, 8, 3e38F);
    values[static_cast<size_t>(8 * row)] = -3e38F;
    encoder.Write(Path("encoder"), false);
  }
  /// Every sentence is a batch, in the order of the file, and nothing is random: what a step does shows in the weights.
  [[nodiscard]] ProcessResult TrainPlainly(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"--set", "data.dev.sentences=",     "--set", "train.epochs=1",
                                          "--set", "train.accumulate=1",      "--set", "train.batch_sentences=1",
                                          "--set", "train.batching=file",     "--set", "train.schedule.type=constant",
                                          "--set", "model.encoder.dropout=0", "--set", "model.encoder.word_dropout=0",
                                          "--set", "train.save_every=1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Train(out, arguments);
  }
  /// One object for every sentence.
  [[nodiscard]] std::vector<Json> Marginals(const TinyModel& model, const std::string& text) const {
    model.Write(Path("m"));
    WriteText(Path("in"), text);
    const ProcessResult result = RunClner({"inspect", "marginals", "--threads", "1", "-m", Path("m"), Path("in")});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<Json> sentences;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) sentences.push_back(ParseJson(line, "out", ErrorCode::kData));
    return sentences;
  }
};

// Row 39.
TEST_F(NumericsFault, StepThatIsNotFiniteIsSkippedAndCountedAndChangesNothing) {
  WritePoisonedEncoder();
  const std::string first = "anna B-PER\nsaw O\n\nrome B-LOC\n\n", bad = "za B-PER\nmet O\n\n",
                    last = "bert B-PER\nin O\n\nparis B-LOC\n\n";
  WriteText(Path("train.conll"), first + last);
  ASSERT_EQ(TrainPlainly("clean").exit_code, 0);
  WriteText(Path("train.conll"), first + bad + last);
  const ProcessResult result = TrainPlainly("run");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(Best("run") == Best("clean")) << "the skipped step changed weights, moments or their correction";
  EXPECT_NE(result.err.find("step 3 is not finite; the step is skipped"), std::string::npos) << result.err;
  EXPECT_EQ(ParseJson(ReadText(Path("run/report.json")), "report", ErrorCode::kData).at("train").at("bad_steps"), 1);
  const std::vector<Json> steps = Metrics("run", "bad_step");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].at("sentence_lines"), Json({6}));
  EXPECT_EQ(RunClner({"model", "verify", Path("run/best")}).exit_code, 0);
}

// Row 39, of several corpora.
TEST_F(NumericsFault, SentencesOfABadStepAreNamedWithTheirCorpus) {
  WritePoisonedEncoder();
  WriteText(Path("train.conll"), "anna B-PER\nsaw O\n\n");
  WriteText(Path("more.conll"), "rome B-LOC\n\nza B-PER\nmet O\n\n");
  const ProcessResult result =
      TrainPlainly("run", {"--set", "data.train.sentences=", "--set", "data.dev.sentences=", "--set",
                           "data.corpora.one.train.sentences=" + Path("train.conll"), "--set",
                           "data.corpora.two.train.sentences=" + Path("more.conll")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::vector<Json> steps = Metrics("run", "bad_step");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].at("sentence_lines"), Json({{"two", {3}}}));
}

// Row 39.
TEST_F(NumericsFault, DivergedTrainingIs70AndKeepsTheLastGoodCheckpoint) {
  WritePoisonedEncoder();
  WriteText(Path("train.conll"), "anna B-PER\n\nrome B-LOC\n\n" + Repeat("za B-PER\nmet O\n\n", 5));
  const ProcessResult result = TrainPlainly("run", {"--set", "train.max_bad_steps=3"});
  ExpectFailure(result, 70, {"training diverged", "3 steps in a row", "metrics.jsonl"});
  std::vector<Json> lines;
  for (const Json& step : Metrics("run", "bad_step")) lines.push_back(step.at("sentence_lines"));
  EXPECT_EQ(lines, (std::vector<Json>{{5}, {8}, {11}}));
  ASSERT_FALSE(Checkpoints("run").empty());
  ExpectNothingTorn("run");
  ExpectTidy("run");
  EXPECT_FALSE(std::filesystem::exists(Path("run/best")));
  EXPECT_FALSE(std::filesystem::exists(Path("run/report.json")));
  const SafetensorsFile weights(Path("run") + "/checkpoints/" + Checkpoints("run").back() + "/model.safetensors");
  for (const TensorInfo& tensor : weights.tensors()) EXPECT_NO_THROW(CheckFinite(tensor, "")) << tensor.name;
}

// Row 39: the planned fault spoils the loss of one batch.
TEST_F(NumericsFault, PlannedNanIsSkippedOnceAndEndsTheRunWhenItStays) {
  const ProcessResult once = TrainWithFault("once", "nan@step:3");
  ASSERT_EQ(once.exit_code, 0) << once.err;
  EXPECT_EQ(ParseJson(ReadText(Path("once/report.json")), "report", ErrorCode::kData).at("train").at("bad_steps"), 1);
  ASSERT_EQ(Metrics("once", "bad_step").size(), 1U);
  EXPECT_EQ(Metrics("once", "bad_step")[0].at("step"), 2);
  const ProcessResult always = TrainWithFault("always", "nan@step:3+", {"--set", "train.max_bad_steps=2"});
  ExpectFailure(always, 70, {"training diverged", "2 steps in a row"});
  ExpectNothingTorn("always");
  ExpectTidy("always");
}

/// Sums over all tag sequences in double, from the states that the program wrote and the weights of the model.
struct Enumeration {
  double log_z = 0;
  std::vector<std::vector<double>> marginals;
};

/// Emissions as the program computes them, in float; `*shift` takes what every sequence shares.
std::vector<std::vector<double>> Emissions(TinyModel& model, const TensorInfo& info, size_t tags, double* shift) {
  const auto words = static_cast<size_t>(info.shape[0]), width = static_cast<size_t>(info.shape[1]);
  std::vector<float> states(words * width);
  std::memcpy(states.data(), info.bytes.data(), info.bytes.size());
  std::vector<std::vector<double>> emissions(words);
  for (size_t w = 0; w < words; ++w) {
    for (size_t k = 0; k < tags; ++k) {
      float sum = model.Tensor("classifier.bias").values[k];
      for (size_t d = 0; d < width; ++d)
        sum += model.Tensor("classifier.weight").values[k * width + d] * states[w * width + d];
      emissions[w].push_back(sum);
    }
    const double most = *std::max_element(emissions[w].begin(), emissions[w].end());
    for (double& emission : emissions[w]) emission -= most;
    *shift += most;
  }
  return emissions;
}

Enumeration Enumerate(TinyModel model, const TensorInfo& states, size_t tags) {
  double shift = 0, best = -std::numeric_limits<double>::infinity(), sum = 0;
  const std::vector<std::vector<double>> emissions = Emissions(model, states, tags, &shift);
  const size_t words = emissions.size();
  const auto crf = [&](const char* name, size_t i) { return double{model.Tensor(name).values[i]}; };
  std::vector<std::pair<double, std::vector<size_t>>> scored;
  std::vector<size_t> path(words, 0);
  for (bool more = true; more;) {
    double score = crf("crf.start", path[0]) + crf("crf.end", path.back());
    for (size_t w = 0; w < words; ++w) {
      score += emissions[w][path[w]];
      if (w > 0) score += crf("crf.transitions", path[w - 1] * tags + path[w]);
    }
    scored.emplace_back(score, path);
    best = std::max(best, score);
    size_t w = 0;
    while (w < words && ++path[w] == tags) path[w++] = 0;
    more = w < words;
  }
  for (const auto& [score, tagged] : scored) sum += std::exp(score - best);
  Enumeration result{shift + best + std::log(sum),
                     std::vector<std::vector<double>>(words, std::vector<double>(tags, 0))};
  for (const auto& [score, tagged] : scored) {
    for (size_t w = 0; w < words; ++w) result.marginals[w][tagged[w]] += std::exp(score - best) / sum;
  }
  return result;
}

// Row 40.
TEST_F(NumericsFault, MarginalsEqualEnumerationWithTagsThatAreAllButForbidden) {
  const std::vector<std::string> bio = {"O", "B-PER", "I-PER"};
  for (const auto& [tags, bias] : std::vector<std::pair<std::vector<std::string>, std::vector<float>>>{
           {bio, {0, 0.5F, -3}}, {bio, {0, -1e30F, 0}}, {bio, {-1e30F, -1e30F, -1e30F}}, {{"O"}, {0.5F}}}) {
    SCOPED_TRACE("bias " + std::to_string(bias[0]));
    TinyModel model = LetterTagger(tags);
    model.Tensor("classifier.bias").values = bias;
    const std::vector<Json> sentences = Marginals(model, "anna\nsaw\nbert\nrome\n\nanna\n\n\u200B\n\uFE0F\n");
    ASSERT_EQ(sentences.size(), 3U);
    const ProcessResult result = RunClner(
        {"inspect", "states", "--threads", "1", "-m", Path("m"), Path("in"), "-o", Path("states.safetensors")});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const SafetensorsFile states(Path("states.safetensors"));
    for (size_t s = 0; s < sentences.size(); ++s) {
      const Enumeration expected = Enumerate(model, *states.Find(std::to_string(s)), tags.size());
      const Json& rows = sentences[s].at("marginals");
      ASSERT_EQ(rows.size(), expected.marginals.size());
      for (size_t w = 0; w < rows.size(); ++w) {
        for (size_t k = 0; k < tags.size(); ++k)
          EXPECT_NEAR(rows[w][k].get<double>(), expected.marginals[w][k], 2e-5) << s << " " << w << " " << k;
      }
      EXPECT_NEAR(sentences[s].at("log_z").get<double>(), expected.log_z,
                  1e-5 * std::max(1.0, std::abs(expected.log_z)));
    }
  }
}

// Row 40: with a bias near the largest float every score overflows, and no sequence has a probability.
TEST_F(NumericsFault, ScoresThatOverflowGiveATagForEveryWordOrAnError) {
  TinyModel model = LetterTagger();
  model.Tensor("classifier.bias").values = {3e38F, -3e38F, 3e38F};
  model.Tensor("crf.transitions").values.assign(9, 3e38F);
  model.Write(Path("m"));
  WriteText(Path("in"), "anna\nsaw\nbert\n\nrome\n");
  const ProcessResult result = RunClner({"predict", "-m", Path("m"), "--scores", "--threads", "1", Path("in")});
  ASSERT_LT(result.exit_code, 128);
  if (result.exit_code == 0) {
    EXPECT_EQ(Count(result.out, "\n"), 6U) << result.out;
    EXPECT_EQ(result.out.find("nan"), std::string::npos) << result.out;
  } else {
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("clner: error: "), std::string::npos) << result.err;
  }
}

// Row 40.
TEST_F(NumericsFault, OneLabelAndOneWordCanBeTrained) {
  WriteText(Path("train.conll"), "anna O\n\nsaw O\n\n\u200B O\n\n");
  WriteText(Path("dev.conll"), "anna O\n\n");
  const ProcessResult result =
      Train("run", {"--force", "--set", "train.accumulate=1", "--set", "train.batch_sentences=1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ParseJson(ReadText(Path("run/report.json")), "report", ErrorCode::kData).at("train").at("bad_steps"), 0);
  EXPECT_EQ(RunClner({"model", "verify", Path("run/best")}).exit_code, 0);
  EXPECT_EQ(RunClner({"predict", "-q", "-m", Path("run/best"), Path("dev.conll")}).out, "anna O O\n\n");
}

// Row 41.
TEST_F(NumericsFault, MarginalsOfTenThousandWordsWithHugeScoresSumToOne) {
  TinyModel model = LetterTagger();
  Random random(41);
  for (float& value : model.Tensor("classifier.weight").values) value = static_cast<float>(4e3 * random.Normal());
  for (float& value : model.Tensor("crf.transitions").values) value = static_cast<float>(2e4 * random.Uniform() - 1e4);
  model.Tensor("classifier.bias").values = {1e4F, -1e4F, 1e4F};
  std::string text;
  for (int i = 0; i < 10000; ++i)
    text += std::vector<std::string>{"anna\n", "saw\n", "rome\n", "in\n"}[random.Below(4)];
  const Json json = Marginals(model, text).at(0);
  ASSERT_EQ(json.at("marginals").size(), 10000U);
  EXPECT_TRUE(json.at("log_z").is_number());
  size_t certain = 0;
  for (const Json& row : json.at("marginals")) {
    double sum = 0;
    for (const Json& value : row) {
      ASSERT_TRUE(value.is_number());
      ASSERT_GE(value.get<double>(), -1e-6);
      sum += value.get<double>();
      certain += value.get<double>() > 0.999 ? 1 : 0;
    }
    ASSERT_NEAR(sum, 1, 1e-5);
  }
  EXPECT_GT(certain, 5000U);
}

class MemoryFault : public TrainFault {
 protected:
  void SetUp() override {
    TrainFault::SetUp();
#ifdef CLNER_SANITIZED
    GTEST_SKIP() << "the address sanitizer has an allocator of its own";
#endif
    LetterEncoder(7, kInner).Write(Path("encoder"), false);
    WriteText(Path("train.conll"), Repeat(Repeat("a\tB-PER\nb\tO\n", 29) + "\n", 48));
  }
  /// Trains on the 48 sentences of 60 pieces in one batch, where no tensor may take `bytes` or more (block_limit.cc).
  [[nodiscard]] ProcessResult TrainBelow(int64_t bytes) const {
    ProcessOptions options;
    options.environment["LD_PRELOAD"] = CLNER_BLOCK_LIMIT;
    options.environment["CLNER_LARGEST_BLOCK"] = std::to_string(bytes);
    return RunProcess(Talking("run", {"--set", "data.dev.sentences=", "--set", "train.epochs=1", "--set",
                                      "train.accumulate=1", "--set", "train.batch_sentences=48", "--set",
                                      "model.encoder.dropout=0", "--set", "model.encoder.word_dropout=0"}),
                      options);
  }
  static constexpr int64_t kInner = 1024;
  /// Bytes of the largest tensors of a batch: inner states of the last layer, which works on first pieces only.
  static constexpr int64_t kWhole = int64_t{48} * 58 * kInner * 4, kHalf = kWhole / 2;
};

// Row 42.
TEST_F(MemoryFault, BatchThatDoesNotFitIsSplitAndTriedAgain) {
  const ProcessResult whole = TrainBelow(kWhole + 1);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_EQ(whole.err.find("out of memory"), std::string::npos) << whole.err;
  std::filesystem::rename(Path("run"), Path("unlimited"));
  const ProcessResult result = TrainBelow(kWhole);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, ::testing::HasSubstr("out of memory in a batch of 48 sentences with 2880 pieces: it is split "
                                               "in two and tried again"));
  ExpectNothingTorn("run");
  ExpectTidy("run");
  const std::vector<Json> epochs = Metrics("run", "epoch"), expected = Metrics("unlimited", "epoch");
  ASSERT_EQ(epochs.size(), 1U);
  ASSERT_EQ(expected.size(), 1U);
  EXPECT_NEAR(epochs[0].at("loss").get<double>(), expected[0].at("loss").get<double>(), 1e-3);
  EXPECT_EQ(RunClner({"model", "verify", Path("run/best")}).exit_code, 0);
}

// Row 42.
TEST_F(MemoryFault, BatchWhoseHalfDoesNotFitIs71WithTheSettingToLower) {
  const ProcessResult result = TrainBelow(kHalf);
  ExpectFailure(result, 71,
                {"out of memory in a batch of 48 sentences with 2880 pieces, also when it was split", "; peak memory ",
                 "lower train.batch_pieces"});
  EXPECT_TRUE(Checkpoints("run").empty());
  EXPECT_FALSE(std::filesystem::exists(Path("run/best")));
  ExpectTidy("run");
}

// Row 43.
TEST_F(NumericsFault, SameSeedGivesTheSameBytesAndBatchSizesTheSameTags) {
  ASSERT_EQ(Train("a").exit_code, 0);
  ASSERT_EQ(Train("b").exit_code, 0);
  for (const char* name : {"model.safetensors", "clner.json", "config.json", "vocab.txt", "README.md", "SHA256SUMS"})
    EXPECT_TRUE(ReadText(Path("a/best/") + name) == ReadText(Path("b/best/") + name)) << name;
  EXPECT_TRUE(ReadText(Path("a/dev.pred.conll")) == ReadText(Path("b/dev.pred.conll")));
  const auto predict = [&](const char* pieces, const char* threads) {
    const ProcessResult result = RunClner(
        {"predict", "-q", "-m", Path("a/best"), "--batch-pieces", pieces, "--threads", threads, Path("train.conll")});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  const std::string expected = predict("4096", "1");
  EXPECT_EQ(predict("1", "1"), expected);
  EXPECT_EQ(predict("77", "2"), expected);
}

}  // namespace
}  // namespace clner::test
