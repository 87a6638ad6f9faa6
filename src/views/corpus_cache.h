// Reads corpora with the pieces of their words; what was read before comes from the token cache.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "data/data_format.h"
#include "tokenize/piece_tables.h"
#include "tokenize/token_cache.h"

namespace clner {

/// A corpus and the pieces of its words, sentence by sentence.
struct TokenizedCorpus {
  Corpus corpus = {};
  PieceTables pieces = {};
};

/// Results and warnings are the same with and without a cache. A file of the cache belongs to the content of one data
/// file, the tokenizer and the options of reading; it is written only if the data file stayed as it was meanwhile.
/// Formats of several files and streams are read anew every time, and so are corpora that keep their tags or are split
/// like others. Not thread-safe.
class CorpusCache {
 public:
  /// `tokenizer` was loaded from `tokenizer_directory` and must outlive the object.
  CorpusCache(TokenCacheOptions options, const Tokenizer& tokenizer, const std::filesystem::path& tokenizer_directory);
  /// What ReadData gives, and its errors; kInterrupted on a request to stop.
  [[nodiscard]] TokenizedCorpus Read(const std::string& path, DataFormat format, const CorpusOptions& options,
                                     const std::vector<std::string>& labels = {});
  /// Only the pieces, and only from the cache: neither words nor tags are looked at.
  [[nodiscard]] std::optional<PieceTables> FindPieces(const std::string& path, DataFormat format,
                                                      const CorpusOptions& options,
                                                      const std::vector<std::string>& labels = {});

 private:
  struct Source {
    FileStamp stamp = {};
    std::string digest = {}, key = {};
  };
  /// nullopt when nothing is to be cached: no cache, no regular file, or not all that is read lies in it.
  [[nodiscard]] std::optional<Source> Identify(const std::string& path, DataFormat format, const CorpusOptions& options,
                                               const std::vector<std::string>& labels) const;
  [[nodiscard]] bool Load(const std::string& key, const std::string& path, TokenizedCorpus* result);

  const Tokenizer& tokenizer_;
  TokenCache cache_;
  std::string tokenizer_fingerprint_;  ///< empty without a cache
};

}  // namespace clner
