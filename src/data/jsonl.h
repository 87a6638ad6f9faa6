// JSON lines: one sentence an object, {"tokens": [...], "tags": [...]}, as Hugging Face data sets and predict write
// them.
#pragma once

#include <string>
#include <vector>

#include "data/corpus.h"

namespace clner {

/// Reads `tokens` (or `words`), `tags` (or `ner_tags`), and if present `context` (a list of words, or one of
/// lists, one a text) and `document` (integer). Tags are strings, or integers that index `labels`. Without tags the
/// sentence is unlabelled. Other fields are ignored;
/// `*ignored` (may be null) counts the objects that have some. 65 with file:line, up to 20 problems together.
[[nodiscard]] Corpus ReadJsonl(const std::string& path, const CorpusOptions& options,
                               const std::vector<std::string>& labels, int64_t* ignored = nullptr);
/// One line with its end: tokens, tags (if labelled), document (if `with_document`), context (if there is one).
[[nodiscard]] std::string JsonlRecord(const Sentence& sentence, Scheme scheme, bool with_document);

}  // namespace clner
