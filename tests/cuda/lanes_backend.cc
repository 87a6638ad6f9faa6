// The device functions of the CUDA kernels as a backend of the kernel tests: same checks, plan and launches as on a
// GPU.
#include "lanes_backend.h"

#include "unit/kernels/crf_backend.h"

namespace clner::crf::test::backend {
namespace {

KernelStatus Run(KernelStatus prepared, const device::DeviceCall& call) {
  if (prepared == KernelStatus::kOk) Submit(call);
  return prepared;
}

}  // namespace

bool ChecksValues() { return false; }

size_t WorkspaceBytes(Operation operation, const Batch& batch) {
  return device::DeviceWorkspaceBytes(operation, batch);
}

KernelStatus Nll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold, const float* weight,
                 double* loss, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                 const Exec& /*exec*/) {
  device::DeviceCall call;
  const KernelStatus prepared =
      device::PrepareNll(batch, emissions, params, gold, weight, loss, d_emissions, grads, flags, workspace, &call);
  return Run(prepared, call);
}

KernelStatus Marginals(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                       double* log_z, RowsOut unary, uint8_t* flags, Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall call;
  const KernelStatus prepared =
      device::PrepareMarginals(batch, emissions, params, constraints, log_z, unary, flags, workspace, &call);
  return Run(prepared, call);
}

KernelStatus Viterbi(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                     int32_t* tags, double* score, uint8_t* flags, Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall call;
  const KernelStatus prepared =
      device::PrepareViterbi(batch, emissions, params, constraints, tags, score, flags, workspace, &call);
  return Run(prepared, call);
}

KernelStatus Posterior(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                       int32_t* tags, double* log_z, uint8_t* flags, Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall call;
  const KernelStatus prepared =
      device::PreparePosterior(batch, emissions, params, constraints, tags, log_z, flags, workspace, &call);
  return Run(prepared, call);
}

KernelStatus SpanMarginals(const Batch& batch, Rows emissions, const Params& params, const SpanTags* types,
                           int64_t type_count, const SpanQuery* queries, int64_t count, float* probability,
                           Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall call;
  const KernelStatus prepared = device::PrepareSpanMarginals(batch, emissions, params, types, type_count, queries,
                                                             count, probability, workspace, &call);
  return Run(prepared, call);
}

KernelStatus Joint(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms, double* nll,
                   double* cl, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                   const Exec& /*exec*/) {
  device::DeviceCall call;
  const KernelStatus prepared =
      device::PrepareJoint(batch, emissions, params, terms, nll, cl, d_emissions, grads, flags, workspace, &call);
  return Run(prepared, call);
}

KernelStatus Cooperative(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                         const CooperativeTerm& term, double* cl, RowsOut d_emissions, const ParamGrads& grads,
                         uint8_t* flags, Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall call;
  const KernelStatus prepared = device::PrepareCooperative(batch, emissions, params, teacher, term, cl, d_emissions,
                                                           grads, flags, workspace, &call);
  return Run(prepared, call);
}

}  // namespace clner::crf::test::backend
