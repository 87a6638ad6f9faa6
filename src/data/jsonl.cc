#include "data/jsonl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/json.h"
#include "core/utf8.h"
#include "data/corpus_builder.h"
#include "data/counted.h"
#include "data/line_reader.h"

namespace clner {
namespace {

const Json* FindAny(const Json& record, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto found = record.find(name); found != record.end()) return &*found;
  }
  return nullptr;
}

[[noreturn]] void Refuse(std::string what, std::string fix) {
  throw Error(ErrorCode::kData, std::move(what), "", std::move(fix));
}

std::vector<std::string> Strings(const Json& list, const char* name) {
  if (!list.is_array()) Refuse(fmt::format("'{}' is not a list", name), "write a list of strings");
  std::vector<std::string> texts;
  for (const Json& item : list) {
    if (!item.is_string())
      Refuse(fmt::format("'{}' holds {}, not a string", name, item.type_name()), "write a list of strings");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

/// A list of words is one flat text, a list of lists has one text an item.
ContextTexts Contexts(const Json& list) {
  ContextTexts contexts;
  if (list.is_array() && !list.empty() && list.front().is_array()) {
    for (const Json& text : list) {
      for (const std::string& word : Strings(text, "context")) contexts.AddWord(word);
      contexts.EndText();
    }
    return contexts;
  }
  for (const std::string& word : Strings(list, "context")) contexts.AddWord(word);
  contexts.EndText();
  contexts.flat = !contexts.empty();
  return contexts;
}

Json ToJson(const ContextTexts& contexts) {
  Json texts = Json::array();
  for (size_t i = 0; i < contexts.texts(); ++i) {
    Json words = Json::array();
    for (size_t w = contexts.begin_word(i); w < contexts.end_word(i); ++w) words.push_back(contexts.word(w));
    texts.push_back(std::move(words));
  }
  return contexts.flat ? texts.front() : texts;
}

std::vector<std::string> Tags(const Json& list, const std::vector<std::string>& labels,
                              const AnnotationOptions& options) {
  const bool integers =
      list.is_array() && std::any_of(list.begin(), list.end(), [](const Json& tag) { return tag.is_number(); });
  if (!integers) return Strings(list, "tags");
  if (labels.empty()) {
    Refuse("tags are numbers", options.in_config ? "give their names in order: data.labels: [O, B-PER, I-PER, ...]"
                                                 : "give their names in order: --labels O,B-PER,I-PER,...");
  }
  std::vector<std::string> tags;
  for (const Json& tag : list) {
    if (!tag.is_number_integer() || tag.get<int64_t>() < 0 ||
        tag.get<int64_t>() >= static_cast<int64_t>(labels.size())) {
      Refuse(fmt::format("tag {} is not one of the {} labels", Printable(DumpJson(tag)), labels.size()),
             "numbers count from 0");
    }
    tags.push_back(labels[tag.get<size_t>()]);
  }
  return tags;
}

struct Record {
  Sentence sentence;
  std::vector<std::string> tags;
  bool ignored = false;
};

Record Parse(std::string_view text, const std::string& name, const std::vector<std::string>& labels,
             const AnnotationOptions& options) {
  const Json json = ParseJson(text, name, ErrorCode::kData);
  if (!json.is_object())
    Refuse(fmt::format("line is {}, not an object", json.type_name()), "write {\"tokens\": [...], \"tags\": [...]}");
  Record record;
  const Json* words = FindAny(json, {"tokens", "words"});
  if (words == nullptr) Refuse("field 'tokens' is missing", "write {\"tokens\": [...], \"tags\": [...]}");
  record.sentence.words = Strings(*words, "tokens");
  if (const Json* tags = FindAny(json, {"tags", "ner_tags"})) {
    record.tags = Tags(*tags, labels, options);
    if (record.tags.size() != record.sentence.words.size()) {
      Refuse(
          fmt::format("{} but {}", Counted(record.sentence.words.size(), "token"), Counted(record.tags.size(), "tag")),
          "give every token one tag");
    }
  }
  if (const Json* context = FindAny(json, {"context"})) record.sentence.contexts = Contexts(*context);
  if (const Json* document = FindAny(json, {"document"})) {
    if (!document->is_number_integer()) Refuse("'document' is not an integer", "write the number of the document");
    record.sentence.document = document->get<int64_t>();
  }
  constexpr std::array<std::string_view, 6> kKnown = {"tokens", "words", "tags", "ner_tags", "context", "document"};
  for (const auto& [key, value] : json.items()) {
    record.ignored = record.ignored || std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end();
  }
  return record;
}

}  // namespace

Corpus ReadJsonl(const std::string& path, const CorpusOptions& options, const std::vector<std::string>& labels,
                 int64_t* ignored) {
  LineReader lines(path, LineOptionsOf(options.file));
  CorpusBuilder builder(lines.name(), options);
  ProblemList problems;
  ColumnFileStats stats;
  int64_t last_document = 0;
  for (Line line; lines.Next(&line);) {
    if (!line.problem.has_value() && line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
    try {
      if (line.problem.has_value()) throw Error(ErrorCode::kData, {*line.problem}, 1);
      Record record = Parse(line.text, lines.name(), labels, options.annotation);
      if (record.sentence.words.empty()) continue;
      record.sentence.line = line.number;
      if (record.sentence.document != last_document) ++stats.docstart_lines;
      last_document = record.sentence.document;
      stats.words += static_cast<int64_t>(record.sentence.words.size());
      ++stats.sentences;
      if (ignored != nullptr && record.ignored) ++*ignored;
      builder.Add(std::move(record.sentence), {record.tags.begin(), record.tags.end()});
    } catch (const Error& error) {
      const Problem& problem = error.problems().front();
      if (options.file.skip_bad_sentences) {
        ++stats.skipped_sentences;
        continue;
      }
      problems.Add(ErrorCode::kData, {problem.what, Place(lines.name(), line.number), problem.fix});
      if (line.too_long) problems.ThrowIfAny();
    }
  }
  problems.ThrowIfAny();
  return builder.Finish(stats);
}

std::string JsonlRecord(const Sentence& sentence, Scheme scheme, bool with_document) {
  Json record = {{"tokens", sentence.words}};
  if (sentence.labelled)
    record["tags"] = SpansToTags(sentence.spans, static_cast<int64_t>(sentence.words.size()), scheme);
  if (with_document) record["document"] = sentence.document;
  if (!sentence.contexts.empty()) record["context"] = ToJson(sentence.contexts);
  return DumpJson(record) + "\n";
}

}  // namespace clner
