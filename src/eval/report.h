// Reports of one evaluation: rows of the terminal tables, notes, and the JSON object.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/error_analysis.h"
#include "eval/evaluation.h"

namespace clner {

/// A table: the first row is the header, the first column holds names.
using TableRows = std::vector<std::vector<std::string>>;

/// "62.35" for 0.6235; "n/a" when `defined` is false.
[[nodiscard]] std::string Percent(double fraction, bool defined = true);

/// "mode conlleval, scheme BIO, 1287 sentences, 23394 words, accuracy 93.10 %".
[[nodiscard]] std::string Headline(const Evaluation& evaluation);
/// One row a type (sorted), then micro and macro. Rates without a denominator are n/a.
[[nodiscard]] TableRows ScoreRows(const Scores& scores);
/// Other metrics where they differ from the mode's: strict F1, and what conlleval prints for the raw tags.
[[nodiscard]] std::vector<std::string> Notes(const Evaluation& evaluation);

/// Kinds of errors with their number and share.
[[nodiscard]] TableRows ErrorKindRows(const ErrorAnalysis& analysis);
/// Gold types down, predicted types across, "none" for no entity.
[[nodiscard]] TableRows ConfusionRows(const ErrorAnalysis& analysis);
/// Scores of seen and unseen entities.
[[nodiscard]] TableRows SeenRows(const SeenScores& seen, EvalMode mode);

/// {"precision","recall","f1","gold","predicted","correct"}, fractions 0..1 (0 where a denominator is 0); modes that
/// count overlaps add "incorrect", "partial", "missed", "spurious".
[[nodiscard]] Json CountsJson(const Counts& counts, EvalMode mode);
/// {"schema_version":1,"mode","scheme","predicted_scheme","micro","macro","types","accuracy","sentences","words"} and
/// where they differ "strict" and "raw_conlleval".
[[nodiscard]] Json EvaluationJson(const Evaluation& evaluation);
/// The same shape for plain scores (training reports).
[[nodiscard]] Json ScoresJson(const Scores& scores, Scheme scheme);
/// {"kinds":{"type":..},"confusion":[{"gold","predicted","count"}]}; types as TypeName gives them, "" for no entity.
[[nodiscard]] Json ErrorsJson(const ErrorAnalysis& analysis);
/// {"surface":{"seen","unseen"},"surface_and_type":{"seen","unseen"}}.
[[nodiscard]] Json SeenJson(const SeenScores& seen, EvalMode mode);

/// Throws kCheckFailed when micro F1 is below `fail_under` (a fraction).
void CheckFailUnder(const Scores& scores, double fail_under);

}  // namespace clner
