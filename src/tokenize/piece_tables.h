// The pieces of all words of a corpus in one block, made once or mapped from a file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/table_file.h"
#include "tokenize/tokenizer.h"

namespace clner {

/// Words of one sentence, then words of its context.
struct WordRuns {
  uint64_t own = 0, context = 0;
};

/// Pieces of S sentences, read by position. Copies share their memory; all methods are thread-safe.
class PieceTables {
 public:
  /// Most pieces of one word that are kept: more than any encoder takes in one window.
  static constexpr size_t kMaxPiecesPerWord = UINT16_MAX;
  static constexpr size_t kTables = 3;

  PieceTables() = default;
  /// Tokenises every distinct word once: `types` are the distinct words, `word_types` those of the sentences in order.
  /// Less than 2^32 words and pieces. kInterrupted on a request to stop.
  PieceTables(std::span<const WordRuns> sentences, std::span<const uint32_t> word_types,
              std::span<const std::string_view> types, const Tokenizer& tokenizer);
  /// Reads the tables `first_table` .. `first_table` + kTables - 1 that AddTo wrote. 76 when they contradict each other
  /// or hold an id outside of the vocabulary.
  PieceTables(std::shared_ptr<const TableFile> file, size_t first_table, int32_t vocabulary_size);
  void AddTo(TableWriter* tables) const;

  [[nodiscard]] size_t sentences() const { return rows_.empty() ? 0 : rows_.size() - 1; }
  [[nodiscard]] WordRuns runs(size_t sentence) const;
  [[nodiscard]] WordPieces own(size_t sentence) const;
  [[nodiscard]] WordPieces context(size_t sentence) const;
  /// Words and pieces of all sentences with their contexts.
  [[nodiscard]] size_t words() const { return counts_.size(); }
  [[nodiscard]] size_t pieces() const { return ids_.size(); }

 private:
  /// Where a sentence begins and where its context does; one row more than sentences, the last one is the end.
  struct Row {
    uint32_t word = 0, piece = 0, context_word = 0, context_piece = 0;
  };
  struct Block;
  void Check(const TableFile& file, int32_t vocabulary_size) const;
  [[nodiscard]] WordPieces Part(uint64_t word, uint64_t end_word, uint64_t piece, uint64_t end_piece) const;

  std::shared_ptr<const void> owner_;  ///< of what the spans point to
  std::span<const Row> rows_;
  std::span<const uint16_t> counts_;  ///< per word
  std::span<const int32_t> ids_;
};

}  // namespace clner
