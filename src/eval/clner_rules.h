// The span rules of CLNER's reference evaluation, for scores comparable with its published ones.
#pragma once

#include <string>
#include <vector>

#include "data/schemes.h"
#include "data/sentence.h"

namespace clner {

/// Spans of any tag sequence as the reference reads them: one opens at B- and S-, at any inside tag after O, and after
/// S- of another type; I- and E- otherwise continue the open span, even with another type; a tag without a known prefix
/// is a span of its own. The type of a span is voted by its tags (1.1 for the tag that starts it by rule, 1 for the
/// others; the first seen wins ties).
[[nodiscard]] std::vector<Span> ClnerSpans(const std::vector<std::string>& tags);

/// ClnerSpans of the tags in BIOES, the only scheme the reference works in; those of other schemes are converted first.
[[nodiscard]] std::vector<Span> ClnerSpans(const std::vector<std::string>& tags, Scheme scheme);

}  // namespace clner
