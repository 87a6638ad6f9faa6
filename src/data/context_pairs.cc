// Pairing of plain and context files: tags and word counts strictly, words with a warning.
#include <fmt/format.h>

#include <algorithm>

#include "core/log.h"
#include "core/utf8.h"
#include "data/corpus.h"
#include "data/counted.h"

namespace clner {
namespace {

bool IsZeroWidth(char32_t c) {
  return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2064) ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
}

bool IsBlank(char32_t c) { return c == ' ' || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x3000; }

void AppendFolded(char32_t c, std::string* out) {
  if (IsZeroWidth(c)) return;
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
  if (IsBlank(c)) c = ' ';
  switch (c) {
    case '`':
    case 0xB4:
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201B:
    case 0x2032:
      *out += '\'';
      return;
    case '"':
    case 0xAB:
    case 0xBB:
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x201F:
    case 0x2033:
      *out += "''";  // so that it equals `` and ''
      return;
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2212:
      *out += '-';
      return;
    case 0x2026:
      *out += "...";
      return;
    default:
      AppendUtf8(c, out);
  }
}

std::string Where(const Corpus& plain, const Corpus& contexts, size_t i) {
  return fmt::format("{} and {}", Place(plain.path, plain.sentences[i].line),
                     Place(contexts.path, contexts.sentences[i].line));
}

constexpr const char* kPairFix =
    "sentence i of the context file must be sentence i of the data, with the same words and tags";

std::string WordAt(const Sentence& sentence, size_t i) {
  return i < sentence.words.size() ? "'" + Printable(sentence.words[i]) + "'" : "nothing";
}

bool SameWord(const std::string& a, const std::string& b) { return a == b || FoldTypography(a) == FoldTypography(b); }

size_t FirstOtherWord(const Sentence& a, const Sentence& b) {
  const size_t shared = std::min(a.words.size(), b.words.size());
  size_t i = 0;
  while (i < shared && SameWord(a.words[i], b.words[i])) ++i;
  return i;
}

std::string SpanText(const std::vector<Span>& spans, size_t i) {
  if (i >= spans.size()) return "none";
  return fmt::format("{} at words {}-{}", spans[i].type, spans[i].begin_word + 1, spans[i].end_word);
}

/// The problem of pair i, or nullopt.
std::optional<Problem> CheckPair(const Corpus& plain, const Corpus& contexts, size_t i) {
  const Sentence& a = plain.sentences[i];
  const Sentence& b = contexts.sentences[i];
  const size_t word = FirstOtherWord(a, b);
  if (a.words.size() != b.words.size()) {
    return Problem{
        fmt::format("sentence {} has {} in the data and {} in the contexts; word {} is {} and {}", i + 1,
                    Counted(a.words.size(), "word"), b.words.size(), word + 1, WordAt(a, word), WordAt(b, word)),
        Where(plain, contexts, i), kPairFix};
  }
  if (word < a.words.size()) {
    return Problem{fmt::format("sentence {}: word {} is {} in the data and {} in the contexts", i + 1, word + 1,
                               WordAt(a, word), WordAt(b, word)),
                   Where(plain, contexts, i), kPairFix};
  }
  if (!a.labelled || !b.labelled || a.spans == b.spans) return std::nullopt;
  size_t span = 0;
  while (span < a.spans.size() && span < b.spans.size() && a.spans[span] == b.spans[span]) ++span;
  std::string fix = kPairFix;
  if (span < a.spans.size() && span < b.spans.size() && a.spans[span].type != b.spans[span].type) {
    fix = fmt::format("correct the tags, or rename the type by the label map: {{{}: {}}}", b.spans[span].type,
                      a.spans[span].type);
  }
  return Problem{fmt::format("sentence {}: entity {} is {} in the data and {} in the contexts", i + 1, span + 1,
                             SpanText(a.spans, span), SpanText(b.spans, span)),
                 Where(plain, contexts, i), fix};
}

}  // namespace

std::string FoldTypography(std::string_view word) {
  std::string folded;
  for (size_t at = 0; at < word.size();) AppendFolded(DecodeUtf8(word, &at), &folded);
  return folded;
}

PairReport ComparePair(const Corpus& plain, const Corpus& contexts) {
  PairReport report;
  const size_t shared = std::min(plain.sentences.size(), contexts.sentences.size());
  const bool same_number = plain.sentences.size() == contexts.sentences.size();
  for (size_t i = 0; i < shared; ++i) {
    if (std::optional<Problem> problem = CheckPair(plain, contexts, i)) {
      report.problems.push_back(std::move(*problem));
      if (!same_number) break;
      continue;
    }
    const Sentence& a = plain.sentences[i];
    const Sentence& b = contexts.sentences[i];
    for (size_t k = 0; k < a.words.size(); ++k) {
      if (a.words[k] == b.words[k]) continue;
      report.words.push_back({fmt::format("sentence {}: word {} is {} in the data and {} in the contexts", i + 1, k + 1,
                                          WordAt(a, k), WordAt(b, k)),
                              Where(plain, contexts, i)});
    }
  }
  if (!same_number) {
    const Problem count = {fmt::format("the data have {}, the contexts {}", Counted(plain.sentences.size(), "sentence"),
                                       contexts.sentences.size()),
                           fmt::format("{} and {}", plain.path, contexts.path), kPairFix};
    report.problems.insert(report.problems.begin(), count);
  }
  return report;
}

void AttachContexts(Corpus* plain, Corpus contexts) {
  const PairReport report = ComparePair(*plain, contexts);
  ProblemList problems;
  for (const Problem& problem : report.problems) problems.Add(ErrorCode::kData, problem);
  problems.ThrowIfAny();
  for (const Problem& words : report.words) LogWarning("context words", words.what, words.where);
  for (size_t i = 0; i < plain->sentences.size(); ++i) {
    plain->sentences[i].contexts = std::move(contexts.sentences[i].contexts);
  }
  plain->with_context = contexts.with_context;
  plain->context_texts = contexts.context_texts;
  plain->context_words = contexts.context_words;
  plain->empty_context_words = contexts.empty_context_words;
}

}  // namespace clner
