// Negative log-likelihood with all gradients.
#include <algorithm>
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

class NllCall {
 public:
  NllCall(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold, const float* weight,
          double* loss, RowsOut d_emissions, uint8_t* flags, const Plan& plan)
      : batch_(batch),
        emissions_(emissions),
        params_(params),
        gold_(gold),
        weight_(weight),
        loss_(loss),
        d_emissions_(d_emissions),
        flags_(flags),
        plan_(plan),
        kernels_(ActiveKernels()),
        redo_all_(RedoForced()) {
    for (int64_t b = 1; weight != nullptr && b < batch.sentences; ++b) uniform_ &= weight[b] == weight[0];
  }

  /// Blocks of one group, then its part of the parameter gradients.
  void RunGroup(int64_t group, const GroupBuffers& buffers) const {
    Sums sums = SumsOf(group);
    std::fill_n(sums.pairs, batch_.tags * plan_.ld, 0.0);
    std::fill_n(sums.start, 2 * plan_.ld, 0.0);
    for (int64_t block = group; block < plan_.blocks; block += plan_.groups) RunBlock(block, buffers, &sums);
    const double scale = uniform_ && weight_ != nullptr ? static_cast<double>(weight_[0]) : 1.0;
    const float* g = plan_.params.from_to;
    for (int64_t i = 0; i < batch_.tags * plan_.ld; ++i) {
      sums.pairs[i] += scale * (static_cast<double>(sums.raw[i]) * static_cast<double>(g[i]));
    }
  }

  /// Adds the groups in their order and writes the gradients.
  void WriteGrads(const ParamGrads& grads) const {
    const int64_t tags = batch_.tags, ld = plan_.ld;
    for (int64_t group = 1; group < plan_.groups; ++group) {
      const Sums from = SumsOf(group), to = SumsOf(0);
      for (int64_t i = 0; i < tags * ld; ++i) to.pairs[i] += from.pairs[i];
      for (int64_t i = 0; i < 2 * ld; ++i) to.start[i] += from.start[i];
    }
    const bool any = plan_.groups > 0;
    const Sums total = SumsOf(0);
    for (int64_t from = 0; from < tags; ++from) {
      for (int64_t y = 0; y < tags; ++y) {
        grads.transitions[from * grads.stride + y] = any ? static_cast<float>(total.pairs[from * ld + y]) : 0.0f;
      }
    }
    for (int64_t y = 0; y < tags; ++y) {
      grads.start[y] = any ? static_cast<float>(total.start[y]) : 0.0f;
      grads.end[y] = any ? static_cast<float>(total.end[y]) : 0.0f;
    }
  }

  /// Every sentence when the parameters hold NaN or +inf.
  void WriteNonFinite(const ParamGrads& grads) const {
    for (int64_t b = 0; b < batch_.sentences; ++b) Discard(b, std::numeric_limits<double>::quiet_NaN(), kNonFinite);
    for (int64_t y = 0; y < batch_.tags; ++y) {
      std::fill_n(grads.transitions + y * grads.stride, batch_.tags, 0.0f);
      grads.start[y] = grads.end[y] = 0.0f;
    }
  }

 private:
  struct Sums {
    double *pairs, *start, *end;
    float* raw;
    bool has_raw;
  };
  [[nodiscard]] Sums SumsOf(int64_t group) const {
    const int64_t cells = batch_.tags * plan_.ld;
    double* ends = plan_.end_sums + group * 2 * plan_.ld;
    return {plan_.pair_sums + group * cells, ends, ends + plan_.ld, plan_.raw_sums + group * cells, false};
  }
  [[nodiscard]] float WeightOf(int64_t sentence) const { return weight_ != nullptr ? weight_[sentence] : 1.0f; }
  [[nodiscard]] const float* EmissionOf(int64_t sentence) const {
    return emissions_.data + batch_.offsets[sentence] * emissions_.stride;
  }
  [[nodiscard]] float* GradOf(int64_t sentence) const {
    return d_emissions_.data + batch_.offsets[sentence] * d_emissions_.stride;
  }

  /// A sentence without contribution.
  void Discard(int64_t sentence, double loss, uint8_t flag) const {
    loss_[sentence] = loss;
    flags_[sentence] = flag;
    float* row = GradOf(sentence);
    for (int64_t i = 0, n = LengthOf(batch_, sentence); i < n; ++i, row += d_emissions_.stride)
      std::fill_n(row, batch_.tags, 0.0f);
  }

  /// Turns weighted unary marginals into d_emissions, adds the counts of the gold path; returns false when that path is
  /// forbidden.
  bool SubtractGold(int64_t sentence, double log_z, uint8_t flag, Sums* sums) const {
    const int64_t length = LengthOf(batch_, sentence);
    const int32_t* gold = gold_ + batch_.offsets[sentence];
    const double score = PathScore(EmissionOf(sentence), emissions_.stride, length, params_, gold);
    if (score == -kInf) {
      Discard(sentence, kInf, static_cast<uint8_t>(kInfeasible));
      return false;
    }
    loss_[sentence] = log_z - score;
    flags_[sentence] = flag;
    const float weight = WeightOf(sentence);
    float* row = GradOf(sentence);
    row[gold[0]] -= weight;
    for (int64_t y = 0; y < batch_.tags; ++y) sums->start[y] += static_cast<double>(row[y]);
    for (int64_t i = 1; i < length; ++i) {
      row += d_emissions_.stride;
      row[gold[i]] -= weight;
      sums->pairs[gold[i - 1] * plan_.ld + gold[i]] -= static_cast<double>(weight);
    }
    for (int64_t y = 0; y < batch_.tags; ++y) sums->end[y] += static_cast<double>(row[y]);
    return true;
  }

  void RedoSentence(int64_t sentence, const GroupBuffers& buffers, Sums* sums) const {
    RedoTask task;
    task.tags = batch_.tags;
    task.length = LengthOf(batch_, sentence);
    task.emission = EmissionOf(sentence);
    task.emission_stride = emissions_.stride;
    task.params = &params_;
    task.backward = reinterpret_cast<double*>(buffers.rows);
    task.scratch = buffers.scratch;
    task.unary = GradOf(sentence);
    task.unary_stride = d_emissions_.stride;
    task.weight = WeightOf(sentence);
    // The gold path decides first: a forbidden one must leave no pair sums behind.
    const double score =
        PathScore(task.emission, task.emission_stride, task.length, params_, gold_ + batch_.offsets[sentence]);
    task.pair_sums = score == -kInf ? nullptr : sums->pairs;
    task.pair_stride = plan_.ld;
    const RedoResult result = Redo(task);
    if (result.flag == kRedone) {
      (void)SubtractGold(sentence, result.log_z, result.flag, sums);
    } else {
      Discard(sentence, result.flag == kInfeasible ? kInf : result.log_z, result.flag);
    }
  }

  /// Rows of slots that must not count are cleared; rows with their own weight are scaled.
  void PrepareRows(const BlockView& view, const std::array<bool, kBlock>& counts, float* x, float* q) const {
    const bool all = std::find(counts.begin(), counts.begin() + view.count, false) == counts.begin() + view.count;
    if (all && uniform_) return;
    for (Positions at(view.count, view.length); at.Active() > 0; at.Next()) {
      for (int64_t slot = 0; slot < at.Active(); ++slot) {
        float* q_row = q + (at.Base() + slot) * plan_.ld;
        if (!counts[static_cast<size_t>(slot)]) {
          std::fill_n(q_row, plan_.ld, 0.0f);
          std::fill_n(x + (at.Base() + slot) * plan_.ld, plan_.ld, 0.0f);
        } else if (!uniform_) {
          const float weight = WeightOf(view.sentence[static_cast<size_t>(slot)]);
          for (int64_t y = 0; y < plan_.ld; ++y) q_row[y] *= weight;
        }
      }
    }
  }

  void RunBlock(int64_t block, const GroupBuffers& buffers, Sums* sums) const {
    const BlockView view = ViewBlock(plan_, batch_, block);
    ForwardBackwardTask task;
    task.params = &plan_.params;
    task.count = view.count;
    task.length = view.length;
    task.emission_stride = emissions_.stride;
    task.out_stride = d_emissions_.stride;
    task.x = buffers.rows;
    task.q = buffers.rows + buffers.capacity * plan_.ld;
    task.scales = buffers.scales;
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      task.emission[slot] = EmissionOf(view.sentence[slot]);
      task.out[slot] = GradOf(view.sentence[slot]);
      task.weight[slot] = WeightOf(view.sentence[slot]);
    }
    kernels_.forward_backward(&task);

    std::array<bool, kBlock> counts{}, redo{};
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      const int64_t sentence = view.sentence[slot];
      if (view.length[slot] == 0) {
        loss_[sentence] = 0;
        flags_[sentence] = 0;
        continue;
      }
      redo[slot] = redo_all_ || !task.trusted[slot];
      counts[slot] = !redo[slot] && SubtractGold(sentence, task.log_z[slot], 0, sums);
    }
    PrepareRows(view, counts, task.x, task.q);
    kernels_.pair_sums({batch_.tags, plan_.ld, view.count, view.length, task.x, task.q, sums->raw, sums->has_raw});
    sums->has_raw = true;
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      if (redo[slot]) RedoSentence(view.sentence[slot], buffers, sums);
    }
  }

  const Batch& batch_;
  Rows emissions_;
  const Params& params_;
  const int32_t* gold_;
  const float* weight_;
  double* loss_;
  RowsOut d_emissions_;
  uint8_t* flags_;
  const Plan& plan_;
  const SimdKernels& kernels_;
  bool redo_all_;
  bool uniform_ = true;
};

}  // namespace
}  // namespace internal

KernelStatus Nll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold, const float* weight,
                 double* loss, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                 const Exec& exec) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidBatch(batch) || !ValidRows(batch, emissions.data, emissions.stride) || !ValidParams(batch, params) ||
      !ValidRows(batch, d_emissions.data, d_emissions.stride) || !ValidGrads(batch, grads) ||
      !ValidOutput(batch, loss) || !ValidOutput(batch, flags) || !Disjoint(batch, emissions, d_emissions) ||
      !ValidWeights(batch, weight) || !ValidGold(batch, gold)) {
    return KernelStatus::kBadArgument;
  }
  Plan plan;
  if (!PlanCall(Operation::kNll, batch, workspace, &plan)) return KernelStatus::kBadArgument;
  ActiveKernels().scale_params(params, nullptr, &plan.params);
  const NllCall call(batch, emissions, params, gold, weight, loss, d_emissions, flags, plan);
  if (plan.params.bad) {
    call.WriteNonFinite(grads);
    return KernelStatus::kOk;
  }
  GroupRunner(plan, batch, Operation::kNll, exec).Run([&](int64_t group, const GroupBuffers& buffers) {
    call.RunGroup(group, buffers);
  });
  call.WriteGrads(grads);
  return KernelStatus::kOk;
}

}  // namespace clner::crf
