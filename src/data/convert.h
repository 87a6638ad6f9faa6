// Conversion between data formats: column files, JSON lines, AutoNER's .ck and the formats of annotation tools.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "data/brat_output.h"
#include "data/corpus.h"
#include "data/data_format.h"

namespace clner {

struct ConvertOptions {
  DataFormat from = DataFormat::kColumns;
  DataFormat to = DataFormat::kColumns;
  CorpusOptions read = {};
  std::string contexts = {};                    ///< file whose contexts the data get (AttachContextFile); "" = none
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
  std::vector<std::pair<std::string, int64_t>> changed = {};  ///< spans that were changed on request
};

/// Reads `path` ("-" = stdin) and gives the text of the result to `write` piece by piece, brat's to `brat` instead,
/// where null only checks. Column files keep their other columns, comments (if a comment mark is given), -DOCSTART-
/// lines and contexts. Formats with texts keep those of the source byte for byte; without one, the text is the words
/// with one blank between them, or with none when every word of the file is one character. Caches of contexts keep the
/// records of a cache that was read, else the words of the contexts; a sentence that occurs again is written once.
/// Warns about names of the label map that do not occur. 65 when a word or type cannot be written.
[[nodiscard]] ConvertReport Convert(const std::string& path, const ConvertOptions& options,
                                    const std::function<void(std::string_view)>& write, BratOutput* brat = nullptr);

/// `{"schema_version": 1, "from": ..., "dropped": {...}, "changed": {...}}`; for annotation formats also how positions
/// and words were read.
[[nodiscard]] Json ToJson(const ConvertReport& report, const ConvertOptions& options);

}  // namespace clner
