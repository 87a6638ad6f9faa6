#include "data/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "core/suggest.h"
#include "core/utf8.h"
#include "data/corpus_builder.h"
#include "data/counted.h"
#include "data/line_reader.h"

namespace clner {
namespace {

/// Index of a column in a row of `fields` columns; nullopt when it is not there. Negative numbers count from the end.
std::optional<size_t> ResolveColumn(int column, size_t fields) {
  const int64_t index = column < 0 ? column + static_cast<int64_t>(fields) : column;
  if (index < 0 || index >= static_cast<int64_t>(fields)) return std::nullopt;
  return static_cast<size_t>(index);
}

size_t RequireColumn(int column, const ColumnRow& row, const std::string& path, const char* what) {
  const std::optional<size_t> index = ResolveColumn(column, row.fields.size());
  if (index.has_value()) return *index;
  throw Error(ErrorCode::kData,
              fmt::format("no {} column {}: rows have {}: '{}'", what, column, Counted(row.fields.size(), "column"),
                          Printable(row.text)),
              Place(path, row.line), "columns count from 0; -1 is the last one");
}

}  // namespace

Sentence SplitContext(const ColumnSentence& raw, int text_column, size_t* own_rows, const std::string& path) {
  const std::vector<ColumnRow>& rows = raw.rows;
  *own_rows = OwnRows(rows);
  Sentence sentence;
  sentence.document = raw.document;
  sentence.line = rows.front().line;
  const size_t text = RequireColumn(text_column, rows.front(), path, "text");
  sentence.words.reserve(*own_rows);
  for (size_t i = 0; i < *own_rows; ++i) {
    if (text >= rows[i].fields.size()) RequireColumn(text_column, rows[i], path, "text");
    sentence.words.push_back(rows[i].fields[text]);
  }
  sentence.contexts = TextsOfRows(rows, *own_rows, text);
  return sentence;
}

void CountContexts(const ContextTexts& contexts, Corpus* corpus) {
  corpus->with_context += contexts.empty() ? 0 : 1;
  corpus->context_texts += static_cast<int64_t>(contexts.texts());
  corpus->context_words += static_cast<int64_t>(contexts.words());
  for (size_t i = 0; i < contexts.words(); ++i) corpus->empty_context_words += contexts.word(i).empty() ? 1 : 0;
}

void WarnUnusedNames(const std::map<std::string, std::string>& label_map, const std::set<std::string>& types_in_file,
                     const std::string& path) {
  const std::vector<std::string> types(types_in_file.begin(), types_in_file.end());
  for (const auto& [name, unused] : label_map) {
    if (types_in_file.count(name) > 0) continue;
    LogWarning("label map",
               fmt::format("no tag has the type '{}' of the label map{}", Printable(name), DidYouMean(name, types)),
               path, "clner stats without the label map lists the types");
  }
}

namespace {

/// The tag column, or nullopt for a sentence without tags.
std::optional<size_t> TagColumn(const ColumnRow& first, const CorpusOptions& options, const std::string& path) {
  if (!options.tag_column.has_value() || (options.tags_optional && first.fields.size() == 1)) return std::nullopt;
  const size_t column = RequireColumn(*options.tag_column, first, path, "tag");
  if (column != ResolveColumn(options.text_column, first.fields.size())) return column;
  throw Error(ErrorCode::kData,
              first.fields.size() == 1
                  ? fmt::format("rows have one column, so there are no tags: '{}'", Printable(first.text))
                  : fmt::format("column {} is both text and tag", column),
              Place(path, first.line), "give a file with words and tags, or choose the columns");
}

/// Drops the raw sentences that the corpus left out.
void KeepRead(const Corpus& corpus, std::vector<ColumnSentence>* raw) {
  size_t kept = 0;
  for (ColumnSentence& sentence : *raw) {
    if (kept == corpus.sentences.size()) break;
    if (sentence.rows.front().line != corpus.sentences[kept].line) continue;
    if (&(*raw)[kept] != &sentence) (*raw)[kept] = std::move(sentence);
    ++kept;
  }
  raw->resize(kept);
}

}  // namespace

Corpus ReadCorpus(const std::string& path, const CorpusOptions& options, std::vector<ColumnSentence>* raw) {
  ColumnFileOptions file = options.file;
  file.context_words = options.text_column == 0;
  ColumnReader reader(path, file);
  CorpusBuilder builder(reader.path(), options);
  std::vector<std::string_view> tags;
  while (std::optional<ColumnSentence> rows = reader.Next()) {
    size_t own_rows = 0;
    Sentence sentence = SplitContext(*rows, options.text_column, &own_rows, reader.path());
    if (!rows->contexts.empty()) sentence.contexts = std::move(rows->contexts);
    tags.clear();
    std::vector<int64_t> lines;
    lines.reserve(own_rows);
    for (size_t i = 0; i < own_rows; ++i) lines.push_back(rows->rows[i].line);
    if (const auto column = TagColumn(rows->rows.front(), options, reader.path())) {
      for (size_t i = 0; i < own_rows; ++i) tags.push_back(rows->rows[i].fields[*column]);
    }
    builder.Add(std::move(sentence), tags, std::move(lines));
    if (raw != nullptr) {
      raw->push_back(std::move(*rows));
    } else {
      reader.Recycle(std::move(*rows));
    }
  }
  Corpus corpus = builder.Finish(reader.stats());
  corpus.trailing_lines = reader.trailing();
  if (raw != nullptr) KeepRead(corpus, raw);
  return corpus;
}

Corpus ReadParallel(const std::string& words_path, const std::string& tags_path, const CorpusOptions& options) {
  const LineOptions line_options = LineOptionsOf(options.file);
  LineReader words(words_path, line_options), tags(tags_path, line_options);
  CorpusBuilder builder(words.name(), options);
  ProblemList problems;
  ColumnFileStats stats;
  const auto split = [](std::string_view text) {
    std::vector<std::string_view> parts;
    for (size_t begin = text.find_first_not_of(" \t"); begin != text.npos;) {
      const size_t end = std::min(text.find_first_of(" \t", begin), text.size());
      parts.push_back(text.substr(begin, end - begin));
      begin = text.find_first_not_of(" \t", end);
    }
    return parts;
  };
  for (Line word_line, tag_line;;) {
    const bool has_words = words.Next(&word_line);
    const bool has_tags = tags.Next(&tag_line);
    if (!has_words && !has_tags) break;
    if (has_words != has_tags) {
      problems.Add(ErrorCode::kData,
                   {fmt::format("'{}' has more lines than '{}'", (has_words ? words : tags).name(),
                                (has_words ? tags : words).name()),
                    Place((has_words ? words : tags).name(), (has_words ? word_line : tag_line).number),
                    "line i of one file must belong to line i of the other"});
      break;
    }
    if (word_line.problem || tag_line.problem) {
      problems.Add(ErrorCode::kData, word_line.problem ? *word_line.problem : *tag_line.problem);
      continue;
    }
    const std::vector<std::string_view> texts = split(word_line.text);
    const std::vector<std::string_view> labels = split(tag_line.text);
    if (texts.size() != labels.size()) {
      problems.Add(ErrorCode::kData,
                   {fmt::format("{} but {}", Counted(texts.size(), "word"), Counted(labels.size(), "tag")),
                    Place(words.name(), word_line.number), "give every word one tag"});
      continue;
    }
    if (texts.empty()) continue;
    Sentence sentence;
    sentence.words.assign(texts.begin(), texts.end());
    sentence.line = word_line.number;
    ++stats.sentences;
    stats.words += static_cast<int64_t>(texts.size());
    builder.Add(std::move(sentence), labels);
  }
  problems.ThrowIfAny();
  stats.min_fields = stats.max_fields = 2;
  return builder.Finish(stats);
}

void LabelSet::Add(const Corpus& corpus) {
  std::map<std::string, size_t, std::less<>> index;
  for (size_t i = 0; i < types.size(); ++i) index.emplace(types[i], i);
  for (const Sentence& sentence : corpus.sentences) {
    for (const Span& span : sentence.spans) {
      const auto [place, added] = index.emplace(span.type, types.size());
      if (added) {
        types.push_back(span.type);
        counts.push_back(0);
      }
      ++counts[place->second];
    }
  }
}

}  // namespace clner
