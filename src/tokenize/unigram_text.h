// How a word becomes the chunks that a Unigram model cuts into pieces: normaliser steps, then Metaspace.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenize/spm_normalizer.h"

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
using NormalizerStep = std::variant<SpmCharsMap, StripStep, ReplaceStep>;

/// The white space marker of SentencePiece, U+2581.
inline constexpr std::string_view kSpaceMarker = "\xE2\x96\x81";

enum class PrependMarker { kAlways, kFirst, kNever };

/// Options of the pre-tokenisers WhitespaceSplit and Metaspace of `tokenizers`.
struct MetaspaceOptions {
  bool split_at_white_space = false;  ///< WhitespaceSplit comes first
  bool split_at_marker = true;        ///< a chunk ends before every marker
  /// kFirst: only where the chunk begins the word.
  PrependMarker prepend = PrependMarker::kAlways;
};

/// Applies the steps in their order. `word` must be valid UTF-8.
[[nodiscard]] std::string Normalize(const std::vector<NormalizerStep>& steps, std::string_view word);

/// The chunks of a normalised word, one after the other: blanks become markers, and a marker stands before the chunk
/// unless it begins with one.
class ChunkStream {
 public:
  /// `normalized` must outlive the stream.
  ChunkStream(const MetaspaceOptions& options, std::string_view normalized) : options_(options), text_(normalized) {}
  /// Moves to the next chunk, which is never empty; false at the end.
  [[nodiscard]] bool Next();
  [[nodiscard]] std::string_view chunk() const { return chunk_; }

 private:
  /// Moves to the next part between white space and writes its marked form to `marked_`.
  [[nodiscard]] bool NextPart();

  const MetaspaceOptions& options_;
  std::string_view text_;
  size_t position_ = 0;  ///< in `text_`
  std::string marked_ = {};
  size_t chunk_end_ = 0;  ///< in `marked_`
  std::string_view chunk_ = {};
};

}  // namespace clner
