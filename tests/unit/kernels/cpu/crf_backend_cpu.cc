#include <gtest/gtest.h>

#include <string>

#include "../crf_backend.h"
#include "kernels/crf_targets.h"

namespace clner::crf::test::backend {

void ForEachTarget(const std::function<void()>& body) {
  int count = 0;
  for (int level = 0; level < internal::kSimdLevels; ++level) {
    const internal::SimdKernels* kernels = internal::KernelsOf(static_cast<internal::SimdLevel>(level));
    if (kernels == nullptr) continue;
    ++count;
    SCOPED_TRACE(std::string("target ") + kernels->name);
    const internal::TestScope scope(kernels, false);
    body();
    if (::testing::Test::HasFatalFailure()) return;
  }
  ASSERT_GE(count, 1);
}

bool ChecksValues() { return true; }

size_t WorkspaceBytes(Operation operation, const Batch& batch) { return crf::WorkspaceBytes(operation, batch); }

KernelStatus Nll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold, const float* weight,
                 double* loss, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                 const Exec& exec) {
  return crf::Nll(batch, emissions, params, gold, weight, loss, d_emissions, grads, flags, workspace, exec);
}

KernelStatus Marginals(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                       double* log_z, RowsOut unary, uint8_t* flags, Workspace workspace, const Exec& exec) {
  return crf::Marginals(batch, emissions, params, constraints, log_z, unary, flags, workspace, exec);
}

KernelStatus Viterbi(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                     int32_t* tags, double* score, uint8_t* flags, Workspace workspace, const Exec& exec) {
  return crf::Viterbi(batch, emissions, params, constraints, tags, score, flags, workspace, exec);
}

KernelStatus Posterior(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                       int32_t* tags, double* log_z, uint8_t* flags, Workspace workspace, const Exec& exec) {
  return crf::Posterior(batch, emissions, params, constraints, tags, log_z, flags, workspace, exec);
}

KernelStatus SpanMarginals(const Batch& batch, Rows emissions, const Params& params, const SpanTags* types,
                           int64_t type_count, const SpanQuery* queries, int64_t count, float* probability,
                           Workspace workspace, const Exec& exec) {
  return crf::SpanMarginals(batch, emissions, params, types, type_count, queries, count, probability, workspace, exec);
}

KernelStatus Joint(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms, double* nll,
                   double* cl, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                   const Exec& exec) {
  return crf::Joint(batch, emissions, params, terms, nll, cl, d_emissions, grads, flags, workspace, exec);
}

KernelStatus Cooperative(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                         const CooperativeTerm& term, double* cl, RowsOut d_emissions, const ParamGrads& grads,
                         uint8_t* flags, Workspace workspace, const Exec& exec) {
  return crf::Cooperative(batch, emissions, params, teacher, term, cl, d_emissions, grads, flags, workspace, exec);
}

}  // namespace clner::crf::test::backend
