// The one logger: diagnostics to stderr (and an optional file). spdlog stays inside log.cc because LibTorch shadows its
// fmt.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

enum class LogLevel { kQuiet, kInfo, kVerbose, kDebug };

void SetLogLevel(LogLevel level);
/// Also writes every message with a UTC stamp to `path` (appended): those of the level, and at least kInfo. A disk that
/// is full later makes the next message throw 74.
void SetLogFile(const std::filesystem::path& path);
/// True if colour may be used on stderr: terminal, no NO_COLOR, not switched off.
[[nodiscard]] bool UseColor();
void DisableColor();
[[nodiscard]] bool StderrIsTerminal();

void LogInfo(std::string_view message);
void LogVerbose(std::string_view message);
void LogDebug(std::string_view message);
/// Counts warnings per kind; the first three of a kind are shown with place, the rest summed up by LogWarningSummary().
void LogWarning(std::string_view kind, std::string_view message, std::string_view where = {},
                std::string_view fix = {});
void LogWarningSummary();
/// Warnings so far (for --strict).
[[nodiscard]] size_t WarningCount();
/// A warning as LogWarning was given it.
struct LoggedWarning {
  std::string kind = {}, message = {}, where = {}, fix = {};
};
/// Keeps a copy of the warnings that the thread which made it gives while it lives, for those who have to repeat them.
class WarningRecorder {
 public:
  static constexpr size_t kMaxKept = 1000;
  WarningRecorder();
  ~WarningRecorder();
  WarningRecorder(const WarningRecorder&) = delete;
  WarningRecorder& operator=(const WarningRecorder&) = delete;
  [[nodiscard]] const std::vector<LoggedWarning>& warnings() const { return warnings_; }
  /// False when there were more than kMaxKept.
  [[nodiscard]] bool complete() const { return complete_; }
  /// Called by LogWarning.
  static void Record(const LoggedWarning& warning);

 private:
  WarningRecorder* outer_;
  std::vector<LoggedWarning> warnings_;
  bool complete_ = true;
};

/// Prints an error report (Error::what()) to stderr and the log file.
void LogError(std::string_view report);

/// Progress of long work: a bar with rate and ETA on a terminal, else one plain line every 30 s or 10 % (at most one a
/// second); silent when quiet. Durations are monotonic. Lines of the logger are printed above the bar.
class Progress {
 public:
  /// `total` 0 = unknown; `unit` e.g. "steps", "sentences".
  Progress(std::string title, int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// `done` so far (monotonic); `note` is shown behind (e.g. "loss 3.21").
  void Update(int64_t done, std::string_view note = {});
  /// Prints the closing line. The destructor does it unless an exception is on its way.
  void Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clner
