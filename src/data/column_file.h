// Column files (CoNLL): a streaming, checking reader of raw rows. Tags become spans elsewhere (data/schemes.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "data/sentence.h"

namespace clner {

/// How the fields of a row are separated.
enum class ColumnDelimiter {
  kBlanks,  ///< runs of ASCII space or TAB (exotic blanks stay inside tokens)
  kTab,     ///< exactly one TAB
  kLast,    ///< the last space or TAB splits token and tag; the token is not stripped and may be a blank itself
};

struct ColumnFileOptions {
  ColumnDelimiter delimiter = ColumnDelimiter::kBlanks;
  std::string comment = {};           ///< lines that start with this are skipped ("" = none; `#` is an ordinary token)
  bool skip_bad_sentences = false;    ///< --on-error skip: drop and count instead of an error
  bool replace_invalid_utf8 = false;  ///< --encoding-errors replace
  uint64_t max_line_bytes = UINT64_C(16) << 20;
  bool any_context_tag = false;  ///< rows of a context may have any tag, as in predictions; else a label is an error
  /// The context of a sentence comes as the first fields of its rows in ColumnSentence::contexts, without a row for
  /// each, where its `<EOS>` row has a context tag.
  bool context_words = false;
  /// How the user asks for skip_bad_sentences and replace_invalid_utf8, as messages name it; "" = the command cannot.
  std::string skip_option = "--on-error skip";
  std::string replace_option = "--encoding-errors replace";
};

struct LineOptions;
/// The part of the options that the reader of lines needs.
[[nodiscard]] LineOptions LineOptionsOf(const ColumnFileOptions& options);

struct ColumnRow {
  std::vector<std::string> fields;  ///< at least one; fields[0] may be empty (context rows such as " B-X")
  int64_t line = 0;                 ///< 1-based
  std::string text = {};            ///< the line without its end, byte for byte (after UTF-8 repair)
};

struct ColumnSentence {
  std::vector<ColumnRow> rows = {};  ///< never empty; -DOCSTART- rows are not sentences
  int64_t document = 0;              ///< number of -DOCSTART- lines before it
  /// Lines skipped before it (comments, -DOCSTART-, blank lines other than the one that ends the sentence before), byte
  /// for byte; comments inside the sentence come last.
  std::vector<std::string> before = {};
  bool blank_line_behind = false;  ///< a blank line ends it; else a -DOCSTART- line or the end of the input
  ContextTexts contexts = {};      ///< with ColumnFileOptions::context_words; else the context is part of `rows`
};

struct ColumnFileStats {
  int64_t sentences = 0, words = 0, docstart_lines = 0, whitespace_separators = 0, skipped_sentences = 0,
          replaced_bytes = 0;
  size_t min_fields = 0, max_fields = 0;  ///< over ordinary rows
};

/// Longest sentence that is read, in rows; more means that the file is not a column file.
inline constexpr size_t kMaxSentenceRows = 2'000'000;

/// Number of rows that belong to the sentence itself; the rest is its context. The context starts at the first row, not
/// the very first of the sentence, whose first field is `<EOS>` and that (a) has the last field X, B-X, I-X, E-X or
/// S-X, or (b) has the last field O or only one field, and is followed by at least one row, all of them with such a
/// last field or a single field. Any other
/// `<EOS>` is an ordinary word.
[[nodiscard]] size_t OwnRows(const std::vector<ColumnRow>& rows);
/// Cuts the rows from `first` on, the context of a sentence, into texts: a text ends at every `<EOS>`, the word of a
/// row is its field `text`, or the first one where the row has another number of columns than the sentence's own rows.
[[nodiscard]] ContextTexts TextsOfRows(const std::vector<ColumnRow>& rows, size_t first, size_t text);
/// True for X, B-X, I-X, E-X and S-X, the tags of context words.
[[nodiscard]] bool IsContextTag(std::string_view tag);
/// The problem of a context row whose last field is neither such a tag nor O, and which has more than one: a label that
/// would be lost, usually because a blank line is missing. `path` is the file in the message.
[[nodiscard]] std::optional<Problem> LabelInContext(const ColumnRow& row, const std::string& path);

/// Reads sentences one by one with bounded memory. Accepts LF, CRLF, CR and a BOM. Recognises gzip, zip, parquet,
/// UTF-16 and directories by magic (65 with the converting command). Rejects invalid UTF-8, NUL, lines over the limit
/// and ragged rows (65, file:line): at the first bad sentence a regular file is read to its end, so that the error
/// holds the first 20 problems and their number; a stream stops there. The number of columns is that of most rows of
/// the first 100 sentences (of a stream, which is never waited for: the first one), on ties the larger number; rows of
/// the context may have any number up to it (at least 2). A regular file that was changed or cut while it was read
/// is 74.
class ColumnReader {
 public:
  /// `path` "-" reads stdin. 66 when missing or unreadable.
  ColumnReader(const std::string& path, ColumnFileOptions options);
  ~ColumnReader();
  ColumnReader(const ColumnReader&) = delete;
  ColumnReader& operator=(const ColumnReader&) = delete;
  /// The next sentence, or nullopt at the end.
  [[nodiscard]] std::optional<ColumnSentence> Next();
  /// Takes the memory of a sentence that is no longer needed for the next ones: rows are many and small.
  void Recycle(ColumnSentence sentence);
  /// At the end: the lines behind the last sentence, as in ColumnSentence::before.
  [[nodiscard]] const std::vector<std::string>& trailing() const;
  [[nodiscard]] const ColumnFileStats& stats() const;
  [[nodiscard]] const std::string& path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clner
