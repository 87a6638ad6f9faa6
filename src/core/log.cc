#include "core/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include "core/files.h"
#include "core/progress.h"

namespace clner {
namespace {

constexpr size_t kShownWarnings = 3;
constexpr const char* kFilePattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kEraseLine = "\r\x1b[K";
constexpr const char* kRed = "\x1b[1;31m";
constexpr const char* kYellow = "\x1b[1;33m";
constexpr const char* kPlain = "\x1b[0m";

bool HasVariable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

// A terminal that understands colours and erasing.
bool IsCapableTerminal() {
  const char* kind = std::getenv("TERM");
  return StderrIsTerminal() && kind != nullptr && std::string_view(kind) != "dumb";
}

size_t TerminalColumns() {
  constexpr size_t kUsual = 80, kFewest = 20;
  struct winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return std::max<size_t>(size.ws_col, kFewest);
}

// A closed or broken stderr must not end the work: there is no place left to complain.
void WriteStderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}

// stderr, with the progress bar kept below the messages.
class TerminalSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // Shows `text` as the bar; empty removes it.
  void SetBar(std::string text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (bar_.empty() && text.empty()) return;
    bar_ = std::move(text);
    WriteStderr(kEraseLine + bar_);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string text(message.payload.data(), message.payload.size());
    if (UseColor()) Colour(message.level, &text);
    text += '\n';
    WriteStderr(bar_.empty() ? text : kEraseLine + text + bar_);
  }
  void flush_() override {}

 private:
  // Colours the words "error:" and "warning:" at the line starts that the logger and Error::what() write.
  static void Colour(spdlog::level::level_enum level, std::string* text) {
    if (level != spdlog::level::err && level != spdlog::level::warn) return;
    const std::string word = level == spdlog::level::err ? "error:" : "warning:";
    const std::string start = "clner: " + word;
    const std::string coloured = "clner: " + ((level == spdlog::level::err ? kRed : kYellow) + word) + kPlain;
    for (size_t at = 0; (at = text->find(start, at)) != std::string::npos;) {
      const bool at_line_start = at == 0 || (*text)[at - 1] == '\n';
      if (at_line_start) text->replace(at, start.size(), coloured);
      at += at_line_start ? coloured.size() : start.size();
    }
  }

  std::string bar_;
};

// The log file; a failed write is an Error that the logger hands on.
class FileSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(const std::filesystem::path& path) : file_(path) {
    formatter_ = std::make_unique<spdlog::pattern_formatter>(kFilePattern, spdlog::pattern_time_type::utc, "\n");
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_.Append(std::string_view(line.data(), line.size()));
  }
  void flush_() override {}

 private:
  AppendFile file_;
};

spdlog::level::level_enum SpdLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kQuiet:
      return spdlog::level::warn;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kVerbose:
      return spdlog::level::debug;
    case LogLevel::kDebug:
      return spdlog::level::trace;
  }
  return spdlog::level::info;
}

struct Logger {
  std::mutex mutex;
  std::shared_ptr<TerminalSink> terminal = std::make_shared<TerminalSink>();
  spdlog::logger logger{"clner", terminal};
  std::map<std::string, size_t, std::less<>> warnings;
  size_t warning_count = 0;
  LogLevel level = LogLevel::kInfo;
  std::atomic<bool> colour = true;

  Logger() {
    logger.set_level(spdlog::level::trace);
    terminal->set_level(spdlog::level::info);
    // Called inside the logger's catch block: the error of a sink goes on to the caller.
    logger.set_error_handler([](const std::string&) { throw; });
  }

  // The log file also gets what --quiet hides.
  void SetFileLevel() {
    if (logger.sinks().size() > 1) logger.sinks()[1]->set_level(std::min(SpdLevel(level), spdlog::level::info));
  }
};

Logger& TheLogger() {
  static Logger logger;
  return logger;
}

thread_local WarningRecorder* innermost_recorder = nullptr;

void Log(spdlog::level::level_enum level, std::string_view message) {
  TheLogger().logger.log(level, spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace

void SetLogLevel(LogLevel level) {
  Logger& self = TheLogger();
  const std::lock_guard<std::mutex> lock(self.mutex);
  self.level = level;
  self.terminal->set_level(SpdLevel(level));
  self.SetFileLevel();
}

void SetLogFile(const std::filesystem::path& path) {
  Logger& self = TheLogger();
  auto file = std::make_shared<FileSink>(path);
  const std::lock_guard<std::mutex> lock(self.mutex);
  self.logger.sinks().resize(1);
  self.logger.sinks().push_back(std::move(file));
  self.SetFileLevel();
}

bool StderrIsTerminal() { return isatty(STDERR_FILENO) == 1; }

bool UseColor() {
  Logger& self = TheLogger();
  return self.colour && !HasVariable("NO_COLOR") && IsCapableTerminal();
}

void DisableColor() { TheLogger().colour = false; }

void LogInfo(std::string_view message) { Log(spdlog::level::info, message); }
void LogVerbose(std::string_view message) { Log(spdlog::level::debug, message); }
void LogDebug(std::string_view message) { Log(spdlog::level::trace, message); }

void LogWarning(std::string_view kind, std::string_view message, std::string_view where, std::string_view fix) {
  if (innermost_recorder != nullptr) {
    WarningRecorder::Record({std::string(kind), std::string(message), std::string(where), std::string(fix)});
  }
  Logger& self = TheLogger();
  {
    const std::lock_guard<std::mutex> lock(self.mutex);
    ++self.warning_count;
    if (++self.warnings.try_emplace(std::string(kind), 0).first->second > kShownWarnings) return;
  }
  std::string text = "clner: warning: " + std::string(message);
  if (!where.empty()) text += "\n   at: " + std::string(where);
  if (!fix.empty()) text += "\n  fix: " + std::string(fix);
  Log(spdlog::level::warn, text);
}

WarningRecorder::WarningRecorder() : outer_(innermost_recorder) { innermost_recorder = this; }

WarningRecorder::~WarningRecorder() { innermost_recorder = outer_; }

void WarningRecorder::Record(const LoggedWarning& warning) {
  for (WarningRecorder* recorder = innermost_recorder; recorder != nullptr; recorder = recorder->outer_) {
    recorder->complete_ = recorder->complete_ && recorder->warnings_.size() < kMaxKept;
    if (recorder->complete_) recorder->warnings_.push_back(warning);
  }
}

void LogWarningSummary() {
  Logger& self = TheLogger();
  std::map<std::string, size_t, std::less<>> counts;
  {
    const std::lock_guard<std::mutex> lock(self.mutex);
    counts.swap(self.warnings);
  }
  for (const auto& [kind, count] : counts) {
    if (count <= kShownWarnings) continue;
    Log(spdlog::level::warn, "clner: warning: " + std::to_string(count - kShownWarnings) + " more of the kind '" +
                                 kind + "' (" + std::to_string(count) + " in all)");
  }
}

size_t WarningCount() {
  Logger& self = TheLogger();
  const std::lock_guard<std::mutex> lock(self.mutex);
  return self.warning_count;
}

void LogError(std::string_view report) {
  try {
    Log(spdlog::level::err, report);
  } catch (const std::exception&) {
    // The report is on stderr already; only the log file could not take it.
  }
}

struct Progress::State {
  std::string title, unit, note;
  int64_t total = 0, done = 0;
  bool bar = false, finished = false;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  double last_drawn = -1.0;
  int exceptions = std::uncaught_exceptions();
  internal::ProgressPacer pacer = {};
  internal::ProgressRate rate = {};

  [[nodiscard]] double Elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  [[nodiscard]] internal::ProgressView View(double elapsed) const {
    return {title, unit, done, total, elapsed, rate.PerSecond(), note};
  }
};

Progress::Progress(std::string title, int64_t total, std::string unit) : state_(std::make_unique<State>()) {
  state_->title = std::move(title);
  state_->unit = std::move(unit);
  state_->total = total;
  state_->bar = IsCapableTerminal();
}

Progress::~Progress() {
  try {
    if (std::uncaught_exceptions() > state_->exceptions) {
      TheLogger().terminal->SetBar("");
    } else {
      Finish();
    }
  } catch (...) {
    // A full log file must not end the process from a destructor; the next message reports it.
  }
}

void Progress::Update(int64_t done, std::string_view note) {
  constexpr double kRedrawSeconds = 0.1;
  State& state = *state_;
  const double elapsed = state.Elapsed();
  state.done = done;
  state.note = note;
  state.rate.Update(elapsed, done);
  if (!TheLogger().terminal->should_log(spdlog::level::info)) return;
  if (!state.bar) {
    if (state.pacer.LineIsDue(elapsed, done, state.total)) LogInfo(internal::ProgressLine(state.View(elapsed)));
    return;
  }
  if (elapsed - state.last_drawn < kRedrawSeconds) return;
  state.last_drawn = elapsed;
  TheLogger().terminal->SetBar(internal::ProgressBar(state.View(elapsed), TerminalColumns() - 1));
}

void Progress::Finish() {
  if (std::exchange(state_->finished, true)) return;
  TheLogger().terminal->SetBar("");
  LogInfo(internal::ProgressEnd(state_->View(state_->Elapsed())));
}

}  // namespace clner
