// Sentences as rows of a column file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/corpus.h"

namespace clner {

/// The word of the row that begins a text of a context.
inline constexpr std::string_view kContextMark = "<EOS>";

/// How rows are written.
struct ColumnLayout {
  Scheme scheme = Scheme::kBio;
  char delimiter = '\t';          ///< '\t' or ' '; rows of contexts always have one blank
  std::vector<int> columns = {};  ///< columns to write, in this order; empty: all
  int text_column = 0;            ///< of the source rows
  std::optional<int> tag_column = -1;
  bool flat_contexts = false;  ///< one `<EOS>` row for all texts of a sentence, as CLNER's files have it
};

/// Writes sentences as rows, their contexts behind them. Rows of the source, where there are some, keep their other
/// columns, the lines before them and -DOCSTART-.
class ColumnWriter {
 public:
  /// `path` is the source in messages.
  ColumnWriter(std::string path, ColumnLayout layout) : path_(std::move(path)), layout_(std::move(layout)) {}
  /// The rows of a sentence and a blank line. `raw` is its source when that was a column file, else null. 65 for words
  /// and tags that rows cannot hold, and for columns that are not there.
  [[nodiscard]] std::string Record(const Sentence& sentence, const ColumnSentence* raw);
  /// What stands behind the last sentence of a column file.
  [[nodiscard]] static std::string End(const Corpus& corpus);

 private:
  [[nodiscard]] std::vector<std::vector<std::string>> Rows(const Sentence& sentence, const ColumnSentence* raw) const;
  void AppendContexts(const Sentence& sentence, size_t columns, std::string* text) const;
  [[nodiscard]] std::string JoinRow(const std::vector<std::string>& row, const Sentence& sentence) const;
  [[nodiscard]] bool Breaks(std::string_view field) const;
  [[noreturn]] void Refuse(std::string_view word, const Sentence& sentence) const;

  std::string path_;
  ColumnLayout layout_;
  int64_t document_ = 0;
};

/// True for a line that begins a document.
[[nodiscard]] bool IsDocumentMark(std::string_view line);
/// The delimiter of rows that were read; TAB when there are none.
[[nodiscard]] char DelimiterOfRows(const std::vector<ColumnSentence>& rows);

}  // namespace clner
