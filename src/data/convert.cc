#include "data/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/annotation_writer.h"
#include "data/autoner.h"
#include "data/cache_writer.h"
#include "data/column_writer.h"
#include "data/contexts.h"
#include "data/jsonl.h"
#include "data/line_reader.h"

namespace clner {
namespace {

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
  ColumnWriter columns(corpus.path, {.scheme = report.written_scheme,
                                     .delimiter = options.delimiter.value_or(DelimiterOfRows(raw)),
                                     .columns = options.columns,
                                     .text_column = options.read.text_column,
                                     .tag_column = options.read.tag_column});
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
  if (options.to == DataFormat::kColumns) write(ColumnWriter::End(corpus));
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
