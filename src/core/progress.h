// When to show progress and how it reads; pure functions of time, so that they can be tested.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clner::internal {

/// One moment of a long piece of work. Times in seconds since its start.
struct ProgressView {
  std::string_view title;
  std::string_view unit;
  int64_t done = 0;
  int64_t total = 0;  ///< 0 = unknown
  double elapsed = 0.0;
  std::optional<double> rate = {};  ///< units a second
  std::string_view note = {};
};

/// Decides when a plain line is due: after 30 s, or after 10 % more (but at most one a second).
class ProgressPacer {
 public:
  [[nodiscard]] bool LineIsDue(double elapsed, int64_t done, int64_t total);

 private:
  double last_time_ = 0.0;
  int64_t last_tenth_ = 0;
};

/// Units a second since the first update, so that work done before a resume does not count.
class ProgressRate {
 public:
  void Update(double elapsed, int64_t done);
  [[nodiscard]] std::optional<double> PerSecond() const;

 private:
  bool started_ = false;
  double first_time_ = 0.0, last_time_ = 0.0;
  int64_t first_done_ = 0, last_done_ = 0;
};

/// "0:07", "12:30", "3:02:01"; negative and not finite times read "?".
[[nodiscard]] std::string FormatDuration(double seconds);
/// "tokenising: 450/1000 sentences (45 %), 120.5/s, ETA 0:05, loss 3.2"
[[nodiscard]] std::string ProgressLine(const ProgressView& view);
/// The same with a bar, at most `columns` wide.
[[nodiscard]] std::string ProgressBar(const ProgressView& view, size_t columns);
/// "tokenising: 1000 sentences in 0:09, 111.1/s, loss 2.9"
[[nodiscard]] std::string ProgressEnd(const ProgressView& view);

}  // namespace clner::internal
