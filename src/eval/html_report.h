// A report as one HTML file without external assets: curves, scores, confusion of types, examples of errors.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/sentence.h"
#include "eval/error_analysis.h"
#include "eval/scores.h"

namespace clner {

/// Points (x, y) joined in order; points that are not finite break the line.
struct HtmlCurve {
  std::string name = {};
  std::vector<std::pair<double, double>> points = {};
};

/// Scores of one data set or view, e.g. "dev" or "test (context)".
struct HtmlScores {
  std::string name = {};
  Scores scores = {};
};

/// A sentence with the spans of both sides.
struct HtmlExample {
  std::string where = {};  ///< e.g. "line 120"
  std::string kind = {};   ///< e.g. "missed"
  std::vector<std::string> words = {};
  std::vector<Span> gold = {}, predicted = {};
  std::vector<std::string> context_words = {};  ///< retrieved context, shown shortened
};

struct HtmlReportInput {
  std::string title = {};
  std::vector<std::pair<std::string, std::string>> facts = {};  ///< name and value, in order
  std::vector<HtmlCurve> loss = {};                             ///< x = step, y = loss term
  std::vector<HtmlCurve> f1 = {};                               ///< x = epoch, y = fraction
  std::vector<HtmlScores> scores = {};
  std::optional<ErrorAnalysis> errors = std::nullopt;  ///< confusion and kinds of errors
  std::vector<HtmlExample> examples = {};              ///< at most kMaxHtmlExamples are shown, the rest is counted
};
inline constexpr size_t kMaxHtmlExamples = 100;

/// The whole document; parts without data are left out. All text is escaped. Control characters other than white space
/// become U+FFFD.
[[nodiscard]] std::string HtmlReport(const HtmlReportInput& input);

/// Wrong spans of an evaluation as examples, one for each sentence with an error.
[[nodiscard]] std::vector<HtmlExample> HtmlExamples(const EvalInput& input, const Evaluation& evaluation,
                                                    const ErrorAnalysis& analysis);

}  // namespace clner
