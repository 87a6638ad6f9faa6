// Context caches as tables: one row a text.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/json.h"
#include "core/utf8.h"
#include "data/cache_reader.h"
#include "data/context_cache.h"

namespace clner {
namespace {

constexpr std::string_view kTextHeader = "sentence\trank\tscore\tsource\tquery\ttext";
constexpr std::string_view kWordsHeader = "sentence\trank\tscore\tsource\tquery\twords";
constexpr size_t kKeyDigits = 64;

/// Reads all of `text` as a number.
template <class Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsKey(std::string_view text) {
  return text.size() == kKeyDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// A row of a table before it is known what belongs together.
struct TsvRow {
  size_t record = 0;
  int64_t rank = 0, line = 0;
  CachedText text = {};
};

/// The fields of a row, and where each stands in messages.
class TsvFields {
 public:
  TsvFields(const Line& line, const std::string& name) : line_(line), name_(name) {
    for (size_t begin = 0;;) {
      const size_t end = line.text.find('\t', begin);
      fields_.push_back(line.text.substr(begin, end - begin));
      if (end == line.text.npos) break;
      begin = end + 1;
    }
    if (fields_.size() != 6) {
      throw Error(ErrorCode::kData,
                  fmt::format("row has {} columns, expected 6: '{}'", fields_.size(), Printable(line.text)),
                  Place(name, line.number, 1), "write hash, rank, score, source, query and text, separated by TABs");
    }
  }
  std::string_view operator[](size_t i) const { return fields_[i]; }
  [[noreturn]] void Refuse(size_t i, const char* what, const char* fix) const {
    const auto before = static_cast<size_t>(fields_[i].data() - line_.text.data());
    throw Error(ErrorCode::kData, fmt::format("{}: '{}'", what, Printable(fields_[i])),
                Place(name_, line_.number, static_cast<int64_t>(CodePointCount(line_.text.substr(0, before))) + 1),
                fix);
  }

 private:
  const Line& line_;
  const std::string& name_;
  std::vector<std::string_view> fields_;
};

TsvRow ParseTsvRow(const TsvFields& fields, int64_t line) {
  TsvRow row = {.line = line};
  if (!IsKey(fields[0]))
    fields.Refuse(0, "the hash of the sentence is not 64 digits 0-9 and a-f", "see docs/formats.md");
  if (!ReadNumber(fields[1], &row.rank) || row.rank < 0)
    fields.Refuse(1, "the rank is no integer from 0 on", "the best text has rank 1; 0 means that nothing was found");
  double score = 0;
  if (!fields[2].empty()) {
    if (!ReadNumber(fields[2], &score) || !std::isfinite(score))
      fields.Refuse(2, "the score is no number", "write a decimal number, or nothing");
    row.text.score = score;
  }
  if (row.rank == 0 && !fields[5].empty()) fields.Refuse(5, "rank 0 has a text", "the best text has rank 1");
  if (row.rank > 0 && fields[5].empty()) fields.Refuse(5, "the text is empty", "remove the row, or give it rank 0");
  row.text.source = fields[3];
  row.text.text = fields[5];
  return row;
}

}  // namespace

ContextCache ReadTsvCache(const std::string& path, const ColumnFileOptions& options) {
  CacheReader reader(path, options);
  ContextCache& cache = reader.cache();
  std::vector<TsvRow> rows;
  bool tokenized = false;
  reader.ReadLines([&](const Line& line) {
    if (line.text == kTextHeader || line.text == kWordsHeader) {
      if (!rows.empty()) {
        throw Error(ErrorCode::kData, "the header stands behind rows", Place(reader.name(), line.number, 1),
                    "the first line may be a header; convert files one by one");
      }
      tokenized = line.text == kWordsHeader;
      return;
    }
    const TsvFields fields(line, reader.name());
    TsvRow row = ParseTsvRow(fields, line.number);
    const auto [record, is_new] = cache.by_key.emplace(fields[0], cache.records.size());
    row.record = record->second;
    if (is_new) {
      cache.records.push_back({.key = std::string(fields[0]), .query = std::string(fields[4]), .line = line.number});
      (void)CleanText(false, &cache.records.back().query);
    }
    rows.push_back(std::move(row));
  });
  std::stable_sort(rows.begin(), rows.end(), [](const TsvRow& a, const TsvRow& b) {
    return std::pair(a.record, a.rank) < std::pair(b.record, b.rank);
  });
  for (size_t i = 0; i < rows.size(); ++i) {
    TsvRow& row = rows[i];
    if (i > 0 && rows[i - 1].record == row.record && (rows[i - 1].rank == row.rank || rows[i - 1].rank == 0)) {
      reader.AddProblem(
          {fmt::format("the sentence has a text of rank {} in line {} already", rows[i - 1].rank, rows[i - 1].line),
           Place(reader.name(), row.line, 1), "give every text of a sentence a rank of its own"});
      continue;
    }
    CacheRecord& record = cache.records[row.record];
    record.tokenized = tokenized;
    if (row.rank == 0) continue;
    reader.Clean(tokenized, &row.text);
    record.texts.push_back(std::move(row.text));
  }
  return reader.Take();
}

bool IsCacheTsv(std::string_view first_line) {
  if (first_line == kTextHeader || first_line == kWordsHeader) return true;
  const size_t key_end = first_line.find('\t');
  if (key_end == first_line.npos || !IsKey(first_line.substr(0, key_end))) return false;
  const size_t rank_end = first_line.find('\t', key_end + 1);
  int64_t rank = 0;
  return rank_end != first_line.npos && ReadNumber(first_line.substr(key_end + 1, rank_end - key_end - 1), &rank);
}

std::string CacheTsvHeader(bool tokenized) { return std::string(tokenized ? kWordsHeader : kTextHeader) + "\n"; }

std::string CacheTsvRows(const CacheRecord& record) {
  std::string rows;
  for (size_t i = 0; i < record.texts.size(); ++i) {
    const CachedText& text = record.texts[i];
    if (text.text.empty()) continue;
    rows += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", record.key, i + 1,
                        text.score.has_value() ? JsonNumber(*text.score) : "", text.source, record.query, text.text);
  }
  if (rows.empty()) return fmt::format("{}\t0\t\t\t{}\t\n", record.key, record.query);
  return rows;
}

}  // namespace clner
