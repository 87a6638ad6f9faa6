// What every reader produces and every later layer consumes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// Half-open range of words with a type.
struct Span {
  int64_t begin_word = 0;
  int64_t end_word = 0;
  std::string type = {};
  friend bool operator==(const Span&, const Span&) = default;
  friend auto operator<=>(const Span&, const Span&) = default;
};

/// Retrieved texts of one sentence in rank order, or the sentences around it in their document, as words in one buffer:
/// a corpus has millions of them.
class ContextTexts {
 public:
  /// Appends a word, which may be empty, to the text that the next EndText() ends.
  void AddWord(std::string_view word) {
    bytes_.append(word);
    word_ends_.push_back(bytes_.size());
  }
  /// Ends a text; without words since the last one there is none.
  void EndText() {
    if (word_ends_.size() > (text_ends_.empty() ? 0 : text_ends_.back())) text_ends_.push_back(word_ends_.size());
  }
  [[nodiscard]] bool empty() const { return word_ends_.empty(); }
  [[nodiscard]] size_t texts() const { return text_ends_.size(); }
  [[nodiscard]] size_t words() const { return word_ends_.size(); }  ///< of all texts together
  /// The words of text i are begin_word(i) .. end_word(i) - 1.
  [[nodiscard]] size_t begin_word(size_t text) const { return text == 0 ? 0 : text_ends_[text - 1]; }
  [[nodiscard]] size_t end_word(size_t text) const { return text_ends_[text]; }
  [[nodiscard]] std::string_view word(size_t index) const {
    const size_t begin = index == 0 ? 0 : word_ends_[index - 1];
    return std::string_view(bytes_).substr(begin, word_ends_[index] - begin);
  }
  /// True for the one text of a source that does not tell where texts end inside it (CLNER's column files): it may be
  /// cut between any two words.
  bool flat = false;
  /// Of a document: so many of the words stand before the sentence, the others after it. None for retrieved texts.
  std::optional<size_t> words_before = std::nullopt;

  friend bool operator==(const ContextTexts&, const ContextTexts&) = default;

 private:
  std::string bytes_;
  std::vector<size_t> word_ends_, text_ends_;
};

/// One sentence. `spans` are sorted by begin and do not overlap; `labelled` is false when the source had no tags.
struct Sentence {
  std::vector<std::string> words = {};
  std::vector<Span> spans = {};
  bool labelled = false;
  ContextTexts contexts = {};  ///< empty when nothing was retrieved
  int64_t document = 0;        ///< counts -DOCSTART- lines, from 0
  int64_t line = 0;            ///< 1-based line of the first word
};

}  // namespace clner
