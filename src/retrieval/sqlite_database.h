// SQLite with typed errors: a connection and prepared statements.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace clner {

/// A connection to one database file. Not thread-safe. Every failure is a clner::Error: 76 when the file is damaged, 74
/// when reading or writing fails, 71 when memory ends, 73 when another process has locked it.
class SqliteDatabase {
 public:
  enum class Mode {
    kImmutable,  ///< read-only; the file must not change while it is open, other files beside it are not looked at
    kWrite       ///< read and write; created when missing; locked for others. ":memory:" is a database without a file
  };
  SqliteDatabase(const std::filesystem::path& path, Mode mode);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  /// Runs statements that return nothing of interest. `sql` is text of the program, never of a user.
  void Execute(const char* sql);
  /// Rows inserted, changed or deleted since the connection was opened.
  [[nodiscard]] int64_t total_changes() const;
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Throws what the last failed call on this connection means. `code` is its result code.
  [[noreturn]] void Fail(int code) const;

 private:
  std::filesystem::path path_;
  bool immutable_;
  sqlite3* handle_ = nullptr;
};

/// One prepared statement; parameters and columns count from 0. The database must outlive it.
class SqliteStatement {
 public:
  SqliteStatement(const SqliteDatabase& database, std::string_view sql);
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  /// The text must live until the next Reset().
  SqliteStatement& Bind(int parameter, std::string_view text);
  SqliteStatement& Bind(int parameter, int64_t value);
  /// True when there is a row.
  [[nodiscard]] bool Step();
  /// Steps to the end of a statement without rows, then resets it.
  void Run();
  void Reset();
  [[nodiscard]] std::string_view Text(int column) const;  ///< valid until the next Step() or Reset()
  [[nodiscard]] int64_t Integer(int column) const;
  [[nodiscard]] double Real(int column) const;

 private:
  const SqliteDatabase& database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// The first column of the first row of `sql`, or nullopt when there is none.
[[nodiscard]] std::optional<int64_t> QueryInteger(const SqliteDatabase& database, std::string_view sql);

/// Version of the library in use, e.g. "3.40.1".
[[nodiscard]] const char* SqliteLibraryVersion();

}  // namespace clner
