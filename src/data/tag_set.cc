#include "data/tag_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "core/utf8.h"

namespace clner {

std::vector<std::string> TagSetProblems(const std::vector<std::string>& tags, const std::vector<std::string>& types,
                                        Scheme scheme) {
  std::set<char> letters;
  for (const std::string& tag : SchemeTags({"T"}, scheme)) letters.insert(SplitTag(tag).prefix);
  std::vector<std::string> problems;
  std::set<std::string_view> used;
  for (const std::string& tag : tags) {
    const TagParts parts = SplitTag(tag);
    const bool apart = tag.starts_with('<') && tag.ends_with('>');
    if (tag == "O" || apart || parts.type == "X") continue;
    if (!letters.contains(parts.prefix)) {
      problems.push_back(fmt::format("tag '{}' is none of the scheme {}", Printable(tag), Name(scheme)));
    } else if (std::find(types.begin(), types.end(), parts.type) == types.end()) {
      problems.push_back(
          fmt::format("tag '{}' has the type '{}', which is not listed", Printable(tag), Printable(parts.type)));
    }
    used.insert(parts.type);
  }
  for (const std::string& type : types) {
    if (!used.contains(type)) problems.push_back(fmt::format("type '{}' has no tag", Printable(type)));
  }
  return problems;
}

}  // namespace clner
