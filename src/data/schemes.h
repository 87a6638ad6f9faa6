// Tag schemes <-> spans. Tags are split at the first '-' (`B-creative-work` -> B, creative-work; a bare `B` has the type "").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/sentence.h"

namespace clner {

enum class Scheme { kIob1, kBio, kBioes, kBmes, kBilou, kBie, kIo };  // kBie: B/I/E with bare B- for one-word entities
[[nodiscard]] const char* Name(Scheme scheme);  ///< "IOB1", "BIO", "BIOES", "BMES", "BILOU", "BIE", "IO"
[[nodiscard]] Scheme ParseScheme(std::string_view name);  ///< any case; IOB2 = BIO, IOBES = BIOES; kConfig with suggestion

struct TagParts {
  char prefix = 'O';  ///< upper-case letter: B I E S M L U O, or '?' when the tag has no known prefix
  std::string_view type = {};
};
[[nodiscard]] TagParts SplitTag(std::string_view tag);

/// Collects prefix statistics over files and names the scheme.
class SchemeDetector {
 public:
  void Add(const std::vector<std::string>& tags);
  [[nodiscard]] Scheme Detect() const;

 private:
  int64_t counts_[128] = {};
  int64_t inside_starts_ = 0, begin_after_same_ = 0, begins_ = 0, begin_not_after_same_ = 0;
};

/// Spans by conlleval's chunk rules (lenient, the rules of seqeval's default too). `*repaired` counts ill-formed transitions.
[[nodiscard]] std::vector<Span> TagsToSpans(const std::vector<std::string>& tags, Scheme scheme, int64_t* repaired = nullptr);
/// Only spans that are complete and legal in the scheme (seqeval's strict mode).
[[nodiscard]] std::vector<Span> TagsToSpansStrict(const std::vector<std::string>& tags, Scheme scheme);
[[nodiscard]] std::vector<std::string> SpansToTags(const std::vector<Span>& spans, int64_t words, Scheme scheme);

/// The tags of a label set: [O, prefix-type ...] per type in order, e.g. BIOES: B-T I-T E-T S-T.
[[nodiscard]] std::vector<std::string> SchemeTags(const std::vector<std::string>& types, Scheme scheme);
/// Legal transitions for constrained decoding: allowed[from * K + to], start[K], end[K] as bytes.
struct SchemeConstraints {
  std::vector<uint8_t> transitions, start, end;
};
[[nodiscard]] SchemeConstraints Constraints(const std::vector<std::string>& tags, Scheme scheme);

}  // namespace clner
