#include "data/cache_writer.h"

#include <algorithm>
#include <utility>

namespace clner {

CacheWriter::CacheWriter(DataFormat format, const ContextCache& source)
    : format_(format),
      source_(source),
      tokenized_(source.records.empty() || std::any_of(source.records.begin(), source.records.end(),
                                                       [](const CacheRecord& record) { return record.tokenized; })) {}

std::string CacheWriter::Begin() const {
  return format_ == DataFormat::kContextsTsv ? CacheTsvHeader(tokenized_) : std::string();
}

std::string CacheWriter::Record(const Sentence& sentence) {
  CacheRecord record;
  if (source_.records.empty()) {
    record = RecordOfSentence(sentence);
  } else if (const CacheRecord* known = source_.Find(sentence.words)) {
    record = *known;
    record.words = sentence.words;
  } else {
    ++dropped_["sentences that the cache lacks"];
    return {};
  }
  const auto [first, is_new] = seen_.emplace(record.key, &sentence);
  if (!is_new) {
    const bool same = first->second->contexts == sentence.contexts;
    ++dropped_[same ? "repeated sentences" : "repeated sentences with other contexts"];
    return {};
  }
  return format_ == DataFormat::kContexts ? CacheJsonlRecord(record, written_++) : TsvRows(std::move(record));
}

std::string CacheWriter::TsvRows(CacheRecord record) {
  if (tokenized_) Tokenize(&record);
  const auto more = std::count_if(record.texts.begin(), record.texts.end(), [](const CachedText& text) {
    return !text.title.empty() || !text.doc_id.empty() || text.rerank_score.has_value();
  });
  if (more > 0) dropped_["titles, documents and second scores of texts"] += more;
  if (record.partial) ++dropped_["marks of partial answers"];
  return CacheTsvRows(record);
}

}  // namespace clner
