#include "data/term_list.h"

#include <fmt/format.h>

#include "core/utf8.h"
#include "data/line_reader.h"

namespace clner {
namespace {

std::string Stripped(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

}  // namespace

std::vector<std::vector<std::string>> ReadTermList(const std::string& path, const TermListOptions& options) {
  LineReader lines(path, {.max_line_bytes = options.max_line_bytes});
  std::vector<std::vector<std::string>> records;
  ProblemList problems;
  size_t expected = options.fields;
  for (Line line; lines.Next(&line);) {
    if (line.problem.has_value()) {
      problems.Add(ErrorCode::kData, *line.problem);
      if (line.too_long) break;
      continue;
    }
    if (line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
    std::vector<std::string> fields;
    for (size_t begin = 0; begin <= line.text.size();) {
      const size_t end = std::min(line.text.find('\t', begin), line.text.size());
      fields.push_back(Stripped(line.text.substr(begin, end - begin)));
      begin = end + 1;
    }
    if (expected == 0) expected = fields.size();
    if (fields.size() != expected || fields[0].empty()) {
      problems.Add(ErrorCode::kData,
                   {fields[0].empty() ? fmt::format("first field is empty: '{}'", Printable(line.text))
                                      : fmt::format("line has {} fields, expected {}: '{}'", fields.size(), expected,
                                                    Printable(line.text)),
                    Place(lines.name(), line.number), "separate fields by one TAB"});
      continue;
    }
    records.push_back(std::move(fields));
  }
  problems.ThrowIfAny();
  return records;
}

}  // namespace clner
