// AutoNER's .ck files: `token break type`, break I = before this token, O = tied to the previous one; sentences begin
// with
// `<s> O None` and end with `<eof> I None`; the type is repeated on tied tokens, None = no entity.
#pragma once

#include <string>

#include "data/corpus.h"

namespace clner {

/// 65 with file:line for missing marks, other breaks and tied tokens of another type.
[[nodiscard]] Corpus ReadAutoNer(const std::string& path, const CorpusOptions& options);
/// The rows of one sentence and the blank line behind it. 65 for a word with a blank.
[[nodiscard]] std::string AutoNerRecord(const Sentence& sentence);

}  // namespace clner
