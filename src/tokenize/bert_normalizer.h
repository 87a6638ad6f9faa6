// BERT's basic tokenisation: cleaning, Chinese spacing, accents, lower case, splitting at white space and punctuation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clner::bert {

/// Options of the `tokenizers` library's BertNormalizer; the results are the library's for every code point.
struct NormalizerOptions {
  bool clean_text = true;            ///< drop control characters, turn white space into blanks
  bool handle_chinese_chars = true;  ///< every CJK ideograph becomes a token of its own
  bool strip_accents = true;         ///< decompose (NFD) and drop nonspacing marks
  bool lowercase = true;
};

/// White space of Rust's char::is_whitespace, which is Unicode's White_Space.
[[nodiscard]] bool IsSpace(char32_t code_point);
[[nodiscard]] bool IsPunctuation(char32_t code_point);
/// `\w` of the pre-tokenizer Whitespace.
[[nodiscard]] bool IsWordCharacter(char32_t code_point);
/// What the pre-tokenizer Digits takes: the numbers of all scripts.
[[nodiscard]] bool IsNumeric(char32_t code_point);
/// `text` (valid UTF-8) after the normalizer.
[[nodiscard]] std::string Normalized(const NormalizerOptions& options, std::string_view text);

/// True for the CJK ideographs that BERT puts blanks around.
[[nodiscard]] bool IsChinese(char32_t code_point);

/// The tokens of one word, one after the other. Time is linear in the word; memory does not grow with it (a run of
/// spacing marks aside).
class TokenStream {
 public:
  /// `word` must be valid UTF-8 and outlive the stream. Tokens keep at most `max_code_points + 1` code points, the rest
  /// is skipped.
  TokenStream(const NormalizerOptions& options, std::string_view word, size_t max_code_points);
  /// Moves to the next token; false at the end.
  [[nodiscard]] bool Next();
  [[nodiscard]] std::string_view token() const { return token_; }
  /// Code points of the token; `max_code_points + 1` means "too long".
  [[nodiscard]] size_t code_points() const { return code_points_; }
  /// Moves to the next normalised code point instead, white space included; false at the end.
  [[nodiscard]] bool NextCodePoint(char32_t* code_point);

 private:
  struct Mark {
    int16_t combining_class = 0;
    char32_t code_point = 0;
  };
  /// Appends the normalised form of the next raw code point to `ready_` (maybe nothing).
  void Refill();
  void Decomposed(char32_t code_point);
  void FlushMarks();
  void Emit(char32_t code_point);
  /// Takes a run of ASCII letters and digits straight from the word.
  void TakeAscii();
  void Append(char32_t code_point);

  const NormalizerOptions& options_;
  std::string_view word_;
  size_t position_ = 0;
  size_t max_code_points_;
  std::vector<Mark> marks_;      ///< waiting for their canonical order
  std::vector<char32_t> ready_;  ///< normalised code points from `ready_begin_` on
  size_t ready_begin_ = 0;
  std::string token_;
  size_t code_points_ = 0;
};

}  // namespace clner::bert
