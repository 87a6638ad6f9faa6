#include "retrieval/clean_text.h"

#include "core/utf8.h"
#include "data/text_clusters.h"

namespace clner {
namespace {

bool IsDropped(char32_t c) {
  return c == 0x00 || c == 0x00AD || c == 0x061C || c == 0x180E || c == 0x200B || c == 0x200E || c == 0x200F ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

}  // namespace

std::string CleanText(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  bool blank = false;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    const char32_t c = DecodeUtf8(text, &at);
    if (IsDropped(c)) continue;
    if (IsControl(c) || IsWhiteSpace(c)) {
      blank = true;
      continue;
    }
    if (blank && !clean.empty()) clean += ' ';
    blank = false;
    clean += text.substr(start, at - start);
  }
  return clean;
}

std::string_view WholeCharacters(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string_view WholeWords(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  const size_t space = text.rfind(' ', max_bytes);
  return space != text.npos && space > 0 ? text.substr(0, space) : WholeCharacters(text, max_bytes);
}

}  // namespace clner
