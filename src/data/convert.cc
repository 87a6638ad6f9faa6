#include "data/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/utf8.h"
#include "data/annotation_writer.h"
#include "data/autoner.h"
#include "data/cache_writer.h"
#include "data/contexts.h"
#include "data/counted.h"
#include "data/jsonl.h"
#include "data/line_reader.h"

namespace clner {
namespace {

size_t Resolve(int column, size_t fields, const std::string& place) {
  const int64_t index = column < 0 ? column + static_cast<int64_t>(fields) : column;
  if (index >= 0 && index < static_cast<int64_t>(fields)) return static_cast<size_t>(index);
  throw Error(ErrorCode::kData, fmt::format("no column {}: rows have {}", column, Counted(fields, "column")), place,
              "columns count from 0; -1 is the last one");
}

constexpr std::string_view kContextMark = "<EOS>";

bool IsDocumentMark(const std::string& line) { return line.starts_with("-DOCSTART-"); }

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

/// Writes sentences as rows. `raw` is the sentence's source when that was a column file.
class ColumnWriter {
 public:
  ColumnWriter(const Corpus& corpus, const ConvertOptions& options, Scheme scheme, char delimiter)
      : corpus_(corpus), options_(options), scheme_(scheme), delimiter_(delimiter) {}

  [[nodiscard]] std::string Record(const Sentence& sentence, const ColumnSentence* raw) {
    std::string text;
    const std::vector<std::vector<std::string>> rows = Rows(sentence, raw);
    const size_t columns = rows.front().size();
    if (raw != nullptr) {
      text += OtherLines(raw->before);
    } else if (sentence.document != document_) {
      text += "-DOCSTART-";
      for (size_t i = 1; i < columns; ++i) text += std::string(1, delimiter_) + "O";
      text += "\n\n";
      document_ = sentence.document;
    }
    for (const std::vector<std::string>& row : rows) text += JoinRow(row, sentence);
    AppendContexts(sentence, columns, &text);
    return text + "\n";
  }

 private:
  void AppendContexts(const Sentence& sentence, size_t columns, std::string* text) const {
    const ContextTexts& contexts = sentence.contexts;
    std::string tags;
    for (size_t i = 1; i < columns; ++i) tags += " B-X";
    for (size_t i = 0; i < contexts.texts(); ++i) {
      text->append(kContextMark).append(tags) += "\n";
      for (size_t w = contexts.begin_word(i); w < contexts.end_word(i); ++w) {
        const std::string_view word = contexts.word(w);
        if (word.find_first_of(delimiter_ == ' ' ? " \t\r\n" : "\t\r\n") != word.npos)
          Refuse(std::string(word), sentence);
        if (word == kContextMark) {
          *text += "<" + tags + "\nEOS" + tags + "\n>" + tags + "\n";
        } else {
          text->append(word).append(tags) += "\n";
        }
      }
    }
  }

  [[nodiscard]] std::vector<std::vector<std::string>> Rows(const Sentence& sentence, const ColumnSentence* raw) const {
    std::vector<std::vector<std::string>> rows;
    const auto words = static_cast<int64_t>(sentence.words.size());
    const std::vector<std::string> tags =
        sentence.labelled ? SpansToTags(sentence.spans, words, scheme_) : std::vector<std::string>();
    for (size_t i = 0; i < sentence.words.size(); ++i) {
      std::vector<std::string> row;
      const std::string place = Place(corpus_.path, sentence.line);
      if (raw != nullptr) {
        row = raw->rows[i].fields;
        row[Resolve(options_.read.text_column, row.size(), place)] = sentence.words[i];
        if (sentence.labelled) row[Resolve(*options_.read.tag_column, row.size(), place)] = tags[i];
      } else {
        row = {sentence.words[i]};
        if (sentence.labelled) row.push_back(tags[i]);
        if (sentence.labelled && tags[i].find_first_of(" \t\r\n") != std::string::npos) {
          throw Error(ErrorCode::kData, fmt::format("tag '{}' holds a blank", Printable(tags[i])), place,
                      "rename the type: --label-map 'OLD=NEW'");
        }
      }
      if (!options_.columns.empty()) {
        std::vector<std::string> chosen;
        for (const int column : options_.columns) chosen.push_back(row[Resolve(column, row.size(), place)]);
        row = std::move(chosen);
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  [[noreturn]] void Refuse(const std::string& word, const Sentence& sentence) const {
    throw Error(ErrorCode::kData,
                fmt::format("word '{}' cannot stand in a column file with this delimiter", Printable(word)),
                Place(corpus_.path, sentence.line),
                delimiter_ == ' ' ? "write with the delimiter 'tab' or to JSON lines" : "write JSON lines: --to jsonl");
  }

  [[nodiscard]] std::string JoinRow(const std::vector<std::string>& row, const Sentence& sentence) const {
    std::string text;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool breaks =
          row[i].empty() || row[i].find_first_of(delimiter_ == ' ' ? " \t\r\n" : "\t\r\n") != std::string::npos;
      if (breaks || (i == 0 && row[i] == "-DOCSTART-")) Refuse(row[i], sentence);
      text += (i > 0 ? std::string(1, delimiter_) : "") + row[i];
    }
    // A row of blanks alone would end the sentence.
    if (text.find_first_not_of(" \t") == std::string::npos) Refuse(text, sentence);
    return text + "\n";
  }

  const Corpus& corpus_;
  const ConvertOptions& options_;
  Scheme scheme_;
  char delimiter_;
  int64_t document_ = 0;
};

char OutputDelimiter(const ConvertOptions& options, const std::vector<ColumnSentence>& raw) {
  if (options.delimiter.has_value()) return *options.delimiter;
  if (raw.empty()) return '\t';
  return raw.front().rows.front().text.find('\t') == std::string::npos ? ' ' : '\t';
}

/// What a column file has beside words and tags, and the target does not.
void CountDroppedRows(const Corpus& corpus, const std::vector<ColumnSentence>& raw, const ConvertOptions& options,
                      std::map<std::string, int64_t>* dropped) {
  const bool to_columns = options.to == DataFormat::kColumns;
  const auto count_comments = [&](const std::vector<std::string>& lines) {
    const std::string& mark = options.read.file.comment;
    const auto comments = std::count_if(
        lines.begin(), lines.end(), [&](const std::string& line) { return !mark.empty() && line.starts_with(mark); });
    if (comments > 0 && !to_columns) (*dropped)["comment lines"] += comments;
  };
  for (const ColumnSentence& sentence : raw) count_comments(sentence.before);
  count_comments(corpus.trailing_lines);
  if (raw.empty()) return;
  const auto columns = static_cast<int64_t>(raw.front().rows.front().fields.size());
  const int64_t kept = to_columns ? (options.columns.empty() ? columns : static_cast<int64_t>(options.columns.size()))
                                  : (corpus.sentences.front().labelled ? 2 : 1);
  if (columns > kept) (*dropped)["columns"] = columns - kept;
}

/// What the target format has no place for, and what the reader left out.
void CountDropped(const Corpus& corpus, const DataSource& source, const ConvertOptions& options,
                  ConvertReport* report) {
  std::map<std::string, int64_t> dropped = source.annotation.dropped;
  CountDroppedRows(corpus, source.rows, options, &dropped);
  const bool has_documents =
      options.to == DataFormat::kColumns || options.to == DataFormat::kJsonl || KeepsDocuments(options.to);
  // Records keep the number of the document with their sentences, so that a mark behind the last one is lost.
  const auto marks = !has_documents
                         ? corpus.file.docstart_lines
                         : std::count_if(corpus.trailing_lines.begin(), corpus.trailing_lines.end(), IsDocumentMark);
  if (marks > 0 && options.to != DataFormat::kColumns) dropped["document breaks"] = marks;
  if (source.ignored > 0) dropped["objects with other fields"] = source.ignored;
  const bool to_cache = IsContextCache(options.to);
  if (to_cache && corpus.entities > 0) dropped["entities"] = corpus.entities;
  const bool has_contexts = options.to == DataFormat::kColumns || options.to == DataFormat::kJsonl || to_cache;
  if (!has_contexts && corpus.with_context > 0) dropped["contexts"] = corpus.with_context;
  const bool has_texts = IsAnnotation(options.to) && options.to != DataFormat::kAdaSeq;
  const auto texts = std::count_if(source.annotation.texts.begin(), source.annotation.texts.end(),
                                   [](const SourceText& text) { return !text.text.empty(); });
  if (!has_texts && texts > 0) dropped["texts between words"] = texts;
  if (corpus.file.skipped_sentences > 0) dropped["bad sentences"] = corpus.file.skipped_sentences;
  const int64_t described = to_cache ? 0 : DescribedTexts(source.contexts);
  if (described > 0) dropped["titles, sources and scores of texts"] = described;
  report->dropped.assign(dropped.begin(), dropped.end());
}

/// What was altered on request, or so that it can be read back.
void CountChanged(const Corpus& corpus, const DataSource& source, const ConvertOptions& options,
                  ConvertReport* report) {
  std::map<std::string, int64_t> changed = source.annotation.changed;
  if (source.contexts.cleaned_texts > 0) changed["texts with control characters"] = source.contexts.cleaned_texts;
  int64_t marks = 0;
  for (const Sentence& sentence : corpus.sentences) {
    for (size_t i = 0; i < sentence.contexts.words(); ++i) marks += sentence.contexts.word(i) == kContextMark ? 1 : 0;
  }
  if (marks > 0 && options.to == DataFormat::kColumns) changed["context words '<EOS>' written as three words"] = marks;
  report->changed.assign(changed.begin(), changed.end());
}

}  // namespace

ConvertReport Convert(const std::string& path, const ConvertOptions& options,
                      const std::function<void(std::string_view)>& write, BratOutput* brat) {
  DataSource source;
  Corpus corpus = ReadData(path, options.from, options.read, options.labels, &source);
  if (!options.contexts.empty())
    AttachContextFile(&corpus, options.contexts, options.read, options.labels, &source.contexts);
  WarnUnusedNames(options.read.label_map, corpus.types_in_file, corpus.path);
  ConvertReport report;
  report.sentences = static_cast<int64_t>(corpus.sentences.size());
  report.words = corpus.words;
  report.entities = corpus.entities;
  report.documents = corpus.documents;
  report.with_context = corpus.with_context;
  report.skipped_sentences = corpus.file.skipped_sentences;
  report.repaired_tags = corpus.repaired_tags;
  report.read_scheme = corpus.scheme;
  report.written_scheme = options.scheme.value_or(corpus.scheme);
  CountDropped(corpus, source, options, &report);
  CountChanged(corpus, source, options, &report);
  const std::vector<ColumnSentence>& raw = source.rows;
  const std::vector<SourceText>& texts = source.annotation.texts;
  ColumnWriter columns(corpus, options, report.written_scheme, OutputDelimiter(options, raw));
  const bool blanks = WordsNeedBlanks(corpus.sentences);
  AnnotationWriter annotations(options.to, blanks, corpus.documents > 0);
  if (brat != nullptr) brat->SetBlanks(blanks);
  CacheWriter cache(options.to, source.contexts);
  write(IsContextCache(options.to) ? cache.Begin() : annotations.Begin());
  for (size_t i = 0; i < corpus.sentences.size(); ++i) {
    const Sentence& sentence = corpus.sentences[i];
    const SourceText* text = texts.empty() ? nullptr : &texts[i];
    switch (options.to) {
      case DataFormat::kColumns:
        write(columns.Record(sentence, raw.empty() ? nullptr : &raw[i]));
        break;
      case DataFormat::kJsonl:
        write(JsonlRecord(sentence, report.written_scheme, corpus.documents > 0));
        break;
      case DataFormat::kAutoNer:
        write(AutoNerRecord(sentence));
        break;
      case DataFormat::kContexts:
      case DataFormat::kContextsTsv:
        write(cache.Record(sentence));
        break;
      case DataFormat::kBrat:
        if (brat != nullptr) {
          brat->Write(sentence, text);
        } else {
          (void)annotations.Record(sentence, text);
        }
        break;
      default:
        write(annotations.Record(sentence, text));
        break;
    }
  }
  write(annotations.End());
  if (options.to == DataFormat::kColumns) write(OtherLines(corpus.trailing_lines));
  report.dropped.insert(report.dropped.end(), cache.dropped().begin(), cache.dropped().end());
  return report;
}

Json ToJson(const ConvertReport& report, const ConvertOptions& options) {
  const auto counts = [](const std::vector<std::pair<std::string, int64_t>>& list) {
    Json object = Json::object();
    for (const auto& [kind, count] : list) object[kind] = count;
    return object;
  };
  Json json = {{"schema_version", 1},
               {"from", Name(options.from)},
               {"to", Name(options.to)},
               {"read_scheme", Name(report.read_scheme)},
               {"written_scheme", Name(report.written_scheme)},
               {"sentences", report.sentences},
               {"words", report.words},
               {"entities", report.entities},
               {"documents", report.documents},
               {"with_context", report.with_context},
               {"skipped_sentences", report.skipped_sentences},
               {"repaired_tags", report.repaired_tags},
               {"dropped", counts(report.dropped)},
               {"changed", counts(report.changed)}};
  if (IsAnnotation(options.from)) {
    const AnnotationOptions& read = options.read.annotation;
    json["offset_unit"] = Name(read.offset_unit.value_or(DefaultUnit(options.from)));
    json["words_by"] = Name(read.words.value_or(DefaultWords(options.from)));
  }
  return json;
}

}  // namespace clner
