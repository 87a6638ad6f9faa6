// Text from outside made harmless for one-line records: no control characters, no bidi marks, single blanks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace clner {

/// `text` (valid UTF-8) with control characters and every run of white space as one space, none at the ends. Marks that
/// reorder or hide text are dropped: bidi controls, zero-width space, word joiner, BOM, interlinear annotation. Joiners
/// that change letters (U+200C, U+200D) and variation selectors stay.
[[nodiscard]] std::string CleanText(std::string_view text);

/// `text` (valid UTF-8) without the tags of HTML and wiki markup, the `<e:Target>` marks of KB-NER, comments, scripts
/// and styles, and with character references (`&amp;`, `&#8211;`) decoded, each once. Tags of blocks become line ends.
/// A `<` that begins no tag with a known name stays, as do references that are unknown or lack the semicolon.
[[nodiscard]] std::string StripHtml(std::string_view text);

/// The start of `text` (valid UTF-8) that has at most `max_bytes`, whole characters only.
[[nodiscard]] std::string_view WholeCharacters(std::string_view text, size_t max_bytes);
/// The same, but cut at its last space where there is one.
[[nodiscard]] std::string_view WholeWords(std::string_view text, size_t max_bytes);

}  // namespace clner
