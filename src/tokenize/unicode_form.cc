#include "tokenize/unicode_form.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/utf8.h"
#include "tokenize/bert_tables.h"

namespace clner {
namespace {

/// Code points that only a newer Unicode than the library's composes; it is the only one whose parts are older.
constexpr char32_t kNewComposite = 0x11938;

struct Character {
  char32_t code_point = 0;
  int combining_class = 0;
};

bool IsHangulSyllable(char32_t c) { return c >= 0xAC00 && c <= 0xD7A3; }

int CombiningClass(char32_t c) {
  if (c < 0x300 || !bert::Contains(bert::CombiningRanges(), c)) return 0;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

void AppendDecomposed(char32_t c, bool compatible, std::vector<Character>* out) {
  const bool decomposes = c >= 0x80 && (IsHangulSyllable(c) || bert::Contains(bert::DecomposingRanges(), c) ||
                                        (compatible && bert::Contains(bert::CompatibilityRanges(), c)));
  if (!decomposes) {
    out->push_back({c, CombiningClass(c)});
    return;
  }
  // U+FDFA has the longest decomposition, 18 code points.
  std::array<utf8proc_int32_t, 32> parts = {};
  int boundary = 0;
  const int options = UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0);
  const utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(),
                                                         static_cast<utf8proc_option_t>(options), &boundary);
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    const auto part = static_cast<char32_t>(parts[static_cast<size_t>(i)]);
    out->push_back({part, CombiningClass(part)});
  }
}

/// Marks behind a character in the order of their classes.
void Reorder(std::vector<Character>* text) {
  const auto is_mark = [](const Character& c) { return c.combining_class != 0; };
  for (auto begin = text->begin(); begin != text->end();) {
    begin = std::find_if(begin, text->end(), is_mark);
    const auto end = std::find_if_not(begin, text->end(), is_mark);
    std::stable_sort(begin, end,
                     [](const Character& a, const Character& b) { return a.combining_class < b.combining_class; });
    begin = end;
  }
}

std::optional<char32_t> Composite(char32_t first, char32_t second) {
  std::array<utf8proc_int32_t, 2> pair = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second)};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  if (second < 0x300 || utf8proc_normalize_utf32(pair.data(), 2, options) != 1) return std::nullopt;
  const auto composite = static_cast<char32_t>(pair[0]);
  return composite == kNewComposite ? std::nullopt : std::optional(composite);
}

/// Joins each mark to the last character that has none, unless a mark of the same or a higher class stands between.
void Compose(std::vector<Character>* text) {
  size_t kept = 0;
  std::optional<size_t> starter;
  for (const Character next : *text) {
    if (starter.has_value()) {
      const int between = kept - 1 == *starter ? -1 : (*text)[kept - 1].combining_class;
      if (between < next.combining_class) {
        if (const auto composite = Composite((*text)[*starter].code_point, next.code_point)) {
          (*text)[*starter].code_point = *composite;
          continue;
        }
      }
    }
    if (next.combining_class == 0) starter = kept;
    (*text)[kept++] = next;
  }
  text->resize(kept);
}

}  // namespace

std::string ToUnicodeForm(UnicodeForm form, std::string_view text) {
  const auto is_ascii = [](char byte) { return static_cast<unsigned char>(byte) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string(text);
  std::vector<Character> characters;
  characters.reserve(text.size());
  for (size_t at = 0; at < text.size();)
    AppendDecomposed(DecodeUtf8(text, &at), form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd, &characters);
  Reorder(&characters);
  if (form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc) Compose(&characters);
  std::string out;
  for (const Character& character : characters) AppendUtf8(character.code_point, &out);
  return out;
}

}  // namespace clner
