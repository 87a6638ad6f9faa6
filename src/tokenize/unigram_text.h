// How a normalised word becomes the chunks that a Unigram model cuts into pieces: Metaspace.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenize/text_steps.h"

namespace clner {

/// The white space marker of SentencePiece, U+2581.
inline constexpr std::string_view kSpaceMarker = "\xE2\x96\x81";

enum class PrependMarker { kAlways, kFirst, kNever };

/// Options of the pre-tokeniser Metaspace of `tokenizers` and of those in front of it.
struct MetaspaceOptions {
  bool split_at_white_space = false;   ///< WhitespaceSplit alone comes first
  std::vector<SplitStep> splits = {};  ///< other splitting in front
  bool split_at_marker = true;         ///< a chunk ends before every marker
  /// kFirst: only where the chunk begins the word.
  PrependMarker prepend = PrependMarker::kAlways;
};

/// The chunks of a normalised word, one after the other: blanks become markers, and a marker stands before the chunk
/// unless it begins with one.
class ChunkStream {
 public:
  /// `normalized` must outlive the stream.
  ChunkStream(const MetaspaceOptions& options, std::string_view normalized);
  /// Moves to the next chunk, which is never empty; false at the end.
  [[nodiscard]] bool Next();
  [[nodiscard]] std::string_view chunk() const { return chunk_; }

 private:
  /// Moves to the next part between white space and writes its marked form to `marked_`.
  [[nodiscard]] bool NextPart();

  const MetaspaceOptions& options_;
  std::string_view text_;
  size_t position_ = 0;                       ///< in `text_`
  std::vector<std::string_view> parts_ = {};  ///< of `text_`, when there are splits
  size_t next_part_ = 0;
  std::string marked_ = {};
  size_t chunk_end_ = 0;  ///< in `marked_`
  std::string_view chunk_ = {};
};

}  // namespace clner
