// One evaluation: the spans of a mode, their scores, and the other metrics worth showing beside them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "data/sentence.h"
#include "eval/eval_input.h"
#include "eval/scores.h"

namespace clner {

struct Evaluation {
  Scheme gold_scheme = Scheme::kBio, predicted_scheme = Scheme::kBio;
  Scores scores = {};
  std::vector<std::vector<Span>> gold = {}, predicted = {};  ///< as the mode reads the tags, per sentence
  std::optional<Counts> strict = std::nullopt;               ///< conlleval mode: the strict counts when they differ
  std::optional<Counts> raw = std::nullopt;  ///< conlleval mode: what the script counts on the raw tags when it differs
};

/// Spans of one tag sequence by the rules of `mode`.
[[nodiscard]] std::vector<Span> SpansOf(const std::vector<std::string>& tags, Scheme scheme, EvalMode mode);

/// Scores `input`. Accuracy compares raw tags, or the BIO tags of the spans when the schemes of the two sides differ.
[[nodiscard]] Evaluation Evaluate(const EvalInput& input, EvalMode mode);

/// Scores raw tag sequences of equal lengths in one scheme.
[[nodiscard]] Scores ScoreTags(const std::vector<std::vector<std::string>>& gold,
                               const std::vector<std::vector<std::string>>& predicted, Scheme scheme, EvalMode mode);

/// F1 over distinct (surface, type) pairs of the whole set, as in the WNUT-17 task.
[[nodiscard]] Counts SurfaceCounts(const EvalInput& input, const Evaluation& evaluation);

/// Gold and predicted entities whose surface occurs in training data, and the rest.
struct SeenScores {
  Counts surface_seen = {}, surface_unseen = {};  ///< the surface is an entity of the training data, of any type
  Counts typed_seen = {}, typed_unseen = {};      ///< the surface is an entity of the same type there
};
/// Surfaces are words joined by one blank, compared as they are.
[[nodiscard]] SeenScores ScoreSeen(const EvalInput& input, const Evaluation& evaluation,
                                   const std::vector<Sentence>& train);
/// Types of the gold entities that are not among `known`, or that no entity of `train` has, sorted.
[[nodiscard]] std::vector<std::string> TypesNotIn(const Evaluation& evaluation, const std::set<std::string>& known);
[[nodiscard]] std::vector<std::string> TypesNotIn(const Evaluation& evaluation, const std::vector<Sentence>& train);

}  // namespace clner
