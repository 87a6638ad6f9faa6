#include "data/annotation_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/json.h"
#include "core/utf8.h"
#include "data/text_index.h"

namespace clner {
namespace {

TextRange RangeOf(const Span& span, const SourceText& text) {
  return {text.words[static_cast<size_t>(span.begin_word)].begin,
          text.words[static_cast<size_t>(span.end_word) - 1].end};
}

Json ProdigyRecord(const Sentence& sentence, const SourceText& text, const TextIndex& index) {
  Json tokens = Json::array();
  for (size_t i = 0; i < text.words.size(); ++i) {
    const TextRange word = text.words[i];
    const bool space = word.end < index.code_points() && index.TextOf({word.end, word.end + 1}) == " ";
    tokens.push_back(
        {{"text", index.TextOf(word)}, {"start", word.begin}, {"end", word.end}, {"id", i}, {"ws", space}});
  }
  Json record = {{"text", text.text}, {"tokens", std::move(tokens)}};
  if (!sentence.labelled) return record;
  Json spans = Json::array();
  for (const Span& span : sentence.spans) {
    const TextRange range = RangeOf(span, text);
    spans.push_back({{"start", range.begin},
                     {"end", range.end},
                     {"token_start", span.begin_word},
                     {"token_end", span.end_word - 1},
                     {"label", span.type}});
  }
  record["spans"] = std::move(spans);
  record["answer"] = "accept";
  return record;
}

/// [[start, end, label], ...]
Json Triples(const Sentence& sentence, const SourceText& text) {
  Json triples = Json::array();
  for (const Span& span : sentence.spans) {
    const TextRange range = RangeOf(span, text);
    triples.push_back(Json::array({range.begin, range.end, span.type}));
  }
  return triples;
}

Json SpacyRecord(const Sentence& sentence, const SourceText& text) {
  Json annotations = Json::object();
  if (sentence.labelled) annotations["entities"] = Triples(sentence, text);
  return Json::array({text.text, std::move(annotations)});
}

Json DoccanoRecord(const Sentence& sentence, const SourceText& text) {
  Json record = {{"text", text.text}};
  if (sentence.labelled) record["label"] = Triples(sentence, text);
  return record;
}

Json CluenerRecord(const Sentence& sentence, const SourceText& text, const TextIndex& index) {
  Json record = {{"text", text.text}};
  if (!sentence.labelled) return record;
  Json label = Json::object();
  for (const Span& span : sentence.spans) {
    const TextRange range = RangeOf(span, text);
    label[span.type][std::string(index.TextOf(range))].push_back(Json::array({range.begin, range.end - 1}));
  }
  record["label"] = std::move(label);
  return record;
}

Json AdaSeqRecord(const Sentence& sentence) {
  Json record = {{"text", sentence.words}};
  if (!sentence.labelled) return record;
  Json spans = Json::array();
  for (const Span& span : sentence.spans)
    spans.push_back({{"start", span.begin_word}, {"end", span.end_word}, {"type", span.type}});
  record["spans"] = std::move(spans);
  return record;
}

Json LabelStudioTask(const Sentence& sentence, const SourceText& text, const TextIndex& index) {
  Json task = {{"data", {{"text", text.text}}}};
  if (!sentence.labelled) return task;
  Json result = Json::array();
  for (size_t i = 0; i < sentence.spans.size(); ++i) {
    const TextRange range = RangeOf(sentence.spans[i], text);
    result.push_back({{"id", fmt::format("span{}", i + 1)},
                      {"from_name", "label"},
                      {"to_name", "text"},
                      {"type", "labels"},
                      {"value",
                       {{"start", index.OffsetOf(range.begin, OffsetUnit::kUtf16)},
                        {"end", index.OffsetOf(range.end, OffsetUnit::kUtf16)},
                        {"text", index.TextOf(range)},
                        {"labels", Json::array({sentence.spans[i].type})}}}});
  }
  task["annotations"] = Json::array({Json{{"result", std::move(result)}}});
  return task;
}

}  // namespace

bool WordsNeedBlanks(std::span<const Sentence> sentences) {
  const auto is_long = [](const std::string& word) { return CodePointCount(word) != 1; };
  return std::any_of(sentences.begin(), sentences.end(), [&](const Sentence& sentence) {
    return std::any_of(sentence.words.begin(), sentence.words.end(), is_long);
  });
}

bool KeepsDocuments(DataFormat format) {
  return format == DataFormat::kProdigy || format == DataFormat::kDoccano || format == DataFormat::kLabelStudio;
}

SourceText AnnotationWriter::TextOf(const Sentence& sentence, const SourceText* source) const {
  if (source != nullptr && !source->text.empty()) return *source;
  SourceText made;
  int64_t at = 0;
  for (const std::string& word : sentence.words) {
    if (blanks_ && at > 0) {
      made.text += ' ';
      ++at;
    }
    const int64_t begin = at;
    at += static_cast<int64_t>(CodePointCount(word));
    made.text += word;
    made.words.push_back({begin, at});
  }
  return made;
}

std::string AnnotationWriter::Record(const Sentence& sentence, const SourceText* source) {
  for (const Span& span : sentence.spans) CheckType(span.type);
  if (format_ == DataFormat::kAdaSeq) return DumpJson(AdaSeqRecord(sentence)) + "\n";
  SourceText text = TextOf(sentence, source);
  if (format_ == DataFormat::kBrat) return BratLine(sentence, std::move(text));
  const TextIndex index(text.text);
  ++records_;
  const bool with_document = with_document_ && KeepsDocuments(format_);
  Json record;
  switch (format_) {
    case DataFormat::kLabelStudio:
      record = LabelStudioTask(sentence, text, index);
      if (with_document) record["data"]["document"] = sentence.document;
      return (records_ > 1 ? ",\n" : "\n") + DumpJson(record);
    case DataFormat::kSpacy:
      return DumpJson(SpacyRecord(sentence, text)) + "\n";
    case DataFormat::kCluener:
      return DumpJson(CluenerRecord(sentence, text, index)) + "\n";
    case DataFormat::kDoccano:
      record = DoccanoRecord(sentence, text);
      break;
    default:
      record = ProdigyRecord(sentence, text, index);
      break;
  }
  if (with_document) record["document"] = sentence.document;
  return DumpJson(record) + "\n";
}

void AnnotationWriter::CheckType(const std::string& type) const {
  const bool is_brat = format_ == DataFormat::kBrat;
  if (!type.empty() && (!is_brat || type.find_first_of(" \t\r\n;") == std::string::npos)) return;
  throw Error(ErrorCode::kData, fmt::format("type '{}' cannot stand in a {} file", Printable(type), Name(format_)), "",
              type.empty() ? "tags without a type have no label; write columns or JSON lines"
                           : "rename it: --label-map OLD=NEW");
}

std::string AnnotationWriter::BratLine(const Sentence& sentence, SourceText text) {
  // A line end inside the text would end the sentence; a blank leaves all positions as they are.
  std::replace_if(
      text.text.begin(), text.text.end(), [](char byte) { return byte == '\n' || byte == '\r'; }, ' ');
  const TextIndex index(text.text);
  annotations_.clear();
  for (const Span& span : sentence.spans) {
    const TextRange range = RangeOf(span, text);
    annotations_ += fmt::format("T{}\t{} {} {}\t{}\n", ++spans_, span.type, code_points_ + range.begin,
                                code_points_ + range.end, index.TextOf(range));
  }
  code_points_ += index.code_points() + 1;
  return text.text + "\n";
}

}  // namespace clner
