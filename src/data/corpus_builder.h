// Makes a Corpus of sentences and tags from any reader: checks tags, detects the scheme, converts to spans, counts.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/corpus.h"

namespace clner {

/// `tag` with the type that the map gives it; "O" when it drops the type.
[[nodiscard]] std::string MapTag(const std::string& tag, const std::map<std::string, std::string>& label_map);

class CorpusBuilder {
 public:
  /// `name` is the path in messages. `options` must outlive the builder.
  CorpusBuilder(std::string name, const CorpusOptions& options);
  /// `tags` and `lines` have one entry a word; `tags` is empty for an unlabelled sentence, `lines` when all stand in
  /// sentence.line.
  void Add(Sentence sentence, const std::vector<std::string_view>& tags, std::vector<int64_t> lines = {});
  /// A type that the file has and that no tag of it stands for, because the label map drops it.
  void AddType(std::string_view type, int64_t line) { (void)Intern("B-" + std::string(type), line); }
  /// Checks and converts everything; throws 65 (see ReadCorpus). The builder is empty afterwards.
  [[nodiscard]] Corpus Finish(const ColumnFileStats& file);

 private:
  struct Tag {
    std::string text;
    TagParts parts = {};
    int64_t rows = 0, line = 0;
    size_t sentence = 0;
    bool bad = false;
  };
  struct Item {
    Sentence sentence;
    std::vector<int32_t> tags;
    std::vector<int64_t> lines;
    bool bad = false;
    [[nodiscard]] int64_t Line(size_t word) const {
      if (lines.empty()) return sentence.line;
      return lines[word < lines.size() ? word : lines.size() - 1];
    }
  };

  int32_t Intern(std::string_view tag, int64_t line);
  void AddProblem(Item* item, Problem problem);
  void CheckWords(Item* item);
  void DetectScheme();
  void CheckTags();
  void MakeSpans(Item* item);
  [[nodiscard]] std::vector<std::string> TagsOf(const Item& item) const;
  [[nodiscard]] Corpus Collect(const ColumnFileStats& file);
  void Report() const;
  [[noreturn]] void ThrowNothingLeft(int64_t skipped) const;

  std::string name_;
  const CorpusOptions& options_;
  std::vector<Item> items_;
  std::deque<Tag> tags_;
  std::unordered_map<std::string_view, int32_t> tag_ids_;
  SchemeDetector detector_;
  ProblemList problems_;
  Corpus corpus_;
};

}  // namespace clner
