// Finds retrieved texts that give away the data: those that contain one of its sentences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/sha256.h"

namespace clner {

enum class LeakRule {
  kOff,
  kExact,  ///< the sentence, word for word
  kFuzzy,  ///< also nearly so
};
[[nodiscard]] const char* Name(LeakRule rule);
[[nodiscard]] std::optional<LeakRule> ParseLeakRule(std::string_view name);

enum class Leak { kNone, kExact, kFuzzy };

/// A text leaks a sentence
/// - exactly, when the letters and digits of the sentence stand in it in a row, from the begin of a word to the end of
///   one, whatever the case, punctuation and blanks. A sentence below kMinWords words must be the whole text;
/// - fuzzily, when the sentence has kFuzzyMinWords words or more, that do not just repeat one another, and a stretch of
///   the text that is at most a quarter longer has kFuzzyShare or more of its different pairs of neighbouring words.
///   From 9 words on one changed, added or missing word is no way around it.
/// Time for a text does not depend on the number of sentences, unless they are variants of one another. Verdicts of
/// texts are remembered. Memory: about 20 bytes a word of the data.
class LeakFilter {
 public:
  static constexpr size_t kMinWords = 5, kFuzzyMinWords = 8;
  static constexpr double kFuzzyShare = 0.75;

  explicit LeakFilter(LeakRule rule) : rule_(rule) {}
  /// Adds a sentence of the data: words with one blank between them, valid UTF-8. Not after the first Classify().
  void Add(std::string_view sentence);
  /// What `text` (valid UTF-8) is to the sentences added.
  [[nodiscard]] Leak Classify(std::string_view text);
  [[nodiscard]] int64_t sentences() const { return sentences_; }  ///< different ones
  /// Changes whenever a verdict may: the rule and the sentences.
  [[nodiscard]] std::string identity() const;

 private:
  struct Range {
    uint32_t begin = 0, end = 0;
  };
  /// Pairs of neighbouring words of a sentence that is long enough for the fuzzy rule.
  struct LongSentence {
    Range pairs;         // in pairs_, sorted
    uint32_t words = 0;  // how many the sentence has
  };
  void AddLong(const std::vector<uint64_t>& words);
  void IndexRarePairs();
  [[nodiscard]] bool Contains(std::string_view letters, const std::vector<size_t>& ends) const;
  [[nodiscard]] bool NearlyContains(const std::vector<uint64_t>& words) const;
  [[nodiscard]] bool HasStretch(const std::vector<uint64_t>& text_pairs, const LongSentence& sentence) const;
  [[nodiscard]] Leak Judge(std::string_view text) const;

  LeakRule rule_;
  int64_t sentences_ = 0;
  Sha256 digest_;
  std::unordered_set<uint64_t> known_;  // all sentences
  std::unordered_set<uint64_t> whole_,
      prefixes_;  // of sentences of kMinWords words; prefixes of 8, 16, 32, ... letters
  std::vector<uint64_t> pairs_;
  std::vector<LongSentence> long_;
  bool indexed_ = false;
  // Sentences by their rarest pairs: a text without any of those has too few pairs of the sentence.
  std::unordered_map<uint64_t, Range> rare_;
  std::vector<uint32_t> sentences_of_rare_;
  std::unordered_map<uint64_t, Leak> verdicts_;  // by hash of the text
};

}  // namespace clner
