// Entity scores: counts of spans against gold spans and the rates computed from them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/sentence.h"

namespace clner {

/// When a predicted span counts as right, and how rates are computed.
enum class EvalMode {
  kConlleval,  ///< same words and type; spans by conlleval's lenient chunk rules (default of seqeval)
  kStrict,   ///< same words and type; only spans that are complete and legal in the tag scheme (strict mode of seqeval)
  kPartial,  ///< any type; an overlap counts half (nervaluate "partial")
  kType,     ///< same type and an overlap (nervaluate "ent_type")
  kExact,    ///< same words, any type (nervaluate "exact")
  kClner,    ///< same words and type; the reference's repair of tags, rates rounded to four decimals
};
[[nodiscard]] const char* Name(EvalMode mode);
/// kUsage with the nearest name when unknown.
[[nodiscard]] EvalMode ParseEvalMode(std::string_view name);
/// True for partial, type and exact, which count incorrect and partial matches apart.
[[nodiscard]] bool CountsOverlaps(EvalMode mode);

/// The type of context words; its spans are never scored.
inline constexpr std::string_view kContextType = "X";
/// What reports call a type: "(no type)" for that of bare tags such as B, which is empty.
[[nodiscard]] std::string TypeName(const std::string& type);

/// Spans of one type, or of all. gold = correct + incorrect + partial + missed, predicted = correct + incorrect +
/// partial
/// + spurious; incorrect and partial stay 0 in the modes that know only right and wrong.
struct Counts {
  int64_t gold = 0, predicted = 0, correct = 0, incorrect = 0, partial = 0;
  [[nodiscard]] int64_t missed() const { return gold - correct - incorrect - partial; }
  [[nodiscard]] int64_t spurious() const { return predicted - correct - incorrect - partial; }
  Counts& operator+=(const Counts& other);
  friend bool operator==(const Counts&, const Counts&) = default;
};

/// Fractions 0..1; 0 where a denominator is 0 (the counts tell that apart from a true 0).
struct Rates {
  double precision = 0, recall = 0, f1 = 0;
};
/// Precision (correct + partial / 2) / predicted, recall over gold, and their harmonic mean; clner mode rounds each to
/// four decimals and takes F1 of the rounded two.
[[nodiscard]] Rates RatesOf(const Counts& counts, EvalMode mode);

struct Scores {
  EvalMode mode = EvalMode::kConlleval;
  Counts micro = {};
  std::map<std::string, Counts> types = {};  ///< every type of gold or prediction
  int64_t sentences = 0;
  int64_t words = 0;          ///< 0 when only spans were given
  int64_t correct_words = 0;  ///< words whose tags are equal

  [[nodiscard]] Rates Micro() const { return RatesOf(micro, mode); }
  /// Mean of the rates over `types` (0 without types), as seqeval's macro average.
  [[nodiscard]] Rates Macro() const;
  [[nodiscard]] double Accuracy() const;  ///< correct_words / words, 0 without words
};

/// Adds one sentence. Spans are sets: order is free, duplicates count once, overlaps are allowed. Gold spans of type X
/// and predicted spans of type X or touching one of those are left out. Does not change words and correct_words.
void AddSpans(const std::vector<Span>& gold, const std::vector<Span>& predicted, Scores* scores);

/// Scores predicted spans, sentence by sentence; both lists have the same length.
[[nodiscard]] Scores ScoreSpans(std::span<const std::vector<Span>> gold, std::span<const std::vector<Span>> predicted,
                                EvalMode mode = EvalMode::kConlleval);
/// The same against sentences; accuracy compares the BIO tags that the spans stand for.
[[nodiscard]] Scores ScoreSpans(std::span<const Sentence> gold, std::span<const std::vector<Span>> predicted,
                                EvalMode mode = EvalMode::kConlleval);

}  // namespace clner
