// Character classes of GPT-2's splitting as the Hugging Face `tokenizers` library sees them (bpe_tables.cc is
// generated).
#pragma once

#include <cstdint>
#include <span>

namespace clner::bpe {

enum class CharacterClass : uint8_t { kOther, kLetter, kNumber, kSpace };

/// Closed range of code points of one class.
struct ClassRange {
  char32_t first = 0, last = 0;
  CharacterClass character_class = CharacterClass::kOther;
};

/// Sorted and disjoint, code points above U+007F only; what lies between the ranges is `kOther`.
std::span<const ClassRange> ClassRanges();

}  // namespace clner::bpe
