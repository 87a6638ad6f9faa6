// Float64 log-space path for single sentences the float32 recursions cannot serve: slow, right for every finite input.
#pragma once

#include <cstdint>

#include "kernels/crf.h"
#include "kernels/crf_simd.h"

namespace clner::crf::internal {

/// The teacher of a redone sentence. Its logarithms are used when they are known, else those of its unary marginals.
struct RedoTeacher {
  Comparison comparison;
  double weight = 1;             ///< of the term
  const float* unary = nullptr;  ///< [length] rows of marginals, normalised here
  int64_t unary_stride = 0;
  const double* log_unary = nullptr;  ///< [length] rows of log marginals, or null
  int64_t log_stride = 0;
};

/// One sentence and its (optional) outputs. Nothing but `backward` and `scratch` is written when a flag other than
/// kRedone results.
struct RedoTask {
  int64_t tags = 0, length = 0;  ///< length >= 1
  const float* emission = nullptr;
  int64_t emission_stride = 0;
  const Params* params = nullptr;
  const Constraints* constraints = nullptr;
  double* backward = nullptr;  ///< (out) [length][K] log b_i up to one constant per word; [2][length][K] with a teacher
  double* scratch = nullptr;   ///< [3][K]; [8][K] with a teacher

  float* unary = nullptr;  ///< [length] rows: weight * unary marginals
  int64_t unary_stride = 0;
  float weight = 1;
  int32_t* best = nullptr;      ///< [length] arg max of the unary marginals, ties to the smallest tag
  double* pair_sums = nullptr;  ///< [K][pair_stride]: += weight * pairwise marginals
  int64_t pair_stride = 0;
  double* log_unary = nullptr;  ///< [length] rows: log of the unary marginals
  int64_t log_stride = 0;
  const RedoTeacher* teacher = nullptr;  ///< adds the gradient of its term to `unary` and `pair_sums`, both needed then
};
struct RedoResult {
  double log_z = 0;
  uint8_t flag = kRedone;  ///< kRedone, kInfeasible (log Z = -inf) or kNonFinite (log Z = NaN)
  double cooperative = 0;  ///< the term of `teacher`, unweighted
};
[[nodiscard]] RedoResult Redo(const RedoTask& task);

/// Viterbi in float64 with the same tie rules. back: [length][K] 16-bit tags; scratch: [2][K] doubles.
struct ViterbiRedoTask {
  int64_t tags = 0, length = 0;
  const float* emission = nullptr;
  int64_t emission_stride = 0;
  const Params* params = nullptr;
  const Constraints* constraints = nullptr;
  uint16_t* back = nullptr;
  double* scratch = nullptr;
  int32_t* path = nullptr;  ///< (out) [length]
};
/// Returns the best score, -inf when no path is possible.
[[nodiscard]] double ViterbiRedo(const ViterbiRedoTask& task);

/// What a scan of a sentence's emissions finds.
struct EmissionScan {
  bool bad = false;   ///< NaN or +inf
  bool huge = false;  ///< a finite value beyond 1e30 in magnitude
};
[[nodiscard]] EmissionScan ScanEmissions(const float* emission, int64_t stride, int64_t length, int64_t tags);

/// Score of a path in double, from the unshifted inputs; 0 for a sentence without words.
[[nodiscard]] double PathScore(const float* emission, int64_t stride, int64_t length, const Params& params,
                               const int32_t* path);

}  // namespace clner::crf::internal
