// Entry points of the losses.
#include "kernels/crf.h"
#include "kernels/crf_args.h"
#include "kernels/crf_losses.h"
#include "kernels/crf_plan.h"

namespace clner::crf {
namespace internal {
namespace {

bool ValidInput(const Batch& batch, Rows emissions, const Params& params, const LossOut& out) {
  return ValidBatch(batch) && ValidRows(batch, emissions.data, emissions.stride) && ValidParams(batch, params) &&
         ValidRows(batch, out.d_emissions.data, out.d_emissions.stride) && ValidGrads(batch, out.grads) &&
         ValidOutput(batch, out.flags) && Disjoint(batch, emissions, out.d_emissions);
}

KernelStatus RunChecked(const Batch& batch, Rows emissions, const Params& params, const LossTerms& terms,
                        Operation operation, const LossOut& out, Workspace workspace, const Exec& exec) {
  Plan plan;
  if (!PlanCall(operation, batch, workspace, &plan)) return KernelStatus::kBadArgument;
  RunLosses(batch, emissions, params, terms, operation, out, &plan, exec);
  return KernelStatus::kOk;
}

}  // namespace
}  // namespace internal

KernelStatus Nll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold, const float* weight,
                 double* loss, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                 const Exec& exec) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  const LossOut out{loss, nullptr, d_emissions, grads, flags};
  if (!ValidInput(batch, emissions, params, out) || !ValidOutput(batch, loss) || !ValidWeights(batch, weight) ||
      !ValidGold(batch, gold)) {
    return KernelStatus::kBadArgument;
  }
  LossTerms terms;
  terms.gold = gold;
  terms.nll_weight = weight;
  return RunChecked(batch, emissions, params, terms, Operation::kNll, out, workspace, exec);
}

KernelStatus Joint(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms, double* nll,
                   double* cl, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                   const Exec& exec) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  const LossOut out{nll, cl, d_emissions, grads, flags};
  if (!ValidInput(batch, emissions, params, out) || !ValidOutput(batch, nll) || !ValidOutput(batch, cl) ||
      !ValidWeights(batch, terms.nll_weight) || !ValidGoldOrUnused(batch, terms.gold, terms.nll_weight) ||
      !ValidTeachers(batch, terms.teacher_of) || !ValidCooperative(batch, terms.cooperative)) {
    return KernelStatus::kBadArgument;
  }
  LossTerms all;
  all.gold = terms.gold;
  all.nll_weight = terms.nll_weight;
  all.teacher_of = terms.teacher_of;
  all.cooperative = terms.cooperative;
  return RunChecked(batch, emissions, params, all, Operation::kJoint, out, workspace, exec);
}

KernelStatus Cooperative(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                         const CooperativeTerm& term, double* cl, RowsOut d_emissions, const ParamGrads& grads,
                         uint8_t* flags, Workspace workspace, const Exec& exec) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  const LossOut out{nullptr, cl, d_emissions, grads, flags};
  if (!ValidInput(batch, emissions, params, out) || !ValidOutput(batch, cl) || !ValidCooperative(batch, term) ||
      !ValidRows(batch, teacher.data, teacher.stride) || !Disjoint(batch, teacher, d_emissions)) {
    return KernelStatus::kBadArgument;
  }
  LossTerms terms;
  terms.teacher_rows = teacher;
  terms.cooperative = term;
  return RunChecked(batch, emissions, params, terms, Operation::kCooperative, out, workspace, exec);
}

}  // namespace clner::crf
