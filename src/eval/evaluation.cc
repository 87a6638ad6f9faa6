#include "eval/evaluation.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "eval/clner_rules.h"
#include "eval/tag_scorer.h"

namespace clner {
namespace {

int64_t EqualTags(const std::vector<std::string>& gold, const std::vector<std::string>& predicted) {
  int64_t equal = 0;
  for (size_t w = 0; w < gold.size(); ++w) equal += gold[w] == predicted[w] ? 1 : 0;
  return equal;
}

std::string Surface(const std::vector<std::string>& words, const Span& span) {
  std::string surface;
  for (int64_t w = span.begin_word; w < span.end_word; ++w) {
    if (w > span.begin_word) surface += ' ';
    surface += words[static_cast<size_t>(w)];
  }
  return surface;
}

// A surface cannot hold a TAB, so this separates it from the type.
std::string Typed(const std::string& surface, const std::string& type) { return surface + '\t' + type; }

void Count(bool gold, bool predicted, Counts* counts) {
  counts->gold += gold ? 1 : 0;
  counts->predicted += predicted ? 1 : 0;
  counts->correct += gold && predicted ? 1 : 0;
}

// Gold and predicted spans of one sentence with what holds each, context spans left out.
std::vector<std::pair<Span, std::pair<bool, bool>>> Merge(const std::vector<Span>& gold,
                                                          const std::vector<Span>& predicted) {
  std::map<Span, std::pair<bool, bool>> merged;
  for (const Span& span : gold) merged[span].first = true;
  for (const Span& span : predicted) merged[span].second = true;
  std::erase_if(merged, [](const auto& entry) { return entry.first.type == kContextType; });
  return {merged.begin(), merged.end()};
}

}  // namespace

std::vector<Span> SpansOf(const std::vector<std::string>& tags, Scheme scheme, EvalMode mode) {
  if (mode == EvalMode::kStrict) return TagsToSpansStrict(tags, scheme);
  if (mode == EvalMode::kClner) return ClnerSpans(tags, scheme);
  return TagsToSpans(tags, scheme);
}

Evaluation Evaluate(const EvalInput& input, EvalMode mode) {
  Evaluation result;
  result.gold_scheme = input.gold_scheme;
  result.predicted_scheme = input.predicted_scheme;
  result.scores.mode = mode;
  result.scores.words = input.words;
  Scores strict;
  strict.mode = EvalMode::kStrict;
  for (const EvalSentence& sentence : input.sentences) {
    std::vector<Span> gold = SpansOf(sentence.gold_tags, input.gold_scheme, mode);
    std::vector<Span> predicted = SpansOf(sentence.predicted_tags, input.predicted_scheme, mode);
    AddSpans(gold, predicted, &result.scores);
    if (input.gold_scheme == input.predicted_scheme) {
      result.scores.correct_words += EqualTags(sentence.gold_tags, sentence.predicted_tags);
    } else {
      const auto words = static_cast<int64_t>(sentence.size());
      result.scores.correct_words +=
          EqualTags(SpansToTags(gold, words, Scheme::kBio), SpansToTags(predicted, words, Scheme::kBio));
    }
    if (mode == EvalMode::kConlleval) {
      AddSpans(TagsToSpansStrict(sentence.gold_tags, input.gold_scheme),
               TagsToSpansStrict(sentence.predicted_tags, input.predicted_scheme), &strict);
    }
    result.gold.push_back(std::move(gold));
    result.predicted.push_back(std::move(predicted));
  }
  if (mode == EvalMode::kConlleval) {
    if (!(strict.micro == result.scores.micro)) result.strict = strict.micro;
    if (!(input.raw.Total() == result.scores.micro)) result.raw = input.raw.Total();
  }
  return result;
}

Scores ScoreTags(const std::vector<std::vector<std::string>>& gold,
                 const std::vector<std::vector<std::string>>& predicted, Scheme scheme, EvalMode mode) {
  CLNER_CHECK_EQ(gold.size(), predicted.size());
  if (mode == EvalMode::kConlleval) {
    TagScorer scorer;
    for (size_t i = 0; i < gold.size(); ++i) scorer.Add(gold[i], predicted[i]);
    if (const std::optional<Scores> scores = scorer.Finish()) return *scores;
  }
  Scores scores;
  scores.mode = mode;
  for (size_t i = 0; i < gold.size(); ++i) {
    CLNER_CHECK_EQ(gold[i].size(), predicted[i].size());
    AddSpans(SpansOf(gold[i], scheme, mode), SpansOf(predicted[i], scheme, mode), &scores);
    scores.words += static_cast<int64_t>(gold[i].size());
    scores.correct_words += EqualTags(gold[i], predicted[i]);
  }
  return scores;
}

Counts SurfaceCounts(const EvalInput& input, const Evaluation& evaluation) {
  std::map<std::string, std::pair<bool, bool>> surfaces;
  for (size_t i = 0; i < input.sentences.size(); ++i) {
    for (const auto& [span, sides] : Merge(evaluation.gold[i], evaluation.predicted[i])) {
      auto& entry = surfaces[Typed(Surface(input.sentences[i].words, span), span.type)];
      entry.first = entry.first || sides.first;
      entry.second = entry.second || sides.second;
    }
  }
  Counts counts;
  for (const auto& [surface, sides] : surfaces) Count(sides.first, sides.second, &counts);
  return counts;
}

SeenScores ScoreSeen(const EvalInput& input, const Evaluation& evaluation, const std::vector<Sentence>& train) {
  std::unordered_set<std::string> surfaces, typed;
  for (const Sentence& sentence : train) {
    for (const Span& span : sentence.spans) {
      const std::string surface = Surface(sentence.words, span);
      typed.insert(Typed(surface, span.type));
      surfaces.insert(surface);
    }
  }
  SeenScores seen;
  for (size_t i = 0; i < input.sentences.size(); ++i) {
    for (const auto& [span, sides] : Merge(evaluation.gold[i], evaluation.predicted[i])) {
      const std::string surface = Surface(input.sentences[i].words, span);
      Count(sides.first, sides.second, surfaces.contains(surface) ? &seen.surface_seen : &seen.surface_unseen);
      Count(sides.first, sides.second,
            typed.contains(Typed(surface, span.type)) ? &seen.typed_seen : &seen.typed_unseen);
    }
  }
  return seen;
}

std::vector<std::string> TypesNotIn(const Evaluation& evaluation, const std::set<std::string>& known) {
  std::set<std::string> missing;
  for (const auto& spans : evaluation.gold) {
    for (const Span& span : spans) {
      if (span.type != kContextType && !known.contains(span.type)) missing.insert(span.type);
    }
  }
  return {missing.begin(), missing.end()};
}

std::vector<std::string> TypesNotIn(const Evaluation& evaluation, const std::vector<Sentence>& train) {
  std::set<std::string> known;
  for (const Sentence& sentence : train) {
    for (const Span& span : sentence.spans) known.insert(span.type);
  }
  return TypesNotIn(evaluation, known);
}

}  // namespace clner
