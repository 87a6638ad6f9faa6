#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <csignal>

#include "core/files.h"
#include "core/sha256.h"
#include "support.h"

namespace clner {
namespace {

using test::FaultAt;
using test::Get;
using test::HookGuard;
using test::InChild;
using test::Names;
using test::Put;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

void Fill(const std::filesystem::path& directory, const std::string& text) {
  WriteFileAtomically(directory / "weights", text);
  CreateDirectories(directory / "sub");
  WriteFileAtomically(directory / "sub" / "state", text + text);
  WriteChecksums(directory, "MANIFEST");
}

// The text that a complete directory was filled with.
std::string Content(const std::filesystem::path& directory) {
  VerifyChecksums(directory, "MANIFEST");
  EXPECT_EQ(Get(directory / "sub" / "state"), Get(directory / "weights") + Get(directory / "weights"));
  return Get(directory / "weights");
}

pid_t DeadPid() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  ::waitpid(pid, nullptr, 0);
  return pid;
}

TEST(AtomicDirectory, AppearsAtPublish) {
  const TempDir dir;
  {
    AtomicDirectory output(dir / "step-1");
    EXPECT_EQ(output.path().filename(), ".tmp-" + std::to_string(::getpid()) + "-step-1");
    Fill(output.path(), "new");
    EXPECT_FALSE(std::filesystem::exists(dir / "step-1"));
    output.Publish();
  }
  EXPECT_EQ(Content(dir / "step-1"), "new");
  EXPECT_THAT(Names(dir.path()), ElementsAre("step-1"));
}

TEST(AtomicDirectory, VanishesWithoutPublish) {
  const TempDir dir;
  { Fill(AtomicDirectory(dir / "x").path(), "new"); }
  EXPECT_THAT(Names(dir.path()), IsEmpty());
}

TEST(AtomicDirectory, NeverTouchesAnExistingTarget) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "empty");
  Put(dir / "file", "mine");
  for (const char* name : {"empty", "file", "empty/"}) {
    AtomicDirectory output(dir / name);
    EXPECT_ERROR(output.Publish(), ErrorCode::kOutput, "exists already");
  }
  EXPECT_EQ(Get(dir / "file"), "mine");
  EXPECT_THAT(Names(dir.path()), UnorderedElementsAre("empty", "file"));
}

TEST(AtomicDirectory, RefusesPlacesThatCannotBe) {
  const TempDir dir;
  EXPECT_ERROR(AtomicDirectory(dir / "no" / "x"), ErrorCode::kOutput, "No such file or directory");
  EXPECT_ERROR(AtomicDirectory("/"), ErrorCode::kOutput, "is not the name of a new directory");
  EXPECT_ERROR(AtomicDirectory(dir / ".."), ErrorCode::kOutput, "is not the name of a new directory");
  const HookGuard hook(FaultAt("mkdir", 1, EROFS));
  EXPECT_ERROR(AtomicDirectory(dir / "x"), ErrorCode::kOutput, "Read-only file system");
}

TEST(AtomicDirectory, HasOneWriterAtATime) {
  const TempDir dir;
  const AtomicDirectory first(dir / "x");
  EXPECT_ERROR(AtomicDirectory(dir / "x"), ErrorCode::kOutput, "is being written already");
}

TEST(AtomicDirectory, ReplacesALeftOverOfAnEarlierProcessWithOurNumber) {
  const TempDir dir;
  const std::filesystem::path left = dir / (".tmp-" + std::to_string(::getpid()) + "-x");
  std::filesystem::create_directory(left);
  Put(left / "rubbish", "old");
  AtomicDirectory output(dir / "x");
  Fill(output.path(), "new");
  output.Publish();
  EXPECT_EQ(Content(dir / "x"), "new");
}

TEST(AtomicDirectory, PublishReplacingExchangesAndCreates) {
  const TempDir dir;
  for (const std::string text : {"first", "second", "third"}) {
    AtomicDirectory output(dir / "best");
    Fill(output.path(), text);
    output.PublishReplacing();
    EXPECT_EQ(Content(dir / "best"), text);
    EXPECT_THAT(Names(dir.path()), ElementsAre("best"));
  }
}

TEST(AtomicDirectory, FailedOperationsKeepTheOldDirectory) {
  const TempDir dir;
  {
    AtomicDirectory output(dir / "best");
    Fill(output.path(), "old");
    output.Publish();
  }
  int failures = 0;
  for (const char* op : {"fsync", "rename", "open", "sync_directory"}) {
    for (int k = 1; k <= 4; ++k) {
      try {
        AtomicDirectory output(dir / "best");
        Fill(output.path(), "new");
        const HookGuard hook(FaultAt(op, k, EIO));
        output.PublishReplacing();
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kIo) << op << k;
        EXPECT_THAT(error.what(), HasSubstr("Input/output error"));
        ++failures;
      }
      const std::string content = Content(dir / "best");
      EXPECT_TRUE(content == "old" || content == "new") << op << k;
      RecoverDirectory(dir / "best");
      RemoveStaleTemporaries(dir.path());
      EXPECT_THAT(Names(dir.path()), ElementsAre("best")) << op << k;
    }
  }
  EXPECT_GE(failures, 8);
}

// Kills a child at its k-th file operation, k = 1, 2, ... until it ends untouched; checks the directory after each.
void KillAtEveryOperation(bool replacing) {
  bool seen_old = false, seen_new = false;
  int k = 1;
  for (;; ++k) {
    const TempDir dir;
    const std::filesystem::path target = dir / "step-7";
    if (replacing) {
      std::filesystem::create_directory(target);
      Fill(target, "old");
    }
    const int status = InChild([&] {
      SetFaultHook([k, calls = 0](const char*) mutable { return ++calls == k ? kFaultKill : 0; });
      AtomicDirectory output(target);
      Fill(output.path(), "new");
      replacing ? output.PublishReplacing() : output.Publish();
    });
    RecoverDirectory(target);
    RemoveStaleTemporaries(dir.path());
    const bool exists = std::filesystem::exists(target);
    ASSERT_TRUE(exists || !replacing) << "nothing is left after a kill at operation " << k;
    const std::string content = exists ? Content(target) : "old";
    ASSERT_TRUE(content == "old" || content == "new") << k;
    (content == "old" ? seen_old : seen_new) = true;
    if (exists) {
      ASSERT_THAT(Names(dir.path()), ElementsAre("step-7")) << k;
    } else {
      ASSERT_THAT(Names(dir.path()), IsEmpty()) << k;
    }
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      ASSERT_EQ(content, "new");
      break;
    }
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
  }
  EXPECT_TRUE(seen_old && seen_new);
  EXPECT_GT(k, 20);  // the kill points were really there
}

TEST(CrashPoints, PublishLeavesNothingOrEverything) { KillAtEveryOperation(false); }
TEST(CrashPoints, PublishReplacingLeavesOldOrNew) { KillAtEveryOperation(true); }

TEST(CrashPoints, RemoveDirectoryLeavesItWholeOrGone) {
  for (int k = 1;; ++k) {
    const TempDir dir;
    std::filesystem::create_directory(dir / "x");
    Fill(dir / "x", "old");
    const int status = InChild([&] {
      SetFaultHook([k, calls = 0](const char*) mutable { return ++calls == k ? kFaultKill : 0; });
      RemoveDirectory(dir / "x");
    });
    if (std::filesystem::exists(dir / "x")) {
      EXPECT_EQ(Content(dir / "x"), "old");
    }
    RemoveStaleTemporaries(dir.path());
    EXPECT_EQ(Names(dir.path()).size(), std::filesystem::exists(dir / "x") ? 1u : 0u) << k;
    if (WIFEXITED(status)) {
      EXPECT_FALSE(std::filesystem::exists(dir / "x"));
      EXPECT_GT(k, 4);
      break;
    }
  }
}

TEST(RecoverDirectory, RestoresTheOldOneOrRemovesIt) {
  const TempDir dir;
  std::filesystem::create_directory(dir / ".best-old");
  Put(dir / ".best-old" / "f", "old");
  RecoverDirectory(dir / "best");
  EXPECT_EQ(Get(dir / "best" / "f"), "old");
  std::filesystem::create_directory(dir / ".best-old");
  RecoverDirectory(dir / "best/");
  EXPECT_THAT(Names(dir.path()), ElementsAre("best"));
  RecoverDirectory(dir / "never-was");
  EXPECT_THAT(Names(dir.path()), ElementsAre("best"));
}

TEST(RemoveDirectory, ReportsWhatItCannotRemove) {
  const TempDir dir;
  EXPECT_ERROR(RemoveDirectory(dir / "none"), ErrorCode::kIo, "No such file or directory");
}

TEST(StaleTemporaries, OfDeadProcessesGoOthersStay) {
  const TempDir dir;
  const std::string dead = ".tmp-" + std::to_string(DeadPid());
  std::filesystem::create_directory(dir / (dead + "-step-1"));
  Put(dir / (dead + "-step-1") / "f", "x");
  Put(dir / (dead + "-7-file"), "x");
  const std::vector<std::string> kept = {".tmp-1-of-init",        ".tmp-notes", ".tmp--5-x", ".tmp-12",
                                         ".tmp-99999999999999-x", "data",       "tmp-3-x"};
  for (const std::string& name : kept) Put(dir / name, "x");
  RemoveStaleTemporaries(dir.path());
  EXPECT_THAT(Names(dir.path()), testing::UnorderedElementsAreArray(kept));
  RemoveStaleTemporaries(dir / "none");
}

TEST(StaleTemporaries, StayWhileTheirLockIsHeld) {
  const TempDir dir;
  // The owner's number is dead here, but it may live in another container: its lock tells.
  const std::filesystem::path name = dir / (".tmp-" + std::to_string(DeadPid()) + "-x");
  Put(name, "x");
  const int fd = ::open(name.c_str(), O_RDONLY);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  RemoveStaleTemporaries(dir.path());
  EXPECT_TRUE(std::filesystem::exists(name));
  ::close(fd);
  RemoveStaleTemporaries(dir.path());
  EXPECT_FALSE(std::filesystem::exists(name));
}

TEST(StaleTemporaries, DoNotLeadThroughLinks) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "precious");
  Put(dir / "precious" / "f", "x");
  const std::string link = ".tmp-" + std::to_string(DeadPid()) + "-link";
  std::filesystem::create_directory_symlink("precious", dir / link);
  RemoveStaleTemporaries(dir.path());
  EXPECT_EQ(Get(dir / "precious" / "f"), "x");
}

TEST(FileLock, IsExclusiveAndNamesItsHolder) {
  const TempDir dir;
  {
    const FileLock lock(dir / "run.lock");
    EXPECT_ERROR(FileLock(dir / "run.lock"), ErrorCode::kOutput,
                 "is locked by process " + std::to_string(::getpid()) + " on host ");
  }
  EXPECT_NO_THROW(FileLock(dir / "run.lock"));
}

TEST(FileLock, OfADeadProcessIsTakenOver) {
  const TempDir dir;
  const int status = InChild([&] {
    const FileLock lock(dir / "run.lock");
    ::raise(SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(Get(dir / "run.lock"), HasSubstr("process "));
  const FileLock lock(dir / "run.lock");
  EXPECT_THAT(Get(dir / "run.lock"), HasSubstr("process " + std::to_string(::getpid()) + " on host"));
}

TEST(FileLock, ReportsFailures) {
  const TempDir dir;
  EXPECT_ERROR(FileLock(dir / "no" / "lock"), ErrorCode::kOutput, "No such file or directory");
  {
    const HookGuard hook(FaultAt("lock", 1, ENOLCK));
    EXPECT_ERROR(FileLock(dir / "lock"), ErrorCode::kOutput, "cannot lock");
  }
  const HookGuard hook(FaultAt("lock", 1, EINTR));
  EXPECT_NO_THROW(FileLock(dir / "lock"));
}

TEST(CreateDirectories, MakesTheWholePath) {
  const TempDir dir;
  CreateDirectories(dir / "a/b/c/");
  EXPECT_TRUE(std::filesystem::is_directory(dir / "a/b/c"));
  EXPECT_NO_THROW(CreateDirectories(dir / "a/b/c"));
  EXPECT_NO_THROW(CreateDirectories("/"));
  EXPECT_NO_THROW(CreateDirectories(""));
}

TEST(CreateDirectories, SaysWhyItCannot) {
  const TempDir dir;
  Put(dir / "file", "x");
  EXPECT_ERROR(CreateDirectories(dir / "file"), ErrorCode::kOutput, "Not a directory");
  EXPECT_ERROR(CreateDirectories(dir / "file/below"), ErrorCode::kOutput, "Not a directory");
  std::string deep = (dir / "d").string();
  for (int i = 0; i < 100'000; ++i) deep += "/d";
  EXPECT_ERROR(CreateDirectories(deep), ErrorCode::kOutput, "File name too long");
  const HookGuard hook(FaultAt("mkdir", 1, ENOSPC));
  EXPECT_ERROR(CreateDirectories(dir / "x"), ErrorCode::kIo, "No space left on device");
}

}  // namespace
}  // namespace clner
