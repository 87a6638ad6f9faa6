// Raw text to sentences of words with offsets: CoNLL-style words, sentence ends, scripts written without blanks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/sentence.h"

namespace clner {

/// Half-open range of a word in its text, in code points and in bytes. It begins and ends between grapheme clusters.
struct TextWord {
  size_t begin = 0, end = 0;
  size_t begin_byte = 0, end_byte = 0;
  friend bool operator==(const TextWord&, const TextWord&) = default;
};

/// At least one word, in order and without overlap.
struct TextSentence {
  std::vector<TextWord> words = {};
  [[nodiscard]] size_t begin() const { return words.front().begin; }
  [[nodiscard]] size_t end() const { return words.back().end; }
};

struct RawTextOptions {
  bool tokenized = false;        ///< words are what stands between blanks, and a line is a sentence
  bool line_is_sentence = true;  ///< a line end ends the sentence; without it only an empty line does
};

/// Sentences of `text` (valid UTF-8) in order. Only White_Space of the Unicode standard is left outside the words.
/// Time and memory are linear in the length. The rules are in docs/formats.md.
[[nodiscard]] std::vector<TextSentence> SegmentText(std::string_view text, const RawTextOptions& options = {});

/// The characters of a word of `text`.
[[nodiscard]] inline std::string_view Surface(std::string_view text, const TextWord& word) {
  return text.substr(word.begin_byte, word.end_byte - word.begin_byte);
}
/// The words of a sentence of `text`.
[[nodiscard]] std::vector<std::string> Surfaces(std::string_view text, const TextSentence& sentence);

/// The words that a range of the text touches, all in one sentence.
struct TextWordRange {
  size_t sentence = 0;
  int64_t begin_word = 0, end_word = 0;  ///< half-open, in the sentence
  bool exact = false;                    ///< the range begins and ends where its words do
};
/// The words that the code points `begin`..`end` touch; nullopt when they touch none or those of two sentences.
[[nodiscard]] std::optional<TextWordRange> WordsOfRange(const std::vector<TextSentence>& sentences, size_t begin,
                                                        size_t end);

}  // namespace clner
