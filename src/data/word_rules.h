// Words of a chunk of text between blanks, as CoNLL-2003 cuts them.
#pragma once

#include <cstddef>
#include <vector>

#include "data/text_clusters.h"

namespace clner {

/// What the ends of sentences depend on. An abbreviation includes its full stop, which is cut off at the end of a
/// sentence.
enum class WordKind : uint8_t {
  kPlain,
  kFullStop,      ///< a full stop alone
  kExclamation,   ///< exclamation and question marks, full stops of other scripts
  kEllipsis,      ///< two dots or more
  kIdeographic,   ///< full stops of Chinese and Japanese, which need no blank behind them
  kCloser,        ///< closing quote or bracket, or a quote that may be one
  kAbbreviation,  ///< may stand last in a sentence
  kTitle,         ///< followed by a name
  kBeforeNumber   ///< an abbreviation when a number follows ("No. 5")
};

/// Clusters `begin`..`end` of the chunk.
struct RuleWord {
  size_t begin = 0, end = 0;
  WordKind kind = WordKind::kPlain;
};

/// Appends the words of a chunk, which leave nothing out. `at_line_start`: a number with a full stop is one of a list
/// ("3."). Linear time.
void CutWords(const std::vector<Cluster>& chunk, bool at_line_start, std::vector<RuleWord>* words);

}  // namespace clner
