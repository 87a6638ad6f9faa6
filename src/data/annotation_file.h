// Files of annotation tools in JSON and of brat.
#pragma once

#include <cstdint>
#include <string>

#include "data/annotation.h"
#include "data/corpus.h"
#include "data/data_format.h"

namespace clner {

/// Largest file that is read as one piece: Label Studio's export.
inline constexpr uint64_t kMaxWholeFileBytes = UINT64_C(256) << 20;

/// Reads one record a line, or for Label Studio a list of tasks. A record is a sentence, its text and words go to
/// `source->texts`. 65 with file, line and place inside the record, up to 20 problems together; blank texts are dropped
/// and counted.
[[nodiscard]] Corpus ReadAnnotations(const std::string& path, DataFormat format, const CorpusOptions& options,
                                     AnnotationSource* source);

/// Reads a pair of files by the name of either (.txt, .ann), or all pairs of a directory in the order of their names; a
/// line of the text is a sentence, a pair of a directory a document. Only text-bound annotations (T) are read, others
/// are dropped and counted. 65 as above; 66 when a file of the pair is missing.
[[nodiscard]] Corpus ReadBrat(const std::string& path, const CorpusOptions& options, AnnotationSource* source);

}  // namespace clner
