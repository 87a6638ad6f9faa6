#include "data/schemes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "core/error.h"
#include "core/suggest.h"

namespace clner {
namespace {

constexpr TagParts kOutside = {'O', {}};

/// M, L, U are the same positions as I, E, S; a tag without prefix stands inside an entity of that type.
char Canonical(char prefix) {
  switch (prefix) {
    case 'M':
    case '?':
      return 'I';
    case 'L':
      return 'E';
    case 'U':
      return 'S';
    default:
      return prefix;
  }
}

std::string_view Letters(Scheme scheme) {
  switch (scheme) {
    case Scheme::kIob1:
    case Scheme::kBio:
      return "OBI";
    case Scheme::kBioes:
      return "OBIES";
    case Scheme::kBmes:
      return "OBMES";
    case Scheme::kBilou:
      return "OBILU";
    case Scheme::kBie:
      return "OBIE";
    case Scheme::kIo:
      return "OI?";
  }
  return "";
}

/// True if `next` may follow `previous` in well-formed tags; borders of the sentence count as O.
bool IsLegal(const TagParts& previous, const TagParts& next, Scheme scheme) {
  if (Letters(scheme).find(next.prefix) == std::string_view::npos) return false;
  const char from = Canonical(previous.prefix);
  const char to = Canonical(next.prefix);
  const bool same = from != 'O' && to != 'O' && previous.type == next.type;
  switch (scheme) {
    case Scheme::kIo:
      return true;
    case Scheme::kIob1:
      return to != 'B' || same;
    case Scheme::kBio:
      return to != 'I' || same;
    case Scheme::kBie:
      if (from == 'I') return same && (to == 'I' || to == 'E');
      if (from == 'B') return to == 'O' || to == 'B' || same;
      return to == 'O' || to == 'B';
    default:
      if (from == 'B' || from == 'I') return same && (to == 'I' || to == 'E');
      return to == 'O' || to == 'B' || to == 'S';
  }
}

/// conlleval's endOfChunk and startOfChunk, with E and S as seqeval adds them.
bool EndsBetween(char from, char to, bool same_type) {
  if (from == 'O') return false;
  return from == 'E' || from == 'S' || to == 'B' || to == 'S' || to == 'O' || !same_type;
}
bool StartsBetween(char from, char to, bool same_type) {
  if (to == 'O') return false;
  return to == 'B' || to == 'S' || from == 'E' || from == 'S' || from == 'O' || !same_type;
}

std::vector<TagParts> SplitAll(const std::vector<std::string>& tags) {
  std::vector<TagParts> parts;
  parts.reserve(tags.size());
  for (const std::string& tag : tags) parts.push_back(SplitTag(tag));
  return parts;
}

/// The patterns of seqeval's strict mode: which tag starts a span, continues one, and where a span may end.
class StrictRules {
 public:
  explicit StrictRules(Scheme scheme) : scheme_(scheme) {}
  [[nodiscard]] TagParts Known(const TagParts& tag) const {
    if (Letters(scheme_).find(tag.prefix) == std::string_view::npos) return kOutside;
    return {Canonical(tag.prefix), tag.type};
  }
  [[nodiscard]] bool Starts(const TagParts& from, const TagParts& to) const {
    const bool same = from.type == to.type;
    if (scheme_ == Scheme::kIob1) {
      if (to.prefix == 'B') return from.prefix != 'O' && same;
      return to.prefix == 'I' && (from.prefix != 'I' || !same);
    }
    if (scheme_ == Scheme::kIo) return to.prefix == 'I' && (from.prefix != 'I' || !same);
    return to.prefix == 'B' || to.prefix == 'S';
  }
  [[nodiscard]] bool Continues(const TagParts& from, const TagParts& to) const {
    return (from.prefix == 'B' || from.prefix == 'I') && (to.prefix == 'I' || to.prefix == 'E') && from.type == to.type;
  }
  [[nodiscard]] bool MayEnd(const TagParts& last, const TagParts& next) const {
    switch (scheme_) {
      case Scheme::kIob1:  // (B, B) is an end only within a type
        return last.prefix != 'B' || next.prefix != 'B' || last.type == next.type;
      case Scheme::kBio:
      case Scheme::kIo:
        return true;
      case Scheme::kBie:
        return last.prefix == 'E' || last.prefix == 'B';
      default:
        return last.prefix == 'E' || last.prefix == 'S';
    }
  }

 private:
  Scheme scheme_;
};

std::string_view PrefixesOf(Scheme scheme) {
  return scheme == Scheme::kIo ? std::string_view("I") : Letters(scheme).substr(1);
}

std::string JoinTag(char prefix, const std::string& type) {
  return type.empty() ? std::string(1, prefix) : std::string(1, prefix) + "-" + type;
}

/// Letters for the first, inner and last word of a longer span and for a span of one word.
struct SpanLetters {
  char first, inner, last, single;
};
SpanLetters LettersOfSpan(Scheme scheme) {
  switch (scheme) {
    case Scheme::kBioes:
      return {'B', 'I', 'E', 'S'};
    case Scheme::kBmes:
      return {'B', 'M', 'E', 'S'};
    case Scheme::kBilou:
      return {'B', 'I', 'L', 'U'};
    case Scheme::kBie:
      return {'B', 'I', 'E', 'B'};
    case Scheme::kBio:
      return {'B', 'I', 'I', 'B'};
    case Scheme::kIob1:
    case Scheme::kIo:
      break;
  }
  return {'I', 'I', 'I', 'I'};
}

}  // namespace

const char* Name(Scheme scheme) {
  switch (scheme) {
    case Scheme::kIob1:
      return "IOB1";
    case Scheme::kBio:
      return "BIO";
    case Scheme::kBioes:
      return "BIOES";
    case Scheme::kBmes:
      return "BMES";
    case Scheme::kBilou:
      return "BILOU";
    case Scheme::kBie:
      return "BIE";
    case Scheme::kIo:
      return "IO";
  }
  return "?";
}

Scheme ParseScheme(std::string_view name) {
  static const std::map<std::string, Scheme, std::less<>> schemes = {
      {"IOB1", Scheme::kIob1},   {"BIO", Scheme::kBio},     {"IOB2", Scheme::kBio},    {"IOB", Scheme::kBio},
      {"BIOES", Scheme::kBioes}, {"IOBES", Scheme::kBioes}, {"BMES", Scheme::kBmes},   {"BMESO", Scheme::kBmes},
      {"BILOU", Scheme::kBilou}, {"BIOLU", Scheme::kBilou}, {"BILUO", Scheme::kBilou}, {"BIE", Scheme::kBie},
      {"IO", Scheme::kIo}};
  std::string upper(name);
  for (char& letter : upper) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (const auto found = schemes.find(upper); found != schemes.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, scheme] : schemes) names.push_back(known);
  throw Error(ErrorCode::kConfig, fmt::format("unknown tag scheme '{}'{}", name, DidYouMean(name, names)), "",
              "use one of BIO, IOB1, BIOES, BMES, BILOU, BIE, IO");
}

TagParts SplitTag(std::string_view tag) {
  const bool known = !tag.empty() && std::string_view("BIESMLUO").find(tag[0]) != std::string_view::npos;
  if (!known || (tag.size() > 1 && tag[1] != '-') || (tag[0] == 'O' && tag.size() > 1)) return {'?', tag};
  return {tag[0], tag.size() > 2 ? tag.substr(2) : std::string_view()};
}

void SchemeDetector::Add(const std::vector<std::string>& tags) { Add(SplitAll(tags)); }

void SchemeDetector::Add(const std::vector<TagParts>& tags) {
  for (size_t i = 0; i < tags.size(); ++i) {
    const TagParts& tag = tags[i];
    ++counts_[static_cast<int>(tag.prefix)];
    const TagParts previous = i > 0 ? tags[i - 1] : kOutside;
    const TagParts next = i + 1 < tags.size() ? tags[i + 1] : kOutside;
    const bool follows = previous.prefix != 'O' && previous.type == tag.type;
    const bool continued = (next.prefix == 'I' || next.prefix == 'E') && next.type == tag.type;
    if (tag.prefix == 'I' && !follows) ++inside_starts_;
    if (tag.prefix == 'B' && !follows) ++begin_not_after_same_;
    if (tag.prefix == 'B' && !continued) ++bare_begins_;
  }
}

int64_t SchemeDetector::prefixed() const {
  int64_t sum = 0;
  for (const char prefix : std::string_view("BIESMLU")) sum += Count(prefix);
  return sum;
}

Scheme SchemeDetector::Detect() const {
  if (Count('M') > 0) return Scheme::kBmes;
  if (Count('L') > 0 || Count('U') > 0) return Scheme::kBilou;
  if (Count('S') > 0) return Scheme::kBioes;
  if (Count('E') > 0) return bare_begins_ > 0 ? Scheme::kBie : Scheme::kBioes;
  if (prefixed() == 0 && unprefixed() > 0) return Scheme::kIo;
  // A B that does not follow its own type is ill-formed in IOB1; an I that starts an entity is ill-formed in BIO.
  return inside_starts_ > begin_not_after_same_ ? Scheme::kIob1 : Scheme::kBio;
}

int64_t FirstIllFormed(const std::vector<TagParts>& tags, Scheme scheme, int64_t from) {
  const auto size = static_cast<int64_t>(tags.size());
  for (int64_t i = from; i <= size && size > 0; ++i) {
    const TagParts& previous = i > 0 ? tags[static_cast<size_t>(i - 1)] : kOutside;
    const TagParts& next = i < size ? tags[static_cast<size_t>(i)] : kOutside;
    if (!IsLegal(previous, next, scheme)) return i;
  }
  return -1;
}

std::vector<Span> TagsToSpans(const std::vector<std::string>& tags, Scheme scheme, int64_t* repaired) {
  return TagsToSpans(SplitAll(tags), scheme, repaired);
}

std::vector<Span> TagsToSpans(const std::vector<TagParts>& tags, Scheme scheme, int64_t* repaired) {
  std::vector<Span> spans;
  int64_t begin = -1;
  TagParts previous = kOutside;
  for (size_t i = 0; i <= tags.size(); ++i) {
    const TagParts tag = i < tags.size() ? tags[i] : kOutside;
    const char from = Canonical(previous.prefix);
    const char to = Canonical(tag.prefix);
    const bool same = previous.type == tag.type;
    if (EndsBetween(from, to, same)) spans.push_back({begin, static_cast<int64_t>(i), std::string(previous.type)});
    if (StartsBetween(from, to, same)) begin = static_cast<int64_t>(i);
    previous = tag;
  }
  if (repaired != nullptr) {
    for (int64_t at = FirstIllFormed(tags, scheme); at >= 0; at = FirstIllFormed(tags, scheme, at + 1)) ++*repaired;
  }
  return spans;
}

std::vector<Span> TagsToSpansStrict(const std::vector<std::string>& tags, Scheme scheme) {
  const StrictRules rules(scheme);
  std::vector<TagParts> parts = SplitAll(tags);
  for (TagParts& part : parts) part = rules.Known(part);
  parts.push_back(kOutside);
  std::vector<Span> spans;
  TagParts previous = kOutside;
  for (size_t i = 0; i + 1 < parts.size();) {
    size_t end = i + 1;
    if (rules.Starts(previous, parts[i])) {
      while (rules.Continues(parts[end - 1], parts[end])) ++end;
      if (rules.MayEnd(parts[end - 1], parts[end])) {
        spans.push_back({static_cast<int64_t>(i), static_cast<int64_t>(end), std::string(parts[i].type)});
      }
    }
    previous = parts[end - 1];
    i = end;
  }
  return spans;
}

std::vector<std::string> SpansToTags(const std::vector<Span>& spans, int64_t words, Scheme scheme) {
  std::vector<std::string> tags(static_cast<size_t>(words), "O");
  const SpanLetters letters = LettersOfSpan(scheme);
  const Span* previous = nullptr;
  for (const Span& span : spans) {
    CLNER_CHECK_LE(previous == nullptr ? 0 : previous->end_word, span.begin_word);
    CLNER_CHECK_LT(span.begin_word, span.end_word);
    CLNER_CHECK_LE(span.end_word, words);
    for (int64_t i = span.begin_word; i < span.end_word; ++i) {
      const bool first = i == span.begin_word;
      const bool last = i + 1 == span.end_word;
      char letter = first ? (last ? letters.single : letters.first) : (last ? letters.last : letters.inner);
      // IOB1 marks a start only where it would merge with the span before.
      if (scheme == Scheme::kIob1 && first && previous != nullptr && previous->end_word == i &&
          previous->type == span.type) {
        letter = 'B';
      }
      tags[static_cast<size_t>(i)] = JoinTag(letter, span.type);
    }
    previous = &span;
  }
  return tags;
}

std::vector<std::string> SchemeTags(const std::vector<std::string>& types, Scheme scheme) {
  std::vector<std::string> tags = {"O"};
  for (const std::string& type : types) {
    for (const char prefix : PrefixesOf(scheme)) tags.push_back(JoinTag(prefix, type));
  }
  return tags;
}

SchemeConstraints Constraints(const std::vector<std::string>& tags, Scheme scheme) {
  std::vector<TagParts> parts = SplitAll(tags);
  for (TagParts& part : parts) {
    if (part.prefix == '?') part = kOutside;
  }
  const size_t count = tags.size();
  SchemeConstraints allowed = {std::vector<uint8_t>(count * count), std::vector<uint8_t>(count),
                               std::vector<uint8_t>(count)};
  for (size_t from = 0; from < count; ++from) {
    allowed.start[from] = IsLegal(kOutside, parts[from], scheme) ? 1 : 0;
    allowed.end[from] = IsLegal(parts[from], kOutside, scheme) ? 1 : 0;
    for (size_t to = 0; to < count; ++to) {
      allowed.transitions[from * count + to] = IsLegal(parts[from], parts[to], scheme) ? 1 : 0;
    }
  }
  return allowed;
}

}  // namespace clner
