// Contexts for a corpus, written as a cache or as CLNER's column file; a run that was stopped goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "data/column_writer.h"
#include "data/corpus.h"
#include "retrieval/context_retriever.h"
#include "retrieval/rounds.h"

namespace clner {

enum class ContextsFormat {
  kJsonl,    ///< a cache: a record for every different sentence
  kTsv,      ///< the same as a table
  kColumns,  ///< CLNER's column file: the rows of every sentence, one `<EOS>` row, the words of all texts
};
/// "contexts" or "jsonl", "contexts-tsv" or "tsv", "clner".
[[nodiscard]] std::optional<ContextsFormat> ParseContextsFormat(std::string_view name);
[[nodiscard]] const char* Name(ContextsFormat format);

struct ContextsJob {
  std::filesystem::path output = {};
  ContextsFormat format = ContextsFormat::kJsonl;
  ColumnLayout layout = {};  ///< of kColumns
  RoundOptions rounds = {};
  bool overwrite = false;  ///< an output that is there is replaced at the end
  bool dry_run = false;    ///< retrieves for the first sentences only and writes nothing
};

/// What was done; counts are over different sentences, those of an earlier run included, in the last round.
struct ContextsReport {
  RetrievalCounts counts = {};
  int64_t sentences = 0;  ///< of the corpus
  int64_t distinct = 0;   ///< different ones
  int64_t resumed = 0;    ///< that were finished by an earlier run
  double seconds = 0.0;
  std::vector<RoundReport> rounds = {};  ///< when there are several
};
/// `{"schema_version": 1, ...}`.
[[nodiscard]] Json ToJson(const ContextsReport& report);

/// Retrieves for every different sentence of `corpus` and writes the output. What is done so far is kept in
/// `.<name>.building/` beside it (ContextStore), so that a killed or stopped run goes on when it is started again with
/// the same arguments, and gives the same bytes; also one that was killed when the output had its name already. `rows`
/// are those of a column file, else empty. Errors: 73 when the output is there and not to be replaced, is no file, or
/// is being written by another process; 75 when a signal asked to stop; those of engine, re-ranker and model.
[[nodiscard]] ContextsReport BuildContexts(const Corpus& corpus, const std::vector<ColumnSentence>& rows,
                                           ContextRetriever& retriever, const ContextsJob& job);

/// 73 when BuildContexts would refuse the output. It can be asked before anything is read; `identity` is that of the
/// work, if it is known.
void CheckContextsOutput(const ContextsJob& job, const std::optional<std::string>& identity = std::nullopt);

}  // namespace clner
