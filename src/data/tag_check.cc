#include "data/tag_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "core/utf8.h"
#include "data/schemes.h"

namespace clner {
namespace {

constexpr std::string_view kPrefixLetters = "BIESMLU";

char Upper(char letter) { return static_cast<char>(std::toupper(static_cast<unsigned char>(letter))); }
bool IsPrefixLetter(char letter) { return kPrefixLetters.find(Upper(letter)) != std::string_view::npos; }

/// "B-person,B-product" or "O|B-person": every part is a tag and at least one has a type.
bool JoinsTags(std::string_view tag, char separator) {
  bool typed = false;
  size_t parts = 0;
  for (size_t begin = 0; begin <= tag.size(); ++parts) {
    const size_t end = std::min(tag.find(separator, begin), tag.size());
    const TagParts part = SplitTag(tag.substr(begin, end - begin));
    if (part.prefix == '?') return false;
    typed = typed || !part.type.empty();
    begin = end + 1;
  }
  return parts > 1 && typed;
}

/// What other programs write for words outside entities.
bool MeansOutside(std::string_view tag) {
  constexpr std::array<std::string_view, 7> kOutside = {"None", "none", "NONE", "null", "NULL", "_", "-"};
  return std::find(kOutside.begin(), kOutside.end(), tag) != kOutside.end();
}

/// The character behind the first letter when it stands where the hyphen of a tag belongs, else "".
std::string_view Separator(std::string_view tag) {
  constexpr std::array<char32_t, 12> kSeparators = {'_',    ':',    '/',    '|',    0x2010, 0x2011,
                                                    0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFF0D};
  size_t end = 1;
  if (tag.size() < 2 || std::find(kSeparators.begin(), kSeparators.end(), DecodeUtf8(tag, &end)) == kSeparators.end())
    return "";
  return tag.substr(1, end - 1);
}

std::optional<TagComplaint> CheckUnprefixed(std::string_view tag, const std::string& shown, bool types_only) {
  if (tag.empty()) return TagComplaint{"tag is empty", "write 'O' for words outside entities"};
  if (tag == "0" || tag == "o") {
    return TagComplaint{fmt::format("tag '{}' is not a tag (did you mean 'O'?)", shown),
                        "write the capital letter 'O'"};
  }
  if (MeansOutside(tag)) {
    return TagComplaint{fmt::format("tag '{}' is not a tag (did you mean 'O'?)", shown),
                        "write 'O' for words outside entities, or choose another tag column"};
  }
  if (tag.starts_with("O-")) {
    return TagComplaint{fmt::format("tag '{}' has a type behind 'O'", shown), "write 'O' for words outside entities"};
  }
  if (IsPrefixLetter(tag[0]) && tag.size() > 2) {
    if (tag[1] == '-') {
      return TagComplaint{
          fmt::format("tag '{}' has a lower-case prefix", shown),
          fmt::format("write the prefixes in upper case: '{}-{}'", Upper(tag[0]), Printable(tag.substr(2)))};
    }
    const std::string_view separator = Separator(tag);
    if (!separator.empty() && tag.size() > 1 + separator.size()) {
      return TagComplaint{
          fmt::format("tag '{}' separates prefix and type by '{}'", shown, separator),
          fmt::format("write a hyphen: '{}-{}'", Upper(tag[0]), Printable(tag.substr(1 + separator.size())))};
    }
  }
  if (tag.size() == 1 && IsPrefixLetter(tag[0])) {
    return TagComplaint{fmt::format("tag '{}' has a lower-case prefix", shown),
                        fmt::format("write the prefixes in upper case: '{}'", Upper(tag[0]))};
  }
  const size_t last = tag.size() - 1;
  if (last > 1 && (tag[last - 1] == '-' || tag[last - 1] == '_') && (tag[last] == 'B' || tag[last] == 'I')) {
    return TagComplaint{fmt::format("tag '{}' has its prefix at the end", shown),
                        fmt::format("write the prefix first: '{}-{}'", tag[last], Printable(tag.substr(0, last - 1)))};
  }
  if (types_only) return std::nullopt;
  return TagComplaint{fmt::format("tag '{}' has no known prefix", shown),
                      fmt::format("write 'B-{0}' or 'I-{0}', or choose another tag column", shown)};
}

}  // namespace

std::optional<TagComplaint> CheckTag(std::string_view tag, bool types_only) {
  const std::string shown = Printable(tag);
  for (const char separator : {',', '|', ';'}) {
    if (!JoinsTags(tag, separator)) continue;
    return TagComplaint{fmt::format("tag '{}' joins several tags", shown),
                        "keep one tag a word (a file of several annotators is not gold data)"};
  }
  if (SplitTag(tag).prefix == '?') return CheckUnprefixed(tag, shown, types_only);
  if (tag.size() == 2 && tag[1] == '-') {
    return TagComplaint{fmt::format("tag '{}' has no type behind the hyphen", shown),
                        fmt::format("write '{0}-TYPE', or '{0}' alone for data without types", tag[0])};
  }
  return std::nullopt;
}

}  // namespace clner
