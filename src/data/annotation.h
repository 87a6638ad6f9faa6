// What annotation formats have in common: texts with labelled ranges of characters, and the choices of their readers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// What the positions of a file count.
enum class OffsetUnit { kCodePoint, kUtf16, kByte };
/// How a text without tokens is split into words: as predict splits raw text, at ASCII blanks, or every character
/// that is not a blank.
enum class WordRule { kText, kBlanks, kCharacters };
/// What a span does that begins or ends elsewhere than a word: error, becomes whole words, or is left out.
enum class MisalignedRule { kFail, kWiden, kDrop };
/// Which of overlapping spans stays: none (error), the longest, or the first in the file.
enum class OverlapRule { kFail, kLongest, kFirst };
/// What a span of several fragments (brat) does: error, becomes one span a fragment, or is left out.
enum class DiscontinuousRule { kFail, kSplit, kDrop };

[[nodiscard]] const char* Name(OffsetUnit unit);  ///< "code_point", "utf16", "byte"
[[nodiscard]] const char* Name(WordRule rule);    ///< "text", "blanks", "characters"

struct Sentence;

/// How annotation formats are read; nullopt is the default of the format.
struct AnnotationOptions {
  std::optional<OffsetUnit> offset_unit = std::nullopt;
  std::optional<WordRule> words = std::nullopt;
  MisalignedRule on_misaligned = MisalignedRule::kFail;
  OverlapRule on_overlap = OverlapRule::kFail;
  DiscontinuousRule on_discontinuous = DiscontinuousRule::kFail;
  bool words_only = false;  ///< labels are neither read nor checked
  /// Sentences by position whose words a text without tokens is split into, if it is made of them; else, and where
  /// null, `words` counts.
  const std::vector<Sentence>* split_like = nullptr;
  bool in_config = false;  ///< the choices are keys of a configuration, and messages name them so
};

/// How messages name a choice of the reader: "--on-overlap first", or "data.on_overlap: first"; without a value the
/// name alone. `name` is that of the key.
[[nodiscard]] std::string ChoiceText(const AnnotationOptions& options, std::string_view name,
                                     std::string_view value = {});

/// Half-open range, in code points of a text unless said otherwise.
struct TextRange {
  int64_t begin = 0, end = 0;
  friend bool operator==(const TextRange&, const TextRange&) = default;
};

/// The text of a sentence as its file had it, and where its words stand in it.
struct SourceText {
  std::string text = {};
  std::vector<TextRange> words = {};
  int64_t line = 0;       ///< of the sentence
  std::string file = {};  ///< its own file when one input has several
};

/// A labelled range as a file states it, in the unit of the file.
struct TextSpan {
  TextRange range = {};
  std::string type = {};
  std::optional<std::string> surface = std::nullopt;  ///< the text of the range, if the file repeats it
  std::string path = {};                              ///< place inside the record, e.g. "spans[2]"
};

/// One record of an annotation file. Without a text, `words` holds the sentence and ranges count words.
struct TextRecord {
  std::optional<std::string> text = std::nullopt;
  std::optional<std::vector<TextSpan>> tokens = std::nullopt;  ///< of the text, in order; types are empty
  std::vector<std::string> words = {};
  std::vector<TextSpan> spans = {};
  std::vector<std::string> tags = {};  ///< one a word (or character of the text) instead of spans
  bool labelled = false;
  int64_t document = 0, line = 0;
  std::string file = {};  ///< its own file when one input has several
  std::string path = {};  ///< place of the record inside its file where the line does not say it
};

/// What a reader leaves beside the sentences: their texts (empty when the format has none) and what it did not keep.
struct AnnotationSource {
  std::vector<SourceText> texts = {};           ///< one a sentence
  std::map<std::string, int64_t> dropped = {};  ///< kind and number
  std::map<std::string, int64_t> changed = {};  ///< kind and number
};

/// `path:line (place inside)`.
[[nodiscard]] std::string RecordPlace(const std::string& path, int64_t line, std::string_view inside);

}  // namespace clner
