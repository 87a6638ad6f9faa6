// Documents cut into the texts that are found and used as contexts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

enum class PassageUnit {
  kSentence,   ///< as `clner predict --format text` cuts sentences
  kParagraph,  ///< what stands between line ends; a document of one line is one paragraph
  kDocument,
};
[[nodiscard]] const char* Name(PassageUnit unit);
[[nodiscard]] std::optional<PassageUnit> ParsePassageUnit(std::string_view name);

/// A longer passage becomes several, cut between words.
inline constexpr size_t kMaxPassageBytes = size_t{16} << 10;
/// The rest of a title is left out; ids that come from outside are cut there, too.
inline constexpr size_t kMaxTitleBytes = 1000;

/// Passages of a document (valid UTF-8) in order, each cleaned by CleanText and with at least one letter or digit.
[[nodiscard]] std::vector<std::string> CutPassages(std::string_view text, PassageUnit unit);

}  // namespace clner
