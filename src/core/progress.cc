#include "core/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/utf8.h"

namespace clner::internal {
namespace {

constexpr double kLineSeconds = 30.0;
constexpr double kShortestGap = 1.0;
constexpr int64_t kTenths = 10;
constexpr size_t kBarColumns = 24;

int64_t Percent(const ProgressView& view) {
  const int64_t done = std::clamp<int64_t>(view.done, 0, view.total);
  return static_cast<int64_t>(100.0 * static_cast<double>(done) / static_cast<double>(view.total));
}

std::string RateText(double rate) {
  return rate >= 10.0 ? fmt::format("{:.0f}/s", rate) : fmt::format("{:.2f}/s", rate);
}

std::string Tail(const ProgressView& view, bool with_eta) {
  std::string text;
  if (view.rate) text += ", " + RateText(*view.rate);
  if (with_eta && view.rate && *view.rate > 0.0 && view.total > 0) {
    const auto left = static_cast<double>(std::max<int64_t>(view.total - view.done, 0));
    text += ", ETA " + FormatDuration(left / *view.rate);
  }
  if (!view.note.empty()) text += ", " + std::string(view.note);
  return text;
}

std::string Counts(const ProgressView& view) {
  return view.total > 0 ? fmt::format("{}/{} {}", view.done, view.total, view.unit)
                        : fmt::format("{} {}", view.done, view.unit);
}

std::string CutToWidth(const std::string& text, size_t columns) {
  if (DisplayWidth(text) <= columns) return text;
  std::string out;
  size_t width = 0;
  for (size_t position = 0; position < text.size();) {
    const size_t begin = position;
    (void)DecodeUtf8(text, &position);
    const std::string_view one = std::string_view(text).substr(begin, position - begin);
    width += DisplayWidth(one);
    if (width > columns) break;
    out += one;
  }
  return out;
}

}  // namespace

bool ProgressPacer::LineIsDue(double elapsed, int64_t done, int64_t total) {
  const int64_t tenth =
      total > 0 ? static_cast<int64_t>(kTenths * (static_cast<double>(done) / static_cast<double>(total))) : 0;
  const double gap = elapsed - last_time_;
  if (gap < kLineSeconds && (tenth <= last_tenth_ || gap < kShortestGap)) return false;
  last_time_ = elapsed;
  last_tenth_ = tenth;
  return true;
}

void ProgressRate::Update(double elapsed, int64_t done) {
  if (!started_) {
    first_time_ = elapsed;
    first_done_ = done;
    started_ = true;
  }
  last_time_ = elapsed;
  last_done_ = done;
}

std::optional<double> ProgressRate::PerSecond() const {
  if (last_done_ <= first_done_ || last_time_ <= first_time_) return std::nullopt;
  return static_cast<double>(last_done_ - first_done_) / (last_time_ - first_time_);
}

std::string FormatDuration(double seconds) {
  constexpr double kLongest = 100.0 * 365.0 * 24.0 * 3600.0;
  if (!std::isfinite(seconds) || seconds < 0.0 || seconds > kLongest) return "?";
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  const int64_t hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest) : fmt::format("{}:{:02}", minutes, rest);
}

std::string ProgressLine(const ProgressView& view) {
  std::string text = fmt::format("{}: {}", view.title, Counts(view));
  if (view.total > 0) text += fmt::format(" ({} %)", Percent(view));
  return text + Tail(view, true);
}

std::string ProgressBar(const ProgressView& view, size_t columns) {
  std::string text = fmt::format("{} ", view.title);
  if (view.total > 0) {
    const int64_t percent = Percent(view);
    const size_t filled = kBarColumns * static_cast<size_t>(percent) / 100;
    text += fmt::format("[{}{}] {} %  ", std::string(filled, '#'), std::string(kBarColumns - filled, '.'), percent);
  }
  return CutToWidth(text + Counts(view) + Tail(view, true), columns);
}

std::string ProgressEnd(const ProgressView& view) {
  return fmt::format("{}: {} {} in {}", view.title, view.done, view.unit, FormatDuration(view.elapsed)) +
         Tail(view, false);
}

}  // namespace clner::internal
