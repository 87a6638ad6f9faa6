// The tokenizers of an index: those of FTS5 and one for scripts without blanks, callable for queries too.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/sqlite_database.h"

namespace clner {

enum class IndexTokenizer {
  kUnicode61,   ///< words: runs of letters and digits, case and diacritics folded
  kTrigram,     ///< every three characters in a row, case folded
  kCharacters,  ///< as unicode61; runs of ideographs, kana and the scripts of South-East Asia become pairs of
                ///< characters
};
[[nodiscard]] const char* Name(IndexTokenizer tokenizer);
[[nodiscard]] std::optional<IndexTokenizer> ParseIndexTokenizer(std::string_view name);
/// What stands behind `tokenize =` in the definition of the full-text table.
[[nodiscard]] const char* TokenizerDefinition(IndexTokenizer tokenizer);

/// A term as it stands in the index, and the bytes of the text that it comes from.
struct Term {
  std::string text = {};
  size_t begin_byte = 0, end_byte = 0;
};

/// Makes the tokenizer `clner_characters` known to the connection; needed before the full-text table is touched. 69
/// when the SQLite library has no FTS5.
void RegisterTokenizers(const SqliteDatabase& database);

/// Tokenises queries exactly as the index of `database` tokenises texts. The database must outlive it.
class TermTokenizer {
 public:
  TermTokenizer(const SqliteDatabase& database, IndexTokenizer tokenizer);
  ~TermTokenizer();
  /// Terms of `text` (valid UTF-8, below 2 GiB) in order.
  [[nodiscard]] std::vector<Term> Tokenize(std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clner
