#include "data/web_rules.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "data/word_lists.h"

namespace clner {
namespace {

constexpr size_t kLongestScheme = 16, kLongestEntity = 10, kLongestTopLevel = 4;
constexpr char32_t kEllipsisMark = 0x2026;

bool IsOneOf(char32_t c, std::string_view set) {
  return c != 0 && c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
}
bool IsAsciiAlnum(char32_t c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80); }
bool IsHostMark(char32_t c) { return c == '.' || c == '-'; }

}  // namespace

size_t WebRules::End(size_t at) {
  const char32_t c = PlainAt(text_, at);
  const bool inside = at > 0 && IsAlnumAt(text_, at - 1);
  if (c == 0 || c >= 0x80) return at;
  if (IsAsciiAlnum(c)) {
    if (inside) return at;
    size_t end = UrlEnd(at);
    if (end == at) end = MailEnd(at);
    return end == at ? HostEnd(at) : end;
  }
  if (c == '&') return EntityEnd(at);
  if ((c == '@' || c == '#') && !inside) return NameEnd(at);
  return EmoticonEnd(at);
}

/// End of the characters of an address from `at` on, without the punctuation of the sentence behind it.
size_t WebRules::AddressEnd(size_t at) const {
  size_t end = at;
  int64_t open_round = 0, open_square = 0;
  const auto count = [&](char32_t c, int sign) {
    open_round += c == '(' ? sign : c == ')' ? -sign : 0;
    open_square += c == '[' ? sign : c == ']' ? -sign : 0;
  };
  for (; end < text_.size(); ++end) {
    const char32_t c = PlainAt(text_, end);
    const bool ascii = c > 0x20 && c < 0x7F && !IsOneOf(c, "<>\"`{}|");
    if (!ascii && !IsAlnumAt(text_, end)) break;
    count(c, 1);
  }
  // An address that somebody shortened ends with an ellipsis.
  if (PlainAt(text_, end) == kEllipsisMark) return end + 1;
  for (; end > at; --end) {
    const char32_t last = PlainAt(text_, end - 1);
    const bool unopened = (last == ')' && open_round < 0) || (last == ']' && open_square < 0);
    if (!unopened && !IsOneOf(last, ".,;:!?'*([")) break;
    count(last, -1);
  }
  return end;
}

/// "https://...", "www.example", "mailto:jane@example.org".
size_t WebRules::UrlEnd(size_t at) const {
  std::string scheme;
  size_t end = at;
  for (; scheme.size() <= kLongestScheme && (IsAsciiAlnum(PlainAt(text_, end)) || IsOneOf(PlainAt(text_, end), "+.-"));
       ++end)
    scheme += static_cast<char>(PlainAt(text_, end) | (IsAsciiAlnum(PlainAt(text_, end)) ? 0x20U : 0U));
  if (PlainAt(text_, end) == ':' && PlainAt(text_, end + 1) == '/' && PlainAt(text_, end + 2) == '/') {
    const size_t stop = AddressEnd(end + 3);
    return stop > end + 3 ? stop : at;
  }
  if (scheme == "mailto" && PlainAt(text_, end) == ':' && IsAsciiAlnum(PlainAt(text_, end + 1))) return AddressEnd(end);
  return scheme.starts_with("www.") && scheme.size() > 4 && IsAsciiAlnum(PlainAt(text_, at + 4)) ? AddressEnd(at) : at;
}

/// "jane.doe@example.org".
size_t WebRules::MailEnd(size_t at) {
  if (at < no_mail_before_) return at;
  size_t end = at;
  while (IsAsciiAlnum(PlainAt(text_, end)) || IsOneOf(PlainAt(text_, end), "._%+-")) ++end;
  no_mail_before_ = end + 1;
  if (PlainAt(text_, end) != '@' || !IsAsciiAlnum(PlainAt(text_, end + 1))) return at;
  ++end;
  while (IsAsciiAlnum(PlainAt(text_, end)) ||
         (IsHostMark(PlainAt(text_, end)) && IsAsciiAlnum(PlainAt(text_, end + 1)))) {
    ++end;
  }
  return end;
}

/// "example.org/path".
size_t WebRules::HostEnd(size_t at) {
  if (at < no_host_before_) return at;
  size_t end = at, last_label = at;
  for (; IsAsciiAlnum(PlainAt(text_, end)) || IsHostMark(PlainAt(text_, end)); ++end) {
    if (!IsHostMark(PlainAt(text_, end))) continue;
    if (!IsAsciiAlnum(PlainAt(text_, end + 1))) break;
    if (PlainAt(text_, end) == '.') last_label = end + 1;
  }
  no_host_before_ = end;
  if (last_label == at || end - last_label > kLongestTopLevel || IsAlnumAt(text_, end)) return at;
  std::string top;
  for (size_t i = last_label; i < end; ++i) top += static_cast<char>(PlainAt(text_, i) | 0x20U);
  if (!IsTopLevelDomain(top)) return at;
  const char32_t next = PlainAt(text_, end);
  const bool port = next == ':' && PlainAt(text_, end + 1) >= '0' && PlainAt(text_, end + 1) <= '9';
  return next == '/' || port ? AddressEnd(end) : end;
}

/// "@jane_doe", "#news2024".
size_t WebRules::NameEnd(size_t at) const {
  size_t end = at + 1;
  bool letter = PlainAt(text_, at) == '#';
  for (; end < text_.size() &&
         (IsAlnumAt(text_, end) || PlainAt(text_, end) == '_' || text_[end].kind == ClusterKind::kKatakana);
       ++end) {
    letter = letter || text_[end].kind != ClusterKind::kDigit;
  }
  return letter && end > at + 1 ? end : at;
}

/// "&amp;", "&#39;".
size_t WebRules::EntityEnd(size_t at) const {
  size_t end = PlainAt(text_, at + 1) == '#' ? at + 2 : at + 1;
  const size_t name = end;
  while (end < at + kLongestEntity && IsAsciiAlnum(PlainAt(text_, end))) ++end;
  return PlainAt(text_, end) == ';' && end > name + (name == at + 1 ? 1 : 0) ? end + 1 : at;
}

/// ":)", ";-P", "=D", "<3", "^_^".
size_t WebRules::EmoticonEnd(size_t at) const {
  const bool after_word = at > 0 && IsAlnumAt(text_, at - 1);
  const char32_t eyes = PlainAt(text_, at);
  size_t end = at + 1;
  if ((eyes == '^' || eyes == '-') && PlainAt(text_, end) == '_') {
    while (PlainAt(text_, end) == '_') ++end;
    return PlainAt(text_, end) == eyes ? end + 1 : at;
  }
  if (eyes == '<' && PlainAt(text_, end) == '3' && !after_word && !IsAlnumAt(text_, end + 1)) return end + 1;
  if (!IsOneOf(eyes, ":;=") || (after_word && (eyes == '=' || text_[at - 1].kind == ClusterKind::kDigit))) return at;
  const bool nose = IsOneOf(PlainAt(text_, end), "-^'");
  if (nose) ++end;
  const char32_t mouth = PlainAt(text_, end);
  if (!IsOneOf(mouth, after_word ? ")(D" : ")(][DPpOo/\\|*3")) return at;
  if (IsAsciiAlnum(mouth) && after_word) return at;
  while (PlainAt(text_, end) == mouth && !IsOneOf(mouth, "/\\|*")) ++end;
  if (PlainAt(text_, end) == mouth) ++end;
  return IsAlnumAt(text_, end) || PlainAt(text_, end) == '/' ? at : end;
}

}  // namespace clner
