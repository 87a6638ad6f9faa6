// How often the training sentences of each corpus occur in an epoch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/options.h"

namespace clner {

/// The training sentences of one corpus among those of all: `count` of them from position `first` on.
struct TrainPart {
  int64_t first = 0, count = 0;
  double factor = 1;  ///< its `factor` of the configuration, from 1
};

inline constexpr int64_t kMaxEpochSentences = 100'000'000;

/// Positions of the sentences of an epoch, corpus by corpus. A corpus that `rule` makes larger is repeated as a whole
/// as often as it fits, and then once more in part: sentences drawn without replacement by `seed`, the same in every
/// epoch. kConfig when there would be more than kMaxEpochSentences.
[[nodiscard]] std::vector<int64_t> EpochSentences(std::span<const TrainPart> parts, DataOptions::Upsample rule,
                                                  uint64_t seed);

}  // namespace clner
