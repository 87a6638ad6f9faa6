#include "core/utf8.h"

#include <utf8proc.h>

#include <cstring>

namespace clner {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

uint8_t ByteAt(std::string_view text, size_t position) { return static_cast<uint8_t>(text[position]); }

struct Decoded {
  char32_t code_point;
  size_t length;  // bytes; 0 when the bytes at the position are not valid
};

// The well-formed byte sequences of the Unicode standard, table 3-7.
Decoded Decode(std::string_view text, size_t position) {
  const uint8_t lead = ByteAt(text, position);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - position < length) return {kReplacement, 0};
  char32_t code_point = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const uint8_t next = ByteAt(text, position + i);
    if ((next & 0xC0u) != 0x80) return {kReplacement, 0};
    code_point = (code_point << 6) | (next & 0x3Fu);
  }
  const bool overlong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (overlong || surrogate || code_point > 0x10FFFF) return {kReplacement, 0};
  return {code_point, length};
}

// Skips eight ASCII bytes at a time; data files are mostly ASCII.
size_t SkipAscii(std::string_view text, size_t position) {
  for (; text.size() - position >= sizeof(uint64_t); position += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + position, sizeof(word));
    if ((word & UINT64_C(0x8080808080808080)) != 0) break;
  }
  return position;
}

void AppendEscape(char32_t code_point, int digits, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  *out += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
  for (int i = digits - 1; i >= 0; --i) *out += kHex[(code_point >> (4 * i)) & 0xF];
}

// Characters that move the cursor, turn the direction of text, or cannot be seen or told from a blank: a message could
// be forged with them, and a difference in them would not show.
bool IsUnsafe(char32_t c) {
  if (c < 0x7F) return c < 0x20;
  const utf8proc_property_t* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
  switch (property->category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return property->ignorable != 0;  // variation selectors, fillers
  }
}

}  // namespace

std::optional<size_t> FirstInvalidUtf8(std::string_view text) {
  for (size_t position = SkipAscii(text, 0); position < text.size(); position = SkipAscii(text, position)) {
    const Decoded decoded = Decode(text, position);
    if (decoded.length == 0) return position;
    position += decoded.length;
  }
  return std::nullopt;
}

char32_t DecodeUtf8(std::string_view text, size_t* position) {
  const Decoded decoded = Decode(text, *position);
  *position += decoded.length == 0 ? 1 : decoded.length;
  return decoded.code_point;
}

std::u32string DecodeUtf8(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t position = 0; position < text.size();) out += DecodeUtf8(text, &position);
  return out;
}

void AppendUtf8(char32_t code_point, std::string* out) {
  const bool valid = code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
  const uint32_t c = valid ? code_point : kReplacement;
  const auto put = [out](uint32_t byte) { *out += static_cast<char>(static_cast<uint8_t>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | (c >> 6));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

std::string EncodeUtf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) AppendUtf8(c, &out);
  return out;
}

size_t CodePointCount(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<uint8_t>(c) & 0xC0u) != 0x80 ? 1 : 0;
  return count;
}

std::string ReplaceInvalidUtf8(std::string_view text, size_t* replaced) {
  std::string out;
  out.reserve(text.size());
  size_t count = 0;
  for (size_t position = 0; position < text.size();) {
    const Decoded decoded = Decode(text, position);
    if (decoded.length == 0) {
      AppendUtf8(kReplacement, &out);
      ++count;
      ++position;
    } else {
      out.append(text, position, decoded.length);
      position += decoded.length;
    }
  }
  if (replaced != nullptr) *replaced = count;
  return out;
}

std::string Printable(std::string_view text, size_t max_code_points) {
  std::string out;
  size_t count = 0;
  for (size_t position = 0; position < text.size(); ++count) {
    if (count == max_code_points) return out + "...";
    const Decoded decoded = Decode(text, position);
    if (decoded.length == 0) {
      AppendEscape(ByteAt(text, position), 2, &out);
      ++position;
      continue;
    }
    position += decoded.length;
    if (decoded.code_point == U'\t') {
      out += "\\t";
    } else if (decoded.code_point == U'\n') {
      out += "\\n";
    } else if (decoded.code_point == U'\r') {
      out += "\\r";
    } else if (IsUnsafe(decoded.code_point)) {
      AppendEscape(decoded.code_point, decoded.code_point < 0x100 ? 2 : decoded.code_point < 0x10000 ? 4 : 8, &out);
    } else {
      AppendUtf8(decoded.code_point, &out);
    }
  }
  return out;
}

const char* Utf8LibraryVersion() { return utf8proc_version(); }

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t position = 0; position < text.size();) {
    const int columns = utf8proc_charwidth(static_cast<utf8proc_int32_t>(DecodeUtf8(text, &position)));
    width += columns > 0 ? static_cast<size_t>(columns) : 0;
  }
  return width;
}

}  // namespace clner
