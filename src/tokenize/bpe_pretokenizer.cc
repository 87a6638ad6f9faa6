#include "tokenize/bpe_pretokenizer.h"

#include <algorithm>
#include <array>

#include "core/utf8.h"

namespace clner::bpe {
namespace {

constexpr std::array<CharacterClass, 128> kAsciiClasses = [] {
  std::array<CharacterClass, 128> table = {};
  for (size_t c = 0; c < table.size(); ++c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) table[c] = CharacterClass::kLetter;
    if (c >= '0' && c <= '9') table[c] = CharacterClass::kNumber;
    if (c == ' ' || (c >= 0x09 && c <= 0x0D)) table[c] = CharacterClass::kSpace;
  }
  return table;
}();

/// Class of the code point at `*position`, which moves behind it.
CharacterClass TakeClass(std::string_view text, size_t* position) {
  const auto byte = static_cast<unsigned char>(text[*position]);
  if (byte >= 0x80) return ClassOf(DecodeUtf8(text, position));
  ++*position;
  return kAsciiClasses[byte];
}

/// End of the run of `wanted` that begins at `begin`.
size_t EndOfRun(std::string_view text, size_t begin, CharacterClass wanted) {
  size_t end = begin;
  for (size_t next = begin; next < text.size(); end = next) {
    if (TakeClass(text, &next) != wanted) break;
  }
  return end;
}

/// Bytes of the English ending ('s, 't, 're, 've, 'm, 'll, 'd) that the text begins with, or 0.
size_t EndingLength(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  if (text[1] == 's' || text[1] == 't' || text[1] == 'm' || text[1] == 'd') return 2;
  return text.starts_with("'re") || text.starts_with("'ve") || text.starts_with("'ll") ? 3 : 0;
}

/// White space in front of a word leaves its last character to the word.
size_t SpaceLength(std::string_view text) {
  size_t end = 0, last = 0;
  for (size_t next = 0; next < text.size(); end = next) {
    if (TakeClass(text, &next) != CharacterClass::kSpace) return last > 0 ? last : end;
    last = end;
  }
  return end;
}

size_t TokenLength(std::string_view text) {
  if (size_t ending = EndingLength(text)) return ending;
  size_t begin = 0, after = 0;
  CharacterClass first = TakeClass(text, &after);
  if (text[0] == ' ' && after < text.size()) {
    begin = after;
    first = TakeClass(text, &after);
  }
  return first == CharacterClass::kSpace ? SpaceLength(text) : EndOfRun(text, begin, first);
}

}  // namespace

CharacterClass ClassOf(char32_t code_point) {
  if (code_point < 0x80) return kAsciiClasses[code_point];
  const auto ranges = ClassRanges();
  auto after = std::upper_bound(ranges.begin(), ranges.end(), code_point,
                                [](char32_t c, const ClassRange& range) { return c < range.first; });
  if (after == ranges.begin() || code_point > std::prev(after)->last) return CharacterClass::kOther;
  return std::prev(after)->character_class;
}

bool Splitter::Next() {
  if (rest_.empty()) return false;
  token_ = rest_.substr(0, TokenLength(rest_));
  rest_.remove_prefix(token_.size());
  return true;
}

}  // namespace clner::bpe
