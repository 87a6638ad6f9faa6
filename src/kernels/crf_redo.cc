#include "kernels/crf_redo.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "kernels/crf_log_space.h"
#include "kernels/crf_redo_teacher.h"

namespace clner::crf::internal {
namespace {

// log b_i, up to the shifts of the words behind, for all positions; returns log Z with all shifts taken out.
double BackwardPass(const RedoTask& task, const Scores& scores, double* terms) {
  const int64_t tags = task.tags;
  double* next = task.backward + (task.length - 1) * tags;
  for (int64_t y = 0; y < tags; ++y) next[y] = scores.End(y);
  for (int64_t i = task.length - 1; i > 0; --i) {
    const float* e = task.emission + i * task.emission_stride;
    const double shift = ShiftOf(e, tags);
    double* row = task.backward + (i - 1) * tags;
    for (int64_t from = 0; from < tags; ++from) {
      for (int64_t y = 0; y < tags; ++y)
        terms[y] = scores.Transition(from, y) + (static_cast<double>(e[y]) - shift) + next[y];
      row[from] = LogSumExp(terms, tags);
    }
    next = row;
  }
  const double shift = ShiftOf(task.emission, tags);
  for (int64_t y = 0; y < tags; ++y)
    terms[y] = scores.Start(y) + (static_cast<double>(task.emission[y]) - shift) + next[y];
  return LogSumExp(terms, tags);
}

void EmitUnary(const RedoTask& task, int64_t i, const double* forward, double log_z) {
  const double* backward = task.backward + i * task.tags;
  int64_t best = 0;
  for (int64_t y = 0; y < task.tags; ++y) {
    const double log_p = forward[y] + backward[y] - log_z;
    if (log_p > forward[best] + backward[best] - log_z) best = y;
    if (task.log_unary != nullptr) task.log_unary[i * task.log_stride + y] = log_p;
    if (task.unary != nullptr)
      task.unary[i * task.unary_stride + y] = static_cast<float>(static_cast<double>(task.weight) * std::exp(log_p));
  }
  if (task.best != nullptr) task.best[i] = static_cast<int32_t>(best);
}

void AddPairSums(const RedoTask& task, const Scores& scores, int64_t i, const double* before, double log_z) {
  if (task.pair_sums == nullptr) return;
  const float* e = task.emission + i * task.emission_stride;
  const double shift = ShiftOf(e, task.tags);
  const double* backward = task.backward + i * task.tags;
  for (int64_t from = 0; from < task.tags; ++from) {
    if (before[from] == kMinusInf) continue;
    for (int64_t y = 0; y < task.tags; ++y) {
      const double log_p =
          before[from] + scores.Transition(from, y) + (static_cast<double>(e[y]) - shift) + backward[y] - log_z;
      task.pair_sums[from * task.pair_stride + y] += static_cast<double>(task.weight) * std::exp(log_p);
    }
  }
}

void ForwardPass(const RedoTask& task, const Scores& scores, double log_z, TeacherPass* teacher) {
  const int64_t tags = task.tags;
  double *row = task.scratch, *before = row + tags, *terms = before + tags;
  const double first_shift = ShiftOf(task.emission, tags);
  for (int64_t y = 0; y < tags; ++y) row[y] = scores.Start(y) + (static_cast<double>(task.emission[y]) - first_shift);
  EmitUnary(task, 0, row, log_z);
  if (teacher != nullptr) teacher->Rightward(0, nullptr, row, log_z);
  for (int64_t i = 1; i < task.length; ++i) {
    std::swap(row, before);
    AddPairSums(task, scores, i, before, log_z);
    const float* e = task.emission + i * task.emission_stride;
    const double shift = ShiftOf(e, tags);
    for (int64_t y = 0; y < tags; ++y) {
      for (int64_t from = 0; from < tags; ++from) terms[from] = before[from] + scores.Transition(from, y);
      row[y] = LogSumExp(terms, tags) + (static_cast<double>(e[y]) - shift);
    }
    EmitUnary(task, i, row, log_z);
    if (teacher != nullptr) teacher->Rightward(i, before, row, log_z);
  }
}

}  // namespace

EmissionScan ScanEmissions(const float* emission, int64_t stride, int64_t length, int64_t tags) {
  EmissionScan scan;
  for (int64_t i = 0; i < length; ++i, emission += stride) {
    for (int64_t y = 0; y < tags; ++y) {
      scan.bad |= !(emission[y] <= std::numeric_limits<float>::max());
      scan.huge |= std::isfinite(emission[y]) && std::abs(emission[y]) > 1e30f;
    }
  }
  return scan;
}

RedoResult Redo(const RedoTask& task) {
  if (ScanEmissions(task.emission, task.emission_stride, task.length, task.tags).bad) {
    return {std::numeric_limits<double>::quiet_NaN(), kNonFinite, 0};
  }
  const Scores scores(task.tags, *task.params, task.constraints);
  const double log_z = BackwardPass(task, scores, task.scratch);
  if (log_z == kMinusInf) return {log_z, kInfeasible, 0};
  std::optional<TeacherPass> teacher;
  if (task.teacher != nullptr) teacher.emplace(task, scores);
  ForwardPass(task, scores, log_z, teacher ? &*teacher : nullptr);
  if (teacher) teacher->Leftward();
  double shifts = 0;
  for (int64_t i = 0; i < task.length; ++i) shifts += ShiftOf(task.emission + i * task.emission_stride, task.tags);
  return {log_z + shifts, kRedone, teacher ? teacher->Loss() : 0};
}

double ViterbiRedo(const ViterbiRedoTask& task) {
  const int64_t tags = task.tags;
  const Scores scores(tags, *task.params, task.constraints);
  double *row = task.scratch, *before = row + tags;
  for (int64_t y = 0; y < tags; ++y) row[y] = scores.Start(y) + static_cast<double>(task.emission[y]);
  for (int64_t i = 1; i < task.length; ++i) {
    std::swap(row, before);
    const float* e = task.emission + i * task.emission_stride;
    for (int64_t y = 0; y < tags; ++y) {
      int64_t best = 0;
      double top = kMinusInf;
      for (int64_t from = 0; from < tags; ++from) {
        const double value = before[from] + scores.Transition(from, y);
        if (value > top) {
          top = value;
          best = from;
        }
      }
      row[y] = top + static_cast<double>(e[y]);
      task.back[i * tags + y] = static_cast<uint16_t>(best);
    }
  }
  int64_t tag = 0;
  for (int64_t y = 1; y < tags; ++y) {
    if (row[y] + scores.End(y) > row[tag] + scores.End(tag)) tag = y;
  }
  const double score = row[tag] + scores.End(tag);
  for (int64_t i = task.length - 1; i >= 0; --i) {
    task.path[i] = static_cast<int32_t>(tag);
    tag = task.back[i * tags + tag];
  }
  return score;
}

double PathScore(const float* emission, int64_t stride, int64_t length, const Params& params, const int32_t* path) {
  if (length == 0) return 0;
  double score = static_cast<double>(params.start[path[0]]) + static_cast<double>(params.end[path[length - 1]]);
  double transitions = 0;  // two chains of additions run side by side
  score += static_cast<double>(emission[path[0]]);
  for (int64_t i = 1; i < length; ++i) {
    emission += stride;
    score += static_cast<double>(emission[path[i]]);
    transitions += static_cast<double>(params.transitions[path[i - 1] * params.stride + path[i]]);
  }
  return score + transitions;
}

}  // namespace clner::crf::internal
