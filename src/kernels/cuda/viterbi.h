// Best paths: one group of lanes per sentence, back-pointers of two bytes, float64 for scores too large for float32.
#pragma once

#include "kernels/cuda/columns.h"
#include "kernels/cuda/finish.h"

namespace clner::crf::device {

/// Scratch: two rows of K scores, float or double.
struct ViterbiPaths {
  View view;            ///< rows, mass and scale are not used
  ScaledParams scaled;  ///< plain scores
  Params params;
  Constraints allowed;
  uint16_t* back;  ///< [rows][K]
  int32_t* tags;   ///< [rows]
  double* score;   ///< [B]
  uint8_t* flags;  ///< [B]
  bool redo_all;

  [[nodiscard]] static size_t ScratchBytes(int64_t tag_count) {
    return 2 * static_cast<size_t>(PaddedTags(static_cast<int>(tag_count))) * sizeof(double);
  }

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* scratch) const {
    const Place place = PlaceOf(view.batch, index);
    if (!place.valid || scaled.facts->bad != 0) return Discard(group, index, place);
    if (place.length == 0) return Write(group, index, 0, 0);
    const int scan = ScanRows(group, place);
    if (scan == kBadRow) return Discard(group, index, place);
    const bool redo = scan == kUntrusted || redo_all || scaled.facts->huge != 0;
    double best;
    if (redo) {
      best = DecodeInDouble(group, place, static_cast<double*>(scratch));
    } else {
      best = Decode<typename Layout::Columns>(group, place, static_cast<float*>(scratch));
    }
    if (best == -kInf) return Write(group, index, best, kInfeasible);
    group.Sync();  // the path was written by one lane
    Write(group, index, PathScore(group, view, params, place, tags), redo ? kRedone : 0);
  }

 private:
  template <class Group>
  CLNER_DEVICE void Write(const Group& group, int64_t b, double result, uint8_t flag) const {
    if (group.Lane() != 0) return;
    score[b] = result;
    flags[b] = flag;
  }
  template <class Group>
  CLNER_DEVICE void Discard(const Group& group, int64_t b, const Place& place) const {
    Write(group, b, kNaN, kNonFinite);
    for (int64_t i = group.Lane(); i < place.length; i += group.Lanes()) tags[place.row + i] = 0;
  }

  /// kBadRow for NaN and +inf, kUntrusted for values beyond 1e30 in magnitude, whose sums may overflow.
  template <class Group>
  [[nodiscard]] CLNER_DEVICE int ScanRows(const Group& group, const Place& place) const {
    int found = kSound;
    for (int64_t row = place.row; row < place.row + place.length; ++row) {
      const float* emission = view.Emission(row);
      for (int y = group.Lane(); y < view.Tags(); y += group.Lanes()) {
        const float e = emission[y];
        const int state = !(e <= kLargestF) ? kBadRow : Finite(e) && fabsf(e) > 1e30f ? kUntrusted : kSound;
        found = state > found ? state : found;
      }
    }
    return group.Max(found);
  }

  template <class Columns, class Group>
  [[nodiscard]] CLNER_DEVICE double Decode(const Group& group, const Place& place, float* buffers) const {
    const int count = view.Tags(), padded = PaddedTags(count), lanes = group.Lanes();
    const Columns columns(group, scaled.from_to, count, -kInfF);
    for (int y = count + group.Lane(); y < padded; y += lanes) buffers[y] = buffers[padded + y] = -kInfF;
    float best[Columns::kColumns], emission[Columns::kColumns];
    int first[Columns::kColumns];
    for (int64_t i = 0;; ++i) {
      const int64_t row = place.row + i;
      CLNER_UNROLL
      for (int c = 0; c < Columns::kColumns; ++c) {
        const int y = group.Lane() + c * lanes;
        if (y >= count) break;
        emission[c] = view.Emission(row)[y];
        if (i == 0) best[c] = scaled.start[y] + emission[c];
      }
      float* buffer = buffers + (i % 2) * padded;
      if (i > 0) columns.BestSums(buffers + (1 - i % 2) * padded, emission, best, first);
      CLNER_UNROLL
      for (int c = 0; c < Columns::kColumns; ++c) {
        const int y = group.Lane() + c * lanes;
        if (y >= count) break;
        buffer[y] = best[c];
        if (i > 0) back[row * count + y] = static_cast<uint16_t>(first[c]);
      }
      group.Sync();
      if (i + 1 == place.length) {
        return TracePath(group, place, [&](int y) { return buffer[y] + scaled.end[y]; });
      }
    }
  }

  template <class Group>
  [[nodiscard]] CLNER_DEVICE double DecodeInDouble(const Group& group, const Place& place, double* scratch) const {
    const int count = view.Tags();
    const Scores scores{params, allowed, count};
    for (int64_t i = 0;; ++i) {
      const int64_t row = place.row + i;
      double *best = scratch + (i % 2) * count, *before = scratch + (1 - i % 2) * count;
      for (int y = group.Lane(); y < count; y += group.Lanes()) {
        const auto emission = static_cast<double>(view.Emission(row)[y]);
        if (i == 0) {
          best[y] = scores.Start(y) + emission;
          continue;
        }
        double top = -kInf;
        int from = 0;
        for (int k = 0; k < count; ++k) {
          const double sum = before[k] + scores.Transition(k, y);
          from = sum > top ? k : from;
          top = sum > top ? sum : top;
        }
        best[y] = top + emission;
        back[row * count + y] = static_cast<uint16_t>(from);
      }
      group.Sync();
      if (i + 1 == place.length) return TracePath(group, place, [&](int y) { return best[y] + scores.End(y); });
    }
  }

  /// Writes the path that ends with the largest final score; returns that score.
  template <class Group, class Final>
  [[nodiscard]] CLNER_DEVICE double TracePath(const Group& group, const Place& place, const Final& final_score) const {
    int tag = FirstLargest(group, view.Tags(), final_score);
    const auto result = static_cast<double>(final_score(tag));
    if (group.Lane() == 0) {
      for (int64_t row = place.row + place.length - 1;; --row) {
        tags[row] = tag;
        if (row == place.row) break;
        tag = back[row * view.Tags() + tag];
      }
    }
    return result;
  }
};

}  // namespace clner::crf::device
