// The single checks behind Validate().
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "data/validate.h"

namespace clner {

/// Findings under construction: Add() counts and keeps the first places of each (code, file).
class FindingList {
 public:
  /// The finding of this code and file, made on the first call. References stay valid.
  Finding& Get(const std::string& code, Severity severity, const std::string& file, const std::string& what,
               const std::string& fix);
  [[nodiscard]] std::vector<Finding> Take();

 private:
  std::deque<Finding> findings_;
};

/// Counts one occurrence.
void AddPlace(Finding* finding, std::string what, std::string where);

/// Words, sentences and entities of one file.
void CheckFile(const Corpus& corpus, const ValidateOptions& options, bool is_training, FindingList* findings);
/// A file without any tag.
void CheckHasTags(const Corpus& corpus, Severity severity, FindingList* findings);
/// Sentences that occur in both files, and schemes that differ.
void CheckOverlap(const Corpus& first, const Corpus& second, FindingList* findings);
/// Types of the training data against themselves and against the other files.
void CheckLabels(const Corpus& train, const std::vector<const Corpus*>& others, const ValidateOptions& options,
                 FindingList* findings);
/// Sentences that stand word for word in their own context.
void CheckLeaks(const Corpus& corpus, const std::string& file, const ValidateOptions& options, FindingList* findings);

}  // namespace clner
