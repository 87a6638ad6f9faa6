// Gradients of the parameters. Sentence b belongs to group b mod groups; every group has its own sums, which are added
// in the order of the groups: no atomic operation, and the same bits in every run.
#pragma once

#include "kernels/cuda/finish.h"

namespace clner::crf::device {

inline constexpr int kPairTile = 256;       ///< cells of a K x K matrix that a group of lanes takes at once
inline constexpr int64_t kFloatWords = 64;  ///< products added in float32 before they go to float64

[[nodiscard]] CLNER_HOST_DEVICE inline int64_t PairTiles(int64_t tags) {
  return (tags * tags + kPairTile - 1) / kPairTile;
}

/// sums[g] = what redone sentences left there + G o (sum of x_{i-1} q_i^T) - weighted counts of the gold paths; in a
/// joint call G o (sum of x_{i-1} left_i^T + right_{i-1} q_i^T). Item g * tiles + t is tile t of group g.
struct PairSums {
  View view;  ///< rows as ChainRows::kPairs leaves them
  const float* from_to;
  UnaryOut out;
  const float* flows;  ///< [rows][2][K] of a joint call, else null
  const uint8_t* use;  ///< [B] SentenceUse
  const uint8_t* has_pair_sums;
  double* sums;  ///< [groups][K][K]
  int64_t groups;

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* /*scratch*/) const {
    const int64_t tiles = PairTiles(view.batch.tags), g = index / tiles;
    const int cells = view.Tags() * view.Tags();
    const int begin = static_cast<int>(index % tiles) * kPairTile;
    const int end = begin + kPairTile < cells ? begin + kPairTile : cells;
    for (int cell = begin + group.Lane(); cell < end; cell += group.Lanes()) {
      double* sum = sums + g * cells + cell;
      double total = 0, counts = 0;
      for (int64_t b = g; b < view.batch.sentences; b += groups) AddSentence(b, cell, &total, &counts);
      // NaN parameters leave every sentence out, but G holds NaN then.
      const double products = total > 0 || total < 0 ? static_cast<double>(from_to[cell]) * total : 0.0;
      *sum = (has_pair_sums[g] != 0 ? *sum : 0.0) + products - counts;
    }
  }

 private:
  CLNER_DEVICE void AddSentence(int64_t b, int cell, double* total, double* counts) const {
    if (use[b] == kUnused) return;
    const int tags = view.Tags(), from = cell / tags, y = cell % tags;
    const Place place = PlaceOf(view.batch, b);
    int64_t count = 0;
    for (int64_t first = 1; first < place.length; first += kFloatWords) {
      const int64_t end = first + kFloatWords < place.length ? first + kFloatWords : place.length;
      float part = 0.0f;
      for (int64_t row = place.row + first; row < place.row + end; ++row) {
        if (use[b] == kRowsUse) part = AddWord(row, from, y, part);
        if (out.gold != nullptr) count += out.gold[row - 1] == from && out.gold[row] == y ? 1 : 0;
      }
      *total += static_cast<double>(part);
    }
    *counts += static_cast<double>(out.Weight(b)) * static_cast<double>(count);
  }
  [[nodiscard]] CLNER_DEVICE float AddWord(int64_t row, int from, int y, float sum) const {
    const float x = view.Forward(row - 1)[from], q = view.Backward(row)[y];
    if (flows == nullptr) return MultiplyAdd(x, q, sum);
    const float *left = flows + (2 * row + 1) * view.batch.tags, *right = flows + 2 * (row - 1) * view.batch.tags;
    return MultiplyAdd(right[from], q, MultiplyAdd(x, left[y], sum));
  }
};

/// Adds the groups. Item t is tile t of the transitions, the last item start and end.
struct WriteGrads {
  Batch batch;
  const double* sums;
  int64_t groups;
  RowsOut d_emissions;
  ParamGrads grads;

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* /*scratch*/) const {
    const int tags = static_cast<int>(batch.tags), cells = tags * tags;
    if (index == PairTiles(batch.tags)) {
      for (int y = group.Lane(); y < tags; y += group.Lanes()) WriteEnds(y);
      return;
    }
    const int begin = static_cast<int>(index) * kPairTile;
    const int end = begin + kPairTile < cells ? begin + kPairTile : cells;
    for (int cell = begin + group.Lane(); cell < end; cell += group.Lanes()) {
      double total = 0;
      for (int64_t g = 0; g < groups; ++g) total += sums[g * cells + cell];
      grads.transitions[cell / tags * grads.stride + cell % tags] = static_cast<float>(total);
    }
  }

 private:
  /// Rows of sentences that do not count are 0.
  CLNER_DEVICE void WriteEnds(int y) const {
    double start = 0, end = 0;
    for (int64_t b = 0; b < batch.sentences; ++b) {
      const Place place = PlaceOf(batch, b);
      if (place.length == 0) continue;
      start += static_cast<double>(d_emissions.data[place.row * d_emissions.stride + y]);
      end += static_cast<double>(d_emissions.data[(place.row + place.length - 1) * d_emissions.stride + y]);
    }
    grads.start[y] = static_cast<float>(start);
    grads.end[y] = static_cast<float>(end);
  }
};

}  // namespace clner::crf::device
