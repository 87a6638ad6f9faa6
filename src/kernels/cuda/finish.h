// Sentence by sentence: is the float32 result to be trusted, log Z, the loss; else the float64 redo or the clearing of
// what the sentence would have contributed.
#pragma once

#include "kernels/cuda/redo.h"

namespace clner::crf::device {

/// Sums of exponents and row maxima; all factors are powers of two, so that the integer part is exact.
template <class Group>
[[nodiscard]] CLNER_DEVICE double LogScale(const Group& group, const float* scale, int64_t count) {
  double exponents = 0;
  for (int64_t i = group.Lane(); i < count; i += group.Lanes()) exponents -= static_cast<double>(ilogbf(scale[i]));
  return 0.6931471805599453 * group.Sum(exponents);
}

/// Score of a path in double, from the unshifted inputs.
template <class Group>
[[nodiscard]] CLNER_DEVICE double PathScore(const Group& group, const View& view, const Params& params,
                                            const Place& place, const int32_t* tags) {
  const int32_t* path = tags + place.row;
  double sum = 0;
  for (int64_t i = group.Lane(); i < place.length; i += group.Lanes()) {
    sum += static_cast<double>(view.Emission(place.row + i)[path[i]]);
    sum += i > 0 ? static_cast<double>(params.transitions[path[i - 1] * params.stride + path[i]])
                 : static_cast<double>(params.start[path[0]]);
    if (i + 1 == place.length) sum += static_cast<double>(params.end[path[i]]);
  }
  return group.Sum(sum);
}

/// log Z of a sentence whose rows are all sound; false when its two chains do not agree, which only lost mass explains.
template <class Group>
[[nodiscard]] CLNER_DEVICE bool LogZ(const Group& group, const View& view, const ScaledParams& params,
                                     const Place& place, double* log_z) {
  const int64_t last = place.row + place.length - 1;
  double tops = 0;
  for (int64_t i = group.Lane(); i < place.length; i += group.Lanes()) {
    tops += static_cast<double>(view.top[place.row + i]);
  }
  const double constants = group.Sum(tops) + static_cast<double>(params.facts->max_start) +
                           static_cast<double>(params.facts->max_end) +
                           static_cast<double>(place.length - 1) * static_cast<double>(params.facts->max_transition);
  const double forward =
      log(static_cast<double>(view.mass[last])) + LogScale(group, view.ForwardScale(place.row), place.length);
  const double backward =
      log(static_cast<double>(view.mass[place.row])) + LogScale(group, view.BackwardScale(place.row), place.length);
  *log_z = forward + constants;
  return fabs(forward - backward) <= 1e-2;
}

/// How a sentence enters the sums of the parameter gradients.
enum SentenceUse : uint8_t {
  kUnused,   ///< not at all
  kRowsUse,  ///< through its rows
  kSumsUse,  ///< its pair marginals are in the sums already (redone); only the gold path is missing
};

/// K x K sums that redone sentences of one group add to; cleared when the first one comes. null: none wanted.
class RedoSums {
 public:
  CLNER_DEVICE RedoSums(double* all, int64_t group, int64_t cells)
      : data_(all == nullptr ? all : all + group * cells) {}
  template <class Group>
  [[nodiscard]] CLNER_DEVICE double* Of(const Group& group, int tags) {
    if (data_ == nullptr || used_) return data_;
    for (int cell = group.Lane(); cell < tags * tags; cell += group.Lanes()) data_[cell] = 0;
    group.Sync();
    used_ = true;
    return data_;
  }
  [[nodiscard]] CLNER_DEVICE bool Used() const { return used_; }

 private:
  double* data_;
  bool used_ = false;
};

/// Item g settles the sentences g, g + groups, g + 2 groups, ...; scratch: [2][K] doubles.
struct FinishSentences {
  View view;
  ScaledParams scaled;
  Params params;
  Constraints allowed;
  UnaryOut out;
  double* value;           ///< [B] log Z, or the loss when out.gold is given
  uint8_t* flags;          ///< [B]
  double* pair_sums;       ///< [groups][K][K] of redone sentences, or null
  uint8_t* has_pair_sums;  ///< [groups] whether that matrix was written
  uint8_t* use;            ///< [B] SentenceUse, or null
  int64_t groups;
  bool redo_all;

  [[nodiscard]] static size_t ScratchBytes(int64_t tags) { return 2 * static_cast<size_t>(tags) * sizeof(double); }

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* scratch) const {
    RedoSums sums(pair_sums, index, view.batch.tags * view.batch.tags);
    for (int64_t b = index; b < view.batch.sentences; b += groups) {
      Settle(group, b, static_cast<double*>(scratch), sums);
      group.Sync();  // the next sentence uses the same scratch memory
    }
    if (has_pair_sums != nullptr && group.Lane() == 0) has_pair_sums[index] = sums.Used() ? 1 : 0;
  }

 private:
  template <class Group>
  CLNER_DEVICE void Settle(const Group& group, int64_t b, double* scratch, RedoSums& sums) const {
    const Place place = PlaceOf(view.batch, b);
    if (!place.valid || scaled.facts->bad != 0) return Discard(group, b, place, kNaN, kNonFinite);
    if (place.length == 0) return Write(group, b, 0, 0);
    const int state = StateOf(group, b, place);
    if (state == kBadRow) return Discard(group, b, place, kNaN, kNonFinite);
    double gold_score = 0;
    if (out.gold != nullptr) gold_score = PathScore(group, view, params, place, out.gold);
    if (gold_score == -kInf) return Discard(group, b, place, kInf, kInfeasible);
    double log_z = 0;
    if (state == kSound && !redo_all && LogZ(group, view, scaled, place, &log_z)) {
      return Write(group, b, log_z - gold_score, 0);
    }
    const Scores scores{params, allowed, view.Tags()};
    const RedoSentence at{view, scores, b, place};
    NoTeacher no_teacher;
    const Redo<NoTeacher> redo{at, out, scratch, sums.Of(group, view.Tags()), &no_teacher};
    log_z = redo.Run(group);
    if (log_z == -kInf) return Discard(group, b, place, out.gold != nullptr ? kInf : -kInf, kInfeasible);
    Write(group, b, log_z - gold_score, kRedone);
  }

  /// The worst of the rows; kBadRow also for gold tags and weights that nobody could check on the host.
  template <class Group>
  [[nodiscard]] CLNER_DEVICE int StateOf(const Group& group, int64_t b, const Place& place) const {
    int state = Finite(out.Weight(b)) ? kSound : kBadRow;
    for (int64_t row = place.row + group.Lane(); row < place.row + place.length; row += group.Lanes()) {
      const int of_row = view.state[row];
      state = of_row > state ? of_row : state;
      if (out.gold != nullptr && (out.gold[row] < 0 || out.gold[row] >= view.Tags())) state = kBadRow;
    }
    return group.Max(state);
  }

  template <class Group>
  CLNER_DEVICE void Write(const Group& group, int64_t b, double result, uint8_t flag) const {
    if (group.Lane() != 0) return;
    value[b] = result;
    flags[b] = flag;
    if (use != nullptr) use[b] = flag == 0 ? kRowsUse : flag == kRedone ? kSumsUse : kUnused;
  }

  /// A sentence without a posterior: marginals and gradient rows 0, tags 0.
  template <class Group>
  CLNER_DEVICE void Discard(const Group& group, int64_t b, const Place& place, double result, uint8_t flag) const {
    Write(group, b, result, flag);
    const int tags = view.Tags();
    for (int64_t row = place.row; row < place.row + place.length; ++row) {
      for (int y = group.Lane(); y < tags; y += group.Lanes()) {
        if (out.unary.data != nullptr) out.unary.data[row * out.unary.stride + y] = 0.0f;
        if (out.plain != nullptr) out.plain[row * tags + y] = 0.0f;
      }
      if (out.best != nullptr && group.Lane() == 0) out.best[row] = 0;
    }
  }
};

}  // namespace clner::crf::device
