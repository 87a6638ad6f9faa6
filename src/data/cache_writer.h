// Context caches from the sentences of a corpus.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "data/context_cache.h"
#include "data/data_format.h"

namespace clner {

/// Writes the records of one cache, and counts what it could not hold.
class CacheWriter {
 public:
  /// `source` has the records of the contexts when they come from a cache; both outlive the writer.
  CacheWriter(DataFormat format, const ContextCache& source);
  [[nodiscard]] std::string Begin() const;
  /// The lines of a sentence, which outlives the writer; "" when it was written before or the source lacks it.
  [[nodiscard]] std::string Record(const Sentence& sentence);
  [[nodiscard]] const std::map<std::string, int64_t>& dropped() const { return dropped_; }

 private:
  [[nodiscard]] std::string TsvRows(CacheRecord record);

  DataFormat format_;
  const ContextCache& source_;
  bool tokenized_ = true;  // of a table, all texts alike
  int64_t written_ = 0;
  std::unordered_map<std::string, const Sentence*> seen_;
  std::map<std::string, int64_t> dropped_;
};

}  // namespace clner
