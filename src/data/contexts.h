// The contexts of a corpus from a file of any form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/context_cache.h"
#include "data/corpus.h"
#include "data/data_format.h"

namespace clner {

/// True for the two forms of a context cache.
[[nodiscard]] bool IsContextCache(DataFormat format);
/// Reads a cache in one of its forms; errors as ReadJsonlCache and ReadTsvCache.
[[nodiscard]] ContextCache ReadContextCache(const std::string& path, DataFormat format, const CorpusOptions& options);
/// The sentences of a JSONL cache with their contexts, unlabelled. `cache` (may be null) gets the cache. 65 for a
/// table, which has no sentences.
[[nodiscard]] Corpus ReadCacheSentences(const std::string& path, DataFormat format, const CorpusOptions& options,
                                        ContextCache* cache);

/// Gives every sentence the texts that the cache holds for its words, in place of those it had. Returns the numbers of
/// the sentences that the cache lacks, which stay without.
[[nodiscard]] std::vector<size_t> LookUpContexts(Corpus* corpus, const ContextCache& cache);
/// LookUpContexts with one warning about the sentences that the cache lacks; returns their number. 65 when it lacks
/// all.
int64_t AttachCache(Corpus* corpus, const ContextCache& cache);
/// AttachContexts with a warning when no sentence has a context.
void AttachPairedContexts(Corpus* corpus, Corpus contexts);
/// Gives `corpus` the contexts of a file that FormatOfFile recognises: a cache is looked up by words (AttachCache), any
/// other data file is paired by position (AttachPairedContexts). `labels` as for ReadData; `cache` (may be null) gets
/// the cache.
void AttachContextFile(Corpus* corpus, const std::string& path, const CorpusOptions& options,
                       const std::vector<std::string>& labels = {}, ContextCache* cache = nullptr);

}  // namespace clner
