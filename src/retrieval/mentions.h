// Mentions of entities as texts, and whether they stand in other texts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/sentence.h"

namespace clner {

/// The words of a span with one blank between them.
[[nodiscard]] std::string MentionText(std::span<const std::string> words, const Span& span);

/// Hashes of the folded words (FoldWords) of a text: case, punctuation and blanks do not count.
using WordHashes = std::vector<uint64_t>;
[[nodiscard]] WordHashes HashText(std::string_view text);
/// Whether the words of a mention stand in a row in a text; one without letters and digits never does.
[[nodiscard]] bool StandsIn(const WordHashes& mention, const WordHashes& text);

}  // namespace clner
