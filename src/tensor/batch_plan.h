// Which sentences make up the batches of an epoch; a pure function of sizes, options, seed and epoch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/batch.h"

namespace clner {

enum class BatchOrder {
  kSorted,  ///< sorted by length and cut once; each epoch shuffles the order of the batches (CLNER, clner.md 3.5)
  kRandom,  ///< sentences shuffled each epoch
  kFile,    ///< file order
};

struct BatchPlanOptions {
  BatchOrder order = BatchOrder::kSorted;
  int64_t batch_sentences = 16;  ///< 0 = use batch_pieces
  int64_t batch_pieces = 0;      ///< at most so many pieces; a longer sentence stands alone
  uint64_t seed = 1;
};

/// Batches of positions into `examples` for one epoch (from 0).
[[nodiscard]] std::vector<std::vector<int64_t>> PlanBatches(std::span<const Example> examples,
                                                            const BatchPlanOptions& options, int64_t epoch);

/// Pieces of the examples at `positions`.
[[nodiscard]] int64_t PiecesOf(std::span<const Example> examples, std::span<const int64_t> positions);

}  // namespace clner
