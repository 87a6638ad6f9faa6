// Sentences as records of annotation formats.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "data/annotation.h"
#include "data/data_format.h"
#include "data/sentence.h"

namespace clner {

/// Writes one format of annotation tools. Texts come from the source, or are made of the words.
class AnnotationWriter {
 public:
  /// `blanks`: words of sentences without text are separated by one blank, else by nothing. `with_document`: records
  /// have the number of their document, where the format can hold it.
  AnnotationWriter(DataFormat format, bool blanks, bool with_document)
      : format_(format), blanks_(blanks), with_document_(with_document) {}

  /// What stands in front of the first record and behind the last one.
  [[nodiscard]] std::string Begin() const { return format_ == DataFormat::kLabelStudio ? "[" : ""; }
  [[nodiscard]] std::string End() const { return format_ == DataFormat::kLabelStudio ? "\n]\n" : ""; }
  /// The record of a sentence; for brat its line of the text. `source` is null, or has an empty text, when the file had
  /// no text. 65 when a type cannot stand there.
  [[nodiscard]] std::string Record(const Sentence& sentence, const SourceText* source);
  /// brat's annotations of the last record.
  [[nodiscard]] std::string Annotations() const { return annotations_; }
  /// An empty line of brat's text.
  [[nodiscard]] std::string BlankLine() {
    ++code_points_;
    return "\n";
  }

 private:
  void CheckType(const std::string& type) const;
  [[nodiscard]] SourceText TextOf(const Sentence& sentence, const SourceText* source) const;
  [[nodiscard]] std::string BratLine(const Sentence& sentence, SourceText text);

  DataFormat format_;
  bool blanks_, with_document_;
  std::string annotations_ = {};
  int64_t records_ = 0, spans_ = 0, code_points_ = 0;  // written so far
};

/// False when all words are single characters, which are written without blanks between them.
[[nodiscard]] bool WordsNeedBlanks(std::span<const Sentence> sentences);
/// True when the format has a place for the number of the document.
[[nodiscard]] bool KeepsDocuments(DataFormat format);

}  // namespace clner
