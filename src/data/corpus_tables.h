// A corpus as tables of a file and back, so that a text is read and checked once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/table_file.h"
#include "data/corpus.h"

namespace clner {

/// The tables of one corpus, all of it but Corpus::tags. Every distinct word is held once; words of the corpus, and
/// behind them those of its contexts, stand sentence by sentence in `word_types`.
class CorpusTables {
 public:
  static constexpr size_t kTables = 7;
  /// `corpus` must outlive the tables.
  explicit CorpusTables(const Corpus& corpus);
  /// The tables must outlive `tables`.
  void AddTo(TableWriter* tables) const;
  [[nodiscard]] std::span<const std::string_view> types() const { return types_; }
  [[nodiscard]] std::span<const uint32_t> word_types() const { return word_types_; }

 private:
  friend class CorpusReader;
  struct SentenceRow {
    uint64_t words = 0, context_words = 0, context_texts = 0, spans = 0;
    int64_t document = 0, line = 0;
    uint32_t labelled = 0, flat_context = 0;
  };
  struct SpanRow {
    int64_t begin = 0, end = 0, type = 0;
  };

  std::vector<SentenceRow> sentences_;
  std::vector<uint32_t> word_types_;
  std::vector<uint64_t> text_ends_;  ///< ContextTexts::end_word of every text
  std::vector<std::string_view> types_;
  std::vector<uint64_t> type_ends_;  ///< in `type_text_`
  std::string type_text_;
  std::vector<SpanRow> spans_;
  std::string summary_;  ///< JSON
};

/// The corpus whose tables begin at `first_table`, equal in every field but `path` and `tags`. 76 when they contradict
/// each other or a word is not UTF-8.
[[nodiscard]] Corpus CorpusFromTables(const TableFile& file, size_t first_table, const std::string& path);

}  // namespace clner
