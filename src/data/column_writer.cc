#include "data/column_writer.h"

#include <fmt/format.h>

#include <utility>

#include "core/utf8.h"
#include "data/counted.h"

namespace clner {
namespace {

constexpr std::string_view kDocumentMark = "-DOCSTART-";

size_t Resolve(int column, size_t fields, const std::string& place) {
  const int64_t index = column < 0 ? column + static_cast<int64_t>(fields) : column;
  if (index >= 0 && index < static_cast<int64_t>(fields)) return static_cast<size_t>(index);
  throw Error(ErrorCode::kData, fmt::format("no column {}: rows have {}", column, Counted(fields, "column")), place,
              "columns count from 0; -1 is the last one");
}

/// The lines around sentences as they are written. Blank lines come back behind the document marks; the others carry
/// nothing.
std::string OtherLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    text += line + (IsDocumentMark(line) ? "\n\n" : "\n");
  }
  return text;
}

/// The first character, those between, and the last one.
std::vector<std::string_view> Parts(std::string_view mark) {
  return {mark.substr(0, 1), mark.substr(1, mark.size() - 2), mark.substr(mark.size() - 1)};
}

}  // namespace

bool IsDocumentMark(std::string_view line) { return line.starts_with(kDocumentMark); }

char DelimiterOfRows(const std::vector<ColumnSentence>& rows) {
  if (rows.empty()) return '\t';
  return rows.front().rows.front().text.find('\t') == std::string::npos ? ' ' : '\t';
}

std::string ColumnWriter::Record(const Sentence& sentence, const ColumnSentence* raw) {
  std::string text;
  const std::vector<std::vector<std::string>> rows = Rows(sentence, raw);
  const size_t columns = rows.front().size();
  if (raw != nullptr) {
    text += OtherLines(raw->before);
  } else if (sentence.document != document_) {
    text += kDocumentMark;
    for (size_t i = 1; i < columns; ++i) text += std::string(1, layout_.delimiter) + "O";
    text += "\n\n";
    document_ = sentence.document;
  }
  for (const std::vector<std::string>& row : rows) text += JoinRow(row, sentence);
  AppendContexts(sentence, columns, &text);
  return text + "\n";
}

std::string ColumnWriter::End(const Corpus& corpus) { return OtherLines(corpus.trailing_lines); }

void ColumnWriter::AppendContexts(const Sentence& sentence, size_t columns, std::string* text) const {
  const ContextTexts& contexts = sentence.contexts;
  std::string tags;
  for (size_t i = 1; i < columns; ++i) tags += " B-X";
  for (size_t i = 0; i < contexts.texts(); ++i) {
    if (i == 0 || !layout_.flat_contexts) text->append(kContextMark).append(tags) += "\n";
    for (size_t w = contexts.begin_word(i); w < contexts.end_word(i); ++w) {
      const std::string_view word = contexts.word(w);
      if (Breaks(word)) Refuse(word, sentence);
      // A word that readers take for a mark is written as three.
      const bool mark = word == kContextMark;
      for (const std::string_view part : mark ? Parts(word) : std::vector<std::string_view>{word})
        text->append(part).append(tags) += "\n";
    }
  }
}

std::vector<std::vector<std::string>> ColumnWriter::Rows(const Sentence& sentence, const ColumnSentence* raw) const {
  std::vector<std::vector<std::string>> rows;
  const auto words = static_cast<int64_t>(sentence.words.size());
  const std::vector<std::string> tags =
      sentence.labelled ? SpansToTags(sentence.spans, words, layout_.scheme) : std::vector<std::string>();
  for (size_t i = 0; i < sentence.words.size(); ++i) {
    std::vector<std::string> row;
    const std::string place = Place(path_, sentence.line);
    if (raw != nullptr) {
      row = raw->rows[i].fields;
      row[Resolve(layout_.text_column, row.size(), place)] = sentence.words[i];
      if (sentence.labelled) row[Resolve(*layout_.tag_column, row.size(), place)] = tags[i];
    } else {
      row = {sentence.words[i]};
      if (sentence.labelled) row.push_back(tags[i]);
      if (sentence.labelled && tags[i].find_first_of(" \t\r\n") != std::string::npos) {
        throw Error(ErrorCode::kData, fmt::format("tag '{}' holds a blank", Printable(tags[i])), place,
                    "rename the type: --label-map 'OLD=NEW'");
      }
    }
    if (!layout_.columns.empty()) {
      std::vector<std::string> chosen;
      for (const int column : layout_.columns) chosen.push_back(row[Resolve(column, row.size(), place)]);
      row = std::move(chosen);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

bool ColumnWriter::Breaks(std::string_view field) const {
  return field.find_first_of(layout_.delimiter == ' ' ? " \t\r\n" : "\t\r\n") != field.npos;
}

void ColumnWriter::Refuse(std::string_view word, const Sentence& sentence) const {
  const bool blank = layout_.delimiter == ' ';
  throw Error(ErrorCode::kData,
              fmt::format("word '{}' cannot stand in a column file with this delimiter", Printable(word)),
              Place(path_, sentence.line),
              blank ? "write with the delimiter 'tab' or to JSON lines" : "write JSON lines: --to jsonl");
}

std::string ColumnWriter::JoinRow(const std::vector<std::string>& row, const Sentence& sentence) const {
  std::string text;
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i].empty() || Breaks(row[i]) || (i == 0 && row[i] == kDocumentMark)) Refuse(row[i], sentence);
    text += (i > 0 ? std::string(1, layout_.delimiter) : "") + row[i];
  }
  // A row of blanks alone would end the sentence.
  if (text.find_first_not_of(" \t") == std::string::npos) Refuse(text, sentence);
  return text + "\n";
}

}  // namespace clner
