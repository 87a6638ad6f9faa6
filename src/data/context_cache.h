// Caches of retrieved contexts: which texts were found for which sentence, as JSON lines or as a table
// (docs/formats.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/column_file.h"
#include "data/sentence.h"

namespace clner {

/// One retrieved text with what the retrieval said about it; empty strings and missing scores are unknown.
struct CachedText {
  std::string text = {}, title = {}, doc_id = {}, source = {};
  std::optional<double> score = std::nullopt, rerank_score = std::nullopt;
};

/// The texts of one sentence in rank order. They come from outside and are cleaned when they are read (CleanText).
struct CacheRecord {
  std::string key = {};                 ///< KeyOfWords() of the sentence
  std::vector<std::string> words = {};  ///< of the sentence; empty in a table, which has keys only
  int64_t id = -1;                      ///< -1 = none
  std::string query = {};
  std::vector<CachedText> texts = {};
  bool tokenized = false;  ///< texts are words with one blank between them; else they are split as raw text is
  bool partial = false;    ///< the search did not answer completely
  int64_t line = 0;
};

/// SHA-256 in hex of the words joined by line feeds.
[[nodiscard]] std::string KeyOfWords(std::span<const std::string> words);

/// A whole cache. It may hold other sentences than a corpus, in any order.
struct ContextCache {
  std::string path = {};
  std::vector<CacheRecord> records = {};                ///< in the order of the file
  std::unordered_map<std::string, size_t> by_key = {};  ///< record of a key
  int64_t cleaned_texts = 0;                            ///< texts that were changed by CleanText
  int64_t skipped_records = 0;                          ///< with skip_bad_sentences
  [[nodiscard]] const CacheRecord* Find(std::span<const std::string> words) const;  ///< nullptr when it is not there
};

/// Reads JSON lines, one record each. 65 with file:line:column, up to 20 problems together: bad JSON, unknown, repeated
/// and missing fields, wrong types, a sentence that is there twice.
[[nodiscard]] ContextCache ReadJsonlCache(const std::string& path, const ColumnFileOptions& options);
/// Reads a table of key, rank, score, source, query and text, separated by TABs; rows may have any order. 65 as above:
/// wrong numbers of columns, keys, ranks and scores that are none, a rank that is there twice.
[[nodiscard]] ContextCache ReadTsvCache(const std::string& path, const ColumnFileOptions& options);
/// The record of one line of a JSONL cache, not yet cleaned and without key. 65 with name:line:column.
[[nodiscard]] CacheRecord ParseCacheRecord(std::string_view text, const std::string& name, int64_t line);

/// One line with its end. `id` is the number of the sentence.
[[nodiscard]] std::string CacheJsonlRecord(const CacheRecord& record, int64_t id);
/// The first line of a table; it tells a reader whether the texts are tokenised.
[[nodiscard]] std::string CacheTsvHeader(bool tokenized);
/// A row for every text that is not empty, ranks from 1; a row of rank 0 without text when there is none.
[[nodiscard]] std::string CacheTsvRows(const CacheRecord& record);
/// True when the first line of a file is that of a table.
[[nodiscard]] bool IsCacheTsv(std::string_view first_line);

/// A tokenised record of the contexts that a sentence has.
[[nodiscard]] CacheRecord RecordOfSentence(const Sentence& sentence);
/// The words of the record's texts: a tokenised text is split at every blank, so that words come back one by one, even
/// empty ones; any other text as `predict` splits raw text. One tokenised text alone has unknown inner borders (flat).
[[nodiscard]] ContextTexts ContextsOfRecord(const CacheRecord& record);

/// Texts with a title, a source or a score.
[[nodiscard]] int64_t DescribedTexts(const ContextCache& cache);
/// Makes every text words with one blank between them.
void Tokenize(CacheRecord* record);

/// One line without what could pass for something else: line ends, TABs and (unless `tokenized`) other control
/// characters become blanks; NUL and (unless `tokenized`) marks of writing direction vanish. Returns whether anything
/// was changed. `text` must be valid UTF-8.
bool CleanText(bool tokenized, std::string* text);

}  // namespace clner
