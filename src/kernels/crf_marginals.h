// Forward-backward over a whole batch for the operations without gradients: marginals, posterior decoding, span
// marginals.
#pragma once

#include "kernels/crf.h"
#include "kernels/crf_plan.h"

namespace clner::crf::internal {

/// Where the results of a MarginalsRun go; unset members are not produced.
struct MarginalsOut {
  double* log_z = nullptr;  ///< [B]
  RowsOut unary;            ///< [rows][K]
  int32_t* best = nullptr;  ///< [rows] arg max per word
  bool spans = false;       ///< fill the span buffers of the plan
  uint8_t* flags = nullptr;
};

/// Runs all groups. The plan is carved and sorted; the parameters are not yet scaled.
void RunMarginals(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                  Operation operation, const MarginalsOut& out, Plan* plan, const Exec& exec);

}  // namespace clner::crf::internal
