// Plain text of `clner predict`: one input line is one record, whose entities have offsets into it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/text_index.h"
#include "predict_io.h"

namespace clner::cli {

/// One record a line, blank lines included. `tokenized`: words are what stands between blanks. Of the other options
/// those of lines are used; a line that cannot be read is an empty record with `skip_bad_sentences`, else 65.
[[nodiscard]] std::unique_ptr<PredictSource> OpenText(const std::string& path, const ColumnFileOptions& options,
                                                      bool tokenized);

/// `{"id":..,"text":..,"entities":[..],"sentences":[..]}` and a newline; docs/formats.md describes it. `entities` has
/// one list a sentence.
[[nodiscard]] std::string TextRecord(const PredictItem& item, int64_t position,
                                     const std::vector<std::vector<Entity>>& entities, OffsetUnit unit);
/// The line with marks around its entities, and a newline.
[[nodiscard]] std::string MarkedLine(const PredictItem& item, const std::vector<std::vector<Entity>>& entities);

}  // namespace clner::cli
