// Records of annotation tools in JSON: Prodigy and spaCy, doccano, CLUENER, AdaSeq and Label Studio.
#pragma once

#include <string>

#include "core/json.h"
#include "data/annotation.h"
#include "data/annotation_builder.h"

namespace clner {

/// Fills `*record` with one object of a format. False when the record is left out (counted in `*builder`). Throws
/// Error{kData} with the place inside the record as `where`.
using RecordReader = bool (*)(const Json& json, AnnotationBuilder* builder, TextRecord* record);

/// {"text", "tokens": [{"text","start","end"}], "spans": [{"start","end","label"}], "answer"}, or spaCy's training
/// pair [text, {"entities": [[start, end, label]]}].
bool ReadProdigyRecord(const Json& json, AnnotationBuilder* builder, TextRecord* record);
/// {"text", "label": [[start, end, label]]}; also "labels", and "entities" with "start_offset" and "end_offset".
bool ReadDoccanoRecord(const Json& json, AnnotationBuilder* builder, TextRecord* record);
/// {"text", "label": {type: {surface: [[begin, last]]}}}; `last` is the last character itself.
bool ReadCluenerRecord(const Json& json, AnnotationBuilder* builder, TextRecord* record);
/// {"text" or "tokens", "spans": [{"start","end","type"}]} or {"text", "labels": [tag]}; a text is a string or a list
/// of words. Positions count words when it is a list, or split at blanks (`--words blanks`).
bool ReadAdaSeqRecord(const Json& json, AnnotationBuilder* builder, TextRecord* record);
/// One task: {"data": {"text"}, "annotations": [{"was_cancelled", "result": [{"value": {"start","end","text",
/// "labels"}}]}]}. Of several annotations the one marked as ground truth, else the first counts.
bool ReadLabelStudioTask(const Json& json, AnnotationBuilder* builder, TextRecord* record);

}  // namespace clner
