#include "kernels/crf_marginals.h"

#include <algorithm>
#include <limits>

#include "kernels/crf_args.h"
#include "kernels/crf_redo.h"
#include "kernels/crf_targets.h"

namespace clner::crf {
namespace internal {
namespace {

class MarginalsCall {
 public:
  MarginalsCall(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                const MarginalsOut& out, const Plan& plan)
      : batch_(batch),
        emissions_(emissions),
        params_(params),
        constraints_(constraints),
        out_(out),
        plan_(plan),
        kernels_(ActiveKernels()),
        redo_all_(RedoForced()) {}

  void RunGroup(int64_t group, const GroupBuffers& buffers) const {
    for (int64_t block = group; block < plan_.blocks; block += plan_.groups) RunBlock(block, buffers);
  }

  /// A sentence without a posterior: marginals 0, tags 0.
  void Discard(int64_t sentence, double log_z, uint8_t flag) const {
    out_.log_z[sentence] = log_z;
    out_.flags[sentence] = flag;
    const int64_t length = LengthOf(batch_, sentence);
    for (int64_t i = 0; i < length; ++i) {
      if (out_.unary.data != nullptr) std::fill_n(UnaryOf(sentence) + i * out_.unary.stride, batch_.tags, 0.0f);
      if (out_.best != nullptr) out_.best[batch_.offsets[sentence] + i] = 0;
      if (out_.spans) std::fill_n(plan_.span_unary + (plan_.first_row[sentence] + i) * plan_.ld, plan_.ld, 0.0f);
    }
  }

 private:
  [[nodiscard]] const float* EmissionOf(int64_t sentence) const {
    return emissions_.data + batch_.offsets[sentence] * emissions_.stride;
  }
  [[nodiscard]] float* UnaryOf(int64_t sentence) const {
    return out_.unary.data + batch_.offsets[sentence] * out_.unary.stride;
  }

  void RunBlock(int64_t block, const GroupBuffers& buffers) const {
    const BlockView view = ViewBlock(plan_, batch_, block);
    ForwardBackwardTask task;
    task.params = &plan_.params;
    task.count = view.count;
    task.length = view.length;
    task.emission_stride = emissions_.stride;
    task.x = buffers.rows;
    task.q = buffers.rows + buffers.capacity * plan_.ld;
    task.scales = buffers.scales;
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      task.emission[slot] = EmissionOf(view.sentence[slot]);
      task.out[slot] = out_.unary.data != nullptr ? UnaryOf(view.sentence[slot]) : nullptr;
      task.out_stride[slot] = out_.unary.stride;
      task.weight[slot] = 1.0f;
    }
    kernels_.forward_backward(&task);
    std::array<bool, kBlock> redo{};
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      redo[slot] = view.length[slot] > 0 && (redo_all_ || !task.trusted[slot]);
      out_.log_z[view.sentence[slot]] = task.log_z[slot];
      out_.flags[view.sentence[slot]] = 0;
    }
    if (out_.unary.data == nullptr) CollectRows(view, redo, task);
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      if (redo[slot]) RedoSentence(view.sentence[slot], buffers);
    }
  }

  /// Posterior decoding and spans read the unary rows that the kernel left in x.
  void CollectRows(const BlockView& view, const std::array<bool, kBlock>& redo, const ForwardBackwardTask& task) const {
    for (Positions at(view.count, view.length); at.Active() > 0; at.Next()) {
      for (int64_t slot = 0; slot < at.Active(); ++slot) {
        if (redo[static_cast<size_t>(slot)]) continue;
        const int64_t sentence = view.sentence[static_cast<size_t>(slot)];
        const float* unary = task.x + (at.Base() + slot) * plan_.ld;
        if (out_.best != nullptr) {
          out_.best[batch_.offsets[sentence] + at.Index()] =
              static_cast<int32_t>(std::max_element(unary, unary + batch_.tags) - unary);
        }
        if (out_.spans) {
          const int64_t to = (plan_.first_row[sentence] + at.Index()) * plan_.ld;
          std::copy_n(unary, plan_.ld, plan_.span_unary + to);
          std::copy_n(task.q + (at.Base() + slot) * plan_.ld, plan_.ld,
                      reinterpret_cast<float*>(plan_.span_backward + to));
        }
      }
    }
  }

  void RedoSentence(int64_t sentence, const GroupBuffers& buffers) const {
    RedoTask task;
    task.tags = batch_.tags;
    task.length = LengthOf(batch_, sentence);
    task.emission = EmissionOf(sentence);
    task.emission_stride = emissions_.stride;
    task.params = &params_;
    task.constraints = constraints_;
    task.backward = reinterpret_cast<double*>(buffers.rows);
    task.scratch = buffers.scratch;
    if (out_.unary.data != nullptr) {
      task.unary = UnaryOf(sentence);
      task.unary_stride = out_.unary.stride;
    }
    if (out_.best != nullptr) task.best = out_.best + batch_.offsets[sentence];
    if (out_.spans) {
      task.backward = plan_.span_backward + plan_.first_row[sentence] * plan_.ld;  // [length][K] fits into [length][ld]
      task.unary = plan_.span_unary + plan_.first_row[sentence] * plan_.ld;
      task.unary_stride = plan_.ld;
    }
    const RedoResult result = Redo(task);
    if (result.flag != kRedone) {
      Discard(sentence, result.log_z, result.flag);
      return;
    }
    out_.log_z[sentence] = result.log_z;
    out_.flags[sentence] = result.flag;
  }

  const Batch& batch_;
  Rows emissions_;
  const Params& params_;
  const Constraints* constraints_;
  MarginalsOut out_;
  const Plan& plan_;
  const SimdKernels& kernels_;
  bool redo_all_;
};

}  // namespace

void RunMarginals(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                  Operation operation, const MarginalsOut& out, Plan* plan, const Exec& exec) {
  ActiveKernels().scale_params(params, constraints, &plan->params);
  const MarginalsCall call(batch, emissions, params, constraints, out, *plan);
  if (plan->params.bad) {
    for (int64_t b = 0; b < batch.sentences; ++b) call.Discard(b, std::numeric_limits<double>::quiet_NaN(), kNonFinite);
    return;
  }
  GroupRunner(*plan, batch, operation, exec).Run([&](int64_t group, const GroupBuffers& buffers) {
    call.RunGroup(group, buffers);
  });
}

}  // namespace internal

KernelStatus Marginals(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                       double* log_z, RowsOut unary, uint8_t* flags, Workspace workspace, const Exec& exec) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidBatch(batch) || !ValidRows(batch, emissions.data, emissions.stride) || !ValidParams(batch, params) ||
      !ValidRows(batch, unary.data, unary.stride) || !ValidOutput(batch, log_z) || !ValidOutput(batch, flags) ||
      !Disjoint(batch, emissions, unary)) {
    return KernelStatus::kBadArgument;
  }
  Plan plan;
  if (!PlanCall(Operation::kMarginals, batch, workspace, &plan)) return KernelStatus::kBadArgument;
  MarginalsOut out;
  out.log_z = log_z;
  out.unary = unary;
  out.flags = flags;
  RunMarginals(batch, emissions, params, constraints, Operation::kMarginals, out, &plan, exec);
  return KernelStatus::kOk;
}

KernelStatus Posterior(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                       int32_t* tags, double* log_z, uint8_t* flags, Workspace workspace, const Exec& exec) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidBatch(batch) || !ValidRows(batch, emissions.data, emissions.stride) || !ValidParams(batch, params) ||
      !ValidRows(batch, tags, batch.tags) || !ValidOutput(batch, log_z) || !ValidOutput(batch, flags)) {
    return KernelStatus::kBadArgument;
  }
  Plan plan;
  if (!PlanCall(Operation::kPosterior, batch, workspace, &plan)) return KernelStatus::kBadArgument;
  MarginalsOut out;
  out.log_z = log_z;
  out.best = tags;
  out.flags = flags;
  RunMarginals(batch, emissions, params, constraints, Operation::kPosterior, out, &plan, exec);
  return KernelStatus::kOk;
}

}  // namespace clner::crf
