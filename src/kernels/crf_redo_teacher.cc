#include "kernels/crf_redo_teacher.h"

#include <utility>

namespace clner::crf::internal {
namespace {

constexpr double kLogTiny = -87.33654475055310898657;  // log FLT_MIN

// log = log softmax(log / tau).
void Temper(double tau, int64_t tags, double* log) {
  for (int64_t y = 0; y < tags; ++y) log[y] /= tau;
  const double sum = LogSumExp(log, tags);
  for (int64_t y = 0; y < tags; ++y) log[y] -= sum;
}

}  // namespace

TeacherPass::TeacherPass(const RedoTask& task, const Scores& scores)
    : task_(task),
      scores_(scores),
      mass_(task.scratch + 3 * task.tags),
      next_(mass_ + task.tags),
      log_p_(next_ + task.tags),
      log_q_(log_p_ + task.tags),
      terms_(log_q_ + task.tags) {}

void TeacherPass::ReadTeacher(int64_t i) {
  const RedoTeacher& teacher = *task_.teacher;
  if (teacher.log_unary != nullptr) {
    std::copy_n(teacher.log_unary + i * teacher.log_stride, task_.tags, log_q_);
    return;
  }
  const float* row = teacher.unary + i * teacher.unary_stride;
  for (int64_t y = 0; y < task_.tags; ++y) log_q_[y] = std::log(static_cast<double>(row[y]));
}

double TeacherPass::Compare(double* w) {
  const Comparison& how = task_.teacher->comparison;
  const int64_t tags = task_.tags;
  const double tau = static_cast<double>(how.tau);
  Temper(1, tags, log_p_);  // the scores of a long sentence leave rounding in all of a row
  Temper(1, tags, log_q_);
  double* p = next_;  // free until the mass moves on
  for (int64_t y = 0; y < tags; ++y) {
    p[y] = std::exp(log_p_[y]);
    const bool absent = log_p_[y] <= kLogTiny && log_q_[y] <= kLogTiny;
    log_p_[y] = absent ? kMinusInf : std::max(log_p_[y], kLogTiny);
    log_q_[y] = absent ? kMinusInf : std::max(log_q_[y], kLogTiny);
  }
  if (tau != 1) {
    Temper(tau, tags, log_p_);
    Temper(tau, tags, log_q_);
  }
  const double forward_share = static_cast<double>(how.forward), reverse_share = static_cast<double>(how.reverse);
  double forward = 0, reverse = 0, rest = 0;
  for (int64_t y = 0; y < tags; ++y) {
    if (log_p_[y] == kMinusInf) continue;  // in neither view
    forward += std::exp(log_q_[y]) * ((how.entropy ? log_q_[y] : 0.0) - log_p_[y]);
    reverse += std::exp(log_p_[y]) * ((how.entropy ? log_p_[y] : 0.0) - log_q_[y]);
  }
  for (int64_t y = 0; y < tags; ++y) {
    w[y] = 0;
    if (log_p_[y] == kMinusInf) continue;
    const double p_tau = std::exp(log_p_[y]), q_tau = std::exp(log_q_[y]);
    const double excess = reverse - ((how.entropy ? log_p_[y] : 0.0) - log_q_[y]);
    w[y] = tau * (forward_share * (q_tau - p_tau) + reverse_share * p_tau * excess);
    rest += w[y];
  }
  for (int64_t y = 0; y < tags; ++y) w[y] = -task_.teacher->weight * (w[y] - p[y] * rest);
  return tau * tau * (forward_share * forward + reverse_share * reverse);
}

void TeacherPass::Arrive(int64_t i, bool with_own) {
  float* out = task_.unary + i * task_.unary_stride;
  const double* w = W(i);
  for (int64_t y = 0; y < task_.tags; ++y) {
    const double total = mass_[y] + w[y];
    out[y] = static_cast<float>(static_cast<double>(out[y]) + (with_own ? total : mass_[y]));
    mass_[y] = total;
  }
}

void TeacherPass::Rightward(int64_t i, const double* before, const double* forward, double log_z) {
  const int64_t tags = task_.tags;
  for (int64_t y = 0; y < tags; ++y) log_p_[y] = forward[y] + Row(i)[y] - log_z;
  ReadTeacher(i);
  loss_ += Compare(W(i));
  std::fill_n(next_, tags, 0.0);
  if (i > 0) {
    const float* e = task_.emission + i * task_.emission_stride;
    const double shift = ShiftOf(e, tags);
    const double *reach = Row(i - 1), *backward = Row(i);
    for (int64_t from = 0; from < tags; ++from) {
      if (mass_[from] == 0 || reach[from] == kMinusInf) continue;
      for (int64_t y = 0; y < tags; ++y) {
        // log P(y_i = y | y_{i-1} = from): log b_{i-1} is the sum over these terms.
        const double term = scores_.Transition(from, y) + (static_cast<double>(e[y]) - shift) + backward[y];
        const double flow = mass_[from] * std::exp(term - reach[from]);
        next_[y] += flow;
        task_.pair_sums[from * task_.pair_stride + y] += flow;
      }
    }
    std::copy_n(before, tags, Row(i - 1));
  }
  std::swap(mass_, next_);
  Arrive(i, true);
  if (i + 1 == task_.length) std::copy_n(forward, tags, Row(i));
}

void TeacherPass::Leftward() {
  const int64_t tags = task_.tags;
  std::copy_n(W(task_.length - 1), tags, mass_);
  for (int64_t i = task_.length - 1; i > 0; --i) {
    std::fill_n(next_, tags, 0.0);
    const double* before = Row(i - 1);
    for (int64_t y = 0; y < tags; ++y) {
      if (mass_[y] == 0) continue;
      for (int64_t from = 0; from < tags; ++from) terms_[from] = before[from] + scores_.Transition(from, y);
      const double total = LogSumExp(terms_, tags);
      if (total == kMinusInf) continue;
      for (int64_t from = 0; from < tags; ++from) {
        const double flow = mass_[y] * std::exp(terms_[from] - total);
        next_[from] += flow;
        task_.pair_sums[from * task_.pair_stride + y] += flow;
      }
    }
    std::swap(mass_, next_);
    Arrive(i - 1, false);
  }
}

}  // namespace clner::crf::internal
