// Tag schemes <-> spans. Tags are split at the first '-' (`B-creative-work` -> B, creative-work; a bare `B` has the
// type "").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/sentence.h"

namespace clner {

enum class Scheme { kIob1, kBio, kBioes, kBmes, kBilou, kBie, kIo };  // kBie: B/I/E with bare B- for one-word entities
[[nodiscard]] const char* Name(Scheme scheme);  ///< "IOB1", "BIO", "BIOES", "BMES", "BILOU", "BIE", "IO"
[[nodiscard]] Scheme ParseScheme(
    std::string_view name);  ///< any case; IOB2 = BIO, IOBES = BIOES; kConfig with suggestion

struct TagParts {
  char prefix = 'O';           ///< upper-case letter: B I E S M L U O, or '?' when the tag has no known prefix
  std::string_view type = {};  ///< the whole tag when the prefix is '?'
};
[[nodiscard]] TagParts SplitTag(std::string_view tag);

/// Collects prefix statistics over files and names the scheme.
class SchemeDetector {
 public:
  void Add(const std::vector<std::string>& tags);
  void Add(const std::vector<TagParts>& tags);
  /// By letters: M -> BMES, L or U -> BILOU, S -> BIOES, E -> BIE if some B has no continuation, else BIOES. With B and
  /// I only: IOB1 if that leaves fewer ill-formed tags than BIO; I only -> IOB1; only tags without prefix -> IO; only O
  /// -> BIO.
  [[nodiscard]] Scheme Detect() const;
  /// Tags with a known prefix other than O, tags without one, and O.
  [[nodiscard]] int64_t prefixed() const;
  [[nodiscard]] int64_t unprefixed() const { return counts_[static_cast<int>('?')]; }
  [[nodiscard]] int64_t outside() const { return counts_[static_cast<int>('O')]; }

 private:
  [[nodiscard]] int64_t Count(char prefix) const { return counts_[static_cast<int>(prefix)]; }
  int64_t counts_[128] = {};
  int64_t inside_starts_ = 0;         ///< I behind O, another type or the start
  int64_t begin_not_after_same_ = 0;  ///< B that does not follow its own type
  int64_t bare_begins_ = 0;           ///< B without I or E of its type behind it
};

/// Spans by conlleval's chunk rules (lenient, the rules of seqeval's default too; M, L, U count as I, E, S, and a tag
/// without prefix as I). `*repaired` (added to) counts ill-formed transitions, those to and from the borders of the
/// sentence included.
[[nodiscard]] std::vector<Span> TagsToSpans(const std::vector<std::string>& tags, Scheme scheme,
                                            int64_t* repaired = nullptr);
[[nodiscard]] std::vector<Span> TagsToSpans(const std::vector<TagParts>& tags, Scheme scheme,
                                            int64_t* repaired = nullptr);
/// Position i of the first ill-formed transition (from tag i - 1 to tag i; size() = from the last tag to the end), or
/// -1.
[[nodiscard]] int64_t FirstIllFormed(const std::vector<TagParts>& tags, Scheme scheme, int64_t from = 0);
/// Only spans that are complete and legal in the scheme (seqeval's strict mode).
[[nodiscard]] std::vector<Span> TagsToSpansStrict(const std::vector<std::string>& tags, Scheme scheme);
/// `spans` sorted by begin, disjoint, inside the sentence. The inverse of TagsToSpans, except that IO cannot tell apart
/// neighbouring spans of one type.
[[nodiscard]] std::vector<std::string> SpansToTags(const std::vector<Span>& spans, int64_t words, Scheme scheme);

/// The tags of a label set: [O, prefix-type ...] per type in order, e.g. BIOES: B-T I-T E-T S-T.
[[nodiscard]] std::vector<std::string> SchemeTags(const std::vector<std::string>& types, Scheme scheme);
/// A tag without known prefix (CLNER's `<unk>`) counts as O.
/// Legal transitions for constrained decoding: allowed[from * K + to], start[K], end[K] as bytes.
struct SchemeConstraints {
  std::vector<uint8_t> transitions, start, end;
};
[[nodiscard]] SchemeConstraints Constraints(const std::vector<std::string>& tags, Scheme scheme);

}  // namespace clner
