// Input and output of `clner predict`: sentences in, the same sentences with entities out. Plain text is in
// predict_text.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clner/tagger.h"
#include "core/files.h"
#include "data/annotation.h"
#include "data/column_file.h"
#include "data/raw_text.h"
#include "data/sentence.h"

namespace clner::cli {

/// One input record and what is needed to write it back unchanged.
struct PredictItem {
  std::vector<Sentence> sentences = {};               ///< one, or those of a line of text
  std::optional<ColumnSentence> rows = std::nullopt;  ///< set for column input
  size_t own_rows = 0;                                ///< rows behind these are context
  std::string id = {};                                ///< JSON text of the record's "id", "" = position
  std::string text = {};                              ///< the line of text input
  std::vector<TextSentence> segments = {};            ///< where its sentences and their words stand
  std::optional<SourceText> source = std::nullopt;    ///< the text of a record of an annotation format
};

/// Reads records one by one; 65 with the place for bad input.
class PredictSource {
 public:
  virtual ~PredictSource() = default;
  [[nodiscard]] virtual std::optional<PredictItem> Next() = 0;
  /// At the end: comments, document marks and blank lines behind the last sentence of column input.
  [[nodiscard]] virtual std::vector<std::string> trailing() const { return {}; }
};
/// Column files with or without tags; only `text_column` is read.
[[nodiscard]] std::unique_ptr<PredictSource> OpenColumns(const std::string& path, const ColumnFileOptions& options,
                                                         int text_column);
/// One JSON object a line with "tokens" or "words"; of the options those of lines are used.
[[nodiscard]] std::unique_ptr<PredictSource> OpenJsonLines(const std::string& path, const ColumnFileOptions& options);

/// The input rows with the predicted BIO tag (and `scores`: the entity's probability) as further columns.
[[nodiscard]] std::string ColumnText(const PredictItem& item, const std::vector<Entity>& entities, bool scores);
/// `{"id":..,"words":[..],"tags":[..],"entities":[{"start","end","type","score","text"}]}` and a newline.
[[nodiscard]] std::string JsonLine(const PredictItem& item, int64_t position, const std::vector<Entity>& entities);

/// One BIO tag for each of the words.
[[nodiscard]] std::vector<std::string> BioTags(const std::vector<Entity>& entities, size_t words);
/// As scores are written: six decimals.
[[nodiscard]] double RoundedScore(double score);

}  // namespace clner::cli
