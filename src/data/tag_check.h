// Recognises tags that are no tags of any scheme and says what they probably are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clner {

struct TagComplaint {
  std::string what;  ///< lower-case sentence with the tag quoted
  std::string fix;
};

/// nullopt when the tag is fine. `types_only`: the file holds no prefixed tags, so a bare type is legal.
[[nodiscard]] std::optional<TagComplaint> CheckTag(std::string_view tag, bool types_only);

}  // namespace clner
