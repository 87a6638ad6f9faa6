#include "tokenize/bert_normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <span>

#include "core/utf8.h"
#include "tokenize/bert_tables.h"

namespace clner::bert {
namespace {

bool IsHangulSyllable(char32_t c) { return c >= 0xAC00 && c <= 0xD7A3; }

/// What clean_text removes: NUL, U+FFFD and the categories Cc, Cf, Co; tab, line feed and carriage return are white
/// space.
bool IsDropped(char32_t c) {
  if (c >= 0x80) return Contains(DroppedRanges(), c);
  return c == 0x7F || (c < 0x20 && c != '\t' && c != '\n' && c != '\r');
}

/// Lower-case letters of Unicode 16 and 17, which utf8proc 2.8 lacks: first, last, distance.
struct CaseRange {
  char32_t first, last;
  int32_t distance;
};
constexpr CaseRange kNewLetters[] = {
    {0x1C89, 0x1C89, 1},      {0xA7CB, 0xA7CB, 0x264 - 0xA7CB},
    {0xA7CC, 0xA7CC, 1},      {0xA7CE, 0xA7CE, 1},
    {0xA7D2, 0xA7D2, 1},      {0xA7D4, 0xA7D4, 1},
    {0xA7DA, 0xA7DA, 1},      {0xA7DC, 0xA7DC, 0x19B - 0xA7DC},
    {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B},
};

char32_t LowerCase(char32_t c) {
  for (const CaseRange& range : kNewLetters) {
    if (c >= range.first && c <= range.last) return static_cast<char32_t>(static_cast<int32_t>(c) + range.distance);
  }
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

/// ASCII bytes that neither end a token nor are dropped: letters and digits.
constexpr std::array<bool, 256> kIsAlphanumeric = [] {
  std::array<bool, 256> table = {};
  for (int c = 0; c < 128; ++c) {
    table[static_cast<size_t>(c)] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  return table;
}();

}  // namespace

bool IsSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool IsPunctuation(char32_t c) {
  if (c >= 0x80) return Contains(PunctuationRanges(), c);
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool IsWordCharacter(char32_t c) {
  if (c >= 0x80) return Contains(WordRanges(), c);
  return kIsAlphanumeric[c] || c == '_';
}

bool IsNumeric(char32_t c) {
  if (c >= 0x80) return Contains(NumericRanges(), c);
  return c >= '0' && c <= '9';
}

std::string Normalized(const NormalizerOptions& options, std::string_view text) {
  std::string out;
  out.reserve(text.size());
  TokenStream stream(options, text, 0);
  for (char32_t code_point = 0; stream.NextCodePoint(&code_point);) AppendUtf8(code_point, &out);
  return out;
}

bool IsChinese(char32_t c) {
  // The last but two bounds are the library's; Unicode's extensions D and E begin and end elsewhere.
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

TokenStream::TokenStream(const NormalizerOptions& options, std::string_view word, size_t max_code_points)
    : options_(options), word_(word), max_code_points_(max_code_points) {}

bool TokenStream::Next() {
  token_.clear();
  code_points_ = 0;
  while (true) {
    if (ready_begin_ == ready_.size()) {
      ready_.clear();
      ready_begin_ = 0;
      if (marks_.empty()) TakeAscii();
      if (position_ == word_.size()) FlushMarks();
      if (position_ == word_.size() && ready_.empty()) return code_points_ > 0;
      if (ready_.empty()) Refill();
      continue;
    }
    char32_t code_point = ready_[ready_begin_];
    bool space = IsSpace(code_point), punctuation = !space && IsPunctuation(code_point);
    if ((space || punctuation) && code_points_ > 0) return true;  // looked at again by the next call
    ++ready_begin_;
    if (space) continue;
    Append(code_point);
    if (punctuation) return true;
  }
}

bool TokenStream::NextCodePoint(char32_t* code_point) {
  while (ready_begin_ == ready_.size()) {
    ready_.clear();
    ready_begin_ = 0;
    if (position_ < word_.size()) {
      Refill();
    } else if (marks_.empty()) {
      return false;
    } else {
      FlushMarks();
    }
  }
  *code_point = ready_[ready_begin_++];
  return true;
}

void TokenStream::TakeAscii() {
  size_t begin = position_;
  while (position_ < word_.size() && kIsAlphanumeric[static_cast<unsigned char>(word_[position_])]) ++position_;
  // A mark may follow the last letter, but marks never move before a letter.
  size_t room = code_points_ > max_code_points_ ? 0 : max_code_points_ + 1 - code_points_;
  size_t taken = std::min(position_ - begin, room);
  size_t old_size = token_.size();
  token_.append(word_.substr(begin, taken));
  code_points_ += taken;
  if (!options_.lowercase) return;
  for (size_t i = old_size; i < token_.size(); ++i) {
    if (token_[i] >= 'A' && token_[i] <= 'Z') token_[i] = static_cast<char>(token_[i] + 32);
  }
}

void TokenStream::Append(char32_t code_point) {
  if (code_points_ > max_code_points_) return;
  AppendUtf8(code_point, &token_);
  ++code_points_;
}

void TokenStream::Refill() {
  char32_t c = DecodeUtf8(word_, &position_);
  if (options_.clean_text) {
    if (IsDropped(c)) return;
    if (IsSpace(c)) c = ' ';
  }
  bool chinese = options_.handle_chinese_chars && IsChinese(c);
  if (chinese) Decomposed(' ');
  if (c < 0x80 || !options_.strip_accents || (!IsHangulSyllable(c) && !Contains(DecomposingRanges(), c))) {
    Decomposed(c);
  } else {
    std::array<utf8proc_int32_t, 16> parts = {};
    int boundary = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(),
                                                     UTF8PROC_DECOMPOSE, &boundary);
    for (utf8proc_ssize_t i = 0; i < count; ++i) Decomposed(static_cast<char32_t>(parts[static_cast<size_t>(i)]));
  }
  if (chinese) Decomposed(' ');
}

void TokenStream::Decomposed(char32_t c) {
  if (!options_.strip_accents) return Emit(c);
  bool combining = c >= 0x300 && Contains(CombiningRanges(), c);
  if (!combining) FlushMarks();
  if (c >= 0x300 && Contains(NonspacingMarkRanges(), c)) return;
  if (!combining) return Emit(c);
  marks_.push_back({utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class, c});
}

void TokenStream::FlushMarks() {
  std::stable_sort(marks_.begin(), marks_.end(),
                   [](const Mark& a, const Mark& b) { return a.combining_class < b.combining_class; });
  for (const Mark& mark : marks_) Emit(mark.code_point);
  marks_.clear();
}

void TokenStream::Emit(char32_t c) {
  if (!options_.lowercase) {
    ready_.push_back(c);
  } else if (c == 0x130) {  // the one letter with two code points in lower case
    ready_.push_back('i');
    ready_.push_back(0x307);
  } else {
    ready_.push_back(c < 0x80 ? (c >= 'A' && c <= 'Z' ? c + 32 : c) : LowerCase(c));
  }
}

}  // namespace clner::bert
