// What went wrong: every wrong span, the confusion of types, boundary against type errors.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/eval_input.h"
#include "eval/evaluation.h"

namespace clner {

enum class ErrorKind { kType, kBoundary, kBoth, kMissed, kSpurious };
inline constexpr std::array<ErrorKind, 5> kErrorKinds = {ErrorKind::kType, ErrorKind::kBoundary, ErrorKind::kBoth,
                                                         ErrorKind::kMissed, ErrorKind::kSpurious};
/// "type", "boundary", "boundary and type", "missed", "spurious".
[[nodiscard]] const char* Name(ErrorKind kind);

/// A gold span that was not found, a predicted span that is wrong, or both when they overlap.
struct SpanError {
  ErrorKind kind = ErrorKind::kMissed;
  size_t sentence = 0;  ///< from 0
  std::optional<Span> gold = std::nullopt, predicted = std::nullopt;
};

struct ErrorAnalysis {
  std::vector<SpanError> errors = {};  ///< by sentence, then by position
  /// TypeName of (gold, predicted) -> number, correct spans included; "" stands for no entity.
  std::map<std::pair<std::string, std::string>, int64_t> confusion = {};
  [[nodiscard]] int64_t Number(ErrorKind kind) const;
};

/// Pairs every wrong predicted span with at most one gold span it overlaps: first those with equal words (type error),
/// then those with equal type (boundary error), then any (both). What is left is missed or spurious. X spans are left
/// out.
[[nodiscard]] ErrorAnalysis AnalyzeErrors(const Evaluation& evaluation);

/// One TSV row for each error under a header: sentence, line in the gold file, kind, gold type, gold words, predicted
/// type, predicted words, and the sentence around them ([gold words], {predicted words}; at most 8 words on each side).
[[nodiscard]] std::string ErrorsTsv(const EvalInput& input, const ErrorAnalysis& analysis);

}  // namespace clner
