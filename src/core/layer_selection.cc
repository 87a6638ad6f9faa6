#include "core/layer_selection.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/utf8.h"

namespace clner {
namespace {

/// A whole number with an optional minus sign, all of `text`.
std::optional<int64_t> Number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Range {
  int64_t first = 0, last = 0;
};

/// "-4:-1" or "3"; nullopt when it is neither.
std::optional<Range> ParseRange(std::string_view part) {
  const size_t colon = part.find(':');
  const auto first = Number(part.substr(0, colon));
  const auto last = colon == part.npos ? first : Number(part.substr(colon + 1));
  if (!first || !last) return std::nullopt;
  return Range{*first, *last};
}

/// The parts between commas; nullopt when one is malformed.
std::optional<std::vector<Range>> ParseList(std::string_view text) {
  std::vector<Range> ranges;
  for (;;) {
    const size_t comma = text.find(',');
    const auto range = ParseRange(text.substr(0, comma));
    if (!range) return std::nullopt;
    ranges.push_back(*range);
    if (comma == text.npos) return ranges;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool IsLayerList(std::string_view text) { return text == "all" || ParseList(text).has_value(); }

std::vector<int64_t> SelectedLayers(std::string_view text, int64_t layers, ErrorCode code, const std::string& where) {
  const auto fail = [&](const std::string& what) {
    throw Error(code, "layers '" + Printable(text) + "': " + what, where,
                "for example -1 (the last), -4:-1 (the last four), 0,6,12 or all; this encoder has 0 (embeddings) to " +
                    std::to_string(layers));
  };
  const auto ranges = ParseList(text == "all" ? "0:-1" : text);
  if (!ranges) fail("not a list of layers");
  std::vector<int64_t> selected;
  for (const Range& range : *ranges) {
    const int64_t first = range.first < 0 ? range.first + layers + 1 : range.first;
    const int64_t last = range.last < 0 ? range.last + layers + 1 : range.last;
    if (first < 0 || last < 0 || first > layers || last > layers) fail("a layer is not there");
    if (first > last) fail("the first layer of a range is above its last");
    for (int64_t layer = first; layer <= last; ++layer) selected.push_back(layer);
  }
  std::sort(selected.begin(), selected.end());
  if (std::adjacent_find(selected.begin(), selected.end()) != selected.end()) fail("a layer is named twice");
  return selected;
}

}  // namespace clner
