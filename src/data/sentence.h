// What every reader produces and every later layer consumes.
#pragma once

#include <cstdint>
#include <string>
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

/// One sentence. `spans` are sorted by begin and do not overlap; `labelled` is false when the source had no tags.
struct Sentence {
  std::vector<std::string> words = {};
  std::vector<Span> spans = {};
  bool labelled = false;
  std::vector<std::string> context_words = {};  ///< behind the first <EOS> line; further <EOS> lines are dropped
  int64_t document = 0;                         ///< counts -DOCSTART- lines, from 0
  int64_t line = 0;                             ///< 1-based line of the first word
};

}  // namespace clner
