// Rows 44-47 and 54 of the fault matrix: killed and stopped trainings, and how they go on.
#include <cstdlib>

#include "train_fixture.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;

/// An operation of the file layer; every `stride`-th call is tried, which makes about 30 kills in all. The environment
/// variable CLNER_FAULT_STRIDE=1 tries every call (minutes).
struct KillPoint {
  const char* op;
  int stride;
};

void PrintTo(const KillPoint& point, std::ostream* out) { *out << point.op; }

class KilledTraining : public TrainFault, public ::testing::WithParamInterface<KillPoint> {
 protected:
  [[nodiscard]] static int Stride() {
    const char* stride = std::getenv("CLNER_FAULT_STRIDE");
    return stride == nullptr ? GetParam().stride : std::max(1, std::atoi(stride));
  }
  /// Resumes a killed run and returns the step that it went on from, 0 when it found no checkpoint.
  [[nodiscard]] int64_t Resume(const std::string& out, std::vector<std::string> more) const {
    more.emplace_back("--resume");
    const ProcessResult result = RunProcess(Talking(out, more));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const std::string said = "resumed at step ";
    const size_t at = result.err.find(said);
    return at == std::string::npos ? 0 : std::stoll(result.err.substr(at + said.size()));
  }
  [[nodiscard]] int64_t StepsDone(const std::string& out) const {
    if (!std::filesystem::exists(Path(out) + "/metrics.jsonl")) return 0;
    const std::vector<Json> steps = Metrics(out, "step");
    return steps.empty() ? 0 : steps.back().at("step").get<int64_t>();
  }
};

// Rows 44, 47 and 54: one checkpoint is kept, so that each new one makes the old one go.
TEST_P(KilledTraining, LosesAtMostTheStepsSinceTheLastSaveAndResumesToTheSameBytes) {
  const std::vector<std::string> more = {"--set", "train.keep_last=1", "--set", "logging.every_steps=1"};
  const std::string expected = StraightBest(more);
  constexpr uint64_t kSeed = 44;
  const int first = 1 + static_cast<int>(Random(kSeed).Below(static_cast<uint64_t>(Stride())));
  int64_t seen = 0;
  int kills = 0;
  for (int k = first;; k += Stride()) {
    SCOPED_TRACE("kill@" + std::string(GetParam().op) + ":" + std::to_string(k));
    std::filesystem::remove_all(Path("run"));
    const ProcessResult result =
        TrainWithFault("run", "kill@" + std::string(GetParam().op) + ":" + std::to_string(k), more);
    if (result.exit_code == 0) break;
    ASSERT_EQ(result.exit_code, 128 + SIGKILL) << result.err;
    ++kills;
    if (std::filesystem::exists(Path("run"))) ExpectNothingTorn("run");
    const int64_t done = StepsDone("run"), from = Resume("run", more);
    EXPECT_GE(from, seen) << "a checkpoint that an earlier kill left is gone";
    EXPECT_GE(from, done - 2) << "more than train.save_every steps are lost";
    seen = from;
    ExpectWholeRun(expected, "run");
  }
  EXPECT_GE(kills, 1);
  EXPECT_TRUE(Best("run") == expected);
}

INSTANTIATE_TEST_SUITE_P(Operations, KilledTraining,
                         ::testing::Values(KillPoint{"open", 67}, KillPoint{"write", 13}, KillPoint{"fsync", 41},
                                           KillPoint{"close", 17}, KillPoint{"rename", 5}, KillPoint{"mkdir", 4},
                                           KillPoint{"unlink", 8}, KillPoint{"sync_directory", 19}),
                         [](const auto& tested) { return std::string(tested.param.op); });

class Interruption : public TrainFault {
 protected:
  /// Sends the signal once the run said `text`, and expects the exit code.
  ProcessResult Stop(const std::string& out, const std::vector<std::string>& more, const std::string& text, int number,
                     int exit_code) const {
    Background program(Talking(out, more));
    EXPECT_TRUE(program.WaitUntil([&] { return program.Err().find(text) != std::string::npos; })) << program.Err();
    program.Signal(number);
    ProcessResult result = program.Wait();
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(result.out, "");
    return result;
  }
};

const std::vector<std::string> kManyEpochs = {"--set", "train.epochs=45", "--set", "train.save_every=50"};

// Rows 45 and 46.
TEST_F(Interruption, EverySignalSavesEndsWith75AndResumesToTheSameBytes) {
  const std::string expected = StraightBest(kManyEpochs);
  for (const auto& [number, name] :
       {std::pair<int, std::string>{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGUSR1, "SIGUSR1"}}) {
    SCOPED_TRACE(name);
    std::filesystem::remove_all(Path("run"));
    const ProcessResult result = Stop("run", kManyEpochs, "epoch 3: loss", number, 75);
    for (const std::string& text : {"stopped by " + name, std::string("the state is saved"), std::string("--resume")})
      EXPECT_THAT(result.err, HasSubstr(text));
    ExpectNothingTorn("run");
    ExpectTidy("run");
    EXPECT_FALSE(std::filesystem::exists(Path("run/report.json")));
    ASSERT_FALSE(Checkpoints("run").empty());
    ExpectResumesTo(expected, "run", kManyEpochs);
  }
}

/// One optimizer step an epoch, of several tenths of a second.
const std::vector<std::string> kLongSteps = {"--set", "train.batch_sentences=1", "--set", "train.accumulate=100000"};

// Row 45, and the accumulation of section 5.
TEST_F(Interruption, StopInAnAccumulationFinishesItUnlessTheGraceIsTooShort) {
  WriteText(Path("train.conll"), ToyCorpus(400, 1));
  const std::string expected = StraightBest(kLongSteps);
  Stop("run", kLongSteps, "epoch 1: loss", SIGINT, 75);
  EXPECT_EQ(Checkpoints("run"), (std::vector<std::string>{"step-000000001", "step-000000002"}));
  ExpectResumesTo(expected, "run", kLongSteps);
  std::vector<std::string> no_grace = kLongSteps;
  no_grace.insert(no_grace.end(), {"--set", "train.grace_seconds=0"});
  Stop("short", no_grace, "epoch 1: loss", SIGTERM, 75);
  EXPECT_EQ(Checkpoints("short"), std::vector<std::string>{"step-000000001"});
  ExpectResumesTo(expected, "short", kLongSteps);
}

// Row 45.
TEST_F(Interruption, SecondInterruptEndsAtOnceWith130AndNothingTorn) {
  WriteText(Path("train.conll"), ToyCorpus(400, 1));
  const std::string expected = StraightBest(kLongSteps);
  Background program(Talking("run", kLongSteps));
  ASSERT_TRUE(program.WaitUntil([&] { return program.Err().find("epoch 1: loss") != std::string::npos; }));
  ASSERT_TRUE(program.WaitUntil([&] { return !Checkpoints("run").empty(); }));
  program.Signal(SIGINT);
  ASSERT_TRUE(program.WaitUntil([&] { return !program.Pending(SIGINT); })) << "the step was over too early";
  program.Signal(SIGINT);
  EXPECT_EQ(program.Wait().exit_code, 130);
  ExpectNothingTorn("run");
  EXPECT_EQ(Checkpoints("run"), std::vector<std::string>{"step-000000001"});
  ExpectResumesTo(expected, "run", kLongSteps);
}

// Row 46: reading a large development set leaves time between the first message and the tokeniser.
TEST_F(Interruption, StopWhileTokenisingIs75AndLeavesNoRunBehind) {
  WriteText(Path("dev.conll"), ToyCorpus(100000, 2));
  const ProcessResult result = Stop("run", {}, "train: 24 sentences", SIGTERM, 75);
  EXPECT_THAT(result.err, HasSubstr("stopped by SIGTERM while tokenising"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
}

// Row 46: the evaluation takes several seconds.
TEST_F(Interruption, StopWhileEvaluatingEndsWithinTheGracePeriod) {
  LetterEncoder(7, 4096).Write(Path("encoder"), false);
  WriteText(Path("dev.conll"), ToyCorpus(30000, 2));
  const std::vector<std::string> more = {"--set", "train.epochs=1", "--set", "train.grace_seconds=0.5"};
  for (const auto& [out, text] :
       {std::pair<std::string, std::string>{"epoch", "epoch 1/1: 6 batches"}, {"report", "epoch 1: loss"}}) {
    SCOPED_TRACE("evaluation after the " + out);
    Background program(Talking(out, more));
    ASSERT_TRUE(program.WaitUntil([&, wanted = text] { return program.Err().find(wanted) != std::string::npos; }));
    // Processor time, so that other load of the machine does not count.
    const double before = program.CpuSeconds();
    program.Signal(SIGTERM);
    const ProcessResult result = program.Wait();
    EXPECT_LT(result.cpu_seconds - before, 1.2) << "grace of 0.5 s";
    EXPECT_EQ(result.exit_code, 75) << result.err;
    ExpectNothingTorn(out);
    ExpectTidy(out);
  }
}

// Row 46.
TEST_F(Interruption, StopAtARandomMomentNeverLooksFinished) {
  const std::vector<std::string> more = {"--set", "train.epochs=25"};
  const std::string expected = StraightBest(more);
  constexpr uint64_t kSeed = 46;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  int stopped = 0;
  for (int i = 0; i < 6; ++i) {
    std::filesystem::remove_all(Path("run"));
    Background program(Talking("run", more));
    // Before its first message the program has no handlers yet and just ends.
    ASSERT_TRUE(program.WaitUntil([&] { return !program.Err().empty(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(random.Below(350)));
    program.Signal(random.Below(2) == 0 ? SIGTERM : SIGUSR1);
    const ProcessResult result = program.Wait();
    stopped += result.exit_code == 75 ? 1 : 0;
    if (result.exit_code != 75) {
      // It came too late: the run had ended, or was about to print its report and ends by the signal as usual.
      EXPECT_TRUE(result.exit_code == 0 || result.exit_code > 128) << result.exit_code << result.err;
      ASSERT_TRUE(std::filesystem::exists(Path("run/report.json"))) << result.exit_code << result.err;
      EXPECT_TRUE(Best("run") == expected);
    } else {
      EXPECT_EQ(result.out, "");
      EXPECT_FALSE(std::filesystem::exists(Path("run/report.json")));
      ASSERT_NO_FATAL_FAILURE(ExpectResumesTo(expected, "run", more));
    }
  }
  EXPECT_GE(stopped, 1);
}

// Rows 44 and 54: what a kill between the two renames of a replacement leaves.
TEST_F(Interruption, OldNamesOfAnUnfinishedReplacementAreRestored) {
  const std::vector<std::string> more = {"--set", "train.keep_last=1"};
  const std::string expected = StraightBest(more);
  ASSERT_EQ(Checkpoints("straight"), std::vector<std::string>{"step-000000006"});
  const std::string last = "step-000000006", checkpoints = Path("straight/checkpoints/");
  std::filesystem::rename(checkpoints + last, checkpoints + "." + last + "-old");
  std::filesystem::rename(Path("straight/best"), Path("straight/.best-old"));
  std::filesystem::remove(Path("straight/report.json"));
  const ProcessResult result = RunProcess(Talking("straight", {"--set", "train.keep_last=1", "--resume"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("resumed at step 6"));
  EXPECT_TRUE(Best("straight") == expected);
  ExpectNothingTorn("straight");
  ExpectTidy("straight");
}

// Row 47: the counter of epochs without a better score is part of the state.
TEST_F(Interruption, EarlyStopCountsOnAfterAKill) {
  const std::vector<std::string> more = {"--set", "train.epochs=12", "--set", "train.patience=3"};
  const std::string expected = StraightBest(more);
  const auto epochs = [&](const std::string& out) {
    return ParseJson(ReadText(Path(out) + "/report.json"), "report", ErrorCode::kData).at("train").at("epochs");
  };
  ASSERT_LT(epochs("straight"), 12) << "never stopped early, so that nothing is tested";
  // Saves come after the steps 2, 3 (end of the epoch), 4, 6, ...: the kills fall into the last epochs.
  for (const int k : {12, 14, 16}) {
    std::filesystem::remove_all(Path("run"));
    const ProcessResult result = TrainWithFault("run", "kill@mkdir:" + std::to_string(k), more);
    if (result.exit_code == 0) break;
    ASSERT_NO_FATAL_FAILURE(ExpectResumesTo(expected, "run", more));
    EXPECT_EQ(epochs("run"), epochs("straight"));
  }
}

// Row 47: the kill comes between the line of the epoch in metrics.jsonl and the checkpoint that knows of it.
TEST_F(Interruption, MetricsOfAResumedRunHoldEveryEpochOnce) {
  const std::vector<std::string> more = {"--set", "train.save_every=3"};
  const std::string expected = StraightBest(more);
  ASSERT_EQ(TrainWithFault("run", "kill@mkdir:4", more).exit_code, 128 + SIGKILL);
  ASSERT_EQ(Metrics("run", "epoch").size(), 1U);
  ASSERT_EQ(Checkpoints("run"), std::vector<std::string>{"step-000000003"});
  ExpectResumesTo(expected, "run", more);
  std::vector<int64_t> numbers;
  for (const Json& epoch : Metrics("run", "epoch")) numbers.push_back(epoch.at("epoch").get<int64_t>());
  EXPECT_EQ(numbers, (std::vector<int64_t>{1, 2}));
}

// Row 47.
TEST_F(Interruption, ResumingAFinishedRunChangesNothing) {
  const std::string expected = StraightBest();
  const auto predictions = ReadText(Path("straight/dev.pred.conll"));
  ExpectResumesTo(expected, "straight");
  EXPECT_EQ(ReadText(Path("straight/dev.pred.conll")), predictions);
}

}  // namespace
}  // namespace clner::test
