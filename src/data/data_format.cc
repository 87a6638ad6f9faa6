#include "data/data_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "core/json.h"
#include "core/suggest.h"
#include "core/utf8.h"
#include "data/annotation_file.h"
#include "data/autoner.h"
#include "data/contexts.h"
#include "data/json_fields.h"
#include "data/jsonl.h"
#include "data/line_reader.h"

namespace clner {
namespace {

/// Bytes of a file that are looked at to tell its format.
constexpr size_t kHeadBytes = size_t{256} << 10;

std::string HeadOf(const std::string& path) {
  std::string head(kHeadBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(file.gcount()));
  if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
  head.erase(0, std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  return head;
}

/// A row of columns may begin with the word '{' or '[', but not with one and a string in quotes or an object.
bool BeginsWithJson(std::string_view head) {
  if (!head.starts_with('{') && !head.starts_with('[')) return false;
  const size_t next = head.find_first_not_of(" \t\r\n", 1);
  return next != std::string_view::npos && (head[next] == '"' || (head[0] == '[' && head[next] == '{'));
}

bool IsListOf(const Json* json, Json::value_t type) {
  return json != nullptr && json->is_array() && !json->empty() && json->front().type() == type;
}

/// What a record of JSON lines can only be; nullopt when it could be several, e.g. a text without entities.
std::optional<DataFormat> FormatOfRecord(const Json& json) {
  if (json.is_array()) return DataFormat::kSpacy;
  const Json *text = FindField(json, {"text"}), *tokens = FindField(json, {"tokens", "words"});
  const Json *spans = FindField(json, {"spans"}), *label = FindField(json, {"label"});
  const Json *labels = FindField(json, {"labels"}), *entities = FindField(json, {"entities"});
  const Json* contexts = FindField(json, {"contexts"});
  if (contexts != nullptr && contexts->is_array()) return DataFormat::kContexts;
  const bool span_list = IsListOf(spans, Json::value_t::object);
  if (span_list && FindField(spans->front(), {"type"}) != nullptr) return DataFormat::kAdaSeq;
  if (span_list && FindField(spans->front(), {"label"}) != nullptr) return DataFormat::kProdigy;
  if (IsListOf(tokens, Json::value_t::object) || (text != nullptr && FindField(json, {"answer"}) != nullptr))
    return DataFormat::kProdigy;
  if (IsListOf(labels, Json::value_t::string) && text != nullptr) return DataFormat::kAdaSeq;
  if (tokens != nullptr) return DataFormat::kJsonl;
  if (text == nullptr) return DataFormat::kJsonl;
  if (text->is_array()) return DataFormat::kAdaSeq;
  if (label != nullptr && label->is_object()) return DataFormat::kCluener;
  const bool doccano =
      label != nullptr || labels != nullptr ||
      (IsListOf(entities, Json::value_t::object) && FindField(entities->front(), {"start_offset"}) != nullptr);
  return doccano ? std::optional(DataFormat::kDoccano) : std::nullopt;
}

/// The format of JSON whose beginning is `head`.
DataFormat FormatOfJson(const std::string& head, const std::string& path, std::string_view option) {
  bool seen_text = false;
  for (size_t begin = 0; begin < head.size();) {
    const size_t end = std::min(head.find_first_of("\r\n", begin), head.size());
    const std::string_view line = std::string_view(head).substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    Json json;
    try {
      json = ParseJson(line, path, ErrorCode::kData);
    } catch (const Error&) {
      break;  // the reader says what is wrong with it
    }
    if (!json.is_object() && !(json.is_array() && !json.empty() && json.front().is_string())) break;
    if (const std::optional<DataFormat> format = FormatOfRecord(json)) return *format;
    seen_text = true;
  }
  if (head.starts_with('[') && head.find("\"data\"") != std::string::npos &&
      (head.find("\"annotations\"") != std::string::npos || head.find("\"completions\"") != std::string::npos))
    return DataFormat::kLabelStudio;
  // The head ends inside a first record that is longer.
  const bool cut = head.size() >= kHeadBytes / 2 && head.find_first_of("\r\n") == std::string::npos;
  if (cut && head.starts_with('{') && head.find("\"contexts\"") != std::string::npos) return DataFormat::kContexts;
  if (!seen_text && head.starts_with('{')) return DataFormat::kJsonl;
  throw Error(
      ErrorCode::kData, "the file is JSON that could be of several formats", path,
      fmt::format("name the format: {} prodigy, doccano, adaseq, cluener, spacy, labelstudio or jsonl", option));
}

constexpr std::string_view kNames[] = {"columns",     "jsonl", "autoner", "prodigy", "spacy",    "doccano",
                                       "labelstudio", "brat",  "cluener", "adaseq",  "contexts", "contexts-tsv"};

}  // namespace

const char* Name(DataFormat format) { return kNames[static_cast<size_t>(format)].data(); }

DataFormat ParseDataFormat(std::string_view name) {
  if (name == "conll") return DataFormat::kColumns;
  if (name == "ck") return DataFormat::kAutoNer;
  for (const DataFormat format : kDataFormats) {
    if (name == Name(format)) return format;
  }
  std::vector<std::string> names(std::begin(kNames), std::end(kNames));
  const std::string fix = fmt::format("use one of {}", fmt::join(names, ", "));
  names.insert(names.end(), {"conll", "ck"});
  throw Error(ErrorCode::kUsage, fmt::format("unknown data format '{}'{}", Printable(name), DidYouMean(name, names)),
              "", fix);
}

bool IsAnnotation(DataFormat format) {
  return format != DataFormat::kColumns && format != DataFormat::kJsonl && format != DataFormat::kAutoNer &&
         !IsContextCache(format);
}

OffsetUnit DefaultUnit(DataFormat format) {
  return format == DataFormat::kLabelStudio ? OffsetUnit::kUtf16 : OffsetUnit::kCodePoint;
}

WordRule DefaultWords(DataFormat format) {
  return format == DataFormat::kCluener || format == DataFormat::kAdaSeq ? WordRule::kCharacters : WordRule::kText;
}

DataFormat FormatOfPath(std::string_view path) {
  for (const char* end : {".jsonl", ".json", ".ndjson"}) {
    if (path.ends_with(end)) return DataFormat::kJsonl;
  }
  if (path.ends_with(".ann")) return DataFormat::kBrat;
  return path.ends_with(".ck") ? DataFormat::kAutoNer : DataFormat::kColumns;
}

DataFormat FormatOfFile(const std::string& path, std::string_view option) {
  const DataFormat format = FormatOfPath(path);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    for (std::filesystem::directory_iterator it(path, error), last; !error && it != last; it.increment(error)) {
      if (it->path().extension() == ".ann") return DataFormat::kBrat;
    }
  }
  const bool by_name = format != DataFormat::kColumns && format != DataFormat::kJsonl;
  if (by_name || !std::filesystem::is_regular_file(path, error)) return format;
  const std::string head = HeadOf(path);
  if (BeginsWithJson(head)) return FormatOfJson(head, path, option);
  return IsCacheTsv(std::string_view(head).substr(0, head.find_first_of("\r\n"))) ? DataFormat::kContextsTsv : format;
}

Corpus ReadData(const std::string& path, DataFormat format, const CorpusOptions& options,
                const std::vector<std::string>& labels, DataSource* source) {
  AnnotationSource unused;
  AnnotationSource* annotation = source == nullptr ? &unused : &source->annotation;
  switch (format) {
    case DataFormat::kColumns:
      return ReadCorpus(path, options, source == nullptr ? nullptr : &source->rows);
    case DataFormat::kJsonl:
      return ReadJsonl(path, options, labels, source == nullptr ? nullptr : &source->ignored);
    case DataFormat::kAutoNer:
      return ReadAutoNer(path, options);
    case DataFormat::kContexts:
    case DataFormat::kContextsTsv:
      return ReadCacheSentences(path, format, options, source == nullptr ? nullptr : &source->contexts);
    case DataFormat::kBrat:
      return ReadBrat(path, options, annotation);
    default:
      return ReadAnnotations(path, format, options, annotation);
  }
}

}  // namespace clner
