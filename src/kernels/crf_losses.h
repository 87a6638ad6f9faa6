// The engine behind Nll, Joint and Cooperative.
#pragma once

#include "kernels/crf.h"
#include "kernels/crf_plan.h"

namespace clner::crf::internal {

/// Terms of a call: NLL when `gold` is set, and a Cooperative Learning term for every sentence with a teacher, which is
/// another sentence (`teacher_of`) or rows of the caller (`teacher_rows`).
struct LossTerms {
  const int32_t* gold = nullptr;
  const float* nll_weight = nullptr;
  const int64_t* teacher_of = nullptr;
  Rows teacher_rows;
  CooperativeTerm cooperative;
};
struct LossOut {
  double* nll = nullptr;  ///< [B] or null
  double* cl = nullptr;   ///< [B] or null
  RowsOut d_emissions;
  ParamGrads grads;
  uint8_t* flags = nullptr;
};

/// The plan is carved and sorted; the parameters are not yet scaled. All arguments are valid.
void RunLosses(const Batch& batch, Rows emissions, const Params& params, const LossTerms& terms, Operation operation,
               const LossOut& out, Plan* plan, const Exec& exec);

}  // namespace clner::crf::internal
