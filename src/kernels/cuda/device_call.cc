#include "kernels/cuda/device_call.h"

#include <algorithm>

#include "kernels/crf_args.h"
#include "kernels/crf_plan.h"
#include "kernels/crf_targets.h"
#include "kernels/crf_teachers.h"

namespace clner::crf::device {
namespace {

using internal::Arena;

constexpr int64_t kMaxTags = 1024;
constexpr int64_t kMaxRows = int64_t{1} << 40;     // products with strides and element sizes cannot overflow
constexpr int64_t kMaxGroups = 256;                // of sentences with parameter sums of their own
constexpr int64_t kGroupCells = int64_t{1} << 20;  // bounds the K x K sums of all groups together

bool ValidSizes(const Batch& batch) {
  if (batch.sentences < 0 || batch.sentences > kMaxRows || batch.tags < 1 || batch.tags > kMaxTags) return false;
  if (batch.rows < 0 || batch.rows > kMaxRows || batch.max_length < 0 || batch.max_length > kMaxRows) return false;
  // The launches count sentences x max_length words.
  if (batch.max_length > 0 && batch.sentences > (int64_t{1} << 60) / batch.max_length) return false;
  return batch.offsets != nullptr || batch.sentences == 0;
}

void CarveJoint(Arena* arena, const Batch& batch, JointData* joint) {
  const int64_t tags = batch.tags, rows = batch.rows;
  joint->nll_weight = arena->Take<float>(batch.sentences);
  joint->gold_score = arena->Take<double>(batch.sentences);
  joint->lesson = arena->Take<uint8_t>(batch.sentences);
  joint->log_z = arena->Take<double>(batch.sentences);
  joint->posterior = arena->Take<uint8_t>(batch.sentences);
  joint->scan_state = arena->Take<uint8_t>(2 * batch.sentences);
  joint->unary = arena->Take<float>(rows * tags);
  joint->log_unary = arena->Take<double>(rows * tags);
  joint->w = arena->Take<float>(rows * tags);
  joint->row_loss = arena->Take<float>(rows);
  joint->mass = arena->Take<float>(2 * rows * tags);
}

void Carve(Arena* arena, Operation operation, const Batch& batch, DeviceCall* call) {
  const int64_t tags = batch.tags, rows = batch.rows, cells = tags * tags;
  ScaledParams& scaled = call->scaled;
  scaled.from_to = arena->Take<float>(cells);
  scaled.start = arena->Take<float>(tags);
  scaled.end = arena->Take<float>(tags);
  scaled.facts = arena->Take<ScaledParams::Facts>(1);
  if (operation == Operation::kViterbi) {
    call->back = arena->Take<uint16_t>(rows * tags);
    return;
  }
  scaled.to_from = arena->Take<float>(cells);
  call->view.top = arena->Take<float>(rows);
  call->view.state = arena->Take<uint8_t>(rows);
  call->view.mass = arena->Take<float>(rows);
  call->view.rows = arena->Take<float>(2 * rows * tags);
  call->view.scale = arena->Take<float>(2 * rows);
  call->groups = batch.sentences;
  if (operation == Operation::kNll || operation == Operation::kJoint || operation == Operation::kCooperative) {
    call->use = arena->Take<uint8_t>(batch.sentences);
    call->groups = std::min({batch.sentences, kMaxGroups, std::max<int64_t>(kGroupCells / cells, 1)});
    call->pair_sums = arena->Take<double>(call->groups * cells);
    call->has_pair_sums = arena->Take<uint8_t>(call->groups);
  }
  if (operation == Operation::kJoint || operation == Operation::kCooperative) CarveJoint(arena, batch, &call->joint);
  if (operation == Operation::kSpanMarginals) {
    call->out.plain = arena->Take<float>(rows * tags);
    call->value = arena->Take<double>(batch.sentences);
    call->flags = arena->Take<uint8_t>(batch.sentences);
  }
}

bool Plan(Operation operation, const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
          Workspace workspace, DeviceCall* call) {
  if (workspace.data == nullptr || workspace.bytes < DeviceWorkspaceBytes(operation, batch)) return false;
  const auto address = reinterpret_cast<uintptr_t>(workspace.data);
  const size_t skip = (Arena::kAlignment - address % Arena::kAlignment) % Arena::kAlignment;
  Arena arena(static_cast<char*>(workspace.data) + skip);
  call->operation = operation;
  Carve(&arena, operation, batch, call);
  call->view.batch = batch;
  call->view.emissions = emissions;
  call->params = params;
  call->redo_all = internal::RedoForced();
  if (constraints != nullptr) call->allowed = *constraints;
  return true;
}

bool ValidInputs(const Batch& batch, Rows emissions, const Params& params) {
  return ValidSizes(batch) && internal::ValidRows(batch, emissions.data, emissions.stride) &&
         internal::ValidParams(batch, params);
}

bool ValidGradients(const Batch& batch, Rows emissions, RowsOut d_emissions, const ParamGrads& grads,
                    const uint8_t* flags) {
  return internal::ValidRows(batch, d_emissions.data, d_emissions.stride) && internal::ValidGrads(batch, grads) &&
         internal::ValidOutput(batch, flags) && internal::Disjoint(batch, emissions, d_emissions);
}

/// The weights of the term lie on the device.
bool ValidTerm(const Batch& batch, CooperativeTerm term) {
  term.weight = nullptr;
  return internal::ValidCooperative(batch, term);
}

void FillJoint(const CooperativeTerm& term, double* nll, double* cl, RowsOut d_emissions, const ParamGrads& grads,
               uint8_t* flags, DeviceCall* call) {
  call->out.unary = d_emissions;
  call->out.weight = call->joint.nll_weight;
  call->flags = flags;
  call->grads = grads;
  call->joint.cl_weight = term.weight;
  call->joint.how = internal::ComparisonOf(term);
  call->joint.nll = nll;
  call->joint.cl = cl;
}

}  // namespace

size_t DeviceWorkspaceBytes(Operation operation, const Batch& batch) {
  if (!ValidSizes(batch)) return 0;
  Arena counter(nullptr);
  DeviceCall call;
  Carve(&counter, operation, batch, &call);
  return counter.Used() + Arena::kAlignment;
}

KernelStatus PrepareNll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold,
                        const float* weight, double* loss, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags,
                        Workspace workspace, DeviceCall* call) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidInputs(batch, emissions, params) || !ValidGradients(batch, emissions, d_emissions, grads, flags) ||
      !ValidOutput(batch, loss) || !ValidRows(batch, gold, batch.tags) ||
      !Plan(Operation::kNll, batch, emissions, params, nullptr, workspace, call)) {
    return KernelStatus::kBadArgument;
  }
  call->out.unary = d_emissions;
  call->out.gold = gold;
  call->out.weight = weight;
  call->value = loss;
  call->flags = flags;
  call->grads = grads;
  return KernelStatus::kOk;
}

KernelStatus PrepareMarginals(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                              double* log_z, RowsOut unary, uint8_t* flags, Workspace workspace, DeviceCall* call) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidInputs(batch, emissions, params) || !ValidRows(batch, unary.data, unary.stride) ||
      !ValidOutput(batch, log_z) || !ValidOutput(batch, flags) || !Disjoint(batch, emissions, unary) ||
      !Plan(Operation::kMarginals, batch, emissions, params, constraints, workspace, call)) {
    return KernelStatus::kBadArgument;
  }
  call->out.unary = unary;
  call->value = log_z;
  call->flags = flags;
  return KernelStatus::kOk;
}

KernelStatus PrepareViterbi(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                            int32_t* tags, double* score, uint8_t* flags, Workspace workspace, DeviceCall* call) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidInputs(batch, emissions, params) || !ValidRows(batch, tags, batch.tags) || !ValidOutput(batch, score) ||
      !ValidOutput(batch, flags) ||
      !Plan(Operation::kViterbi, batch, emissions, params, constraints, workspace, call)) {
    return KernelStatus::kBadArgument;
  }
  call->tags = tags;
  call->value = score;
  call->flags = flags;
  return KernelStatus::kOk;
}

KernelStatus PreparePosterior(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                              int32_t* tags, double* log_z, uint8_t* flags, Workspace workspace, DeviceCall* call) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidInputs(batch, emissions, params) || !ValidRows(batch, tags, batch.tags) || !ValidOutput(batch, log_z) ||
      !ValidOutput(batch, flags) ||
      !Plan(Operation::kPosterior, batch, emissions, params, constraints, workspace, call)) {
    return KernelStatus::kBadArgument;
  }
  call->out.best = tags;
  call->value = log_z;
  call->flags = flags;
  return KernelStatus::kOk;
}

KernelStatus PrepareSpanMarginals(const Batch& batch, Rows emissions, const Params& params, const SpanTags* types,
                                  int64_t type_count, const SpanQuery* queries, int64_t count, float* probability,
                                  Workspace workspace, DeviceCall* call) {
  const bool valid_lists = type_count >= 0 && (type_count == 0 || types != nullptr) && count >= 0 &&
                           (count == 0 || (queries != nullptr && probability != nullptr));
  if (!ValidInputs(batch, emissions, params) || !valid_lists ||
      !Plan(Operation::kSpanMarginals, batch, emissions, params, nullptr, workspace, call)) {
    return KernelStatus::kBadArgument;
  }
  call->types = types;
  call->type_count = type_count;
  call->queries = queries;
  call->query_count = count;
  call->probability = probability;
  return KernelStatus::kOk;
}

KernelStatus PrepareJoint(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms,
                          double* nll, double* cl, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags,
                          Workspace workspace, DeviceCall* call) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  // Without gold every weight has to be 0, which is checked on the device when there are weights.
  const bool valid_gold = terms.gold != nullptr || terms.nll_weight != nullptr || ValidRows(batch, nullptr, batch.tags);
  if (!ValidInputs(batch, emissions, params) || !ValidGradients(batch, emissions, d_emissions, grads, flags) ||
      !ValidOutput(batch, nll) || !ValidOutput(batch, cl) || !valid_gold || !ValidTerm(batch, terms.cooperative) ||
      !Plan(Operation::kJoint, batch, emissions, params, nullptr, workspace, call)) {
    return KernelStatus::kBadArgument;
  }
  FillJoint(terms.cooperative, nll, cl, d_emissions, grads, flags, call);
  call->out.gold = terms.gold;
  call->joint.given_nll_weight = terms.nll_weight;
  call->joint.teacher_of = terms.teacher_of;
  return KernelStatus::kOk;
}

KernelStatus PrepareCooperative(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                                const CooperativeTerm& term, double* cl, RowsOut d_emissions, const ParamGrads& grads,
                                uint8_t* flags, Workspace workspace, DeviceCall* call) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidInputs(batch, emissions, params) || !ValidGradients(batch, emissions, d_emissions, grads, flags) ||
      !ValidOutput(batch, cl) || !ValidRows(batch, teacher.data, teacher.stride) ||
      !Disjoint(batch, teacher, d_emissions) || !ValidTerm(batch, term) ||
      !Plan(Operation::kCooperative, batch, emissions, params, nullptr, workspace, call)) {
    return KernelStatus::kBadArgument;
  }
  FillJoint(term, nullptr, cl, d_emissions, grads, flags, call);
  call->joint.teacher_rows = teacher;
  return KernelStatus::kOk;
}

}  // namespace clner::crf::device
