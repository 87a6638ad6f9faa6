// Cooperative Learning written straight from its definition in float64. The gradient is a covariance: for a loss L of
// the unary marginals, h = dL/dmu and H(path) = sum of h over the path, dL/dtheta = E[H f] - E[H] E[f] for the feature
// f of theta. Neither divides masses nor propagates them as the kernels do.
#pragma once

#include <cfloat>

#include "crf_joint_problem.h"
#include "crf_reference.h"

namespace clner::crf::test {

struct JointReference {
  std::vector<double> nll, cl;
  std::vector<std::vector<double>> d_emissions;
  std::vector<double> transitions, start, end;
};

/// A row of marginals as the loss sees it: log max(p, FLT_MIN), tempered and normalised when tau is not 1.
inline std::vector<double> LogRow(const double* row, const double* other, int64_t tags, double tau) {
  std::vector<double> log(static_cast<size_t>(tags)), kept;
  const auto absent = [&](int64_t y) { return row[y] <= FLT_MIN && other[y] <= FLT_MIN; };
  for (int64_t y = 0; y < tags; ++y) {
    log[static_cast<size_t>(y)] = std::log(std::max(row[y], static_cast<double>(FLT_MIN))) / tau;
    if (!absent(y)) kept.push_back(log[static_cast<size_t>(y)]);
  }
  if (tau == 1) return log;
  const double sum = LogSum(kept);
  for (int64_t y = 0; y < tags; ++y)
    log[static_cast<size_t>(y)] = absent(y) ? -kInfD : log[static_cast<size_t>(y)] - sum;
  return log;
}

/// Loss of one word and dL/dlog p, for marginals p of the student and q of the teacher.
inline double WordLoss(const JointProblem& joint, const double* p, const double* q, double* d_log_p) {
  const int64_t tags = joint.views.tags;
  const double tau = joint.form == CooperativeForm::kTemperedKl ? static_cast<double>(joint.tau) : 1.0;
  const double entropy = joint.form == CooperativeForm::kCrossEntropy ? 0.0 : 1.0;
  const std::vector<double> log_p = LogRow(p, q, tags, tau), log_q = LogRow(q, p, tags, tau);
  double forward = 0, reverse = 0;
  const auto present = [&](size_t y) { return std::isfinite(log_p[y]) && std::isfinite(log_q[y]); };
  const auto p_of = [&](size_t y) { return tau == 1 ? p[y] : std::exp(log_p[y]); };
  const auto q_of = [&](size_t y) { return tau == 1 ? q[y] : std::exp(log_q[y]); };
  for (size_t y = 0; y < log_p.size(); ++y) {
    if (!present(y)) continue;
    forward += q_of(y) * (entropy * log_q[y] - log_p[y]);
    reverse += p_of(y) * (entropy * log_p[y] - log_q[y]);
  }
  const double share = joint.direction == CooperativeDirection::kTeacherToStudent   ? 0
                       : joint.direction == CooperativeDirection::kStudentToTeacher ? 1
                                                                                    : 0.5;
  for (size_t y = 0; y < log_p.size(); ++y) {
    d_log_p[y] = 0;
    if (!present(y)) continue;
    d_log_p[y] =
        tau * ((1 - share) * (p_of(y) - q_of(y)) + share * p_of(y) * (entropy * log_p[y] - log_q[y] - reverse));
  }
  return tau * tau * ((1 - share) * forward + share * reverse);
}

/// d loss / d log p of every word, [n][K], and the loss.
inline double SentenceLoss(const JointProblem& joint, int64_t length, const double* p, const double* q,
                           std::vector<double>* d_log_p) {
  const int64_t tags = joint.views.tags;
  d_log_p->assign(static_cast<size_t>(length * tags), 0.0);
  double loss = 0;
  for (int64_t i = 0; i < length; ++i) loss += WordLoss(joint, p + i * tags, q + i * tags, d_log_p->data() + i * tags);
  return loss;
}

/// Adds weight * (E[H f] - E[H] E[f]) from the marginals of a sentence and values of words, by the expected H on both
/// sides of a word given its tag.
inline void AddCovariance(const Problem& p, size_t b, const SentenceReference& r, const std::vector<double>& d_log_p,
                          double weight, std::vector<double>* d_emissions, JointReference* out) {
  const int64_t n = p.lengths[b], k = p.tags;
  const auto at = [k](int64_t i, int64_t y) { return static_cast<size_t>(i * k + y); };
  const auto pair = [k](int64_t i, int64_t a, int64_t y) { return static_cast<size_t>((i * k + a) * k + y); };
  std::vector<double> h(d_log_p.size(), 0.0), left(h.size(), 0.0), right(h.size(), 0.0);
  double mean = 0;
  for (size_t j = 0; j < h.size(); ++j) {
    h[j] = r.unary[j] > 0 ? d_log_p[j] / r.unary[j] : 0.0;
    mean += r.unary[j] * h[j];
  }
  for (int64_t i = 1; i < n; ++i) {
    for (int64_t y = 0; y < k; ++y) {
      for (int64_t a = 0; a < k && r.unary[at(i, y)] > 0; ++a)
        left[at(i, y)] += r.pairwise[pair(i, a, y)] / r.unary[at(i, y)] * (left[at(i - 1, a)] + h[at(i - 1, a)]);
    }
  }
  for (int64_t i = n - 1; i > 0; --i) {
    for (int64_t a = 0; a < k; ++a) {
      for (int64_t y = 0; y < k && r.unary[at(i - 1, a)] > 0; ++y)
        right[at(i - 1, a)] += r.pairwise[pair(i, a, y)] / r.unary[at(i - 1, a)] * (right[at(i, y)] + h[at(i, y)]);
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t y = 0; y < k; ++y) {
      const size_t j = at(i, y);
      const double d = weight * r.unary[j] * (left[j] + h[j] + right[j] - mean);
      (*d_emissions)[j] += d;
      if (i == 0) out->start[static_cast<size_t>(y)] += d;
      if (i == n - 1) out->end[static_cast<size_t>(y)] += d;
      for (int64_t a = 0; a < k && i > 0; ++a) {
        out->transitions[at(a, y)] +=
            weight * r.pairwise[pair(i, a, y)] * (left[at(i - 1, a)] + h[at(i - 1, a)] + h[j] + right[j] - mean);
      }
    }
  }
}

/// All losses and gradients of a joint problem; teachers come from `joint`, or from `rows` when given.
inline JointReference ReferenceJoint(const JointProblem& joint,
                                     const std::function<SentenceReference(const Problem&, size_t)>& reference,
                                     const std::vector<std::vector<double>>* rows = nullptr) {
  const Problem& p = joint.views;
  JointReference out;
  if (joint.gold && rows == nullptr) {
    NllReference nll = ReferenceNll(p, reference);
    out = {nll.loss, {}, nll.d_emissions, nll.transitions, nll.start, nll.end};
  } else {
    const auto k = static_cast<size_t>(p.tags);
    out = {std::vector<double>(p.lengths.size()),
           {},
           {},
           std::vector<double>(k * k),
           std::vector<double>(k),
           std::vector<double>(k)};
    for (const int64_t n : p.lengths) out.d_emissions.emplace_back(static_cast<size_t>(n * p.tags), 0.0);
  }
  out.cl.assign(p.lengths.size(), 0.0);
  for (size_t b = 0; b < p.lengths.size(); ++b) {
    const int64_t teacher = rows != nullptr ? static_cast<int64_t>(b) : joint.teacher_of[b];
    if (teacher < 0 || p.lengths[b] == 0) continue;
    const SentenceReference student = reference(p, b);
    const std::vector<double> q = rows != nullptr ? (*rows)[b] : reference(p, static_cast<size_t>(teacher)).unary;
    std::vector<double> d_log_p;
    out.cl[b] = SentenceLoss(joint, p.lengths[b], student.unary.data(), q.data(), &d_log_p);
    AddCovariance(p, b, student, d_log_p, joint.cl_weight.empty() ? 1.0 : static_cast<double>(joint.cl_weight[b]),
                  &out.d_emissions[b], &out);
  }
  return out;
}
inline JointReference LogSpaceJoint(const JointProblem& joint) {
  return ReferenceJoint(joint, [](const Problem& p, size_t b) { return LogSpace(p, b); });
}

/// Largest |a - b| divided by the largest |b|.
template <class A, class B>
double RelativeDifference(const std::vector<A>& a, const std::vector<B>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0, scale = 1e-30;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    worst = std::isnan(difference) ? kInfD : std::max(worst, difference);
    scale = std::max(scale, std::abs(static_cast<double>(b[i])));
  }
  return worst / scale;
}
template <class A, class B>
double RowsDifference(const std::vector<std::vector<A>>& a, const std::vector<std::vector<B>>& b) {
  std::vector<double> left, right;
  for (const auto& row : a) left.insert(left.end(), row.begin(), row.end());
  for (const auto& row : b) right.insert(right.end(), row.begin(), row.end());
  return RelativeDifference(left, right);
}
inline void ExpectJoint(const JointResult& got, const JointReference& want, double losses, double gradients) {
  EXPECT_LE(Difference(got.nll, want.nll), losses) << "nll";
  EXPECT_LE(Difference(got.cl, want.cl), losses) << "cl";
  EXPECT_LE(RowsDifference(got.d_emissions, want.d_emissions), gradients) << "d_emissions";
  EXPECT_LE(Difference(got.transitions, want.transitions), gradients) << "transitions";
  EXPECT_LE(Difference(got.start, want.start), gradients) << "start";
  EXPECT_LE(Difference(got.end, want.end), gradients) << "end";
}

}  // namespace clner::crf::test
