// From the two chains to everything that belongs to one word: marginals, the row's part of the gradient, the guard.
#pragma once

#include "kernels/cuda/call.h"

namespace clner::crf::device {

/// What is made of the unary marginals; unset members are not produced.
struct UnaryOut {
  RowsOut unary;                  ///< [rows][K] weight * (marginals - 1[gold])
  const int32_t* gold = nullptr;  ///< [rows]
  const float* weight = nullptr;  ///< [B], null = 1
  int32_t* best = nullptr;        ///< [rows] arg max
  float* plain = nullptr;         ///< [rows][K] marginals inside the workspace
  double* log_plain = nullptr;    ///< [rows][K] their logarithms, of redone sentences only

  [[nodiscard]] CLNER_DEVICE float Weight(int64_t sentence) const {
    return weight != nullptr ? weight[sentence] : 1.0f;
  }
  /// Value for `unary` from weight * marginal.
  [[nodiscard]] CLNER_DEVICE float WithoutGold(float weighted, float weight_of, int64_t row, int y) const {
    return gold != nullptr && gold[row] == y ? weighted - weight_of : weighted;
  }
};

/// What the chain rows become.
enum class ChainRows {
  kUnchanged,
  kSpans,  ///< backward row: q_i = E_i o y_i
  kPairs,  ///< forward row: x_i = E_i o v_i; backward row: q_i times what makes x_{i-1} G q_i the weighted pair
           ///< marginals
};

/// Writes a sentence-independent part of the results, row by row, and marks rows the float32 recursions cannot serve.
struct PosteriorRows {
  View view;
  UnaryOut out;
  ChainRows chain_rows;

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* /*scratch*/) const {
    const WordAt at = WordOf(view.batch, index);
    if (!at.exists || view.state[at.row] == kBadRow) return;
    float *forward = view.Forward(at.row), *backward = view.Backward(at.row);
    const float* emission = view.Emission(at.row);
    const float top = view.top[at.row];
    const int tags = view.Tags();
    float sum = 0.0f, largest = 0.0f;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      sum += forward[y] * ExpEmission(emission[y], top) * backward[y];
      largest = fmaxf(largest, fmaxf(forward[y], backward[y]));
    }
    const float mass = group.Sum(sum);
    largest = group.Max(largest);
    // What a chain may have lost to underflow at this word is at most K FLT_MIN times the largest value of the other
    // chain. Written so that NaN fails.
    const bool trusted = mass >= 1e-30f && mass <= kLargestF && largest <= 1e30f * mass &&
                         largest * *view.ForwardScale(at.row) <= 1e36f * mass;  // the factor of kPairs stays finite
    if (group.Lane() == 0) {
      view.mass[at.row] = mass;
      view.state[at.row] = trusted ? kSound : kUntrusted;
    }
    if (!trusted) return;
    WriteUnary<Layout>(group, at, mass);
    if (chain_rows == ChainRows::kUnchanged) return;
    // x_{i-1} G q_i sums to <v_i, q_i> / c_i.
    const float factor = *view.ForwardScale(at.row) * out.Weight(at.sentence) / mass;
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      const float e = ExpEmission(emission[y], top), q = backward[y] * e;
      if (chain_rows == ChainRows::kPairs) forward[y] *= e;
      backward[y] = chain_rows == ChainRows::kPairs ? factor * q : q;  // the same bits as in CombineRows
    }
  }

 private:
  template <class Layout>
  CLNER_DEVICE void WriteUnary(const typename Layout::Group& group, const WordAt& at, float mass) const {
    const float *forward = view.Forward(at.row), *backward = view.Backward(at.row);
    const float* emission = view.Emission(at.row);
    const float top = view.top[at.row], weight = out.Weight(at.sentence);
    const int tags = view.Tags();
    const auto marginal = [&](int y) { return forward[y] * ExpEmission(emission[y], top) * backward[y] / mass; };
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      const float mu = marginal(y);
      if (out.plain != nullptr) out.plain[at.row * tags + y] = mu;
      if (out.unary.data != nullptr) {
        out.unary.data[at.row * out.unary.stride + y] = out.WithoutGold(weight * mu, weight, at.row, y);
      }
    }
    if (out.best == nullptr) return;
    const int best = FirstLargest(group, tags, marginal);
    if (group.Lane() == 0) out.best[at.row] = best;
  }
};

}  // namespace clner::crf::device
