// Conversion between data formats: column files, JSON lines and AutoNER's .ck.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "data/corpus.h"

namespace clner {

enum class DataFormat { kColumns, kJsonl, kAutoNer };
[[nodiscard]] const char* Name(DataFormat format);  ///< "columns", "jsonl", "autoner"
/// "columns" (or "conll"), "jsonl", "autoner" (or "ck"); kUsage with a suggestion otherwise.
[[nodiscard]] DataFormat ParseDataFormat(std::string_view name);
/// By the end of the name: .jsonl, .json and .ndjson, .ck; everything else is columns.
[[nodiscard]] DataFormat FormatOfPath(std::string_view path);
/// FormatOfPath, and JSON lines for a regular file of another name that begins with a JSON object.
[[nodiscard]] DataFormat FormatOfFile(const std::string& path);
/// Reads `path` ("-" = stdin) in any format. `labels` are the names of integer tags in JSON lines; `*raw` and
/// `*ignored` (may be null) are those of ReadCorpus and ReadJsonl.
[[nodiscard]] Corpus ReadData(const std::string& path, DataFormat format, const CorpusOptions& options,
                              const std::vector<std::string>& labels, std::vector<ColumnSentence>* raw = nullptr,
                              int64_t* ignored = nullptr);

struct ConvertOptions {
  DataFormat from = DataFormat::kColumns;
  DataFormat to = DataFormat::kColumns;
  CorpusOptions read = {};
  std::vector<std::string> labels = {};         ///< names of integer tags in JSON lines
  std::optional<Scheme> scheme = std::nullopt;  ///< nullopt: as read
  std::optional<char> delimiter =
      std::nullopt;               ///< of written columns: '\t' or ' '; nullopt: as read, TAB for other formats
  std::vector<int> columns = {};  ///< columns to write, in this order; empty: all
};

/// What was written and what the target could not hold (kind and number).
struct ConvertReport {
  int64_t sentences = 0, words = 0, entities = 0, documents = 0, with_context = 0, skipped_sentences = 0,
          repaired_tags = 0;
  Scheme read_scheme = Scheme::kBio, written_scheme = Scheme::kBio;
  std::vector<std::pair<std::string, int64_t>> dropped = {};
};

/// Reads `path` ("-" = stdin) and gives the text of the result to `write` piece by piece. Column files keep their other
/// columns, comments (if a comment mark is given), -DOCSTART- lines and contexts. Warns about names of the label map
/// that do not occur. 65 when a word cannot be written.
[[nodiscard]] ConvertReport Convert(const std::string& path, const ConvertOptions& options,
                                    const std::function<void(std::string_view)>& write);

/// `{"schema_version": 1, "from": ..., "dropped": {...}}`
[[nodiscard]] Json ToJson(const ConvertReport& report, const ConvertOptions& options);

}  // namespace clner
