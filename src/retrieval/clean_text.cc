#include "retrieval/clean_text.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "core/utf8.h"
#include "data/text_clusters.h"

namespace clner {
namespace {

// A blank on both sides of every name.
constexpr std::string_view kBlockTags =
    " address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure "
    "footer form gallery h1 h2 h3 h4 h5 h6 head header hr html legend li main nav ol option p poem pre section "
    "select summary table tbody td tfoot th thead title tr ul ";
constexpr std::string_view kInlineTags =
    " a abbr acronym audio b base bdi bdo big button canvas cite code col colgroup data del dfn em embed font "
    "hiero i iframe img includeonly input ins kbd label link mark math meta noinclude nowiki object onlyinclude "
    "picture q ref references rp rt ruby s samp small source span strike strong sub sup svg syntaxhighlight "
    "templatestyles time timeline tt u var video wbr ";
// Nobody sees their text, which goes with them.
constexpr std::string_view kHiddenElements[] = {"script", "style"};

// Of U+00A0 to U+00FF in order.
constexpr std::string_view kLatin1[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};
constexpr std::pair<std::string_view, char32_t> kOtherNames[] = {
    {"amp", '&'},      {"lt", '<'},        {"gt", '>'},        {"quot", '"'},     {"apos", '\''},    {"ndash", 0x2013},
    {"mdash", 0x2014}, {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"sbquo", 0x201A}, {"ldquo", 0x201C}, {"rdquo", 0x201D},
    {"bdquo", 0x201E}, {"hellip", 0x2026}, {"bull", 0x2022},   {"euro", 0x20AC},  {"trade", 0x2122}, {"minus", 0x2212},
    {"ensp", 0x2002},  {"emsp", 0x2003},   {"thinsp", 0x2009}, {"zwnj", 0x200C},  {"zwj", 0x200D},   {"OElig", 0x152},
    {"oelig", 0x153},  {"Scaron", 0x160},  {"scaron", 0x161},  {"prime", 0x2032}, {"rarr", 0x2192},  {"larr", 0x2190}};
static_assert(std::size(kLatin1) == 96);

constexpr size_t kMaxTagBytes = 8192, kMaxNameBytes = 16;

bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAsciiBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Reads the marks of one text from left to right.
class HtmlStripper {
 public:
  explicit HtmlStripper(std::string_view text) : text_(text) { clean_.reserve(text.size()); }
  std::string Run() {
    while (at_ < text_.size()) {
      const size_t mark = std::min(text_.find_first_of("<&", at_), text_.size());
      clean_ += text_.substr(at_, mark - at_);
      at_ = mark;
      if (at_ == text_.size() || (text_[at_] == '<' ? Comment() || Tag() : Reference())) continue;
      clean_ += text_[at_++];
    }
    return std::move(clean_);
  }

 private:
  bool Comment() {
    constexpr std::string_view kBegin = "<!--", kEnd = "-->";
    if (!text_.substr(at_).starts_with(kBegin) || at_ >= no_comment_end_) return false;
    const size_t end = text_.find(kEnd, at_ + kBegin.size());
    if (end == text_.npos) {
      no_comment_end_ = at_;  // nor is there one further on
      return false;
    }
    at_ = end + kEnd.size();
    return true;
  }

  /// Behind the '>' that ends the tag at `at_`, outside of the values in quotes that begin behind `at`; npos when there
  /// is none.
  [[nodiscard]] size_t EndOfTag(size_t at) const {
    const size_t limit = std::min(text_.size(), at_ + kMaxTagBytes);
    for (; at < limit && text_[at] != '<'; ++at) {
      if (text_[at] == '>') return at + 1;
      if (text_[at - 1] == '=' && (text_[at] == '"' || text_[at] == '\'')) at = text_.find(text_[at], at + 1);
      if (at >= limit) break;
    }
    return text_.npos;
  }

  bool Tag() {
    const bool closing = text_.substr(at_ + 1).starts_with('/');
    const size_t begin = at_ + (closing ? 2 : 1);
    std::string name;
    for (size_t i = begin; i < text_.size() && name.size() < kMaxNameBytes; ++i) {
      const char c = text_[i];
      if (!IsAsciiLetter(c) && (name.empty() || c < '1' || c > '6')) break;
      name += static_cast<char>(IsAsciiLetter(c) ? c | 0x20 : c);
    }
    if (name.empty()) return false;
    const size_t behind = begin + name.size();
    const bool block = kBlockTags.find(" " + name + " ") != std::string_view::npos;
    const auto hidden = std::find(std::begin(kHiddenElements), std::end(kHiddenElements), name);
    const bool known =
        block || hidden != std::end(kHiddenElements) || kInlineTags.find(" " + name + " ") != std::string_view::npos;
    const size_t end = known ? EndOfTag(behind) : name == "e" ? EndOfMark(behind, closing) : text_.npos;
    if (end == text_.npos || (known && !AreAttributes(text_.substr(behind, end - 1 - behind)))) return false;
    at_ = end;
    if (block) clean_ += '\n';
    if (hidden != std::end(kHiddenElements) && !closing)
      SkipTo("</" + name, &no_hidden_end_[static_cast<size_t>(hidden - std::begin(kHiddenElements))]);
    return true;
  }

  /// Behind `<e:Target>` or `</e>`, whose name ends at `behind`.
  [[nodiscard]] size_t EndOfMark(size_t behind, bool closing) const {
    if (!text_.substr(behind).starts_with(closing ? '>' : ':')) return text_.npos;
    const size_t end = text_.find_first_of("<>", behind);
    return end != text_.npos && text_[end] == '>' ? end + 1 : text_.npos;
  }

  /// Nothing, or what has a value; "<b and c>" is a comparison.
  static bool AreAttributes(std::string_view rest) {
    const bool blank = std::all_of(rest.begin(), rest.end(), IsAsciiBlank);
    return blank || rest == "/" || rest == " /" || (IsAsciiBlank(rest.front()) && rest.find('=') != rest.npos);
  }

  /// Passes over a hidden text up to its closing tag, if there is one.
  void SkipTo(const std::string& closing, bool* missing) {
    const size_t end = *missing ? text_.npos : text_.find(closing, at_);
    *missing = end == text_.npos;  // nor is there one further on
    if (!*missing) at_ = end;
  }

  bool Reference() {
    const size_t end = text_.substr(at_, kMaxNameBytes).find(';');
    if (end == text_.npos || end < 2) return false;
    const std::optional<char32_t> c = Decode(text_.substr(at_ + 1, end - 1));
    if (!c.has_value()) return false;
    AppendUtf8(*c, &clean_);
    at_ += end + 1;
    return true;
  }

  static std::optional<char32_t> Decode(std::string_view name) {
    if (name.front() == '#') return DecodeNumber(name.substr(1));
    const auto latin = std::find(std::begin(kLatin1), std::end(kLatin1), name);
    if (latin != std::end(kLatin1)) return static_cast<char32_t>(0xA0 + (latin - std::begin(kLatin1)));
    for (const auto& [known, c] : kOtherNames) {
      if (name == known) return c;
    }
    return std::nullopt;
  }

  static std::optional<char32_t> DecodeNumber(std::string_view digits) {
    const bool hex = digits.starts_with('x') || digits.starts_with('X');
    uint32_t value = 0;
    const char* begin = digits.data() + (hex ? 1 : 0);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(begin, end, value, hex ? 16 : 10);
    const bool is_character = value != 0 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    return begin != end && error == std::errc() && stop == end && is_character ? std::optional<char32_t>(value)
                                                                               : std::nullopt;
  }

  std::string_view text_;
  size_t at_ = 0, no_comment_end_ = std::string_view::npos;
  bool no_hidden_end_[std::size(kHiddenElements)] = {};
  std::string clean_;
};

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

std::string StripHtml(std::string_view text) { return HtmlStripper(text).Run(); }

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
