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
#include "train/upsample.h"
#include "views/context_view.h"
#include "views/corpus_cache.h"
#include "views/view.h"

namespace clner {

/// The pieces of the sentences of one file.
struct SplitPieces {
  PieceTables words = {};
  /// Their contexts are context(i) of these; absent where contexts were looked up by words or made, and have no pieces
  /// yet.
  std::optional<PieceTables> contexts = {};
};

struct Split {
  Corpus corpus = {};
  std::vector<SplitPieces> pieces = {};  ///< of the files the corpus was read from, in order; empty once prepared
  std::vector<Example> examples = {};    ///< the original view of every sentence
  std::vector<Example> contexts = {};    ///< the view with context of the sentences that have one, in order
  std::vector<int64_t> context_of = {};  ///< per sentence: index into `contexts`, -1 = none
  [[nodiscard]] bool has_contexts() const { return !contexts.empty(); }
  /// The view with context, or the original one of a sentence without.
  [[nodiscard]] const Example& WithContext(size_t sentence) const {
    const int64_t index = context_of[sentence];
    return index < 0 ? examples[sentence] : contexts[static_cast<size_t>(index)];
  }
};

/// What is known of one corpus beside the examples it is trained on.
struct DataCorpus {
  std::string name = {};  ///< empty when there is only one
  TrainPart train = {};   ///< its sentences in Datasets::train, those of dev too when they are trained on
  std::optional<Split> dev = {}, test = {};  ///< dev is absent when it is trained on
};

struct Datasets {
  Split train = {};                      ///< of all corpora, one behind the other
  std::vector<int64_t> epoch = {};       ///< sentences of `train` that an epoch takes, some repeated for data.upsample
  std::vector<DataCorpus> corpora = {};  ///< in the order of the configuration
  std::optional<Split> unlabelled = {};
  LabelSet labels = {};
  /// Some corpus has dev data that are not trained on.
  [[nodiscard]] bool has_dev() const;
  /// The corpus of a sentence of `train`.
  [[nodiscard]] const DataCorpus& CorpusOf(int64_t sentence) const;
};

/// How the configuration reads data files.
[[nodiscard]] CorpusOptions CorpusOptionsOf(const DataOptions& options);

/// Where the configuration keeps tokenised data.
[[nodiscard]] TokenCacheOptions TokenCacheOptionsOf(const DataOptions& options);

/// How every split is shown to the encoder.
struct Views {
  const SentenceView& original;
  const ContextView& context;
};

/// Reads and tokenises train, dev and test of every corpus; collects labels from the training data of all; reports
/// counts, schemes and labels that only occur in dev or test; makes the contexts of each split that
/// data.contexts.source says. 65 when the training data have no entity and `allow_no_entities` is false.
[[nodiscard]] Datasets ReadDatasets(const RunConfig& config, CorpusCache& cache, bool allow_no_entities);

/// Makes the examples of every split, with gold tags; those with context of the training data only if `train_contexts`.
void PrepareExamples(Datasets& datasets, const Views& views, const TagSpace& tags, bool train_contexts);

}  // namespace clner
