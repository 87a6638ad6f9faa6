// Character classes of the Hugging Face `tokenizers` library, as sorted ranges (bert_tables.cc is generated).
#pragma once

#include <span>

namespace clner::bert {

/// Closed range of code points.
struct CodePointRange {
  char32_t first = 0, last = 0;
};

/// Removed by clean_text. Code points above U+007F only, as in the next table.
std::span<const CodePointRange> DroppedRanges();
std::span<const CodePointRange> PunctuationRanges();
/// Removed by strip_accents.
std::span<const CodePointRange> NonspacingMarkRanges();
/// Code points, Hangul syllables aside, that the library decomposes; newer ones that utf8proc may know stay whole.
std::span<const CodePointRange> DecomposingRanges();
/// Code points that have a canonical combining class in the library.
std::span<const CodePointRange> CombiningRanges();

}  // namespace clner::bert
