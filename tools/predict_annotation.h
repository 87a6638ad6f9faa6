// Formats of annotation tools in `clner predict`: their records in, records with predicted entities out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/annotation_writer.h"
#include "data/brat_output.h"
#include "data/data_format.h"
#include "predict_io.h"

namespace clner::cli {

/// The records of a file in an annotation format, read whole; the entities in it are left out.
[[nodiscard]] std::unique_ptr<PredictSource> OpenAnnotations(const std::string& path, DataFormat format,
                                                             const CorpusOptions& options);

/// Writes items with their predicted entities in an annotation format, a line of text as one record.
class AnnotationOutput {
 public:
  /// `path` is where brat's pairs go; of other formats the caller writes what the functions return.
  AnnotationOutput(DataFormat format, const std::string& path);
  [[nodiscard]] bool WritesItself() const { return brat_.has_value(); }
  /// What stands in front of the records of `items`, the first or next ones. Words of records without text are written
  /// without blanks when all of the first ones are single characters.
  [[nodiscard]] std::string Begin(const std::vector<PredictItem>& items);
  /// `entities` has one list a sentence. "" for a blank line, and always for brat.
  [[nodiscard]] std::string Record(const PredictItem& item, const std::vector<std::vector<Entity>>& entities);
  /// What stands behind the last record; brat's pairs are published.
  [[nodiscard]] std::string End();

 private:
  DataFormat format_;
  std::optional<AnnotationWriter> writer_ = std::nullopt;
  std::optional<BratOutput> brat_ = std::nullopt;
};

}  // namespace clner::cli
