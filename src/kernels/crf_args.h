// Argument checks of the entry points: every one of them happens before the first write.
#pragma once

#include "kernels/crf.h"

namespace clner::crf::internal {

/// Sizes, offsets and lengths: rows of sentences lie in [0, rows), do not overlap, and none is longer than max_length.
[[nodiscard]] bool ValidBatch(const Batch& batch);
[[nodiscard]] bool ValidRows(const Batch& batch, const void* data, int64_t stride);
[[nodiscard]] bool ValidParams(const Batch& batch, const Params& params);
/// All members set and stride >= K.
[[nodiscard]] bool ValidGrads(const Batch& batch, const ParamGrads& grads);
/// Every gold tag of a sentence lies in [0, K); rows outside the sentences are not looked at.
[[nodiscard]] bool ValidGold(const Batch& batch, const int32_t* gold);
/// Null only when all weights are there and 0.
[[nodiscard]] bool ValidGoldOrUnused(const Batch& batch, const int32_t* gold, const float* weight);
/// Null or all in [-1, B), with a teacher as long as its student.
[[nodiscard]] bool ValidTeachers(const Batch& batch, const int64_t* teacher_of);
[[nodiscard]] bool ValidCooperative(const Batch& batch, const CooperativeTerm& term);
/// Null or all finite.
[[nodiscard]] bool ValidWeights(const Batch& batch, const float* weight);
/// The written rows share no byte with the emissions.
[[nodiscard]] bool Disjoint(const Batch& batch, Rows in, RowsOut out);
/// A per-sentence output: may be null only for an empty batch.
[[nodiscard]] inline bool ValidOutput(const Batch& batch, const void* data) {
  return data != nullptr || batch.sentences == 0;
}

[[nodiscard]] inline int64_t LengthOf(const Batch& batch, int64_t sentence) {
  return batch.lengths != nullptr ? batch.lengths[sentence] : batch.offsets[sentence + 1] - batch.offsets[sentence];
}

}  // namespace clner::crf::internal
