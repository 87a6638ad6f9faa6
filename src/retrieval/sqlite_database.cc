#include "retrieval/sqlite_database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <new>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {
namespace {

/// Name of the database in SQLite's URI form; every byte that could mean something there is escaped.
std::string ImmutableUri(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char byte : std::filesystem::absolute(path).string()) {
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '/' || byte == '.' || byte == '_' || byte == '-';
    uri +=
        plain ? std::string(1, byte) : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  }
  return uri + "?mode=ro&immutable=1";
}

}  // namespace

SqliteDatabase::SqliteDatabase(const std::filesystem::path& path, Mode mode)
    : path_(path), immutable_(mode == Mode::kImmutable) {
  const bool write = !immutable_;
  const bool in_memory = path == ":memory:";
  const std::string name = in_memory ? ":memory:"
                           : write   ? std::filesystem::absolute(path).string()
                                     : ImmutableUri(path);
  const int access = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  const int code = sqlite3_open_v2(name.c_str(), &handle_, access | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    if (code != SQLITE_OK) Fail(code);
    sqlite3_extended_result_codes(handle_, 1);
    // The schema of a file from outside may hold views and triggers; they must not reach further than its own tables.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, write ? 0 : 1, nullptr);
    sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
    Execute(write ? "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
                  : "PRAGMA cell_size_check = ON; PRAGMA cache_size = -65536;");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(handle_); }

void SqliteDatabase::Execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) Fail(code);
}

int64_t SqliteDatabase::total_changes() const { return sqlite3_total_changes64(handle_); }

void SqliteDatabase::Fail(int code) const {
  const std::string file = "'" + Printable(path_.string(), 200) + "'";
  const std::string reason = handle_ == nullptr ? sqlite3_errstr(code) : Printable(sqlite3_errmsg(handle_), 200);
  switch (code & 0xFF) {
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    case SQLITE_FULL:
      throw Error(ErrorCode::kIo, fmt::format("cannot write {}: {}", file, reason), path_.string(),
                  "free some disk space and run again");
    case SQLITE_IOERR:
      throw Error(ErrorCode::kIo, fmt::format("cannot read or write {}: {}", file, reason), path_.string(),
                  "check the disk (dmesg shows its errors) and its free space");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      throw Error(ErrorCode::kOutput, fmt::format("cannot open {}: {}", file, reason), path_.string(),
                  "check the directory and its permissions (ls -l)");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ErrorCode::kOutput, fmt::format("{} is in use by another process", file), path_.string(),
                  "wait until it has ended, or choose another output");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      break;
    default:
      // The statements are fixed: when a finished file does not fit them, the file is at fault.
      if (immutable_) break;
      throw Error(ErrorCode::kInternal, fmt::format("SQLite refused a request on {}: {} (code {})", file, reason, code),
                  path_.string(), "please report it with the output of 'clner doctor'");
  }
  throw Error(ErrorCode::kCorrupt, fmt::format("index {} is damaged: {}", file, reason), path_.string(),
              "build it again: clner index build IN... -o INDEX");
}

SqliteStatement::SqliteStatement(const SqliteDatabase& database, std::string_view sql) : database_(database) {
  const int code =
      sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
  if (code != SQLITE_OK) database_.Fail(code);
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

SqliteStatement& SqliteStatement::Bind(int parameter, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();  // a null pointer would bind NULL
  const int code = sqlite3_bind_text64(statement_, parameter + 1, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.Fail(code);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int parameter, int64_t value) {
  const int code = sqlite3_bind_int64(statement_, parameter + 1, value);
  if (code != SQLITE_OK) database_.Fail(code);
  return *this;
}

bool SqliteStatement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.Fail(code);
  return false;
}

void SqliteStatement::Run() {
  while (Step()) {
  }
  Reset();
}

void SqliteStatement::Reset() { sqlite3_reset(statement_); }

std::string_view SqliteStatement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

int64_t SqliteStatement::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

double SqliteStatement::Real(int column) const { return sqlite3_column_double(statement_, column); }

std::optional<int64_t> QueryInteger(const SqliteDatabase& database, std::string_view sql) {
  SqliteStatement statement(database, sql);
  if (!statement.Step()) return std::nullopt;
  return statement.Integer(0);
}

const char* SqliteLibraryVersion() { return sqlite3_libversion(); }

}  // namespace clner
