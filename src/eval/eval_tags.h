// What the readers of `clner eval` share: checks of tags, the choice of schemes, and the script's view of rows.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/error.h"
#include "data/column_file.h"
#include "eval/eval_input.h"

namespace clner {

/// The distinct tags of one file with the line where each was first seen.
class TagPlaces {
 public:
  void Add(const std::string& tag, int64_t line);
  /// Collects what is no tag of any scheme; bare types are tags only where no tag has a prefix.
  void Check(const std::string& path, ProblemList* problems) const;
  /// Adds the types of the tags.
  void AddTypes(std::set<std::string>* types) const;

 private:
  std::string last_ = {};
  std::unordered_map<std::string, int64_t> lines_ = {};
};

/// 65 with the tags of both sides that are none.
void CheckTags(const EvalInput& input, const TagPlaces& gold, const TagPlaces& predicted);

/// Schemes that are known without looking at the tags, because the reader made them of ranges.
struct KnownSchemes {
  std::optional<Scheme> gold = std::nullopt, predicted = std::nullopt;
};
/// Sets the schemes of both sides: the one that was asked for, the known ones, or what the tags say.
void FinishSchemes(const EvalInputOptions& options, const KnownSchemes& known, EvalInput* input);

/// The first words that are not the same in both files.
struct WordDifference {
  std::string gold = {}, predicted = {}, places = {};
};
/// Warns about the words that differ, or with `strict` 65.
void ReportDifferentWords(const EvalInput& input, const WordDifference& first, bool strict);

/// Counts a row as the script conlleval does.
void AddRaw(std::string_view word, std::string_view gold, std::string_view predicted, Conlleval* raw);

[[noreturn]] void ThrowNoSentences(const std::string& path);
[[noreturn]] void ThrowNoTag(const std::string& path, const ColumnRow& row);

}  // namespace clner
