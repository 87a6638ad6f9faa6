// Text from outside made harmless for one-line records: no control characters, no bidi marks, single blanks.
#pragma once

#include <string>
#include <string_view>

namespace clner {

/// `text` (valid UTF-8) with control characters and every run of white space as one space, none at the ends. Marks that
/// reorder or hide text are dropped: bidi controls, zero-width space, word joiner, BOM, interlinear annotation. Joiners
/// that change letters (U+200C, U+200D) and variation selectors stay.
[[nodiscard]] std::string CleanText(std::string_view text);

}  // namespace clner
