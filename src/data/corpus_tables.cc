#include "data/corpus_tables.h"

#include <exception>
#include <limits>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "core/utf8.h"

namespace clner {
namespace {

/// The order of the tables behind the first.
enum Table : size_t { kSummary, kSentences, kWordTypes, kTextEnds, kTypeEnds, kTypeText, kSpans };

/// Numbers distinct texts in the order of their first appearance.
class Interner {
 public:
  uint32_t Add(std::string_view text) {
    const auto [place, added] = index_.try_emplace(text, static_cast<uint32_t>(texts.size()));
    if (added) {
      CLNER_CHECK_LT(texts.size(), size_t{std::numeric_limits<uint32_t>::max()});
      texts.push_back(text);
    }
    return place->second;
  }
  std::vector<std::string_view> texts = {};

 private:
  std::unordered_map<std::string_view, uint32_t> index_;
};

// The structured bindings below name every field on purpose: a new one does not compile until it is kept here too.

Json SummaryOf(const Corpus& corpus, const std::vector<std::string_view>& span_types) {
  const auto& [path, sentences, scheme, file, words, entities, repaired_tags, documents, with_context, context_texts,
               context_words, empty_context_words, entities_of_type, types_in_file, trailing_lines, spans_in_file,
               tags] = corpus;
  const auto& [file_sentences, file_words, docstart_lines, whitespace_separators, skipped_sentences, replaced_bytes,
               min_fields, max_fields] = file;
  Json json;
  json["scheme"] = Name(scheme);
  json["file"] = {file_sentences,    file_words,     docstart_lines, whitespace_separators,
                  skipped_sentences, replaced_bytes, min_fields,     max_fields};
  json["counts"] = {words,        entities,      repaired_tags, documents,
                    with_context, context_texts, context_words, empty_context_words};
  json["entities_of_type"] = entities_of_type;
  json["types_in_file"] = types_in_file;
  json["trailing_lines"] = trailing_lines;
  json["spans_in_file"] = spans_in_file;
  json["span_types"] = span_types;
  return json;
}

void ReadSummary(const Json& json, Corpus* corpus) {
  corpus->scheme = ParseScheme(json.at("scheme").get<std::string>());
  auto& [file_sentences, file_words, docstart_lines, whitespace_separators, skipped_sentences, replaced_bytes,
         min_fields, max_fields] = corpus->file;
  const Json& file = json.at("file");
  size_t at = 0;
  for (int64_t* number :
       {&file_sentences, &file_words, &docstart_lines, &whitespace_separators, &skipped_sentences, &replaced_bytes}) {
    *number = file.at(at++).get<int64_t>();
  }
  for (size_t* number : {&min_fields, &max_fields}) *number = file.at(at++).get<size_t>();
  const Json& counts = json.at("counts");
  at = 0;
  for (int64_t* number :
       {&corpus->words, &corpus->entities, &corpus->repaired_tags, &corpus->documents, &corpus->with_context,
        &corpus->context_texts, &corpus->context_words, &corpus->empty_context_words}) {
    *number = counts.at(at++).get<int64_t>();
  }
  json.at("entities_of_type").get_to(corpus->entities_of_type);
  json.at("types_in_file").get_to(corpus->types_in_file);
  json.at("trailing_lines").get_to(corpus->trailing_lines);
  json.at("spans_in_file").get_to(corpus->spans_in_file);
}

}  // namespace

CorpusTables::CorpusTables(const Corpus& corpus) {
  Interner types, span_types;
  sentences_.reserve(corpus.sentences.size());
  word_types_.reserve(static_cast<size_t>(corpus.words + corpus.context_words));
  for (const Sentence& sentence : corpus.sentences) {
    const auto& [words, spans, labelled, contexts, document, line] = sentence;
    for (const std::string& word : words) word_types_.push_back(types.Add(word));
    for (size_t i = 0; i < contexts.words(); ++i) word_types_.push_back(types.Add(contexts.word(i)));
    for (size_t i = 0; i < contexts.texts(); ++i) text_ends_.push_back(contexts.end_word(i));
    for (const auto& [begin_word, end_word, type] : spans) {
      spans_.push_back({begin_word, end_word, span_types.Add(type)});
    }
    sentences_.push_back({words.size(), contexts.words(), contexts.texts(), spans.size(), document, line,
                          labelled ? 1U : 0U, contexts.flat ? 1U : 0U});
  }
  types_ = std::move(types.texts);
  type_ends_.reserve(types_.size());
  for (const std::string_view type : types_) {
    type_text_ += type;
    type_ends_.push_back(type_text_.size());
  }
  summary_ = DumpJson(SummaryOf(corpus, span_types.texts));
}

void CorpusTables::AddTo(TableWriter* tables) const {
  tables->Add(std::span<const char>(summary_));
  tables->Add(std::span(sentences_));
  tables->Add(std::span(word_types_));
  tables->Add(std::span(text_ends_));
  tables->Add(std::span(type_ends_));
  tables->Add(std::span<const char>(type_text_));
  tables->Add(std::span(spans_));
}

/// Reads and checks the tables of a file.
class CorpusReader {
 public:
  CorpusReader(const TableFile& file, size_t first)
      : file_(file),
        summary_(file.Table<char>(first + kSummary)),
        sentences_(file.Table<CorpusTables::SentenceRow>(first + kSentences)),
        word_types_(file.Table<uint32_t>(first + kWordTypes)),
        text_ends_(file.Table<uint64_t>(first + kTextEnds)),
        spans_(file.Table<CorpusTables::SpanRow>(first + kSpans)) {
    ReadTypes(file.Table<uint64_t>(first + kTypeEnds), file.Table<char>(first + kTypeText));
  }

  Corpus Read(const std::string& path) {
    Corpus corpus;
    corpus.path = path;
    try {
      const Json json = ParseJson({summary_.data(), summary_.size()}, "summary", ErrorCode::kCorrupt);
      ReadSummary(json, &corpus);
      json.at("span_types").get_to(span_types_);
    } catch (const std::exception& error) {
      file_.ThrowDamaged(std::string("the summary is wrong: ") + error.what());
    }
    corpus.sentences.reserve(sentences_.size());
    for (const CorpusTables::SentenceRow& row : sentences_) corpus.sentences.push_back(Next(row));
    if (!word_types_.empty() || !text_ends_.empty() || !spans_.empty())
      file_.ThrowDamaged("there are more words, texts or spans than sentences");
    return corpus;
  }

 private:
  void ReadTypes(std::span<const uint64_t> ends, std::span<const char> text) {
    const std::string_view all(text.data(), text.size());
    if (FirstInvalidUtf8(all)) file_.ThrowDamaged("a word is not UTF-8");
    types_.reserve(ends.size());
    uint64_t begin = 0;
    for (const uint64_t end : ends) {
      if (end < begin || end > all.size()) file_.ThrowDamaged("the place of a word is wrong");
      types_.push_back(all.substr(begin, end - begin));
      if (end < all.size() && (static_cast<unsigned char>(all[end]) & 0xC0) == 0x80) {
        file_.ThrowDamaged("a word ends inside a character");
      }
      begin = end;
    }
  }

  /// The numbers of the next words.
  std::span<const uint32_t> TakeWords(uint64_t count) {
    if (count > word_types_.size()) file_.ThrowDamaged("a sentence has more words than there are");
    const std::span<const uint32_t> numbers = word_types_.first(count);
    word_types_ = word_types_.subspan(count);
    for (const uint32_t number : numbers) {
      if (number >= types_.size()) file_.ThrowDamaged("a word has a wrong number");
    }
    return numbers;
  }

  ContextTexts TakeContexts(const CorpusTables::SentenceRow& row) {
    if (row.context_texts > text_ends_.size()) file_.ThrowDamaged("a sentence has more texts than there are");
    const std::span<const uint32_t> words = TakeWords(row.context_words);
    ContextTexts contexts;
    contexts.flat = row.flat_context != 0;
    uint64_t word = 0;
    for (const uint64_t end : text_ends_.first(row.context_texts)) {
      if (end <= word || end > words.size()) file_.ThrowDamaged("the end of a text is wrong");
      for (; word < end; ++word) contexts.AddWord(types_[words[word]]);
      contexts.EndText();
    }
    if (word != words.size()) file_.ThrowDamaged("words of a context are in no text");
    text_ends_ = text_ends_.subspan(row.context_texts);
    return contexts;
  }

  Sentence Next(const CorpusTables::SentenceRow& row) {
    Sentence sentence;
    const std::span<const uint32_t> words = TakeWords(row.words);
    sentence.words.reserve(words.size());
    for (const uint32_t number : words) sentence.words.emplace_back(types_[number]);
    sentence.contexts = TakeContexts(row);
    sentence.document = row.document;
    sentence.line = row.line;
    sentence.labelled = row.labelled != 0;
    if (row.spans > spans_.size()) file_.ThrowDamaged("a sentence has more spans than there are");
    sentence.spans.reserve(row.spans);
    int64_t free = 0;
    for (const CorpusTables::SpanRow& span : spans_.first(row.spans)) {
      const bool fits = span.begin >= free && span.end > span.begin && static_cast<uint64_t>(span.end) <= row.words;
      if (!fits || span.type < 0 || static_cast<size_t>(span.type) >= span_types_.size()) {
        file_.ThrowDamaged("a span is wrong");
      }
      sentence.spans.push_back({span.begin, span.end, span_types_[static_cast<size_t>(span.type)]});
      free = span.end;
    }
    spans_ = spans_.subspan(row.spans);
    return sentence;
  }

  const TableFile& file_;
  std::span<const char> summary_;
  std::span<const CorpusTables::SentenceRow> sentences_;
  std::span<const uint32_t> word_types_;
  std::span<const uint64_t> text_ends_;
  std::span<const CorpusTables::SpanRow> spans_;
  std::vector<std::string_view> types_ = {};
  std::vector<std::string> span_types_ = {};
};

Corpus CorpusFromTables(const TableFile& file, size_t first_table, const std::string& path) {
  return CorpusReader(file, first_table).Read(path);
}

}  // namespace clner
