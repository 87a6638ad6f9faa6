// Independent references: enumeration of all paths, and log-space recursions in float64 written straight from the
// definition.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "crf_problem.h"

namespace clner::crf::test {

struct SentenceReference {
  double log_z = 0;
  std::vector<double> unary;     ///< [n][K]
  std::vector<double> pairwise;  ///< [n][K][K], position 0 unused
  double best_score = -kInfD;
  std::vector<int32_t> best;  ///< the first best path in the order of the tie rule
};

inline double TransitionOf(const Problem& p, int64_t from, int64_t to) {
  return static_cast<double>(p.transitions[static_cast<size_t>(from * p.tags + to)]);
}
inline double EmissionOf(const Problem& p, size_t b, int64_t i, int64_t y) {
  return static_cast<double>(p.emissions[b][static_cast<size_t>(i * p.tags + y)]);
}
inline double ScoreOf(const Problem& p, size_t b, const std::vector<int32_t>& path) {
  if (path.empty()) return 0;
  double score = static_cast<double>(p.start[static_cast<size_t>(path.front())]) +
                 static_cast<double>(p.end[static_cast<size_t>(path.back())]);
  for (size_t i = 0; i < path.size(); ++i) {
    score += EmissionOf(p, b, static_cast<int64_t>(i), path[i]);
    if (i > 0) score += TransitionOf(p, path[i - 1], path[i]);
  }
  return score;
}

/// Calls visit(path) for all K^n paths.
inline void ForEachPath(int64_t tags, int64_t length, const std::function<void(const std::vector<int32_t>&)>& visit) {
  std::vector<int32_t> path(static_cast<size_t>(length), 0);
  while (true) {
    visit(path);
    size_t i = 0;
    while (i < path.size() && ++path[i] == tags) path[i++] = 0;
    if (i == path.size()) return;
  }
}

/// By definition; K^n paths.
inline SentenceReference Enumerate(const Problem& p, size_t b) {
  const int64_t n = p.lengths[b], tags = p.tags;
  SentenceReference r;
  double top = -kInfD;
  ForEachPath(tags, n, [&](const std::vector<int32_t>& path) { top = std::max(top, ScoreOf(p, b, path)); });
  r.unary.assign(static_cast<size_t>(n * tags), 0.0);
  r.pairwise.assign(static_cast<size_t>(n * tags * tags), 0.0);
  double sum = 0;
  ForEachPath(tags, n, [&](const std::vector<int32_t>& path) {
    const double w = std::exp(ScoreOf(p, b, path) - top);
    sum += w;
    for (int64_t i = 0; i < n; ++i) {
      const auto at = static_cast<size_t>(i);
      r.unary[at * static_cast<size_t>(tags) + static_cast<size_t>(path[at])] += w;
      if (i > 0) r.pairwise[static_cast<size_t>((i * tags + path[at - 1]) * tags + path[at])] += w;
    }
    // Ties: compare from the last tag backwards, smaller tags win.
    const double score = ScoreOf(p, b, path);
    const bool better = score > r.best_score ||
                        (score == r.best_score &&
                         std::lexicographical_compare(path.rbegin(), path.rend(), r.best.rbegin(), r.best.rend()));
    if (better || r.best.empty()) {
      r.best_score = score;
      r.best = path;
    }
  });
  for (double& v : r.unary) v /= sum;
  for (double& v : r.pairwise) v /= sum;
  r.log_z = top + std::log(sum);
  return r;
}

inline double LogSum(const std::vector<double>& terms) {
  const double top = *std::max_element(terms.begin(), terms.end());
  if (!std::isfinite(top)) return top;
  double sum = 0;
  for (const double t : terms) sum += std::exp(t - top);
  return top + std::log(sum);
}

/// Log-space forward-backward in float64.
inline SentenceReference LogSpace(const Problem& p, size_t b, bool pairwise = true) {
  const int64_t n = p.lengths[b], k = p.tags;
  const auto at = [k](int64_t i, int64_t y) { return static_cast<size_t>(i * k + y); };
  SentenceReference r;
  if (n == 0) return r;
  std::vector<double> alpha(static_cast<size_t>(n * k)), beta(static_cast<size_t>(n * k)),
      terms(static_cast<size_t>(k));
  for (int64_t y = 0; y < k; ++y) {
    alpha[at(0, y)] = static_cast<double>(p.start[static_cast<size_t>(y)]) + EmissionOf(p, b, 0, y);
    beta[at(n - 1, y)] = static_cast<double>(p.end[static_cast<size_t>(y)]);
  }
  for (int64_t i = 1; i < n; ++i) {
    for (int64_t y = 0; y < k; ++y) {
      for (int64_t from = 0; from < k; ++from)
        terms[static_cast<size_t>(from)] = alpha[at(i - 1, from)] + TransitionOf(p, from, y);
      alpha[at(i, y)] = LogSum(terms) + EmissionOf(p, b, i, y);
    }
  }
  for (int64_t i = n - 1; i > 0; --i) {
    for (int64_t from = 0; from < k; ++from) {
      for (int64_t y = 0; y < k; ++y) {
        terms[static_cast<size_t>(y)] = TransitionOf(p, from, y) + EmissionOf(p, b, i, y) + beta[at(i, y)];
      }
      beta[at(i - 1, from)] = LogSum(terms);
    }
  }
  for (int64_t y = 0; y < k; ++y) terms[static_cast<size_t>(y)] = alpha[at(n - 1, y)] + beta[at(n - 1, y)];
  r.log_z = LogSum(terms);
  for (size_t j = 0; j < alpha.size(); ++j) r.unary.push_back(std::exp(alpha[j] + beta[j] - r.log_z));
  if (!pairwise) return r;
  r.pairwise.assign(static_cast<size_t>(n * k * k), 0.0);
  for (int64_t i = 1; i < n; ++i) {
    for (int64_t from = 0; from < k; ++from) {
      for (int64_t y = 0; y < k; ++y) {
        r.pairwise[static_cast<size_t>((i * k + from) * k + y)] = std::exp(
            alpha[at(i - 1, from)] + TransitionOf(p, from, y) + EmissionOf(p, b, i, y) + beta[at(i, y)] - r.log_z);
      }
    }
  }
  return r;
}

struct NllReference {
  std::vector<double> loss;
  std::vector<std::vector<double>> d_emissions;
  std::vector<double> transitions, start, end;
};
/// NLL and gradients from sentence references (log-space or enumerated).
inline NllReference ReferenceNll(const Problem& p,
                                 const std::function<SentenceReference(const Problem&, size_t)>& reference) {
  const int64_t k = p.tags;
  NllReference out;
  out.transitions.assign(static_cast<size_t>(k * k), 0.0);
  out.start.assign(static_cast<size_t>(k), 0.0);
  out.end.assign(static_cast<size_t>(k), 0.0);
  for (size_t b = 0; b < p.lengths.size(); ++b) {
    const int64_t n = p.lengths[b];
    if (n == 0) {
      out.loss.push_back(0);
      out.d_emissions.emplace_back();
      continue;
    }
    const SentenceReference r = reference(p, b);
    const double w = p.weight.empty() ? 1.0 : static_cast<double>(p.weight[b]);
    out.loss.push_back(r.log_z - ScoreOf(p, b, p.gold[b]));
    std::vector<double> d = r.unary;
    for (int64_t i = 0; i < n; ++i) d[static_cast<size_t>(i * k + p.gold[b][static_cast<size_t>(i)])] -= 1;
    for (double& v : d) v *= w;
    for (int64_t y = 0; y < k; ++y) {
      out.start[static_cast<size_t>(y)] += d[static_cast<size_t>(y)];
      out.end[static_cast<size_t>(y)] += d[static_cast<size_t>((n - 1) * k + y)];
    }
    for (int64_t i = 1; i < n; ++i) {
      for (int64_t j = 0; j < k * k; ++j)
        out.transitions[static_cast<size_t>(j)] += w * r.pairwise[static_cast<size_t>(i * k * k + j)];
      out.transitions[static_cast<size_t>(p.gold[b][static_cast<size_t>(i - 1)] * k +
                                          p.gold[b][static_cast<size_t>(i)])] -= w;
    }
    out.d_emissions.push_back(std::move(d));
  }
  return out;
}

/// Largest |a - b| divided by max(1, largest |b|).
template <class A, class B>
double Difference(const std::vector<A>& a, const std::vector<B>& b) {
  EXPECT_EQ(a.size(), b.size());
  double worst = 0, scale = 1;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    worst = std::isnan(difference) ? kInfD : std::max(worst, difference);
    scale = std::max(scale, std::abs(static_cast<double>(b[i])));
  }
  return worst / scale;
}

inline void ExpectNll(const NllResult& got, const NllReference& want, double tolerance) {
  EXPECT_LE(Difference(got.loss, want.loss), tolerance) << "loss";
  ASSERT_EQ(got.d_emissions.size(), want.d_emissions.size());
  for (size_t b = 0; b < got.d_emissions.size(); ++b) {
    EXPECT_LE(Difference(got.d_emissions[b], want.d_emissions[b]), tolerance) << "d_emissions of sentence " << b;
  }
  EXPECT_LE(Difference(got.transitions, want.transitions), tolerance) << "transitions";
  EXPECT_LE(Difference(got.start, want.start), tolerance) << "start";
  EXPECT_LE(Difference(got.end, want.end), tolerance) << "end";
}

}  // namespace clner::crf::test
