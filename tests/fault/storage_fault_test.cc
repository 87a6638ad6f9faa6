// Rows 48-53 of the fault matrix: changed, damaged, full, read-only and shared run directories.
#include "train_fixture.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;

class StorageFault : public TrainFault {
 protected:
  /// A run that was killed behind its first epoch, with two checkpoints; copied for each case.
  void MakeInterrupted() const {
    ASSERT_EQ(TrainWithFault("interrupted", "kill@mkdir:6").exit_code, 128 + SIGKILL);
    ASSERT_EQ(Checkpoints("interrupted"), (std::vector<std::string>{"step-000000002", "step-000000003"}));
  }
  void CopyInterrupted(const std::string& out) const {
    std::filesystem::remove_all(Path(out));
    std::filesystem::copy(Path("interrupted"), Path(out), std::filesystem::copy_options::recursive);
  }
  /// All files of a run but the lock, which names the last process that asked for it.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> RunFiles(const std::string& out) const {
    std::vector<std::pair<std::string, std::string>> files = Contents(Path(out));
    std::erase_if(files, [](const auto& file) { return file.first == "run.lock"; });
    return files;
  }
};

// Row 48.
TEST_F(StorageFault, ResumeWithOtherSettingsIs78AndListsThem) {
  MakeInterrupted();
  CopyInterrupted("run");
  const auto before = RunFiles("run");
  ExpectFailure(Train("run", {"--resume", "--set", "train.lr=1e-3", "--set", "train.clip_norm=2"}), 78,
                {"changed since the checkpoint", "lr: 0.001", "clip_norm: 2", "--force-resume"});
  ExpectFailure(Train("run", {"--resume", "--set", "train.epochs=5"}), 78, {"epochs: 5"});
  const std::string text = ReadText(Path("train.conll"));
  WriteText(Path("train.conll"), text + "anna\tO\n\n");
  ExpectFailure(Train("run", {"--resume"}), 78, {"'data.train.sentences' changed"});
  WriteText(Path("train.conll"), text);
  LetterEncoder(8).Write(Path("encoder"), false);
  ExpectFailure(Train("run", {"--resume"}), 78, {"'model.encoder.path' changed"});
  LetterEncoder().Write(Path("encoder"), false);
  EXPECT_TRUE(RunFiles("run") == before) << "a refused resume changed the run";
  const ProcessResult forced = Train("run", {"--resume", "--force-resume", "--set", "train.lr=1e-3"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_THAT(forced.err, HasSubstr("resuming although 1 settings"));
  EXPECT_THAT(ReadText(Path("run/config.yaml")), HasSubstr("lr: 0.001"));
}

// Row 48.
TEST_F(StorageFault, HarmlessSettingsAndMovedFilesAreAccepted) {
  const std::string expected = StraightBest();
  MakeInterrupted();
  CopyInterrupted("run");
  std::filesystem::rename(Path("train.conll"), Path("moved.conll"));
  ExpectResumesTo(expected, "run",
                  {"--set", "train.save_every=1", "--set", "train.keep_last=5", "--set", "logging.every_steps=1",
                   "--set", "data.train.sentences=" + Path("moved.conll")});
}

// Row 48: without a decay of the rate the number of epochs is only where to stop.
TEST_F(StorageFault, MoreEpochsUnderAConstantScheduleContinueTheRun) {
  const std::vector<std::string> two = {"--set", "train.schedule={type: constant, warmup: 2}"};
  std::vector<std::string> three = two;
  three.insert(three.end(), {"--set", "train.epochs=3"});
  const std::string expected = StraightBest(three);
  ASSERT_EQ(Train("run", two).exit_code, 0);
  ExpectResumesTo(expected, "run", three);
}

// Row 48.
TEST_F(StorageFault, OtherThreadsAndVersionsAreAcceptedWithAWarning) {
  MakeInterrupted();
  CopyInterrupted("run");
  const ProcessResult threads = Train("run", {"--resume", "--threads", "2"});
  EXPECT_EQ(threads.exit_code, 0) << threads.err;
  EXPECT_THAT(threads.err, HasSubstr("clner: warning: the checkpoint was made with threads 1, this run has 2"));
  CopyInterrupted("run");
  const std::string checkpoint = Path("run/checkpoints/step-000000003"), state = checkpoint + "/state.json";
  Json json = ParseJson(ReadText(state), state, ErrorCode::kData);
  json["identity"]["version"] = "0.0.1";
  WriteText(state, DumpJson(json, 2));
  std::filesystem::remove(checkpoint + "/MANIFEST");
  WriteChecksums(checkpoint, "MANIFEST");
  const ProcessResult version = Train("run", {"--resume"});
  EXPECT_EQ(version.exit_code, 0) << version.err;
  EXPECT_THAT(version.err, HasSubstr("made with version \"0.0.1\""));
}

// Row 49.
TEST_F(StorageFault, DamagedNewestCheckpointFallsBackAndAllDamagedIs76) {
  const std::string expected = StraightBest();
  MakeInterrupted();
  const std::vector<std::function<void(const std::string&)>> damages = {
      [](const std::string& path) { std::filesystem::resize_file(path + "/model.safetensors", 1000); },
      [](const std::string& path) { std::filesystem::remove(path + "/MANIFEST"); },
      [](const std::string& path) { WriteText(path + "/MANIFEST", ""); },
      [](const std::string& path) {
        std::string bytes = ReadText(path + "/optimizer.safetensors");
        bytes.back() = static_cast<char>(bytes.back() ^ 1);
        WriteText(path + "/optimizer.safetensors", bytes);
      }};
  for (const auto& damage : damages) {
    CopyInterrupted("run");
    damage(Path("run/checkpoints/step-000000003"));
    const ProcessResult result = Train("run", {"--resume"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("clner: warning: checkpoint 'step-000000003' is damaged"));
    EXPECT_TRUE(Best("run") == expected);
  }
  CopyInterrupted("run");
  damages[1](Path("run/checkpoints/step-000000002"));
  damages[3](Path("run/checkpoints/step-000000003"));
  const auto before = RunFiles("run");
  ExpectFailure(Train("run", {"--resume"}), 76, {"all 2 checkpoints are damaged", "--overwrite"});
  EXPECT_TRUE(RunFiles("run") == before) << "a refused resume changed the run";
}

// Row 50.
TEST_F(StorageFault, FullDiskIs74AndTheRunGoesOnWhenThereIsSpace) {
  const std::string expected = StraightBest();
  const SmallDisk disk(Path("disk"), "size=128k");
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a small file system (needs root)";
  ExpectFailure(Train("disk/run"), 74, {"No space left on device", Path("disk/run"), "free some disk space"});
  ASSERT_FALSE(Checkpoints("disk/run").empty()) << "the disk was full before the first checkpoint";
  ExpectNothingTorn("disk/run");
  ExpectTidy("disk/run");
  ASSERT_TRUE(disk.Remount("size=16m"));
  ExpectResumesTo(expected, "disk/run");
}

// Row 50.
TEST_F(StorageFault, FullLogsAndStandardOutputAreReported) {
  ExpectFailure(Train("log", {"--log-file", "/dev/full"}), 74, {"/dev/full", "No space left on device"});
  ProcessOptions full;
  full.stdout_path = "/dev/full";
  ExpectFailure(Train("run", {}, full), 74, {"standard output", "No space left on device"});
  EXPECT_TRUE(std::filesystem::exists(Path("run/report.json"))) << "only the printed copy is lost";
  ExpectNothingTorn("run");
}

struct FailingCall {
  std::string plan;
  int exit_code;
  std::string text;
};

void PrintTo(const FailingCall& call, std::ostream* out) { *out << call.plan; }

class FailingStorage : public StorageFault, public ::testing::WithParamInterface<FailingCall> {};

// Rows 50 and 51.
TEST_P(FailingStorage, IsReportedLeavesNothingHalfWrittenAndTheRunGoesOn) {
  const std::string expected = StraightBest();
  ExpectFailure(TrainWithFault("run", GetParam().plan), GetParam().exit_code, {GetParam().text});
  if (std::filesystem::exists(Path("run"))) {
    ExpectNothingTorn("run");
    ExpectTidy("run");
    EXPECT_FALSE(std::filesystem::exists(Path("run/report.json")));
  }
  ExpectResumesTo(expected, "run");
}

INSTANTIATE_TEST_SUITE_P(Calls, FailingStorage,
                         ::testing::Values(FailingCall{"error@write:3=ENOSPC", 74, "No space left"},
                                           FailingCall{"error@write:9=EIO", 74, "Input/output error"},
                                           FailingCall{"error@write:26=EDQUOT", 74, "quota"},
                                           FailingCall{"error@fsync:40=EIO", 74, "Input/output error"},
                                           FailingCall{"error@rename:10=EIO", 74, "Input/output error"},
                                           FailingCall{"error@sync_directory:30=EIO", 74, "Input/output error"},
                                           FailingCall{"error@close:20=ENOSPC", 74, "No space left"},
                                           FailingCall{"error@open:60=EMFILE", 74, "Too many open files"},
                                           FailingCall{"error@mkdir:5=EACCES", 73, "Permission denied"}),
                         [](const auto& tested) {
                           std::string name = tested.param.plan.substr(6);
                           for (char& byte : name) byte = std::isalnum(static_cast<unsigned char>(byte)) ? byte : '_';
                           return name;
                         });

// Row 51.
TEST_F(StorageFault, InterruptedAndShortCallsLoseNothing) {
  const std::string expected = StraightBest();
  for (const char* plan : {"short@read:1+,short@write:1+",
                           "error@open:20=EINTR,error@read:5=EINTR,error@write:4=EINTR,error@fsync:30=EINTR,"
                           "error@close:8=EINTR,error@lock:1=EINTR"}) {
    std::filesystem::remove_all(Path("run"));
    const ProcessResult result = TrainWithFault("run", plan);
    ASSERT_EQ(result.exit_code, 0) << plan << "\n" << result.err;
    EXPECT_TRUE(Best("run") == expected) << plan;
    ExpectNothingTorn("run");
    ExpectTidy("run");
  }
}

// Row 51.
TEST_F(StorageFault, FewDescriptorsAreEnoughOrAnError) {
  std::string command;
  for (const std::string& argument : TrainArguments("run")) command += " '" + argument + "'";
  for (const int limit : {20, 8, 5}) {
    std::filesystem::remove_all(Path("run"));
    const ProcessResult result = RunShell("ulimit -n " + std::to_string(limit) + "; exec" + command);
    EXPECT_LT(result.exit_code, 128) << result.err;
    if (limit == 20) {
      EXPECT_EQ(result.exit_code, 0) << result.err;
    }
    if (result.exit_code != 0) {
      EXPECT_THAT(result.err, HasSubstr("Too many open files"));
    }
    if (std::filesystem::exists(Path("run"))) ExpectNothingTorn("run");
  }
}

// Row 51.
TEST_F(StorageFault, ReadOnlyDirectoryIs73) {
  const SmallDisk disk(Path("disk"), "size=1m");
  if (!disk.mounted() || !disk.Remount("ro")) GTEST_SKIP() << "cannot mount a read-only file system (needs root)";
  ExpectFailure(Train("disk/run"), 73, {Path("disk/run"), "Read-only file system"});
  ExpectFailure(RunClner({"convert", Path("train.conll"), Path("disk/out.jsonl")}), 73, {"Read-only file system"});
}

// Row 52; row 8 for the options that exclude each other.
TEST_F(StorageFault, ExistingOutputIs73WithTheChoicesAndIsNeverDeleted) {
  std::filesystem::create_directories(Path("run/best"));
  WriteText(Path("run/best/notes.txt"), "mine");
  WriteText(Path("file"), "mine");
  const auto before = Contents(directory_);
  ExpectFailure(Train("run"), 73, {Path("run"), "not empty", "--resume", "--overwrite", "-o DIR"});
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--resume"}, {"--overwrite"}})
    ExpectFailure(Train("file", more), 73, {Path("file"), "is a file"});
  ExpectFailure(Train("file/below"), 73, {Path("file")});
  ExpectFailure(Train("run", {"--resume", "--overwrite"}), 64, {"--resume", "--overwrite"});
  ExpectFailure(Train("run", {"--resume=" + Path("other")}), 64, {Path("run"), Path("other")});
  EXPECT_EQ(Contents(directory_), before);
  ASSERT_EQ(Train("run", {"--overwrite"}).exit_code, 0);
  EXPECT_EQ(ReadText(Path("run.old-1/best/notes.txt")), "mine");
}

// Row 53.
TEST_F(StorageFault, SecondRunInADirectoryIs73WithProcessAndHostAndTheFirstGoesOn) {
  const std::vector<std::string> more = {"--set", "train.epochs=40", "--set", "train.save_every=1000"};
  const std::string expected = StraightBest(more);
  Background first(TrainArguments("run", more));
  ASSERT_TRUE(first.WaitUntil([&] { return !Checkpoints("run").empty(); }));
  first.Signal(SIGSTOP);  // holds the lock as long as the others need
  char host[256] = {};
  ASSERT_EQ(gethostname(host, sizeof(host) - 1), 0);
  const std::string holder = "process " + std::to_string(first.pid()) + " on host " + host;
  for (const char* option : {"--resume", "--overwrite"}) {
    std::vector<std::string> second = more;
    second.emplace_back(option);
    ExpectFailure(Train("run", second), 73, {"run.lock", holder});
  }
  EXPECT_TRUE(first.Running());
  first.Signal(SIGCONT);
  const ProcessResult result = first.Wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(Best("run") == expected);
  EXPECT_FALSE(std::filesystem::exists(Path("run.old-1")));
}

// Row 53.
TEST_F(StorageFault, LockOfADeadProcessIsTakenOver) {
  const std::string expected = StraightBest();
  MakeInterrupted();
  EXPECT_THAT(ReadText(Path("interrupted/run.lock")), HasSubstr("process "));
  ExpectResumesTo(expected, "interrupted");
}

// Row 53.
TEST_F(StorageFault, OfTwoRunsThatStartTogetherOneTrainsAndOneIsRefused) {
  const std::string expected = StraightBest();
  Background first(TrainArguments("run")), second(TrainArguments("run"));
  const ProcessResult a = first.Wait(), b = second.Wait();
  EXPECT_EQ(std::min(a.exit_code, b.exit_code), 0) << a.err << b.err;
  EXPECT_EQ(std::max(a.exit_code, b.exit_code), 73) << a.err << b.err;
  EXPECT_TRUE(Best("run") == expected);
  ExpectNothingTorn("run");
  ExpectTidy("run");
}

}  // namespace
}  // namespace clner::test
