// Retrieved contexts for the input of `clner predict`.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "data/corpus.h"
#include "predict_io.h"

namespace clner::cli {

/// `--contexts none`: the sentences are read alone whatever the input holds.
inline constexpr const char* kNoContexts = "none";

/// `--contexts document`: the document around each sentence.
inline constexpr const char* kDocumentContexts = "document";

/// The records of `source`, each sentence with the words around it in its document (DocumentWindows with `max_words`).
/// Reads one document ahead; records follow one another in a document as long as they have the same number.
[[nodiscard]] std::unique_ptr<PredictSource> WithDocuments(std::unique_ptr<PredictSource> source, size_t max_words);

/// The records of `source`, read to the end, with the contexts of `contexts`: a cache is looked up by words, any other
/// data file is paired by position. 65 when they do not fit. kNoContexts takes away those of the input instead, without
/// reading ahead. `input` is the name of the source in messages.
[[nodiscard]] std::unique_ptr<PredictSource> WithContexts(std::unique_ptr<PredictSource> source,
                                                          const std::string& input, const std::string& contexts,
                                                          const CorpusOptions& options);

}  // namespace clner::cli
