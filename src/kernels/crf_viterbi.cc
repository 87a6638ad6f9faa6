// Best paths.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/crf.h"
#include "kernels/crf_args.h"
#include "kernels/crf_plan.h"
#include "kernels/crf_redo.h"
#include "kernels/crf_targets.h"

namespace clner::crf {
namespace internal {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

class ViterbiCall {
 public:
  ViterbiCall(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints, int32_t* tags,
              double* score, uint8_t* flags, const Plan& plan)
      : batch_(batch),
        emissions_(emissions),
        params_(params),
        constraints_(constraints),
        tags_(tags),
        score_(score),
        flags_(flags),
        plan_(plan),
        kernels_(ActiveKernels()),
        redo_all_(RedoForced() || plan.params.huge) {}

  void RunGroup(int64_t group, const GroupBuffers& buffers) const {
    for (int64_t block = group; block < plan_.blocks; block += plan_.groups) RunBlock(block, buffers);
  }

  void Discard(int64_t sentence) const {
    score_[sentence] = std::numeric_limits<double>::quiet_NaN();
    flags_[sentence] = kNonFinite;
    std::fill_n(tags_ + batch_.offsets[sentence], LengthOf(batch_, sentence), 0);
  }

 private:
  [[nodiscard]] const float* EmissionOf(int64_t sentence) const {
    return emissions_.data + batch_.offsets[sentence] * emissions_.stride;
  }

  void RunBlock(int64_t block, const GroupBuffers& buffers) const {
    const BlockView view = ViewBlock(plan_, batch_, block);
    ViterbiTask task;
    task.params = &plan_.params;
    task.count = view.count;
    task.length = view.length;
    task.emission_stride = emissions_.stride;
    task.best = buffers.rows;
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      task.emission[slot] = EmissionOf(view.sentence[slot]);
      task.tags[slot] = tags_ + batch_.offsets[view.sentence[slot]];
    }
    kernels_.viterbi(&task);
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      FinishSentence(view.sentence[slot], static_cast<double>(task.score[slot]), task.clean[slot], buffers);
    }
  }

  void FinishSentence(int64_t sentence, double best, bool clean, const GroupBuffers& buffers) const {
    const int64_t length = LengthOf(batch_, sentence);
    const float* emission = EmissionOf(sentence);
    int32_t* path = tags_ + batch_.offsets[sentence];
    const EmissionScan scan = clean ? EmissionScan{} : ScanEmissions(emission, emissions_.stride, length, batch_.tags);
    if (scan.bad) {
      Discard(sentence);
      return;
    }
    flags_[sentence] = 0;
    if (length > 0 && (redo_all_ || scan.huge)) {
      ViterbiRedoTask task;
      task.tags = batch_.tags;
      task.length = length;
      task.emission = emission;
      task.emission_stride = emissions_.stride;
      task.params = &params_;
      task.constraints = constraints_;
      task.back = reinterpret_cast<uint16_t*>(buffers.rows);
      task.scratch = buffers.scratch;
      task.path = path;
      best = ViterbiRedo(task);
      flags_[sentence] = kRedone;
    }
    if (best == -kInf) {
      flags_[sentence] = kInfeasible;
      score_[sentence] = -kInf;
      return;
    }
    score_[sentence] = PathScore(emission, emissions_.stride, length, params_, path);
  }

  const Batch& batch_;
  Rows emissions_;
  const Params& params_;
  const Constraints* constraints_;
  int32_t* tags_;
  double* score_;
  uint8_t* flags_;
  const Plan& plan_;
  const SimdKernels& kernels_;
  bool redo_all_;
};

}  // namespace
}  // namespace internal

KernelStatus Viterbi(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                     int32_t* tags, double* score, uint8_t* flags, Workspace workspace, const Exec& exec) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidBatch(batch) || !ValidRows(batch, emissions.data, emissions.stride) || !ValidParams(batch, params) ||
      !ValidRows(batch, tags, batch.tags) || !ValidOutput(batch, score) || !ValidOutput(batch, flags)) {
    return KernelStatus::kBadArgument;
  }
  Plan plan;
  if (!PlanCall(Operation::kViterbi, batch, workspace, &plan)) return KernelStatus::kBadArgument;
  ActiveKernels().viterbi_params(params, constraints, &plan.params);
  const ViterbiCall call(batch, emissions, params, constraints, tags, score, flags, plan);
  if (plan.params.bad) {
    for (int64_t b = 0; b < batch.sentences; ++b) call.Discard(b);
    return KernelStatus::kOk;
  }
  GroupRunner(plan, batch, Operation::kViterbi, exec).Run([&](int64_t group, const GroupBuffers& buffers) {
    call.RunGroup(group, buffers);
  });
  return KernelStatus::kOk;
}

}  // namespace clner::crf
