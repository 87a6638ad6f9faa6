// Which units (sentences, or pairs of their views) make up the batches of an epoch; a pure function of sizes, options,
// seed and epoch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clner {

struct PlanUnit {
  int64_t length = 0;  ///< words, what kSorted sorts by
  int64_t pieces = 0;
};

enum class BatchOrder {
  kSorted,  ///< sorted by length and cut once; each epoch shuffles the order of the batches (CLNER, clner.md 3.5)
  kRandom,  ///< sentences shuffled each epoch
  kFile,    ///< file order; of several lists the first batch of each, then the second of each, ...
};

struct BatchPlanOptions {
  BatchOrder order = BatchOrder::kSorted;
  int64_t batch_sentences = 16;  ///< 0 = use batch_pieces
  int64_t batch_pieces = 0;      ///< at most so many pieces; a longer sentence stands alone
  uint64_t seed = 1;
  int64_t lists = 1;  ///< the units are so many lists of equal length, one behind the other
};

/// Batches of positions into `units` for one epoch (from 0).
[[nodiscard]] std::vector<std::vector<int64_t>> PlanBatches(std::span<const PlanUnit> units,
                                                            const BatchPlanOptions& options, int64_t epoch);

}  // namespace clner
