// The steps of `tokenizers` that change a word and cut it into parts before a model sees it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenize/bert_normalizer.h"
#include "tokenize/spm_normalizer.h"
#include "tokenize/unicode_form.h"

namespace clner {

/// Removes white space at the ends.
struct StripStep {
  bool left = false, right = false;
};
/// Replaces every occurrence of `pattern`, or every run of two blanks or more.
struct ReplaceStep {
  std::string pattern = {};  ///< "" = the run of blanks
  std::string content = {};
};
/// Puts a text in front of every text that is not empty.
struct PrependStep {
  std::string text = {};
};
struct LowercaseStep {};
/// Removes all combining marks; it does not decompose.
struct StripAccentsStep {};
using NormalizerStep = std::variant<SpmCharsMap, StripStep, ReplaceStep, PrependStep, LowercaseStep, StripAccentsStep,
                                    UnicodeForm, bert::NormalizerOptions>;

/// How many times as long as the word its normalised form may be, beside a few kB: steps of a hostile file could double
/// it again and again.
inline constexpr size_t kMaxGrowth = 64;
/// Applies the steps in their order. `word` must be valid UTF-8. kCorrupt when it grows beyond the limit.
[[nodiscard]] std::string Normalize(std::span<const NormalizerStep> steps, std::string_view word);

/// How a text is cut. White space vanishes with the first two.
enum class SplitStep {
  kWhiteSpace,    ///< WhitespaceSplit: the parts between white space
  kWords,         ///< Whitespace: runs of word characters and runs of others that are no white space
  kPunctuation,   ///< every punctuation mark is a part
  kDigits,        ///< runs of digits are parts
  kSingleDigits,  ///< every digit is a part
};

/// The parts of `text` (valid UTF-8), none empty, after all steps; the text itself without steps.
[[nodiscard]] std::vector<std::string_view> Split(const std::vector<SplitStep>& steps, std::string_view text);

/// Bytes of white space (Unicode's White_Space) that `text` has at `position`; 0 if another character stands there.
[[nodiscard]] size_t WhiteSpaceAt(std::string_view text, size_t position);

}  // namespace clner
