// Tokenizers turn words into encoder pieces; every piece knows its word.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// Pieces of a sequence of words, without special tokens. `word_of_piece[i]` is the word of piece i.
struct Pieces {
  std::vector<int32_t> ids = {};
  std::vector<int32_t> word_of_piece = {};
};

/// Pieces of a sequence of words by word: the first counts[0] of `ids` are those of word 0, and so on. From a file, so
/// that whoever uses the counts checks that they add up to the number of ids.
struct WordPieces {
  std::span<const int32_t> ids = {};
  std::span<const uint16_t> counts = {};
};

struct SpecialIds {
  int32_t begin = -1;      ///< [CLS] or <s>
  int32_t separator = -1;  ///< [SEP] or </s>
  int32_t pad = -1, unknown = -1, mask = -1;
};

/// Immutable after loading; all methods are const and thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// Appends the pieces of one word (`word` valid UTF-8, special-token text is taken literally). A word may have no
  /// piece. At most `max_pieces` pieces are kept; returns false when the word was cut there.
  virtual bool EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const = 0;
  [[nodiscard]] virtual int32_t vocabulary_size() const = 0;
  [[nodiscard]] virtual std::string PieceText(int32_t id) const = 0;
  [[nodiscard]] virtual const SpecialIds& special() const = 0;
  /// Encodes words one by one, whole, as transformers' fast tokenizers do with is_split_into_words.
  [[nodiscard]] Pieces Encode(std::span<const std::string> words) const;
};

/// Loads the tokenizer of a Hugging Face directory. tokenizer.json decides on its kind; without it, vocab.txt means
/// WordPiece, a SentencePiece model Unigram, vocab.json with merges.txt byte-level BPE.
/// 76 when files are missing, malformed, hold duplicate or invalid pieces.
[[nodiscard]] std::unique_ptr<Tokenizer> LoadTokenizer(const std::filesystem::path& directory);
/// Files to copy so that another directory loads the same tokenizer.
[[nodiscard]] std::vector<std::string> TokenizerFiles(const std::filesystem::path& directory);

}  // namespace clner
