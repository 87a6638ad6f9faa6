#include "data/text_clusters.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "core/utf8.h"

namespace clner {
namespace {

struct Range {
  char32_t first, last;
};
template <size_t n>
bool IsIn(const std::array<Range, n>& ranges, char32_t c) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t value, const Range& range) { return value < range.first; });
  return after != ranges.begin() && c <= (after - 1)->last;
}

// Blocks of ideographs and of hiragana, planes 2 and 3 included whether assigned or not.
constexpr std::array<Range, 12> kIdeographs = {{{0x2E80, 0x2FDF},
                                                {0x3005, 0x3007},
                                                {0x3021, 0x3029},
                                                {0x3038, 0x303C},
                                                {0x3041, 0x309F},
                                                {0x3400, 0x4DBF},
                                                {0x4E00, 0x9FFF},
                                                {0xF900, 0xFAFF},
                                                {0x16FE0, 0x18DFF},
                                                {0x1AFF0, 0x1B2FF},
                                                {0x1F200, 0x1F2FF},
                                                {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 6> kKatakana = {
    {{0x30A1, 0x30FA}, {0x30FC, 0x30FF}, {0x31F0, 0x31FF}, {0x32D0, 0x32FE}, {0x3300, 0x3357}, {0xFF66, 0xFF9F}}};
// Blocks of the scripts of South-East Asia that put no blanks between words (class SA of UAX 14).
constexpr std::array<Range, 9> kNoBlanks = {{{0x0E00, 0x0EFF},
                                             {0x1000, 0x109F},
                                             {0x1780, 0x17FF},
                                             {0x1950, 0x19FF},
                                             {0x1A20, 0x1AAF},
                                             {0xA9E0, 0xA9FF},
                                             {0xAA60, 0xAADF},
                                             {0x11700, 0x1174F},
                                             {0x116D0, 0x116FF}}};

const utf8proc_property_t& Property(char32_t c) { return *utf8proc_get_property(static_cast<utf8proc_int32_t>(c)); }

bool IsCombining(utf8proc_propval_t category) {
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

ClusterKind KindOf(char32_t c) {
  if (c < 0x80) {
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return ClusterKind::kLetter;
    return c >= '0' && c <= '9' ? ClusterKind::kDigit : ClusterKind::kMark;
  }
  if (c == 0xFFFD) return ClusterKind::kLetter;  // stands for a lost byte, most likely of a letter
  const utf8proc_property_t& property = Property(c);
  const utf8proc_propval_t category = property.category;
  const bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
  if (category == UTF8PROC_CATEGORY_ND) return ClusterKind::kDigit;
  if (IsIn(kIdeographs, c)) return ClusterKind::kSolo;
  if (IsIn(kKatakana, c)) return ClusterKind::kKatakana;
  if ((letter || IsCombining(category)) && IsIn(kNoBlanks, c)) return ClusterKind::kSolo;
  switch (property.boundclass) {
    case UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC:
    case UTF8PROC_BOUNDCLASS_REGIONAL_INDICATOR:
      return ClusterKind::kSolo;
    default:
      break;
  }
  // Code points that the library does not know yet are most likely letters of a new script.
  const bool number = category == UTF8PROC_CATEGORY_NL || category == UTF8PROC_CATEGORY_NO;
  return letter || number || IsCombining(category) || category == UTF8PROC_CATEGORY_CN ? ClusterKind::kLetter
                                                                                       : ClusterKind::kMark;
}

bool IsFormat(char32_t c) { return c >= 0x80 && Property(c).category == UTF8PROC_CATEGORY_CF; }

// Whether `c` continues the cluster that `last` ends; `*state` is the library's.
bool Continues(char32_t last, char32_t c, utf8proc_int32_t* state) {
  if (last < 0x80 && c < 0x80) {
    *state = 0;
    return false;
  }
  const bool breaks = utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(last),
                                                       static_cast<utf8proc_int32_t>(c), state) != 0;
  return !breaks || IsFormat(c);
}

}  // namespace

bool IsWhiteSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool IsUpperCase(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  return Property(c).category == UTF8PROC_CATEGORY_LU || Property(c).category == UTF8PROC_CATEGORY_LT;
}

bool IsLowerCase(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  return Property(c).category == UTF8PROC_CATEGORY_LL;
}

bool IsOpening(char32_t c) {
  switch (c) {
    case '"':
    case '\'':
    case '`':
    case '@':
    case '#':
    case '*':
    case '+':
    case '&':
    case 0xA1:  // Spanish marks before questions and exclamations, bullet
    case 0xBF:
    case 0x2022:
      return true;
    default:
      break;
  }
  const utf8proc_propval_t category = Property(c).category;
  return category == UTF8PROC_CATEGORY_PS || category == UTF8PROC_CATEGORY_PI || category == UTF8PROC_CATEGORY_SC;
}

int ClusterReader::SkipWhiteSpace() {
  int lines = 0;
  for (bool after_cr = false; byte_ < text_.size();) {
    size_t next = byte_;
    const char32_t c = DecodeUtf8(text_, &next);
    if (!IsWhiteSpace(c)) break;
    if (c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029 || (c == '\n' && !after_cr)) ++lines;
    after_cr = c == '\r';
    byte_ = next;
    ++position_;
  }
  return lines;
}

void ClusterReader::SkipChunk() {
  for (; byte_ < text_.size(); ++position_) {
    size_t next = byte_;
    if (IsWhiteSpace(DecodeUtf8(text_, &next))) return;
    byte_ = next;
  }
}

void ClusterReader::NextChunk(std::vector<Cluster>* clusters) {
  clusters->clear();
  utf8proc_int32_t state = 0;
  for (char32_t last = 0; byte_ < text_.size();) {
    size_t next = byte_;
    const char32_t c = DecodeUtf8(text_, &next);
    if (IsWhiteSpace(c)) return;
    const bool first = clusters->empty();
    if (!first && IsFormat(clusters->front().base)) {
      // So far the chunk holds format characters alone.
      Cluster& only = clusters->front();
      only.base = c;
      only.kind = KindOf(c);
    } else if (first || !Continues(last, c, &state)) {
      clusters->push_back({static_cast<uint32_t>(position_), static_cast<uint32_t>(byte_), c, KindOf(c), true});
    } else if (Cluster& cluster = clusters->back(); !IsFormat(c)) {
      cluster.plain = false;
      const bool as_emoji = (c == 0x20E3 || c == 0xFE0F) && cluster.kind != ClusterKind::kLetter;
      if (as_emoji) cluster.kind = ClusterKind::kSolo;
    }
    last = c;
    byte_ = next;
    ++position_;
  }
}

}  // namespace clner
