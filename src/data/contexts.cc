#include "data/contexts.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "data/corpus_builder.h"
#include "data/counted.h"

namespace clner {

bool IsContextCache(DataFormat format) { return format == DataFormat::kContexts || format == DataFormat::kContextsTsv; }

ContextCache ReadContextCache(const std::string& path, DataFormat format, const CorpusOptions& options) {
  return format == DataFormat::kContexts ? ReadJsonlCache(path, options.file) : ReadTsvCache(path, options.file);
}

Corpus ReadCacheSentences(const std::string& path, DataFormat format, const CorpusOptions& options,
                          ContextCache* cache) {
  if (format == DataFormat::kContextsTsv) {
    throw Error(ErrorCode::kData, "a table of contexts has no sentences", path,
                "give it as the contexts of data: clner convert DATA OUT --contexts FILE");
  }
  ContextCache read = ReadJsonlCache(path, options.file);
  CorpusBuilder builder(read.path, options);
  ColumnFileStats stats;
  stats.skipped_sentences = read.skipped_records;
  for (const CacheRecord& record : read.records) {
    ++stats.sentences;
    stats.words += static_cast<int64_t>(record.words.size());
    builder.Add({.words = record.words, .contexts = ContextsOfRecord(record), .line = record.line}, {});
  }
  if (cache != nullptr) *cache = std::move(read);
  return builder.Finish(stats);
}

std::vector<size_t> LookUpContexts(Corpus* corpus, const ContextCache& cache) {
  std::vector<size_t> missing;
  corpus->with_context = corpus->context_texts = corpus->context_words = corpus->empty_context_words = 0;
  for (size_t i = 0; i < corpus->sentences.size(); ++i) {
    Sentence& sentence = corpus->sentences[i];
    const CacheRecord* record = cache.Find(sentence.words);
    if (record == nullptr) missing.push_back(i);
    sentence.contexts = record == nullptr ? ContextTexts() : ContextsOfRecord(*record);
    CountContexts(sentence.contexts, corpus);
  }
  return missing;
}

int64_t AttachCache(Corpus* corpus, const ContextCache& cache) {
  const auto missing = static_cast<int64_t>(LookUpContexts(corpus, cache).size());
  const auto sentences = static_cast<int64_t>(corpus->sentences.size());
  if (missing == 0) return 0;
  if (missing == sentences) {
    throw Error(ErrorCode::kData, fmt::format("the cache has none of the {}", Counted(sentences, "sentence")),
                fmt::format("{} and {}", cache.path, corpus->path),
                "retrieve contexts for these data; words must be equal to the last character");
  }
  LogWarning(
      "sentences without contexts",
      fmt::format("the cache lacks {} of {}, which stay without context", missing, Counted(sentences, "sentence")),
      fmt::format("{} and {}", cache.path, corpus->path), "retrieve contexts for them");
  return missing;
}

namespace {

void WarnWithoutContexts(const Corpus& corpus, const std::string& path) {
  if (corpus.with_context > 0) return;
  LogWarning("no contexts", "no sentence has a context there", path, "is this the file with the contexts?");
}

}  // namespace

void AttachPairedContexts(Corpus* corpus, Corpus contexts) {
  const std::string path = contexts.path;
  AttachContexts(corpus, std::move(contexts));
  WarnWithoutContexts(*corpus, path);
}

void AttachContextFile(Corpus* corpus, const std::string& path, const CorpusOptions& options,
                       const std::vector<std::string>& labels, ContextCache* cache) {
  const DataFormat format = FormatOfFile(path);
  if (IsContextCache(format)) {
    ContextCache read = ReadContextCache(path, format, options);
    (void)AttachCache(corpus, read);
    if (cache != nullptr) *cache = std::move(read);
    WarnWithoutContexts(*corpus, path);
  } else {
    AttachPairedContexts(corpus, ReadData(path, format, options, labels));
  }
}

}  // namespace clner
