// The corpora of a run, read, checked, labelled and tokenised.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "config/options.h"
#include "data/corpus.h"
#include "model/tag_space.h"
#include "tensor/batch.h"
#include "tokenize/piece_tables.h"
#include "views/corpus_cache.h"
#include "views/view.h"

namespace clner {

struct Split {
  Corpus corpus = {};
  std::vector<PieceTables> pieces = {};  ///< of the files that the corpus was read from, in order; empty once prepared
  std::vector<Example> examples = {};
};

struct Datasets {
  Split train = {};
  std::optional<Split> dev = {}, test = {};  ///< dev is absent when it is trained on
  LabelSet labels = {};
};

/// How the configuration reads data files.
[[nodiscard]] CorpusOptions CorpusOptionsOf(const DataOptions& options);

/// Where the configuration keeps tokenised data.
[[nodiscard]] TokenCacheOptions TokenCacheOptionsOf(const DataOptions& options);

/// Reads and tokenises train, dev and test; collects labels from the training data; reports counts, schemes and labels
/// that only occur in dev or test. 65 when the training data have no entity and `allow_no_entities` is false.
[[nodiscard]] Datasets ReadDatasets(const DataOptions& options, CorpusCache& cache, bool allow_no_entities);

/// Makes the examples of every split, with gold tags.
void PrepareExamples(Datasets& datasets, const SentenceView& view, const TagSpace& tags);

}  // namespace clner
