#include "eval/html_svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "eval/html_page.h"
#include "fmt/format.h"

namespace clner {
namespace {

constexpr double kWidth = 640, kHeight = 260, kLeft = 56, kRight = 12, kTop = 12, kBottom = 40;
constexpr int kTicks = 5;
constexpr size_t kMaxPoints = 1000;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void Add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // A range of width zero would divide by zero.
  void Widen() {
    if (high > low) return;
    const double margin = low == 0 ? 1 : std::abs(low) * 0.5;
    low -= margin;
    high += margin;
  }
  [[nodiscard]] double Share(double value) const { return (value - low) / (high - low); }
};

bool IsFinite(const std::pair<double, double>& point) {
  return std::isfinite(point.first) && std::isfinite(point.second);
}

double X(const Range& range, double value) { return kLeft + range.Share(value) * (kWidth - kLeft - kRight); }
double Y(const Range& range, double value) {
  return kHeight - kBottom - range.Share(value) * (kHeight - kTop - kBottom);
}

std::string Text(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, EscapeHtml(text));
}

std::string Axes(const Range& x, const Range& y, std::string_view x_title, std::string_view y_title, bool percent) {
  std::string svg;
  for (int i = 0; i <= kTicks; ++i) {
    const double share = static_cast<double>(i) / kTicks;
    const double y_value = y.low + share * (y.high - y.low), x_value = x.low + share * (x.high - x.low);
    svg += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n", kLeft,
                       kWidth - kRight, Y(y, y_value), Y(y, y_value));
    svg += Text(kLeft - 6, Y(y, y_value) + 4, "end",
                percent ? fmt::format("{:.0f}", 100 * y_value) : fmt::format("{:.3g}", y_value));
    svg += Text(X(x, x_value), kHeight - kBottom + 16, "middle", fmt::format("{:.4g}", x_value));
  }
  svg += Text(kLeft + (kWidth - kLeft - kRight) / 2, kHeight - 6, "middle", std::string(x_title));
  svg += fmt::format("<text transform=\"translate(12 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                     kTop + (kHeight - kTop - kBottom) / 2, EscapeHtml(y_title));
  return svg;
}

// Long curves are thinned to kMaxPoints; gaps stay gaps.
std::string Path(const HtmlCurve& curve, const Range& x, const Range& y, std::string_view color) {
  const size_t stride = std::max<size_t>(1, curve.points.size() / kMaxPoints);
  std::string path;
  bool open = false;
  for (size_t i = 0; i < curve.points.size(); ++i) {
    if (!IsFinite(curve.points[i])) {
      open = false;
      continue;
    }
    if (i % stride != 0 && i + 1 != curve.points.size()) continue;
    path += fmt::format("{}{:.1f} {:.1f}", open ? "L" : "M", X(x, curve.points[i].first), Y(y, curve.points[i].second));
    open = true;
  }
  std::string svg = fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>\n", path, color);
  if (curve.points.size() > 60) return svg;
  for (const auto& point : curve.points) {
    if (!IsFinite(point)) continue;
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\"/>\n", X(x, point.first),
                       Y(y, point.second), color);
  }
  return svg;
}

}  // namespace

std::string LineChart(const std::vector<HtmlCurve>& curves, std::string_view x_title, std::string_view y_title,
                      bool percent) {
  Range x, y;
  for (const HtmlCurve& curve : curves) {
    for (const auto& point : curve.points) {
      if (!IsFinite(point)) continue;
      x.Add(point.first);
      y.Add(point.second);
    }
  }
  if (!(x.low <= x.high)) return {};
  if (percent) y = {0, 1};
  x.Widen();
  y.Widen();
  std::string svg =
      fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth, kHeight, EscapeHtml(y_title));
  svg += Axes(x, y, x_title, y_title, percent);
  std::string legend = "<p class=\"legend\">";
  for (size_t i = 0; i < curves.size(); ++i) {
    svg += Path(curves[i], x, y, SeriesColor(i));
    legend += fmt::format("<span style=\"color:{}\">&#9632;</span> {} ", SeriesColor(i), EscapeHtml(curves[i].name));
  }
  return svg + "</svg>\n" + legend + "</p>\n";
}

std::string BarChart(const std::vector<std::pair<std::string, double>>& bars, std::string_view label) {
  constexpr double kRow = 22, kName = 160, kBar = 400;
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth,
                                kRow * static_cast<double>(bars.size()) + 4, EscapeHtml(label));
  double y = 4;
  for (const auto& [name, value] : bars) {
    const double share = std::clamp(std::isfinite(value) ? value : 0.0, 0.0, 1.0);
    svg += Text(kName - 8, y + 13, "end", name);
    svg += fmt::format("<rect x=\"{}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"16\" fill=\"{}\"/>\n", kName, y,
                       share * kBar, SeriesColor(0));
    svg += Text(kName + share * kBar + 6, y + 13, "start", fmt::format("{:.2f}", 100 * value));
    y += kRow;
  }
  return svg + "</svg>\n";
}

std::string_view SeriesColor(size_t index) {
  static constexpr std::array<std::string_view, 6> kColors = {"#3366aa", "#cc5522", "#338855",
                                                              "#884499", "#aa8800", "#555555"};
  return kColors[index % kColors.size()];
}

}  // namespace clner
