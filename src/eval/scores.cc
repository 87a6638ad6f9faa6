#include "eval/scores.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "core/error.h"
#include "core/suggest.h"
#include "fmt/format.h"

namespace clner {
namespace {

constexpr std::array<std::pair<EvalMode, const char*>, 6> kModeNames = {{{EvalMode::kConlleval, "conlleval"},
                                                                         {EvalMode::kStrict, "strict"},
                                                                         {EvalMode::kPartial, "partial"},
                                                                         {EvalMode::kType, "type"},
                                                                         {EvalMode::kExact, "exact"},
                                                                         {EvalMode::kClner, "clner"}}};

// Rounds the exact binary value, ties to even, as Python's round(value, 4) does.
double RoundToFourDecimals(double value) { return std::strtod(fmt::format("{:.4f}", value).c_str(), nullptr); }

bool Overlap(const Span& a, const Span& b) { return a.begin_word < b.end_word && b.begin_word < a.end_word; }
bool SameWords(const Span& a, const Span& b) { return a.begin_word == b.begin_word && a.end_word == b.end_word; }
int64_t BoundaryDistance(const Span& a, const Span& b) {
  return std::abs(a.begin_word - b.begin_word) + std::abs(a.end_word - b.end_word);
}

std::vector<const Span*> Pointers(const std::vector<Span>& spans) {
  std::vector<const Span*> pointers;
  pointers.reserve(spans.size());
  for (const Span& span : spans) pointers.push_back(&span);
  const auto less = [](const Span* a, const Span* b) { return *a < *b; };
  if (!std::is_sorted(pointers.begin(), pointers.end(), less)) std::sort(pointers.begin(), pointers.end(), less);
  const auto equal = [](const Span* a, const Span* b) { return *a == *b; };
  pointers.erase(std::unique(pointers.begin(), pointers.end(), equal), pointers.end());
  return pointers;
}

void DropContext(std::vector<const Span*>* gold, std::vector<const Span*>* predicted) {
  const auto is_context = [](const Span* span) { return span->type == kContextType; };
  std::vector<const Span*> context;
  std::copy_if(gold->begin(), gold->end(), std::back_inserter(context), is_context);
  std::erase_if(*gold, is_context);
  std::erase_if(*predicted, [&](const Span* span) {
    return is_context(span) ||
           std::any_of(context.begin(), context.end(), [&](const Span* x) { return Overlap(*span, *x); });
  });
}

// Right or wrong: spans with equal words and type. Both lists are sorted sets.
void CountEqual(const std::vector<const Span*>& gold, const std::vector<const Span*>& predicted, Scores* scores) {
  for (const Span* span : gold) ++scores->types[span->type].gold;
  for (const Span* span : predicted) ++scores->types[span->type].predicted;
  scores->micro.gold += static_cast<int64_t>(gold.size());
  scores->micro.predicted += static_cast<int64_t>(predicted.size());
  for (auto g = gold.begin(), p = predicted.begin(); g != gold.end() && p != predicted.end();) {
    const auto order = **g <=> **p;
    if (order == 0) {
      ++scores->micro.correct;
      ++scores->types[(*g)->type].correct;
    }
    if (order <= 0) ++g;
    if (order >= 0) ++p;
  }
}

enum class Match { kNone, kIncorrect, kPartial, kCorrect };

// How a predicted span meets one gold span that it overlaps.
Match MatchOf(const Span& gold, const Span& predicted, EvalMode mode) {
  if (mode == EvalMode::kType) return gold.type == predicted.type ? Match::kCorrect : Match::kIncorrect;
  if (SameWords(gold, predicted)) return Match::kCorrect;
  return mode == EvalMode::kPartial ? Match::kPartial : Match::kIncorrect;
}

// One-to-one matching in text order: every predicted span takes the best free gold span it overlaps; the first one on
// ties, in type mode the one with the nearest boundaries.
Counts CountOverlaps(const std::vector<const Span*>& gold, const std::vector<const Span*>& predicted, EvalMode mode) {
  Counts counts;
  counts.gold = static_cast<int64_t>(gold.size());
  counts.predicted = static_cast<int64_t>(predicted.size());
  std::vector<char> taken(gold.size(), 0);
  size_t first = 0;
  for (const Span* span : predicted) {
    while (first < gold.size() && gold[first]->end_word <= span->begin_word) ++first;
    Match best = Match::kNone;
    size_t best_gold = 0;
    for (size_t g = first; g < gold.size() && gold[g]->begin_word < span->end_word; ++g) {
      if (taken[g] != 0 || !Overlap(*gold[g], *span)) continue;
      const Match match = MatchOf(*gold[g], *span, mode);
      const bool nearer = match == best && mode == EvalMode::kType && match == Match::kCorrect &&
                          BoundaryDistance(*gold[g], *span) < BoundaryDistance(*gold[best_gold], *span);
      if (match > best || nearer) {
        best = match;
        best_gold = g;
      }
    }
    if (best == Match::kNone) continue;
    taken[best_gold] = 1;
    ++(best == Match::kCorrect ? counts.correct : best == Match::kPartial ? counts.partial : counts.incorrect);
  }
  return counts;
}

void CountOverlapsByType(const std::vector<const Span*>& gold, const std::vector<const Span*>& predicted,
                         Scores* scores) {
  scores->micro += CountOverlaps(gold, predicted, scores->mode);
  std::map<std::string_view, std::pair<std::vector<const Span*>, std::vector<const Span*>>> by_type;
  for (const Span* span : gold) by_type[span->type].first.push_back(span);
  for (const Span* span : predicted) by_type[span->type].second.push_back(span);
  for (const auto& [type, lists] : by_type) {
    scores->types[std::string(type)] += CountOverlaps(lists.first, lists.second, scores->mode);
  }
}

// The BIO tag of every word as (type, first word of its span); null for O.
std::vector<std::pair<const std::string*, bool>> WordTags(const std::vector<Span>& spans, size_t words) {
  std::vector<std::pair<const std::string*, bool>> tags(words, {nullptr, false});
  for (const Span& span : spans) {
    for (int64_t w = span.begin_word; w < std::min(span.end_word, static_cast<int64_t>(words)); ++w) {
      tags[static_cast<size_t>(w)] = {&span.type, w == span.begin_word};
    }
  }
  return tags;
}

int64_t EqualWordTags(const Sentence& gold, const std::vector<Span>& predicted) {
  const auto a = WordTags(gold.spans, gold.words.size()), b = WordTags(predicted, gold.words.size());
  int64_t equal = 0;
  for (size_t w = 0; w < a.size(); ++w) {
    const bool both_outside = a[w].first == nullptr && b[w].first == nullptr;
    const bool both_inside = a[w].first != nullptr && b[w].first != nullptr;
    if (both_outside || (both_inside && *a[w].first == *b[w].first && a[w].second == b[w].second)) ++equal;
  }
  return equal;
}

}  // namespace

const char* Name(EvalMode mode) {
  for (const auto& [value, name] : kModeNames) {
    if (value == mode) return name;
  }
  return "conlleval";
}

EvalMode ParseEvalMode(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [value, known] : kModeNames) {
    if (name == known) return value;
    names.emplace_back(known);
  }
  throw Error(ErrorCode::kUsage, fmt::format("unknown evaluation mode '{}'{}", name, DidYouMean(name, names)), "--mode",
              fmt::format("use one of {}", fmt::join(names, ", ")));
}

std::string TypeName(const std::string& type) { return type.empty() ? "(no type)" : type; }

bool CountsOverlaps(EvalMode mode) {
  return mode == EvalMode::kPartial || mode == EvalMode::kType || mode == EvalMode::kExact;
}

Counts& Counts::operator+=(const Counts& other) {
  gold += other.gold;
  predicted += other.predicted;
  correct += other.correct;
  incorrect += other.incorrect;
  partial += other.partial;
  return *this;
}

Rates RatesOf(const Counts& counts, EvalMode mode) {
  const double right = static_cast<double>(counts.correct) + 0.5 * static_cast<double>(counts.partial);
  Rates rates;
  if (counts.predicted > 0) rates.precision = right / static_cast<double>(counts.predicted);
  if (counts.gold > 0) rates.recall = right / static_cast<double>(counts.gold);
  if (mode == EvalMode::kClner) {
    rates.precision = RoundToFourDecimals(rates.precision);
    rates.recall = RoundToFourDecimals(rates.recall);
    const double sum = rates.precision + rates.recall;
    if (sum > 0) rates.f1 = RoundToFourDecimals(2 * rates.precision * rates.recall / sum);
  } else if (counts.gold + counts.predicted > 0) {
    // The harmonic mean of the two with one rounding, so that an F1 of exactly 0.84 is the number 0.84.
    rates.f1 = 2 * right / static_cast<double>(counts.gold + counts.predicted);
  }
  return rates;
}

Rates Scores::Macro() const {
  Rates mean;
  if (types.empty()) return mean;
  for (const auto& [type, counts] : types) {
    const Rates rates = RatesOf(counts, mode);
    mean.precision += rates.precision;
    mean.recall += rates.recall;
    mean.f1 += rates.f1;
  }
  const auto n = static_cast<double>(types.size());
  return {mean.precision / n, mean.recall / n, mean.f1 / n};
}

double Scores::Accuracy() const {
  return words > 0 ? static_cast<double>(correct_words) / static_cast<double>(words) : 0;
}

void AddSpans(const std::vector<Span>& gold, const std::vector<Span>& predicted, Scores* scores) {
  ++scores->sentences;
  if (gold.empty() && predicted.empty()) return;
  std::vector<const Span*> gold_set = Pointers(gold), predicted_set = Pointers(predicted);
  DropContext(&gold_set, &predicted_set);
  if (CountsOverlaps(scores->mode)) {
    CountOverlapsByType(gold_set, predicted_set, scores);
  } else {
    CountEqual(gold_set, predicted_set, scores);
  }
}

Scores ScoreSpans(std::span<const std::vector<Span>> gold, std::span<const std::vector<Span>> predicted,
                  EvalMode mode) {
  CLNER_CHECK_EQ(gold.size(), predicted.size());
  Scores scores;
  scores.mode = mode;
  for (size_t i = 0; i < gold.size(); ++i) AddSpans(gold[i], predicted[i], &scores);
  return scores;
}

Scores ScoreSpans(std::span<const Sentence> gold, std::span<const std::vector<Span>> predicted, EvalMode mode) {
  CLNER_CHECK_EQ(gold.size(), predicted.size());
  Scores scores;
  scores.mode = mode;
  for (size_t i = 0; i < gold.size(); ++i) {
    AddSpans(gold[i].spans, predicted[i], &scores);
    scores.words += static_cast<int64_t>(gold[i].words.size());
    scores.correct_words += EqualWordTags(gold[i], predicted[i]);
  }
  return scores;
}

}  // namespace clner
