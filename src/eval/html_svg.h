// Inline SVG drawings for the HTML report.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eval/html_report.h"

namespace clner {

/// A line chart with axes, ticks and a legend. `percent`: y is a fraction, the axis runs 0..100. "" without finite
/// points.
[[nodiscard]] std::string LineChart(const std::vector<HtmlCurve>& curves, std::string_view x_title,
                                    std::string_view y_title, bool percent);

/// Horizontal bars of fractions 0..1 with their percent; `label` says what they are.
[[nodiscard]] std::string BarChart(const std::vector<std::pair<std::string, double>>& bars, std::string_view label);

/// A colour of a small cycle, as "#rrggbb".
[[nodiscard]] std::string_view SeriesColor(size_t index);

}  // namespace clner
