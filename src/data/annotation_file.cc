#include "data/annotation_file.h"

#include <fmt/format.h>

#include "core/files.h"
#include "data/annotation_records.h"
#include "data/foreign_format.h"
#include "data/line_reader.h"

namespace clner {
namespace {

RecordReader ReaderOf(DataFormat format) {
  switch (format) {
    case DataFormat::kDoccano:
      return ReadDoccanoRecord;
    case DataFormat::kCluener:
      return ReadCluenerRecord;
    case DataFormat::kAdaSeq:
      return ReadAdaSeqRecord;
    case DataFormat::kLabelStudio:
      return ReadLabelStudioTask;
    default:
      return ReadProdigyRecord;
  }
}

/// Adds the record of `json`, or the problem with it.
void AddRecord(const Json& json, RecordReader reader, TextRecord record, AnnotationBuilder* builder) {
  const std::string path = record.path;
  const int64_t line = record.line;
  try {
    if (reader(json, builder, &record)) builder->Add(std::move(record));
  } catch (const Error& error) {
    const Problem& problem = error.problems().front();
    const std::string inside =
        path.empty() || problem.where.empty() ? path + problem.where : path + "." + problem.where;
    builder->AddProblem({problem.what, RecordPlace(builder->name(), line, inside), problem.fix});
  }
}

void ReadLines(const std::string& path, const CorpusOptions& options, RecordReader reader, AnnotationBuilder* builder) {
  LineReader lines(path, LineOptionsOf(options.file));
  for (Line line; lines.Next(&line);) {
    if (!line.problem.has_value() && line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
    const std::string place = Place(lines.name(), line.number);
    if (line.problem.has_value()) {
      builder->AddProblem({line.problem->what, place, line.problem->fix});
      if (line.too_long) builder->ThrowIfAny();
      continue;
    }
    Json json;
    try {
      json = ParseJson(line.text, lines.name(), ErrorCode::kData);
      if (!json.is_object() && !json.is_array())
        throw Error(ErrorCode::kData, fmt::format("line is {}, not an object", json.type_name()), "",
                    "write one record a line");
    } catch (const Error& error) {
      builder->AddProblem({error.problems().front().what, place, error.problems().front().fix});
      continue;
    }
    AddRecord(json, reader, {.line = line.number}, builder);
  }
}

void ReadTasks(const std::string& path, RecordReader reader, AnnotationBuilder* builder) {
  const std::string text = ReadFile(path, kMaxWholeFileBytes);
  if (std::optional<Problem> problem = ForeignFormat(std::string_view(text).substr(0, 4096), builder->name()))
    throw Error(ErrorCode::kData, {std::move(*problem)}, 1);
  const Json json = ParseJson(text, builder->name(), ErrorCode::kData);
  if (!json.is_array())
    throw Error(ErrorCode::kData, fmt::format("{}, not a list of tasks", json.type_name()), builder->name(),
                "export the project as JSON");
  for (size_t i = 0; i < json.size(); ++i) AddRecord(json[i], reader, {.path = fmt::format("[{}]", i)}, builder);
}

}  // namespace

Corpus ReadAnnotations(const std::string& path, DataFormat format, const CorpusOptions& options,
                       AnnotationSource* source) {
  AnnotationBuilder builder(InputName(path), options, DefaultUnit(format), DefaultWords(format), source);
  const RecordReader reader = ReaderOf(format);
  if (format == DataFormat::kLabelStudio) {
    ReadTasks(path, reader, &builder);
  } else {
    ReadLines(path, options, reader, &builder);
  }
  return builder.Finish();
}

}  // namespace clner
