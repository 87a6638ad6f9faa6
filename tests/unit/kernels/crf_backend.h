// What the tests of the CRF kernels run on. Every test program is linked with one backend: the CPU kernels, the device
// functions of the CUDA kernels on the host, or a GPU. All of them take the arguments of crf.h in host memory.
#pragma once

#include <functional>

#include "kernels/crf.h"

namespace clner::crf::test::backend {

/// Runs `body` once for each way in which the backend can compute.
void ForEachTarget(const std::function<void()>& body);

/// Whether offsets, lengths, gold tags, weights and queries are checked before the first write. Otherwise they lie in
/// device memory, and a sentence with a wrong one is flagged kNonFinite.
[[nodiscard]] bool ChecksValues();

[[nodiscard]] size_t WorkspaceBytes(Operation operation, const Batch& batch);
[[nodiscard]] KernelStatus Nll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold,
                               const float* weight, double* loss, RowsOut d_emissions, const ParamGrads& grads,
                               uint8_t* flags, Workspace workspace, const Exec& exec = {});
[[nodiscard]] KernelStatus Marginals(const Batch& batch, Rows emissions, const Params& params,
                                     const Constraints* constraints, double* log_z, RowsOut unary, uint8_t* flags,
                                     Workspace workspace, const Exec& exec = {});
[[nodiscard]] KernelStatus Viterbi(const Batch& batch, Rows emissions, const Params& params,
                                   const Constraints* constraints, int32_t* tags, double* score, uint8_t* flags,
                                   Workspace workspace, const Exec& exec = {});
[[nodiscard]] KernelStatus Posterior(const Batch& batch, Rows emissions, const Params& params,
                                     const Constraints* constraints, int32_t* tags, double* log_z, uint8_t* flags,
                                     Workspace workspace, const Exec& exec = {});
[[nodiscard]] KernelStatus SpanMarginals(const Batch& batch, Rows emissions, const Params& params,
                                         const SpanTags* types, int64_t type_count, const SpanQuery* queries,
                                         int64_t count, float* probability, Workspace workspace, const Exec& exec = {});
[[nodiscard]] KernelStatus Joint(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms,
                                 double* nll, double* cl, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags,
                                 Workspace workspace, const Exec& exec = {});
[[nodiscard]] KernelStatus Cooperative(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                                       const CooperativeTerm& term, double* cl, RowsOut d_emissions,
                                       const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                                       const Exec& exec = {});

}  // namespace clner::crf::test::backend
