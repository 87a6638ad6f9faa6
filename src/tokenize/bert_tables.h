// Character classes of the Hugging Face `tokenizers` library, as sorted ranges (bert_tables.cc is generated).
#pragma once

#include <algorithm>
#include <iterator>
#include <span>

namespace clner::bert {

/// Closed range of code points.
struct CodePointRange {
  char32_t first = 0, last = 0;
};

[[nodiscard]] inline bool Contains(std::span<const CodePointRange> ranges, char32_t code_point) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), code_point,
                                      [](char32_t c, const CodePointRange& range) { return c < range.first; });
  return after != ranges.begin() && code_point <= std::prev(after)->last;
}

/// Removed by clean_text. Code points above U+007F only, as in the next table.
std::span<const CodePointRange> DroppedRanges();
std::span<const CodePointRange> PunctuationRanges();
/// Removed by strip_accents.
std::span<const CodePointRange> NonspacingMarkRanges();
/// Code points, Hangul syllables aside, that the library decomposes; newer ones that utf8proc may know stay whole.
std::span<const CodePointRange> DecomposingRanges();
/// Further ones that NFKD and NFKC replace.
std::span<const CodePointRange> CompatibilityRanges();
/// Removed by the normalizer StripAccents.
std::span<const CodePointRange> MarkRanges();
/// Word characters of the pre-tokenizer Whitespace, and what Digits takes; above U+007F only.
std::span<const CodePointRange> WordRanges();
std::span<const CodePointRange> NumericRanges();
/// Code points that have a canonical combining class in the library.
std::span<const CodePointRange> CombiningRanges();

}  // namespace clner::bert
