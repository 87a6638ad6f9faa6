#include "retrieval/index_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "core/error.h"
#include "core/file_ops.h"
#include "core/files.h"
#include "core/sha256.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr int64_t kApplicationId = 0x636C6E72;  // "clnr"
constexpr std::string_view kSqliteMagic("SQLite format 3\0", 16);
constexpr size_t kHeadBytes = 100;  // SQLite's header
constexpr std::string_view kSealBegin = "\nclner-index-sha256 ";
constexpr size_t kDigestBytes = 64, kSealBytes = kSealBegin.size() + kDigestBytes + 1;
constexpr const char* kBuildFix = "build it again: clner index build IN... -o INDEX";

[[noreturn]] void Corrupt(const std::filesystem::path& path, const std::string& what, const char* fix = kBuildFix) {
  throw Error(ErrorCode::kCorrupt, fmt::format("'{}' {}", Printable(path.string(), 200), what), path.string(), fix);
}

int64_t BigEndian(std::string_view head, size_t at, size_t bytes) {
  int64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(head[at + i]);
  return value;
}

/// Up to kHeadBytes from the start of the file.
std::string ReadHead(InputFile& file) {
  std::string head(kHeadBytes, '\0');
  size_t size = 0;
  while (size < head.size()) {
    const size_t count = file.Read(head.data() + size, head.size() - size);
    if (count == 0) break;
    size += count;
  }
  head.resize(size);
  return head;
}

bool IsSqlite(std::string_view head) { return head.size() == kHeadBytes && head.starts_with(kSqliteMagic); }

/// Bytes of all pages, as SQLite's header states them.
int64_t DatabaseBytes(std::string_view head) {
  const int64_t page = BigEndian(head, 16, 2) == 1 ? 65536 : BigEndian(head, 16, 2);
  return page * BigEndian(head, 28, 4);
}

/// The checksum behind the pages of a database; "" when there is none.
std::string ReadSeal(const std::filesystem::path& path, int64_t database_bytes) {
  const internal::Descriptor fd(internal::Open(path, O_RDONLY));
  std::string seal(kSealBytes, '\0');
  const ssize_t count = fd.get() < 0 ? -1 : pread(fd.get(), seal.data(), seal.size(), database_bytes);
  if (count < 0) internal::ThrowIo("read", path, errno);
  const std::string digest = seal.substr(kSealBegin.size(), kDigestBytes);
  const bool valid = count == static_cast<ssize_t>(kSealBytes) && seal.starts_with(kSealBegin) &&
                     seal.ends_with('\n') && digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  return valid ? digest : "";
}

void CheckHead(std::string_view head, const std::filesystem::path& path) {
  if (head.empty()) Corrupt(path, "is empty, not an index");
  if (!IsSqlite(head)) Corrupt(path, "is not an index of clner", "give a file that 'clner index build' wrote");
  if (BigEndian(head, 68, 4) != kApplicationId) {
    Corrupt(path, "is an SQLite database of another application", "give a file that 'clner index build' wrote");
  }
  const int64_t format = BigEndian(head, 60, 4);
  if (format == kIndexFormat) return;
  Corrupt(path,
          fmt::format("is an index of format {}, and clner {} reads format {}", format, CLNER_VERSION, kIndexFormat));
}

std::vector<std::string> SchemaOf(const SqliteDatabase& database) {
  std::vector<std::string> rows;
  SqliteStatement statement(database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name");
  while (statement.Step()) {
    std::string row;
    for (int column = 0; column < 4; ++column) row.append(statement.Text(column)) += '\n';
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Reads the fields of the stored description; anything unexpected is 76.
class InfoFields {
 public:
  InfoFields(const Json& json, const std::string& place) : json_(json), place_(place) {}
  [[nodiscard]] std::string Text(const char* name) const {
    const Json& value = Value(name);
    if (!value.is_string()) Refuse(name);
    return value.get<std::string>();
  }
  [[nodiscard]] int64_t Count(const char* name) const {
    const Json& value = Value(name);
    if (!value.is_number_integer() || value.get<int64_t>() < 0) Refuse(name);
    return value.get<int64_t>();
  }
  [[nodiscard]] double Share(const char* name) const {
    const Json& value = Value(name);
    if (!value.is_number()) Refuse(name);
    return value.get<double>();
  }
  [[nodiscard]] const Json& Value(const char* name) const {
    if (!json_.is_object() || !json_.contains(name)) Refuse(name);
    return json_.at(name);
  }
  [[noreturn]] void Refuse(const char* name) const {
    throw Error(ErrorCode::kCorrupt, fmt::format("the description in the index has no valid '{}'", name), place_,
                kBuildFix);
  }

 private:
  const Json& json_;
  const std::string& place_;
};

}  // namespace

Json ToJson(const IndexInfo& info) {
  Json sources = Json::array();
  for (const IndexSource& source : info.sources) {
    sources.push_back({{"path", source.path},
                       {"format", source.format},
                       {"bytes", source.bytes},
                       {"sha256", source.sha256},
                       {"license", source.license},
                       {"documents", source.documents},
                       {"passages", source.passages}});
  }
  return {{"schema_version", 1},
          {"format", kIndexFormat},
          {"built_with", info.built_with},
          {"tokenizer", Name(info.tokenizer)},
          {"passage_unit", Name(info.unit)},
          {"documents", info.documents},
          {"passages", info.passages},
          {"terms", info.terms},
          {"tokens", info.tokens},
          {"removed_exact_duplicates", info.removed_exact},
          {"removed_near_duplicates", info.removed_near},
          {"near_duplicate_threshold", info.near_duplicates},
          {"skipped_documents", info.skipped_documents},
          {"replaced_bytes", info.replaced_bytes},
          {"sources", std::move(sources)}};
}

IndexInfo ParseIndexInfo(std::string_view text, const std::string& place) {
  const Json json = ParseJson(text, place, ErrorCode::kCorrupt);
  const InfoFields fields(json, place);
  IndexInfo info;
  const std::optional<IndexTokenizer> tokenizer = ParseIndexTokenizer(fields.Text("tokenizer"));
  const std::optional<PassageUnit> unit = ParsePassageUnit(fields.Text("passage_unit"));
  if (!tokenizer.has_value()) fields.Refuse("tokenizer");
  if (!unit.has_value()) fields.Refuse("passage_unit");
  info.tokenizer = *tokenizer;
  info.unit = *unit;
  info.built_with = fields.Text("built_with");
  info.documents = fields.Count("documents");
  info.passages = fields.Count("passages");
  info.terms = fields.Count("terms");
  info.tokens = fields.Count("tokens");
  info.removed_exact = fields.Count("removed_exact_duplicates");
  info.removed_near = fields.Count("removed_near_duplicates");
  info.near_duplicates = fields.Share("near_duplicate_threshold");
  info.skipped_documents = fields.Count("skipped_documents");
  info.replaced_bytes = fields.Count("replaced_bytes");
  const Json& sources = fields.Value("sources");
  if (!sources.is_array()) fields.Refuse("sources");
  for (const Json& source : sources) {
    const InfoFields part(source, place);
    info.sources.push_back({part.Text("path"), part.Text("format"), part.Text("sha256"), part.Text("license"),
                            part.Count("bytes"), part.Count("documents"), part.Count("passages")});
  }
  return info;
}

void CreateIndexTables(SqliteDatabase& database, IndexTokenizer tokenizer) {
  const std::string search = fmt::format(
      "CREATE VIRTUAL TABLE search USING fts5(title, text, content='passage', content_rowid='id', tokenize='{}')",
      TokenizerDefinition(tokenizer));
  database.Execute("CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
  database.Execute(
      "CREATE TABLE passage(id INTEGER PRIMARY KEY, document TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL)");
  database.Execute("CREATE TABLE term(term TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID");
  database.Execute(search.c_str());
  database.Execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, kIndexFormat).c_str());
}

void CheckIndexSchema(const SqliteDatabase& database, IndexTokenizer tokenizer) {
  SqliteDatabase fresh(":memory:", SqliteDatabase::Mode::kWrite);
  RegisterTokenizers(fresh);
  CreateIndexTables(fresh, tokenizer);
  if (SchemaOf(database) != SchemaOf(fresh)) Corrupt(database.path(), "has other tables than an index");
}

IndexInfo ReadIndexInfo(const SqliteDatabase& database) {
  SqliteStatement statement(database, "SELECT value FROM meta WHERE name = 'info'");
  if (!statement.Step()) Corrupt(database.path(), "has no description");
  return ParseIndexInfo(statement.Text(0), database.path().string());
}

bool LooksLikeIndex(const std::filesystem::path& path) {
  InputFile file(path);
  const std::string head = ReadHead(file);
  return IsSqlite(head) && BigEndian(head, 68, 4) == kApplicationId;
}

void SealIndex(const std::filesystem::path& path) {
  const std::string seal = std::string(kSealBegin) + Sha256OfFile(path) + "\n";
  internal::Descriptor fd(internal::Open(path, O_WRONLY | O_APPEND));
  if (fd.get() < 0) internal::ThrowCreate(path, errno);
  if (const int error = internal::WriteAll(fd.get(), seal); error != 0) internal::ThrowIo("write", path, error);
  internal::SyncFile(fd.get(), path);
  internal::CloseFile(fd.Release(), path);
}

void UnsealIndex(const std::filesystem::path& path) {
  int64_t bytes = 0;
  {
    InputFile file(path);
    const std::string head = ReadHead(file);
    CheckHead(head, path);
    bytes = DatabaseBytes(head);
    if (static_cast<int64_t>(file.size()) < bytes) Corrupt(path, "is cut off");
  }
  if (truncate(path.c_str(), bytes) != 0) internal::ThrowIo("write", path, errno);
}

std::string CheckIndexFile(const std::filesystem::path& path, bool checksum) {
  InputFile file(path);
  const std::string head = ReadHead(file);
  CheckHead(head, path);
  const auto size = static_cast<int64_t>(file.size());
  const int64_t database = DatabaseBytes(head);
  if (size != database + static_cast<int64_t>(kSealBytes)) {
    Corrupt(path, fmt::format("is damaged or unfinished: {} bytes instead of {}", size,
                              database + static_cast<int64_t>(kSealBytes)));
  }
  const std::string stated = ReadSeal(path, database);
  if (stated.empty()) Corrupt(path, "is damaged or unfinished: it has no checksum");
  if (!checksum) return stated;
  Sha256 sha;
  sha.Update(head);
  std::string block(size_t{1} << 20, '\0');
  const auto pages = static_cast<size_t>(database);
  for (size_t at = head.size(), count = 0; (count = file.Read(block.data(), block.size())) > 0; at += count) {
    sha.Update(std::string_view(block).substr(0, at >= pages ? 0 : std::min(count, pages - at)));
  }
  if (sha.HexDigest() != stated) Corrupt(path, "is damaged: its content does not have its checksum");
  return stated;
}

}  // namespace clner
