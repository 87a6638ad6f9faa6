// GPT-2's splitting of a text into the tokens inside which byte-level BPE merges.
#pragma once

#include <cstddef>
#include <string_view>

#include "tokenize/bpe_tables.h"

namespace clner::bpe {

[[nodiscard]] CharacterClass ClassOf(char32_t code_point);

/// The tokens of a text, one after the other; together they are the text. The rule is GPT-2's regular expression
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// with the classes of the `tokenizers` library. Time is linear in the text.
class Splitter {
 public:
  /// `text` must be valid UTF-8 and outlive the tokens.
  explicit Splitter(std::string_view text) : rest_(text) {}
  /// Moves to the next token; false at the end.
  [[nodiscard]] bool Next();
  [[nodiscard]] std::string_view token() const { return token_; }

 private:
  std::string_view rest_, token_;
};

}  // namespace clner::bpe
