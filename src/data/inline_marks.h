// Entities written into their text: [Jane Doe](PER) lives in [Berlin](LOC).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// Half-open range of bytes with a type.
struct MarkedSpan {
  size_t begin_byte = 0, end_byte = 0;
  std::string_view type = {};
};

/// `text` with marks around the spans, which are in order and do not overlap. `[`, `]` and `\` of the text and `(`, `)`
/// and `\` of types get a backslash, so that text and spans can be read back exactly.
[[nodiscard]] std::string WithMarks(std::string_view text, const std::vector<MarkedSpan>& spans);

}  // namespace clner
