#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "commands.h"
#include "core/utf8.h"
#include "data/validate.h"

namespace clner::cli {

std::string FormatTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - DisplayWidth(row[i]), ' ');
      if (i > 0) line += "  ";
      line += i == 0 ? row[i] + padding : padding + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string FormatPlaces(const Finding& finding) {
  std::string text;
  for (const Problem& place : finding.places) text += fmt::format("   at: {}: {}\n", place.where, place.what);
  const auto more = finding.count - static_cast<int64_t>(finding.places.size());
  if (!finding.places.empty() && more > 0) text += fmt::format("       and {} more\n", more);
  if (!finding.fix.empty()) text += fmt::format("  fix: {}\n", finding.fix);
  return text;
}

}  // namespace clner::cli
