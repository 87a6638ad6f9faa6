#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <tuple>

#include "core/files.h"
#include "core/stop.h"
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
using testing::UnorderedElementsAre;

TEST(AtomicFile, ShowsNothingBeforeCommitAndEverythingAfter) {
  const TempDir dir;
  Put(dir / "f", "old");
  {
    AtomicFile file(dir / "f");
    file.Write("new ");
    file.Write(std::string(700'000, 'x'));
    file.Write(std::as_bytes(std::span("!", 1)));
    EXPECT_EQ(Get(dir / "f"), "old");
    file.Commit();
  }
  EXPECT_EQ(Get(dir / "f"), "new " + std::string(700'000, 'x') + "!");
  EXPECT_THAT(Names(dir.path()), ElementsAre("f"));
}

TEST(AtomicFile, LeavesNoTraceWithoutCommit) {
  const TempDir dir;
  Put(dir / "f", "old");
  { AtomicFile(dir / "f").Write(std::string(1'000'000, 'x')); }
  EXPECT_EQ(Get(dir / "f"), "old");
  EXPECT_THAT(Names(dir.path()), ElementsAre("f"));
}

TEST(AtomicFile, FailuresOfEveryOperationLeaveTheOldFile) {
  const TempDir dir;
  for (const auto& [op, error, text] :
       {std::tuple("write", ENOSPC, "No space left on device"), std::tuple("write", EIO, "Input/output error"),
        std::tuple("fsync", EIO, "Input/output error"), std::tuple("close", EDQUOT, "quota"),
        std::tuple("rename", EIO, "Input/output error")}) {
    Put(dir / "f", "old");
    const HookGuard hook(FaultAt(op, 1, error));
    EXPECT_ERROR(WriteFileAtomically(dir / "f", "new"), ErrorCode::kIo, text);
    EXPECT_EQ(Get(dir / "f"), "old") << op;
    EXPECT_THAT(Names(dir.path()), ElementsAre("f")) << op;
  }
  const HookGuard hook(FaultAt("write", 1, ENOSPC));
  EXPECT_ERROR(WriteFileAtomically(dir / "f", "new"), ErrorCode::kIo, (dir / "f").string());
}

TEST(AtomicFile, GoesOnAfterShortWritesAndInterrupts) {
  const TempDir dir;
  {
    const HookGuard hook([](const char* op) { return std::string_view(op) == "write" ? kFaultShort : 0; });
    WriteFileAtomically(dir / "f", "byte by byte");
  }
  EXPECT_EQ(Get(dir / "f"), "byte by byte");
  const HookGuard hook([calls = 0](const char* op) mutable {
    const std::string_view name(op);
    return (name == "open" || name == "write" || name == "fsync" || name == "close") && ++calls % 2 == 1 ? EINTR : 0;
  });
  WriteFileAtomically(dir / "f", "again");
  EXPECT_EQ(Get(dir / "f"), "again");
}

TEST(AtomicFile, SaysWhyItCannotCreate) {
  const TempDir dir;
  EXPECT_ERROR(AtomicFile(dir / "no" / "f"), ErrorCode::kOutput, "No such file or directory");
  EXPECT_ERROR(AtomicFile(dir.path()), ErrorCode::kOutput, "Is a directory");
  EXPECT_ERROR(AtomicFile(""), ErrorCode::kOutput, "No such file or directory");
  Put(dir / "file", "x");
  EXPECT_ERROR(AtomicFile(dir / "file" / "f"), ErrorCode::kOutput, "Not a directory");
  for (const auto& [error, code] : {std::pair(EROFS, ErrorCode::kOutput), std::pair(EACCES, ErrorCode::kOutput),
                                    std::pair(ENOSPC, ErrorCode::kIo), std::pair(EMFILE, ErrorCode::kIo)}) {
    const HookGuard hook(FaultAt("open", 1, error));
    EXPECT_ERROR(AtomicFile(dir / "f"), code, std::generic_category().message(error));
  }
}

TEST(AtomicFile, FollowsLinksKeepsModesAndWritesDevicesDirectly) {
  const TempDir dir;
  Put(dir / "real", "old");
  ASSERT_EQ(::chmod((dir / "real").c_str(), 0640), 0);
  std::filesystem::create_symlink("real", dir / "link");
  WriteFileAtomically(dir / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "link"));
  EXPECT_EQ(Get(dir / "real"), "new");
  struct stat info = {};
  ASSERT_EQ(::stat((dir / "real").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0640u);
  WriteFileAtomically("/dev/null", "gone");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_ERROR(WriteFileAtomically("/dev/full", "x"), ErrorCode::kIo, "'/dev/full': No space left on device");
}

TEST(AtomicFile, TakesTheLongestNamesAndManyWritersAtOnce) {
  const TempDir dir;
  WriteFileAtomically(dir / std::string(255, 'n'), "x");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) {
        WriteFileAtomically(dir / "same", std::string(1000, static_cast<char>('a' + i)));
        RemoveStaleTemporaries(dir.path());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = Get(dir / "same");
  EXPECT_EQ(text, std::string(1000, text[0]));
  EXPECT_THAT(Names(dir.path()), UnorderedElementsAre("same", std::string(255, 'n')));
}

TEST(AtomicFile, IsKilledAtAnyPointWithOldOrNewContent) {
  for (int k = 1;; ++k) {
    const TempDir dir;
    Put(dir / "f", "old");
    const int status = InChild([&] {
      SetFaultHook([k, calls = 0](const char*) mutable { return ++calls == k ? kFaultKill : 0; });
      WriteFileAtomically(dir / "f", std::string(600'000, 'n'));
    });
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      EXPECT_GT(k, 6);
      break;
    }
    const std::string text = Get(dir / "f");
    EXPECT_TRUE(text == "old" || text == std::string(600'000, 'n')) << "killed at operation " << k;
    RemoveStaleTemporaries(dir.path());
    EXPECT_THAT(Names(dir.path()), ElementsAre("f")) << k;
  }
}

TEST(AtomicFile, IsRemovedWhenASignalEndsTheProcess) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    const TempDir dir;
    Put(dir / "f", "old");
    const int status = InChild([&] {
      AtomicFile first(dir / "f"), second(dir / "g"), done(dir / "h");
      done.Commit();
      first.Write(std::string(1'000'000, 'x'));
      ::raise(number);
    });
    ASSERT_TRUE(WIFSIGNALED(status)) << number;
    EXPECT_EQ(WTERMSIG(status), number);
    EXPECT_THAT(Names(dir.path()), UnorderedElementsAre("f", "h")) << number;
    EXPECT_EQ(Get(dir / "f"), "old");
  }
}

TEST(AtomicFile, HandlersOfTheProgramStay) {
  const TempDir dir;
  const int status = InChild([&] {
    const StopSignals signals;
    AtomicFile file(dir / "f");
    ::raise(SIGTERM);  // sets the stop flag only
    file.Write("whole");
    file.Commit();
    if (StopRequested() == nullptr) ::_exit(98);
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(Get(dir / "f"), "whole");
}

TEST(AtomicFile, AChildThatEndsLeavesTheFilesOfItsParent) {
  const TempDir dir;
  const int status = InChild([&] {
    AtomicFile file(dir / "f");
    const int child = InChild([&] {
      const AtomicFile own(dir / "g");
      ::raise(SIGTERM);
    });
    if (!WIFSIGNALED(child)) ::_exit(98);
    file.Commit();
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(Names(dir.path()), ElementsAre("f"));
}

// Runs `body` in a child with `fd` as its stdout.
int WithStdout(int fd, const std::function<void()>& body) {
  return InChild([&] {
    ::dup2(fd, STDOUT_FILENO);
    body();
  });
}

TEST(OutputFile, WritesAFileAtomically) {
  const TempDir dir;
  {
    OutputFile out((dir / "f").string());
    out.Write("text");
    out.Flush();
    EXPECT_FALSE(std::filesystem::exists(dir / "f"));
    out.Close();
  }
  EXPECT_EQ(Get(dir / "f"), "text");
  { OutputFile((dir / "g").string()).Write("lost"); }
  EXPECT_THAT(Names(dir.path()), ElementsAre("f"));
}

TEST(OutputFile, WritesStdoutAndLeavesItOpen) {
  const TempDir dir;
  const int fd = ::open((dir / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  const int status = WithStdout(fd, [] {
    for (int round = 0; round < 2; ++round) {
      OutputFile out("-");
      out.Write("a\n");
      out.Flush();
      out.Write(std::string(300'000, 'b') + "\n");
      out.Close();
    }
  });
  ::close(fd);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(Get(dir / "out"), "a\n" + std::string(300'000, 'b') + "\na\n" + std::string(300'000, 'b') + "\n");
}

TEST(OutputFile, HoldsWholeRecordsWhenTheWorkFails) {
  const TempDir dir;
  const int fd = ::open((dir / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  const int status = WithStdout(fd, [] {
    OutputFile out("-");
    for (int i = 0; i < 50'000; ++i) out.Write("record " + std::to_string(i) + "\n");
    throw Error(ErrorCode::kData, "bad line");
  });
  ::close(fd);
  EXPECT_EQ(WEXITSTATUS(status), 65);
  const std::string text = Get(dir / "out");
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.back(), '\n');
  EXPECT_LT(text.size(), 700'000u);
}

TEST(OutputFile, ReportsAFullDeviceAndAClosedStdout) {
  const int full = ::open("/dev/full", O_WRONLY);
  EXPECT_EQ(WEXITSTATUS(WithStdout(full,
                                   [] {
                                     OutputFile out("-");
                                     out.Write("x");
                                     out.Close();
                                   })),
            74);
  ::close(full);
  EXPECT_EQ(WEXITSTATUS(InChild([] {
              ::close(STDOUT_FILENO);
              OutputFile out("-");
              out.Write("x");
              out.Close();
            })),
            74);
}

TEST(OutputFile, EndsBySigpipeWhenTheReaderLeaves) {
  for (const bool ignored : {false, true}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    const int status = WithStdout(ends[1], [ignored] {
      std::signal(SIGPIPE, ignored ? SIG_IGN : SIG_DFL);
      OutputFile out("-");
      out.Write("x");
      out.Close();
    });
    ::close(ends[1]);
    ASSERT_TRUE(WIFSIGNALED(status)) << ignored;
    EXPECT_EQ(WTERMSIG(status), SIGPIPE);
  }
}

TEST(AppendFile, AppendsAcrossObjects) {
  const TempDir dir;
  {
    AppendFile file(dir / "log");
    file.Append("one\n");
    file.Append("two\n");
  }
  AppendFile(dir / "log").Append("three\n");
  EXPECT_EQ(Get(dir / "log"), "one\ntwo\nthree\n");
}

TEST(AppendFile, EndsATornLastLine) {
  const TempDir dir;
  Put(dir / "log", "one\n{\"step\": 2, \"lo");
  AppendFile(dir / "log").Append("three\n");
  EXPECT_EQ(Get(dir / "log"), "one\n{\"step\": 2, \"lo\nthree\n");
}

TEST(AppendFile, ReportsFailures) {
  const TempDir dir;
  EXPECT_ERROR(AppendFile(dir / "no" / "log"), ErrorCode::kOutput, "No such file or directory");
  EXPECT_ERROR(AppendFile(dir.path()), ErrorCode::kOutput, "Is a directory");
  EXPECT_ERROR(AppendFile("/dev/full").Append("x\n"), ErrorCode::kIo, "No space left on device");
}

TEST(AppendFile, SaysWhyTheFirstAttemptFailed) {
  const TempDir dir;
  {
    const HookGuard hook(FaultAt("open", 1, EACCES));  // as in a directory without write permission
    EXPECT_ERROR(AppendFile(dir / "log"), ErrorCode::kOutput, "Permission denied");
  }
  Put(dir / "log", "one\n");
  const HookGuard hook(FaultAt("open", 1, EACCES));  // as a file that may be written but not read
  AppendFile(dir / "log").Append("two\n");
  EXPECT_EQ(Get(dir / "log"), "one\ntwo\n");
}

TEST(AppendFile, NoDescriptorLeftIsAnIoError) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer checks types of objects with descriptors of its own";
#endif
  const TempDir dir;
  const int status = InChild([&] {
    const struct rlimit limit = {3, 3};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    AppendFile(dir / "log").Append("x\n");
  });
  EXPECT_EQ(WEXITSTATUS(status), 74);
}

}  // namespace
}  // namespace clner
