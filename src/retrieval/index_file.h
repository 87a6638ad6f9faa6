// The file of an index: an SQLite database with a full-text table, followed by one line with the checksum.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "retrieval/passages.h"
#include "retrieval/sqlite_database.h"
#include "retrieval/term_tokenizer.h"

namespace clner {

/// Number of the file format; an index of another one has to be built again.
inline constexpr int64_t kIndexFormat = 1;

/// One file that was read into an index.
struct IndexSource {
  std::string path = {}, format = {}, sha256 = {}, license = {};
  int64_t bytes = 0;
  int64_t documents = 0, passages = 0;  ///< read, and kept of them
};

/// What an index says about itself.
struct IndexInfo {
  IndexTokenizer tokenizer = IndexTokenizer::kUnicode61;
  PassageUnit unit = PassageUnit::kParagraph;
  double near_duplicates = 0.0;  ///< similarity from which passages were left out; 0 = exact duplicates only
  int64_t documents = 0;         ///< read
  int64_t passages = 0;          ///< in the index
  int64_t tokens = 0;            ///< in all passages, titles included
  int64_t terms = 0;             ///< distinct
  int64_t removed_exact = 0, removed_near = 0;        ///< duplicates that were left out
  int64_t skipped_documents = 0, replaced_bytes = 0;  ///< bad documents left out, invalid UTF-8 repaired
  std::vector<IndexSource> sources = {};
  std::string built_with = {};  ///< versions of clner and SQLite
  // Of the file, not in it:
  int64_t file_bytes = 0;
  std::string sha256 = {};
};
/// All fields, for --json and for the file itself (without the last two).
[[nodiscard]] Json ToJson(const IndexInfo& info);
/// Reads what ToJson wrote; 76 naming `place` when something is missing or of another type.
[[nodiscard]] IndexInfo ParseIndexInfo(std::string_view text, const std::string& place);

/// Creates the tables of an empty index in an empty database.
void CreateIndexTables(SqliteDatabase& database, IndexTokenizer tokenizer);
/// 76 unless the schema is exactly the one that CreateIndexTables makes: no other tables, views or triggers.
void CheckIndexSchema(const SqliteDatabase& database, IndexTokenizer tokenizer);
[[nodiscard]] IndexInfo ReadIndexInfo(const SqliteDatabase& database);

/// True if the file begins as an index of any format does.
[[nodiscard]] bool LooksLikeIndex(const std::filesystem::path& path);
/// Appends the checksum line to a finished database and syncs the file.
void SealIndex(const std::filesystem::path& path);
/// Cuts off everything behind the pages of the database, so that it can be written again. 76 when pages are missing.
void UnsealIndex(const std::filesystem::path& path);
/// Checks that `path` is a whole index of this format, by its head, its size and with `checksum` by every byte. Returns
/// the checksum in the file. 66 when missing or unreadable, 76 otherwise, saying what it is instead.
std::string CheckIndexFile(const std::filesystem::path& path, bool checksum);

}  // namespace clner
