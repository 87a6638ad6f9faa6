#include <torch/torch.h>

#include "objectives/objective.h"
#include "ops/crf_op.h"

namespace clner {
namespace {

void AddTerm(const char* name, const std::vector<double>& values, const auto& counts, StepLoss* loss) {
  LossTerm term{name};
  for (size_t b = 0; b < values.size(); ++b) {
    if (!counts(b)) continue;
    term.sum += values[b];
    ++term.count;
  }
  if (term.count > 0) loss->terms.push_back(std::move(term));
}

ops::CrfJointLoss Losses(Model& model, const Batch& batch, const at::Tensor& emissions,
                         const crf::CooperativeTerm* cooperative) {
  return ops::CrfJoint(emissions, model.crf(), batch.cu_words,
                       {batch.tags, batch.nll_weight, batch.teacher_of, batch.cl_weight, cooperative});
}

void AddNllTerms(const Batch& batch, const std::vector<double>& nll, StepLoss* loss) {
  const auto trained = [&](size_t b, bool context) { return batch.nll_weight[b] != 0 && batch.context[b] == context; };
  AddTerm(
      "nll", nll, [&](size_t b) { return trained(b, false); }, loss);
  AddTerm(
      "nll_ext", nll, [&](size_t b) { return trained(b, true); }, loss);
}

// Rows of all words of the students, of their teachers, and the student's weight for each.
struct PairedRows {
  std::vector<int64_t> student = {}, teacher = {};
  std::vector<float> weight = {};
};

PairedRows RowsOfPairs(const Batch& batch) {
  PairedRows rows;
  for (size_t b = 0; b < batch.teacher_of.size(); ++b) {
    if (batch.teacher_of[b] < 0) continue;
    const int64_t first = batch.cu_words[b], words = batch.cu_words[b + 1] - first;
    const int64_t teacher = batch.cu_words[static_cast<size_t>(batch.teacher_of[b])];
    for (int64_t i = 0; i < words; ++i) {
      rows.student.push_back(first + i);
      rows.teacher.push_back(teacher + i);
      rows.weight.push_back(batch.cl_weight[b]);
    }
  }
  return rows;
}

}  // namespace

StepLoss TaggingNll::Step(Model& model, const Batch& batch) {
  const ops::CrfJointLoss losses = Losses(model, batch, model.Emissions(batch), nullptr);
  StepLoss loss{losses.total};
  AddNllTerms(batch, losses.nll, &loss);
  return loss;
}

StepLoss Cooperative::Step(Model& model, const Batch& batch) {
  const at::Tensor words = model.Words(batch), kept = model.DropWords(words, batch);
  const ops::CrfJointLoss losses = Losses(model, batch, model.Score(kept), rules_.kl ? &rules_.cooperative : nullptr);
  StepLoss loss{losses.total};
  AddNllTerms(batch, losses.nll, &loss);
  const auto taught = [&](size_t b) { return batch.teacher_of[b] >= 0; };
  if (rules_.kl) AddTerm("cl_kl", losses.cl, taught, &loss);
  const PairedRows rows = rules_.l2 ? RowsOfPairs(batch) : PairedRows();
  if (rows.student.empty()) return loss;
  const at::Tensor& vectors = rules_.l2_after_dropout ? kept : words;
  const auto moved = [&](const auto& values) { return torch::tensor(values).to(words.device()); };
  at::Tensor distance =
      (vectors.index_select(0, moved(rows.student)) - vectors.detach().index_select(0, moved(rows.teacher)))
          .square()
          .sum(1);
  if (rules_.l2_per_dimension) distance = distance / static_cast<double>(words.size(1));
  loss.total = loss.total + (distance * moved(rows.weight)).sum();
  LossTerm term{"cl_l2", distance.detach().to(at::kDouble).sum().item<double>(), 0};
  for (size_t b = 0; b < batch.teacher_of.size(); ++b) term.count += taught(b);
  loss.terms.push_back(std::move(term));
  return loss;
}

std::unique_ptr<Objective> MakeObjective(const ObjectiveRules& rules) {
  if (rules.kl || rules.l2) return std::make_unique<Cooperative>(rules);
  return std::make_unique<TaggingNll>();
}

}  // namespace clner
