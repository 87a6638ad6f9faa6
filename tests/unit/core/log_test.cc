#include "core/log.h"

#include <fcntl.h>
#include <pty.h>

#include <thread>

#include "core/progress.h"
#include "support.h"

namespace clner {
namespace {

using internal::FormatDuration;
using internal::ProgressPacer;
using internal::ProgressRate;
using internal::ProgressView;
using test::Get;
using test::InChild;
using test::TempDir;
using testing::HasSubstr;
using testing::Not;

// What `body` writes to stderr, run in a child whose stderr is a file.
std::string StderrOf(const std::function<void()>& body) {
  const TempDir dir;
  const int fd = ::open((dir / "err").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  EXPECT_EQ(InChild([&] {
              ::dup2(fd, STDERR_FILENO);
              body();
            }),
            0);
  ::close(fd);
  return Get(dir / "err");
}

// The same with a terminal as stderr.
std::string TerminalOutputOf(const std::function<void()>& body) {
  int terminal = -1, fd = -1;
  struct winsize size = {24, 60, 0, 0};
  EXPECT_EQ(::openpty(&terminal, &fd, nullptr, nullptr, &size), 0);
  EXPECT_EQ(InChild([&] {
              ::setenv("TERM", "xterm", 1);
              ::unsetenv("NO_COLOR");
              ::dup2(fd, STDERR_FILENO);
              body();
            }),
            0);
  ::close(fd);
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(terminal, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<size_t>(count));
  ::close(terminal);
  return text;
}

TEST(Log, LevelsDecideWhatIsPrinted) {
  const auto all = [] {
    LogInfo("info");
    LogVerbose("verbose");
    LogDebug("debug");
    LogWarning("k", "careful");
    LogError("clner: error: broken");
  };
  const std::string always = "clner: warning: careful\nclner: error: broken\n";
  EXPECT_EQ(StderrOf([&] { SetLogLevel(LogLevel::kQuiet), all(); }), always);
  EXPECT_EQ(StderrOf([&] { all(); }), "info\n" + always);
  EXPECT_EQ(StderrOf([&] { SetLogLevel(LogLevel::kVerbose), all(); }), "info\nverbose\n" + always);
  EXPECT_EQ(StderrOf([&] { SetLogLevel(LogLevel::kDebug), all(); }), "info\nverbose\ndebug\n" + always);
}

TEST(Log, TakesAnyTextLiterally) {
  EXPECT_EQ(StderrOf([] { LogInfo("{} %s %v {0}"); }), "{} %s %v {0}\n");
}

TEST(WarningRecorder, KeepsWhatItsThreadIsWarnedAbout) {
  LogWarning("recorder", "before");
  const WarningRecorder outer;
  {
    const WarningRecorder inner;
    for (int i = 0; i < 5; ++i) LogWarning("recorder", "message", "here:1", "do it");
    std::thread([] { LogWarning("recorder", "of another thread"); }).join();
    ASSERT_EQ(inner.warnings().size(), 5u) << "also those that are not shown";
    EXPECT_EQ(inner.warnings()[4].kind, "recorder");
    EXPECT_EQ(inner.warnings()[4].message, "message");
    EXPECT_EQ(inner.warnings()[4].where, "here:1");
    EXPECT_EQ(inner.warnings()[4].fix, "do it");
  }
  LogWarning("recorder", "after");
  EXPECT_EQ(outer.warnings().size(), 6u);
  EXPECT_TRUE(outer.complete());
  for (size_t i = 0; i < WarningRecorder::kMaxKept; ++i) LogWarning("recorder", "many");
  EXPECT_EQ(outer.warnings().size(), WarningRecorder::kMaxKept);
  EXPECT_FALSE(outer.complete());
}

TEST(Log, ShowsThreeWarningsOfAKindAndSumsUpTheRest) {
  const std::string text = StderrOf([] {
    for (int i = 0; i < 10; ++i)
      LogWarning("long word", "word " + std::to_string(i), "f:" + std::to_string(i), "shorten it");
    LogWarning("other", "once");
    if (WarningCount() != 11) ::_exit(1);
    LogWarningSummary();
    LogWarningSummary();  // says nothing new
  });
  EXPECT_THAT(text, HasSubstr("clner: warning: word 2\n   at: f:2\n  fix: shorten it\n"));
  EXPECT_THAT(text, Not(HasSubstr("word 3")));
  EXPECT_THAT(text, HasSubstr("clner: warning: once\nclner: warning: 7 more of the kind 'long word' (10 in all)\n"));
  EXPECT_EQ(text.find("7 more"), text.rfind("7 more"));
}

TEST(Log, FileHoldsEveryMessageWithAStamp) {
  const TempDir dir;
  (void)StderrOf([&] {
    SetLogFile(dir / "log");
    SetLogLevel(LogLevel::kQuiet);
    LogInfo("quiet on the terminal");
    LogVerbose("not asked for");
    LogError("clner: error: broken\n   at: f");
  });
  const std::string text = Get(dir / "log");
  EXPECT_THAT(text, testing::ContainsRegex("^20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\\.[0-"
                                           "9]+Z info quiet on the terminal\n"));
  EXPECT_THAT(text, HasSubstr("Z error clner: error: broken\n   at: f\n"));
  EXPECT_THAT(text, Not(HasSubstr("not asked for")));
}

TEST(Log, FullLogFileIsAnIoError) {
  const std::string text = StderrOf([] {
    SetLogFile("/dev/full");
    try {
      LogInfo("x");
      ::_exit(1);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kIo) ::_exit(2);
      LogError(error.what());  // never throws
    }
    { Progress progress("work", 10, "steps"); }  // nor does a destructor
  });
  EXPECT_THAT(text, HasSubstr("No space left on device"));
  EXPECT_ERROR(SetLogFile("/nowhere/log"), ErrorCode::kOutput, "No such file or directory");
}

TEST(Log, ColoursOnlyTerminals) {
  const auto speak = [] {
    LogWarning("k", "careful with clner: warning: inside");
    LogError("clner: error: one\n   at: f\nclner: error: two");
  };
  EXPECT_THAT(StderrOf(speak), Not(HasSubstr("\x1b")));
  const std::string text = TerminalOutputOf(speak);
  EXPECT_THAT(text, HasSubstr("clner: \x1b[1;33mwarning:\x1b[0m careful with clner: warning: inside"));
  EXPECT_THAT(text, HasSubstr("clner: \x1b[1;31merror:\x1b[0m one"));
  EXPECT_THAT(text, HasSubstr("clner: \x1b[1;31merror:\x1b[0m two"));
  EXPECT_THAT(TerminalOutputOf([&] { ::setenv("NO_COLOR", "1", 1), speak(); }), Not(HasSubstr("\x1b")));
  EXPECT_THAT(TerminalOutputOf([&] { ::setenv("TERM", "dumb", 1), speak(); }), Not(HasSubstr("\x1b")));
  EXPECT_THAT(TerminalOutputOf([&] { DisableColor(), speak(); }), Not(HasSubstr("\x1b")));
}

TEST(Log, SurvivesAClosedStderr) {
  EXPECT_EQ(InChild([] {
              ::close(STDERR_FILENO);
              LogInfo("nobody hears");
              Progress progress("work", 2, "steps");
              progress.Update(1);
            }),
            0);
}

TEST(Progress, IsABarOnATerminalWithMessagesAbove) {
  const std::string text = TerminalOutputOf([] {
    Progress progress("tokenising", 100, "sentences");
    progress.Update(50, "loss 3.21");
    LogInfo("message");
    progress.Finish();
  });
  EXPECT_THAT(text, HasSubstr("\r\x1b[Ktokenising [############............] 50 %  50/100 senten"));
  EXPECT_THAT(text, HasSubstr("\r\x1b[Kmessage\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\x1b[Ktokenising: 50 sentences in 0:00, loss 3.21\r\n"));
}

TEST(Progress, IsPlainElsewhereAndSilentWhenQuiet) {
  const auto work = [] {
    Progress progress("work", 1000, "steps");
    for (int i = 1; i <= 1000; ++i) progress.Update(i);
  };
  const std::string text = StderrOf(work);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, testing::StartsWith("work: 1000 steps in 0:00"));
  EXPECT_EQ(StderrOf([&] { SetLogLevel(LogLevel::kQuiet), work(); }), "");
  EXPECT_EQ(TerminalOutputOf([&] { SetLogLevel(LogLevel::kQuiet), work(); }), "");
}

TEST(Progress, SaysNothingOfTheEndWhenTheWorkFails) {
  const auto failing = [] {
    try {
      Progress progress("work", 10, "steps");
      progress.Update(3);
      throw Error(ErrorCode::kData, "bad");
    } catch (const Error&) {
    }
  };
  EXPECT_EQ(StderrOf(failing), "");
  EXPECT_THAT(TerminalOutputOf(failing), testing::EndsWith("\r\x1b[K"));
}

TEST(Progress, LinesComeEveryTenthOrEveryThirtySeconds) {
  ProgressPacer pacer;
  EXPECT_FALSE(pacer.LineIsDue(0.5, 90, 100));  // too soon after the start
  EXPECT_TRUE(pacer.LineIsDue(2.0, 10, 100));
  EXPECT_FALSE(pacer.LineIsDue(9.0, 19, 100));
  EXPECT_TRUE(pacer.LineIsDue(10.0, 20, 100));
  EXPECT_FALSE(pacer.LineIsDue(39.9, 21, 100));
  EXPECT_TRUE(pacer.LineIsDue(40.0, 21, 100));
  ProgressPacer unknown;
  EXPECT_FALSE(unknown.LineIsDue(29.0, 1'000'000, 0));
  EXPECT_TRUE(unknown.LineIsDue(30.0, 1'000'001, 0));
}

TEST(Progress, RateLeavesOutWhatWasDoneBefore) {
  ProgressRate rate;
  EXPECT_EQ(rate.PerSecond(), std::nullopt);
  rate.Update(10.0, 500);  // resumed at 500
  EXPECT_EQ(rate.PerSecond(), std::nullopt);
  rate.Update(20.0, 600);
  EXPECT_DOUBLE_EQ(*rate.PerSecond(), 10.0);
  rate.Update(20.0, 600);
  EXPECT_DOUBLE_EQ(*rate.PerSecond(), 10.0);
}

TEST(Progress, FormatsDurations) {
  EXPECT_EQ(FormatDuration(0), "0:00");
  EXPECT_EQ(FormatDuration(7.4), "0:07");
  EXPECT_EQ(FormatDuration(750), "12:30");
  EXPECT_EQ(FormatDuration(3 * 3600 + 121), "3:02:01");
  EXPECT_EQ(FormatDuration(-1), "?");
  EXPECT_EQ(FormatDuration(1e300), "?");
  EXPECT_EQ(FormatDuration(0.0 / 0.0), "?");
}

TEST(Progress, FormatsLinesBarsAndEnds) {
  const ProgressView view = {"train", "steps", 450, 1000, 45.0, 10.0, "loss 3.2"};
  EXPECT_EQ(ProgressLine(view), "train: 450/1000 steps (45 %), 10/s, ETA 0:55, loss 3.2");
  EXPECT_EQ(ProgressEnd(view), "train: 450 steps in 0:45, 10/s, loss 3.2");
  EXPECT_EQ(ProgressBar(view, 200), "train [##########..............] 45 %  450/1000 steps, 10/s, ETA 0:55, loss 3.2");
  EXPECT_EQ(ProgressBar(view, 20), "train [##########...");
  const ProgressView unknown = {"read", "lines", 450, 0, 45.0, 0.5, ""};
  EXPECT_EQ(ProgressLine(unknown), "read: 450 lines, 0.50/s");
  EXPECT_EQ(ProgressBar(unknown, 80), "read 450 lines, 0.50/s");
  // More than announced: no percentage above 100, no negative time.
  const ProgressView beyond = {"x", "y", 20, 10, 1.0, 1.0, ""};
  EXPECT_EQ(ProgressLine(beyond), "x: 20/10 y (100 %), 1.00/s, ETA 0:00");
  EXPECT_EQ(ProgressBar(beyond, 80), "x [########################] 100 %  20/10 y, 1.00/s, ETA 0:00");
}

}  // namespace
}  // namespace clner
