// Makes a Corpus of annotated texts: finds words, converts and checks positions, resolves overlaps.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/annotation.h"
#include "data/corpus_builder.h"
#include "data/text_index.h"

namespace clner {

/// Longest text of one record.
inline constexpr size_t kMaxTextBytes = size_t{16} << 20;

class AnnotationBuilder {
 public:
  /// `unit` and `words` are the format's own; `options.annotation` may choose others. `*source` gets the texts and
  /// counts.
  AnnotationBuilder(std::string name, const CorpusOptions& options, OffsetUnit unit, WordRule words,
                    AnnotationSource* source);
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] WordRule words() const { return words_; }
  [[nodiscard]] const AnnotationOptions& options() const { return options_.annotation; }
  /// Counts something that the reader left out.
  void Drop(const std::string& kind, int64_t count = 1) { source_->dropped[kind] += count; }
  /// Adds a record. Texts without words are dropped and counted.
  void Add(TextRecord record);
  /// A record that cannot be read; its place is already in `problem`.
  void AddProblem(Problem problem);
  /// Throws the first problems, 65 with their number.
  void ThrowIfAny() const { problems_.ThrowIfAny(); }
  [[nodiscard]] Corpus Finish();

 private:
  /// A range of words, with where it came from.
  struct WordSpan {
    Span span;
    const TextSpan* source;
  };
  class Record;

  /// The words of a text without tokens.
  [[nodiscard]] std::vector<TextRange> SplitText(const std::string& text) const;
  void FindAllWords(Record* record);
  [[nodiscard]] bool CheckType(const TextSpan& span, Record* record);
  void AlignSpan(const TextSpan& span, TextRange range, Record* record);
  void PlaceSpans(Record* record);
  void ResolveOverlaps(Record* record);
  void AddToCorpus(Record* record);

  std::string name_;
  CorpusOptions options_;  // scheme BIO unless the file has tags
  OffsetUnit unit_;
  WordRule words_;
  AnnotationSource* source_;
  CorpusBuilder builder_;
  ProblemList problems_;
  ColumnFileStats stats_;
  int64_t last_document_ = 0, with_spans_ = 0, with_tags_ = 0;
};

}  // namespace clner
