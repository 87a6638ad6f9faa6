// The report of `clner contexts report` as one HTML file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "contexts_examples.h"
#include "retrieval/contexts_summary.h"

namespace clner::cli {

using ReportRows = std::vector<std::vector<std::string>>;

/// Rows of the tables on terminal and page, the header first: mentions found, by type; in which text; lengths.
[[nodiscard]] ReportRows CoverageRows(const ContextsSummary& summary);
[[nodiscard]] ReportRows FirstTextRows(const ContextsSummary& summary);
[[nodiscard]] ReportRows LengthRows(const ContextsSummary& summary);

/// The whole document. `facts` are names and values at its head.
[[nodiscard]] std::string ContextsHtml(const std::vector<std::pair<std::string, std::string>>& facts,
                                       const ContextsSummary& summary, const std::vector<ContextsExample>& examples);

}  // namespace clner::cli
