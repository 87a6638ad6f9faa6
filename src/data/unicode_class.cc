#include "data/unicode_class.h"

#include <utf8proc.h>

#include "core/utf8.h"

namespace clner {
namespace {

utf8proc_category_t Category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

template <class Predicate>
bool AnyOf(std::string_view text, Predicate&& predicate) {
  for (size_t at = 0; at < text.size();) {
    if (predicate(DecodeUtf8(text, &at))) return true;
  }
  return false;
}

}  // namespace

bool HasLetterOrDigit(std::string_view text) {
  return AnyOf(text, [](char32_t c) {
    const utf8proc_category_t category = Category(c);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
  });
}

bool IsInvisible(std::string_view text) {
  return !AnyOf(text, [](char32_t c) {
    switch (Category(c)) {
      case UTF8PROC_CATEGORY_ZS:
      case UTF8PROC_CATEGORY_ZL:
      case UTF8PROC_CATEGORY_ZP:
      case UTF8PROC_CATEGORY_CC:
      case UTF8PROC_CATEGORY_CF:
      case UTF8PROC_CATEGORY_MN:
        return false;
      default:
        return true;
    }
  });
}

bool HasControl(std::string_view text) {
  return AnyOf(text, [](char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); });
}

std::string LowerCase(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    AppendUtf8(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(DecodeUtf8(text, &at)))), &lower);
  }
  return lower;
}

}  // namespace clner
