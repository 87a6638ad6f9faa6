// The data formats by name, by file name and by their first bytes, and one function that reads them all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/annotation.h"
#include "data/context_cache.h"
#include "data/corpus.h"

namespace clner {

enum class DataFormat {
  kColumns,
  kJsonl,
  kAutoNer,
  kProdigy,
  kSpacy,
  kDoccano,
  kLabelStudio,
  kBrat,
  kCluener,
  kAdaSeq,
  kContexts,
  kContextsTsv,
};
inline constexpr DataFormat kDataFormats[] = {
    DataFormat::kColumns, DataFormat::kJsonl,   DataFormat::kAutoNer,     DataFormat::kProdigy,
    DataFormat::kSpacy,   DataFormat::kDoccano, DataFormat::kLabelStudio, DataFormat::kBrat,
    DataFormat::kCluener, DataFormat::kAdaSeq,  DataFormat::kContexts,    DataFormat::kContextsTsv};

/// "columns", "jsonl", "autoner", "prodigy", "spacy", "doccano", "labelstudio", "brat", "cluener", "adaseq", and for
/// caches of contexts "contexts" and "contexts-tsv"
[[nodiscard]] const char* Name(DataFormat format);
/// A name, or "conll" for columns and "ck" for autoner; kUsage with a suggestion otherwise.
[[nodiscard]] DataFormat ParseDataFormat(std::string_view name);
/// True for the formats of annotation tools, whose entities are ranges of a text or of words.
[[nodiscard]] bool IsAnnotation(DataFormat format);
/// What positions of an annotation format count unless the user says otherwise.
[[nodiscard]] OffsetUnit DefaultUnit(DataFormat format);
/// How texts of an annotation format are split into words unless the user says otherwise.
[[nodiscard]] WordRule DefaultWords(DataFormat format);
/// By the end of the name: .jsonl, .json and .ndjson, .ck, .ann; everything else is columns.
[[nodiscard]] DataFormat FormatOfPath(std::string_view path);
/// FormatOfPath; for a regular file that begins with JSON or a row of a table of contexts, and for a directory with
/// .ann files, by what is inside. 65 when JSON of annotation tools could be several formats; the message tells to name
/// it by `option`.
[[nodiscard]] DataFormat FormatOfFile(const std::string& path, std::string_view option = "--from");

/// What a reader leaves beside the sentences.
struct DataSource {
  std::vector<ColumnSentence> rows = {};  ///< of a column file, one a sentence
  int64_t ignored = 0;                    ///< objects of JSON lines with other fields
  AnnotationSource annotation = {};
  ContextCache contexts = {};  ///< of a cache
};
/// Reads `path` ("-" = stdin) in any format. `labels` are the names of integer tags in JSON lines. `source` may be
/// null.
[[nodiscard]] Corpus ReadData(const std::string& path, DataFormat format, const CorpusOptions& options,
                              const std::vector<std::string>& labels, DataSource* source = nullptr);

}  // namespace clner
