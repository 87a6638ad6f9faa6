// The sentences that no context may contain, for the commands that look for leaks.
#pragma once

#include <string>
#include <vector>

#include "data/corpus.h"
#include "retrieval/leak_filter.h"

namespace clner::cli {

/// A filter with the sentences of `corpus` and of the files of --exclude, which are read as `read` says, without tags.
[[nodiscard]] LeakFilter ReadLeakFilter(LeakRule rule, const Corpus& corpus, const std::vector<std::string>& exclude,
                                        CorpusOptions read, const std::vector<std::string>& labels);

}  // namespace clner::cli
