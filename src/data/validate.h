// Checks of data before training: everything that is wrong or suspicious, all at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/corpus.h"
#include "data/data_format.h"

namespace clner {

enum class Severity {
  kWarning,  ///< suspicious; training works
  kError,    ///< training would refuse the data or learn from wrong labels
};
[[nodiscard]] const char* Name(Severity severity);  ///< "warning", "error"

/// One kind of finding in one file (or pair of files) with its number and first places.
struct Finding {
  std::string code = {};  ///< stable name, e.g. "ill-formed-tags" (docs/formats.md lists them)
  Severity severity = Severity::kWarning;
  std::string file = {};
  std::string what = {};
  int64_t count = 0;
  std::vector<Problem> places = {};  ///< the first kMaxPlaces; `fix` is empty
  std::string fix = {};
};
inline constexpr size_t kMaxPlaces = 5;

/// One file and the context file that belongs to it.
struct ValidateInput {
  std::string role = "data";  ///< train, dev, test or data
  std::string path = {};
  std::string contexts = {};  ///< "" = none
};

struct ValidateOptions {
  CorpusOptions read = {};
  std::vector<std::string> labels = {};             ///< names of integer tags in JSON lines
  std::optional<DataFormat> format = std::nullopt;  ///< of all data files; nullopt: by name or first bytes
  int64_t long_sentence_words = 256;                ///< longer sentences are reported
  int64_t rare_label = 50;                          ///< types with fewer training entities are reported
  int64_t leak_words = 5;                           ///< shortest sentence that counts as leaked into its own context
};

struct ValidateReport {
  std::vector<Corpus> corpora = {};  ///< of the inputs that could be read; with_context counts their context files too
  std::vector<Finding> findings = {};
  [[nodiscard]] int64_t Count(Severity severity) const;
};

/// Checks every input and all pairs of them. The training data are the input with the role "train", else the first.
/// Files are read in the format of their name or first bytes (FormatOfFile). Throws for files that are missing,
/// unreadable or not text; bad rows are findings, and the other sentences are checked. Warns about names of the label
/// map that no file has.
[[nodiscard]] ValidateReport Validate(const std::vector<ValidateInput>& inputs, const ValidateOptions& options);
/// `{"schema_version": 1, "files": [...], "errors": n, "warnings": n, "findings": [...]}`
[[nodiscard]] Json ToJson(const ValidateReport& report);

}  // namespace clner
