#include "retrieval/collection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <utility>

#include "core/error.h"
#include "core/suggest.h"
#include "core/utf8.h"
#include "retrieval/clean_text.h"

namespace clner {
namespace {

constexpr std::pair<CollectionFormat, const char*> kNames[] = {{CollectionFormat::kAuto, "auto"},
                                                               {CollectionFormat::kText, "text"},
                                                               {CollectionFormat::kTsv, "tsv"},
                                                               {CollectionFormat::kJsonl, "jsonl"},
                                                               {CollectionFormat::kCirrus, "cirrus"}};
constexpr std::array<const char*, 3> kFieldNames = {"id", "title", "text"};

/// Keys that collections use, the most common first. An entry of "text" may also be a list of strings (paragraphs).
const std::vector<std::string>& UsualKeys(std::string_view field) {
  static const std::vector<std::string> ids = {"id", "_id", "docid", "doc_id", "page_id", "pageid", "curid"};
  static const std::vector<std::string> titles = {"title", "page_title", "name"};
  static const std::vector<std::string> texts = {"text",    "contents", "content", "paragraph",
                                                 "passage", "abstract", "sentence"};
  return field == "id" ? ids : field == "title" ? titles : texts;
}

bool IsBlankLine(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

std::vector<std::string_view> SplitTabs(std::string_view line) {
  std::vector<std::string_view> cells;
  for (size_t at = 0;;) {
    const size_t tab = line.find('\t', at);
    cells.push_back(line.substr(at, tab - at));
    if (tab == std::string_view::npos) return cells;
    at = tab + 1;
  }
}

std::vector<std::string> UsualColumns(size_t count) {
  switch (count) {
    case 1:
      return {"text"};
    case 2:
      return {"id", "text"};
    case 3:
      return {"id", "text", "title"};
    case 4:
      return {"-", "id", "title", "text"};
    default:
      throw Error(ErrorCode::kData, fmt::format("{} columns have no usual meaning", count), "",
                  "name them in order: --fields id,title,text,- (- is not used)");
  }
}

/// `path` without the ending of a compressed file; lower case is not needed, the tools write it.
std::string ExtensionOf(const std::string& path) {
  std::filesystem::path file(path);
  if (file.extension() == ".gz" || file.extension() == ".zst") file = file.stem();
  return file.extension().string();
}

[[noreturn]] void WrongFields(const std::string& what, const std::string& fix) {
  throw Error(ErrorCode::kUsage, what, "", fix);
}

std::vector<std::string> ColumnsOf(const std::vector<std::string>& fields) {
  for (const std::string& field : fields) {
    const bool known = field == "-" || std::find(kFieldNames.begin(), kFieldNames.end(), field) != kFieldNames.end();
    if (!known)
      WrongFields(fmt::format("'{}' is not a column of a collection", Printable(field)),
                  "--fields lists id, title, text and - in the order of the columns");
    if (field != "-" && std::count(fields.begin(), fields.end(), field) > 1)
      WrongFields(fmt::format("--fields names '{}' twice", field), "write - for columns that are not used");
  }
  if (!fields.empty() && std::find(fields.begin(), fields.end(), "text") == fields.end())
    WrongFields("--fields names no column 'text'", "say which column holds the text, e.g. --fields id,text");
  return fields;
}

std::map<std::string, std::string> KeysOf(const std::vector<std::string>& fields) {
  std::map<std::string, std::string> keys;
  for (const std::string& field : fields) {
    const size_t equals = field.find('=');
    const std::string name = field.substr(0, equals);
    const bool known = std::find(kFieldNames.begin(), kFieldNames.end(), name) != kFieldNames.end();
    if (equals == std::string::npos || !known || equals + 1 == field.size())
      WrongFields(fmt::format("'{}' does not map a field of JSON records", Printable(field)),
                  "write --fields text=KEY,title=KEY,id=KEY");
    if (!keys.emplace(name, field.substr(equals + 1)).second)
      WrongFields(fmt::format("--fields names '{}' twice", name), "give every field one key");
  }
  return keys;
}

/// A string, a number, or strings in a list as paragraphs; nullopt for null and absent.
std::optional<std::string> FieldText(const Json& record, const std::string& key) {
  const auto found = record.find(key);
  if (found == record.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return DumpJson(*found);
  const bool strings =
      found->is_array() && std::all_of(found->begin(), found->end(), [](const Json& item) { return item.is_string(); });
  if (!strings)
    throw Error(ErrorCode::kData, fmt::format("'{}' is {}, not a string", Printable(key), found->type_name()), "",
                "map another key: --fields text=KEY,title=KEY,id=KEY");
  std::string text;
  for (const Json& item : *found) text.append(item.get_ref<const std::string&>()) += '\n';
  return text;
}

bool IsAction(const Json& record) {
  return record.is_object() && record.size() == 1 && (record.contains("index") || record.contains("create")) &&
         record.begin()->is_object();
}

}  // namespace

const char* Name(CollectionFormat format) { return kNames[static_cast<size_t>(format)].second; }

CollectionFormat ParseCollectionFormat(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [format, known] : kNames) {
    if (name == known) return format;
    names.emplace_back(known);
  }
  const std::string nearest = NearestName(name, names);
  throw Error(ErrorCode::kUsage, fmt::format("unknown format '{}' of a collection", Printable(name)), "",
              nearest.empty()
                  ? "use auto, text, tsv, jsonl or cirrus"
                  : fmt::format("did you mean '{}'? The formats are auto, text, tsv, jsonl and cirrus", nearest));
}

CollectionReader::CollectionReader(const std::string& path, const CollectionOptions& options)
    : lines_(path, {.replace_invalid_utf8 = options.replace_invalid_utf8}), options_(options), format_(options.format) {
  if (format_ == CollectionFormat::kAuto) {
    const std::string extension = ExtensionOf(path);
    if (extension == ".txt") format_ = CollectionFormat::kText;
    if (extension == ".tsv") format_ = CollectionFormat::kTsv;
  }
}

bool CollectionReader::NextLine(Line* line) {
  if (!lines_.Next(line)) return false;
  ++lines_read_;
  digest_.Update(line->text);
  digest_.Update("\n");
  return true;
}

std::string CollectionReader::lines_digest() const {
  Sha256 copy = digest_;
  return copy.HexDigest();
}

bool CollectionReader::Skip(int64_t lines, const std::string& digest) {
  while (lines_read_ < lines) {
    // Checked as before, so that the digest is of the same text; a line that was skipped then is empty again.
    Line line;
    if (!NextLine(&line)) return false;
    if (!recognized_ && !line.problem.has_value() && !IsBlankLine(line.text)) Recognize(line.text);
  }
  return lines_digest() == digest;
}

/// Settles the format by the first line, and what the fields mean in it.
void CollectionReader::Recognize(std::string_view first_line) {
  recognized_ = true;
  if (format_ == CollectionFormat::kAuto || format_ == CollectionFormat::kJsonl) {
    const size_t start = first_line.find_first_not_of(' ');
    const bool object = start != std::string_view::npos && first_line[start] == '{';
    bool action = false;
    try {
      action = object && IsAction(clner::ParseJson(first_line, lines_.input().name(), ErrorCode::kData));
    } catch (const Error&) {
      // Not JSON after all, or damaged: reported when the line is read as a document.
    }
    if (action) format_ = CollectionFormat::kCirrus;
    if (format_ == CollectionFormat::kAuto)
      format_ = object                                            ? CollectionFormat::kJsonl
                : first_line.find('\t') != std::string_view::npos ? CollectionFormat::kTsv
                                                                  : CollectionFormat::kText;
  }
  if (format_ == CollectionFormat::kTsv) {
    columns_ = ColumnsOf(options_.fields);
    if (columns_.empty()) columns_ = UsualColumns(SplitTabs(first_line).size());
  } else if (format_ == CollectionFormat::kText) {
    if (!options_.fields.empty())
      WrongFields("a collection of lines has no fields", "leave out --fields, or give --format tsv or jsonl");
  } else {
    keys_ = KeysOf(options_.fields);
  }
}

/// A first line of TSV that holds the names of the columns.
bool CollectionReader::IsHeader(std::string_view line) const {
  const std::vector<std::string_view> cells = SplitTabs(line);
  if (cells.size() < 2 || cells.size() != columns_.size()) return false;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (columns_[i] != "-" && cells[i] != columns_[i]) return false;
  }
  return true;
}

bool CollectionReader::Next(Document* document) {
  Line line;
  while (NextLine(&line)) {
    try {
      if (line.problem.has_value()) throw Error(ErrorCode::kData, {*line.problem}, 1);
      if (IsBlankLine(line.text)) continue;
      const bool first = !recognized_;
      if (first) Recognize(line.text);
      if (first && format_ == CollectionFormat::kTsv && IsHeader(line.text)) continue;
      *document = {};
      Parse(line, document);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kData) throw;
      action_id_.reset();
      ++skipped_;
      if (options_.skip_bad_documents) continue;
      const Problem& problem = error.problems().front();
      const bool has_column = problem.where.starts_with(Place(lines_.input().name(), line.number) + ":");
      throw Error(ErrorCode::kData, problem.what,
                  has_column ? problem.where : Place(lines_.input().name(), line.number), problem.fix);
    }
    if (options_.strip_html) {
      document->title = StripHtml(document->title);
      document->text = StripHtml(document->text);
    }
    if (IsBlankLine(document->text)) continue;
    document->numbered = document->id.empty();
    if (document->numbered) document->id = std::to_string(line.number);
    return true;
  }
  if (!action_id_.has_value()) return false;
  action_id_.reset();
  ++skipped_;
  if (options_.skip_bad_documents) return false;
  throw Error(ErrorCode::kData, "the last action has no document", Place(lines_.input().name(), lines_read_),
              "fetch the file again: it seems to be cut");
}

void CollectionReader::Parse(const Line& line, Document* document) {
  switch (format_) {
    case CollectionFormat::kTsv:
      return ParseTsv(line.text, document);
    case CollectionFormat::kJsonl:
      return ParseJson(line, document);
    case CollectionFormat::kCirrus:
      if (!action_id_.has_value()) return ParseAction(line);
      ParseJson(line, document);
      if (document->id.empty()) document->id = *action_id_;
      return action_id_.reset();
    case CollectionFormat::kAuto:
    case CollectionFormat::kText:
      break;
  }
  document->text = line.text;
}

void CollectionReader::ParseTsv(std::string_view line, Document* document) {
  const std::vector<std::string_view> cells = SplitTabs(line);
  if (cells.size() != columns_.size()) {
    throw Error(ErrorCode::kData, fmt::format("{} columns instead of {}", cells.size(), columns_.size()), "",
                "name the columns with --fields, or read whole lines with --format text");
  }
  for (size_t i = 0; i < cells.size(); ++i) {
    if (columns_[i] == "id") document->id = cells[i];
    if (columns_[i] == "title") document->title = cells[i];
    if (columns_[i] == "text") document->text = cells[i];
  }
}

void CollectionReader::ParseAction(const Line& line) {
  const Json record = clner::ParseJson(line.text, lines_.input().name(), ErrorCode::kData);
  if (!IsAction(record))
    throw Error(ErrorCode::kData, "the line is not an action", "",
                "a CirrusSearch dump alternates {\"index\": {...}} and documents; read others with --format jsonl");
  action_id_ = FieldText(*record.begin(), "_id").value_or("");
}

void CollectionReader::ParseJson(const Line& line, Document* document) {
  const Json record = clner::ParseJson(line.text, lines_.input().name(), ErrorCode::kData);
  if (!record.is_object())
    throw Error(ErrorCode::kData, fmt::format("the line is {}, not an object", record.type_name()), "",
                "write one JSON object a line");
  const std::pair<const char*, std::string*> targets[] = {
      {"id", &document->id}, {"title", &document->title}, {"text", &document->text}};
  for (const auto& [field, target] : targets) {
    const auto mapped = keys_.find(field);
    const std::vector<std::string> candidates =
        mapped != keys_.end() ? std::vector<std::string>{mapped->second} : UsualKeys(field);
    std::optional<std::string> value;
    for (size_t i = 0; i < candidates.size() && !value.has_value(); ++i) value = FieldText(record, candidates[i]);
    if (!value.has_value() && target == &document->text) {
      throw Error(ErrorCode::kData, fmt::format("the object has no '{}'", Printable(candidates.front())), "",
                  "say which key holds the text: --fields text=KEY");
    }
    *target = value.value_or("");
  }
}

std::vector<std::string> CollectionFiles(const std::vector<std::string>& inputs) {
  std::vector<std::string> files;
  for (const std::string& input : inputs) {
    std::error_code ignored;
    if (input == "-" || !std::filesystem::is_directory(input, ignored)) {
      files.push_back(input);
      continue;
    }
    const std::vector<std::string> names = FilesBelow(input);
    if (names.empty())
      throw Error(ErrorCode::kData, fmt::format("directory '{}' holds no files", Printable(input, 200)), input,
                  "name the files of the collection");
    for (const std::string& name : names) files.push_back((std::filesystem::path(input) / name).string());
  }
  return files;
}

}  // namespace clner
