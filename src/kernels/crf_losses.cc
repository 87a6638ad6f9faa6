#include "kernels/crf_losses.h"

#include <algorithm>
#include <limits>

#include "kernels/crf_args.h"
#include "kernels/crf_gradient_sums.h"
#include "kernels/crf_redo.h"
#include "kernels/crf_targets.h"
#include "kernels/crf_teachers.h"

namespace clner::crf::internal {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
using Part = GradientSums::Part;

/// The gold path of a sentence.
struct Gold {
  const int32_t* path = nullptr;  ///< null: the sentence has no NLL
  double score = 0;
  float weight = 0;  ///< of the gradient; 0 when the path is forbidden
  [[nodiscard]] bool Forbidden() const { return path != nullptr && score == -kInf; }
};

class LossCall {
 public:
  LossCall(const Batch& batch, Rows emissions, const Params& params, const LossTerms& terms, const LossOut& out,
           const Plan& plan)
      : batch_(batch),
        emissions_(emissions),
        params_(params),
        terms_(terms),
        out_(out),
        plan_(plan),
        teachers_(batch, terms, plan),
        sums_(plan),
        kernels_(ActiveKernels()),
        comparison_(ComparisonOf(terms.cooperative)),
        redo_all_(RedoForced()) {
    const float* weight = terms.nll_weight;
    for (int64_t b = 1; weight != nullptr && b < batch.sentences; ++b) uniform_ &= weight[b] == weight[0];
  }

  void Run(Operation operation, const Exec& exec) {
    sums_.Clear();
    const auto run = [&](const Plan& pass, auto block, double scale) {
      GroupRunner(pass, batch_, operation, exec).Run([&](int64_t group, const GroupBuffers& buffers) {
        Part part = sums_.Of(group);
        for (int64_t b = group; b < pass.blocks; b += pass.groups) {
          (this->*block)(ViewBlock(pass, batch_, b), buffers, &part);
        }
        sums_.Fold(part, scale);
      });
    };
    const double scale = uniform_ && batch_.sentences > 0 ? static_cast<double>(NllWeightOf(0)) : 1.0;
    if (!teachers_.Any()) {
      run(plan_, &LossCall::RunBlock, scale);
    } else {
      if (terms_.teacher_of != nullptr) run(teachers_.FirstPass(), &LossCall::RunBlock, scale);
      run(teachers_.StudentPass(), &LossCall::RunStudents, 1.0);
    }
    sums_.Write(out_.grads);
  }

  /// Every sentence when the parameters hold NaN or +inf.
  void RunNonFinite() const {
    for (int64_t b = 0; b < batch_.sentences; ++b) Discard(b, GoldOf(b), {kNaN, kNonFinite, 0});
    sums_.Clear();
    sums_.Write(out_.grads);
  }

 private:
  static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] float NllWeightOf(int64_t sentence) const {
    return terms_.nll_weight != nullptr ? terms_.nll_weight[sentence] : 1.0f;
  }
  [[nodiscard]] const float* EmissionOf(int64_t sentence) const {
    return emissions_.data + batch_.offsets[sentence] * emissions_.stride;
  }
  [[nodiscard]] float* GradOf(int64_t sentence) const {
    return out_.d_emissions.data + batch_.offsets[sentence] * out_.d_emissions.stride;
  }
  [[nodiscard]] Gold GoldOf(int64_t sentence) const {
    Gold gold;
    if (terms_.gold == nullptr) return gold;
    gold.path = terms_.gold + batch_.offsets[sentence];
    gold.score = PathScore(EmissionOf(sentence), emissions_.stride, LengthOf(batch_, sentence), params_, gold.path);
    gold.weight = gold.score == -kInf ? 0.0f : NllWeightOf(sentence);
    return gold;
  }

  void SetLosses(int64_t sentence, double nll, double cl, uint8_t flag) const {
    if (out_.nll != nullptr) out_.nll[sentence] = nll;
    if (out_.cl != nullptr) out_.cl[sentence] = cl;
    out_.flags[sentence] = flag;
  }

  /// A sentence without posterior: no contribution.
  void Discard(int64_t sentence, const Gold& gold, const RedoResult& result) const {
    const double loss = result.flag == kInfeasible ? kInf : kNaN;
    SetLosses(sentence, gold.path != nullptr ? loss : 0.0, teachers_.Has(sentence) ? loss : 0.0, result.flag);
    float* row = GradOf(sentence);
    for (int64_t i = 0, n = LengthOf(batch_, sentence); i < n; ++i, row += out_.d_emissions.stride)
      std::fill_n(row, batch_.tags, 0.0f);
  }

  /// Losses; subtracts the gold path from the rows of the gradient, which hold all other parts, and adds what the
  /// parameters get from it.
  void Finish(int64_t sentence, const Gold& gold, double log_z, double cl, uint8_t flag, Part* part) const {
    const int64_t length = LengthOf(batch_, sentence);
    SetLosses(sentence, gold.path != nullptr ? log_z - gold.score : 0.0, cl,
              gold.Forbidden() ? static_cast<uint8_t>(kInfeasible) : flag);
    const bool subtract = gold.path != nullptr && !gold.Forbidden();
    const int64_t stride = out_.d_emissions.stride;
    float* row = GradOf(sentence);
    for (int64_t i = 0; subtract && i < length; ++i) {
      row[i * stride + gold.path[i]] -= gold.weight;
      if (i > 0) part->pairs[gold.path[i - 1] * plan_.ld + gold.path[i]] -= static_cast<double>(gold.weight);
    }
    const float* last = row + (length - 1) * stride;
    for (int64_t y = 0; y < batch_.tags; ++y) {
      part->start[y] += static_cast<double>(row[y]);
      part->end[y] += static_cast<double>(last[y]);
    }
  }

  [[nodiscard]] ForwardBackwardTask TaskOf(const BlockView& view, const GroupBuffers& buffers) const {
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
      task.out[slot] = GradOf(view.sentence[slot]);
      task.out_stride[slot] = out_.d_emissions.stride;
    }
    return task;
  }
  [[nodiscard]] RedoTask RedoTaskOf(int64_t sentence, const Gold& gold, const GroupBuffers& buffers) const {
    RedoTask task;
    task.tags = batch_.tags;
    task.length = LengthOf(batch_, sentence);
    task.emission = EmissionOf(sentence);
    task.emission_stride = emissions_.stride;
    task.params = &params_;
    task.backward = reinterpret_cast<double*>(buffers.rows);
    task.scratch = buffers.scratch;
    task.unary = GradOf(sentence);
    task.unary_stride = out_.d_emissions.stride;
    task.weight = gold.weight;
    task.pair_stride = plan_.ld;
    return task;
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
          const float weight = NllWeightOf(view.sentence[static_cast<size_t>(slot)]);
          for (int64_t y = 0; y < plan_.ld; ++y) q_row[y] *= weight;
        }
      }
    }
  }

  /// The row of a teacher's gradient starts as its marginals, too.
  void CopyScaled(int64_t sentence, float weight) const {
    const float* from = teachers_.UnaryOf(sentence);
    float* to = GradOf(sentence);
    for (int64_t i = 0; i < LengthOf(batch_, sentence); ++i, from += plan_.ld, to += out_.d_emissions.stride) {
      for (int64_t y = 0; y < batch_.tags; ++y) to[y] = from[y] * weight;
    }
  }

  void AddPairs(const BlockView& view, const float* x, const float* q, Part* part) const {
    kernels_.pair_sums({batch_.tags, plan_.ld, view.count, view.length, x, q, part->raw, part->has_raw});
    part->has_raw = true;
  }

  /// Sentences without a teacher. Those that teach leave their marginals; a student among them is here for nothing
  /// else.
  void RunBlock(const BlockView& view, const GroupBuffers& buffers, Part* part) const {
    ForwardBackwardTask task = TaskOf(view, buffers);
    std::array<Gold, kBlock> gold;
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      gold[slot] = GoldOf(view.sentence[slot]);
      task.weight[slot] = gold[slot].weight;
      if (!teachers_.Teaches(view.sentence[slot])) continue;
      task.weight[slot] = 1.0f;
      task.out[slot] = teachers_.UnaryOf(view.sentence[slot]);
      task.out_stride[slot] = plan_.ld;
    }
    kernels_.forward_backward(&task);

    std::array<bool, kBlock> counts{}, redo{};
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      const int64_t sentence = view.sentence[slot];
      if (view.length[slot] == 0) {
        SetLosses(sentence, 0, 0, 0);
        continue;
      }
      redo[slot] = redo_all_ || !task.trusted[slot];
      if (redo[slot]) continue;
      if (teachers_.Teaches(sentence)) teachers_.Publish(sentence);
      if (teachers_.Has(sentence)) continue;
      if (teachers_.Teaches(sentence)) CopyScaled(sentence, gold[slot].weight);
      Finish(sentence, gold[slot], task.log_z[slot], 0, 0, part);
      counts[slot] = gold[slot].weight != 0;
    }
    if (std::find(counts.begin(), counts.end(), true) != counts.end()) {
      PrepareRows(view, counts, task.x, task.q);
      AddPairs(view, task.x, task.q, part);
    }
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      if (redo[slot]) RedoSentence(view.sentence[slot], gold[slot], buffers, part);
    }
  }

  void RedoSentence(int64_t sentence, const Gold& gold, const GroupBuffers& buffers, Part* part) const {
    RedoTask task = RedoTaskOf(sentence, gold, buffers);
    const bool own = !teachers_.Has(sentence);
    // A forbidden gold path must leave no pair sums behind.
    if (own && gold.weight != 0) task.pair_sums = part->pairs;
    if (teachers_.Teaches(sentence)) {
      task.log_unary = teachers_.LogUnaryOf(sentence);
      task.log_stride = plan_.ld;
    }
    const RedoResult result = Redo(task);
    if (teachers_.Teaches(sentence)) teachers_.PublishRedone(sentence, result.flag);
    if (!own) return;
    if (result.flag == kRedone) {
      Finish(sentence, gold, result.log_z, 0, result.flag, part);
    } else {
      Discard(sentence, gold, result);
    }
  }

  /// Sentences with a teacher.
  void RunStudents(const BlockView& view, const GroupBuffers& buffers, Part* part) const {
    ForwardBackwardTask task = TaskOf(view, buffers);
    const int64_t cells = buffers.capacity * plan_.ld;
    task.d = task.q + cells;
    CooperativeTask term;
    term.params = &plan_.params;
    term.comparison = comparison_;
    term.count = view.count;
    term.length = view.length;
    term.teacher_stride = teachers_.UnaryStride();
    term.x = task.x;
    term.q = task.q;
    term.d = task.d;
    term.w = task.d + cells;
    term.y = term.w + cells;
    term.scratch = reinterpret_cast<float*>(buffers.scratch);
    term.out = task.out;
    term.out_stride = out_.d_emissions.stride;
    std::array<Gold, kBlock> gold;
    std::array<Lesson, kBlock> lesson;
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      const int64_t sentence = view.sentence[slot];
      gold[slot] = GoldOf(sentence);
      task.weight[slot] = term.nll_weight[slot] = gold[slot].weight;
      lesson[slot] = teachers_.LessonOf(sentence);
      term.teacher[slot] = lesson[slot].unary;
      term.weight[slot] = teachers_.WeightOf(sentence);
    }
    kernels_.forward_backward(&task);
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      term.trusted[slot] = !redo_all_ && task.trusted[slot] && !lesson[slot].broken;
    }
    kernels_.cooperative(&term);
    AddPairs(view, term.y, term.q, part);
    AddPairs(view, term.x, term.w, part);
    for (size_t slot = 0; slot < static_cast<size_t>(view.count); ++slot) {
      const int64_t sentence = view.sentence[slot];
      if (view.length[slot] == 0) {
        SetLosses(sentence, 0, 0, 0);
      } else if (lesson[slot].broken) {
        Discard(sentence, gold[slot], {kNaN, kNonFinite, 0});
      } else if (term.trusted[slot]) {
        Finish(sentence, gold[slot], task.log_z[slot], term.loss[slot], 0, part);
      } else {
        RedoStudent(sentence, gold[slot], lesson[slot], buffers, part);
      }
    }
  }

  void RedoStudent(int64_t sentence, const Gold& gold, const Lesson& lesson, const GroupBuffers& buffers,
                   Part* part) const {
    RedoTask task = RedoTaskOf(sentence, gold, buffers);
    task.pair_sums = part->pairs;
    RedoTeacher teacher;
    teacher.comparison = comparison_;
    teacher.weight = static_cast<double>(teachers_.WeightOf(sentence));
    teacher.unary = lesson.unary;
    teacher.unary_stride = teachers_.UnaryStride();
    teacher.log_unary = lesson.log_unary;
    teacher.log_stride = plan_.ld;
    if (lesson.unary != nullptr) task.teacher = &teacher;
    const RedoResult result = Redo(task);
    if (result.flag == kRedone) {
      Finish(sentence, gold, result.log_z, result.cooperative, result.flag, part);
    } else {
      Discard(sentence, gold, result);
    }
  }

  const Batch& batch_;
  Rows emissions_;
  const Params& params_;
  const LossTerms& terms_;
  const LossOut& out_;
  const Plan& plan_;
  Teachers teachers_;
  GradientSums sums_;
  const SimdKernels& kernels_;
  Comparison comparison_;
  bool redo_all_;
  bool uniform_ = true;
};

}  // namespace

void RunLosses(const Batch& batch, Rows emissions, const Params& params, const LossTerms& terms, Operation operation,
               const LossOut& out, Plan* plan, const Exec& exec) {
  ActiveKernels().scale_params(params, nullptr, &plan->params);
  LossCall call(batch, emissions, params, terms, out, *plan);
  if (plan->params.bad) {
    call.RunNonFinite();
  } else {
    call.Run(operation, exec);
  }
}

}  // namespace clner::crf::internal
