// Losses of a joint call sentence by sentence; the float64 redo of students and of all that float32 does not serve.
#pragma once

#include "kernels/cuda/finish.h"
#include "kernels/cuda/redo_teacher.h"

namespace clner::crf::device {

/// Item g settles the sentences g, g + groups, ...; scratch: [6][K] doubles.
struct FinishJoint {
  View view;
  Params params;
  UnaryOut out;  ///< weight: JointData::nll_weight
  JointData joint;
  uint8_t* flags;          ///< [B]
  double* pair_sums;       ///< [groups][K][K] of redone sentences
  uint8_t* has_pair_sums;  ///< [groups]
  uint8_t* use;            ///< [B] SentenceUse
  int64_t groups;

  [[nodiscard]] static size_t ScratchBytes(int64_t tags) { return 6 * static_cast<size_t>(tags) * sizeof(double); }

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* scratch) const {
    RedoSums sums(pair_sums, index, view.batch.tags * view.batch.tags);
    for (int64_t b = index; b < view.batch.sentences; b += groups) {
      Settle(group, b, static_cast<double*>(scratch), sums);
      group.Sync();  // the next sentence uses the same scratch memory
    }
    if (group.Lane() == 0) has_pair_sums[index] = sums.Used() ? 1 : 0;
  }

 private:
  template <class Group>
  CLNER_DEVICE void Settle(const Group& group, int64_t b, double* scratch, RedoSums& sums) const {
    const Place place = PlaceOf(view.batch, b);
    const uint8_t posterior = joint.posterior[b];
    if (joint.lesson[b] == kBadArguments) return Discard(group, b, place, kNonFinite);
    if ((posterior & (kInfeasible | kNonFinite)) != 0) return Discard(group, b, place, posterior);
    if (place.length == 0) return Write(group, b, 0, 0, 0, kUnused);
    const TeacherRows teacher = TeacherOf(view, joint, b);
    const bool learns = teacher.unary != nullptr, forbidden = joint.gold_score[b] == -kInf;
    if (ServedByRows(joint, b, learns)) {
      double cl = 0;
      for (int64_t i = group.Lane(); learns && i < place.length; i += group.Lanes()) {
        cl += static_cast<double>(joint.row_loss[place.row + i]);
      }
      cl = group.Sum(cl);
      return Write(group, b, Nll(b, joint.log_z[b]), cl, forbidden ? kInfeasible : 0, kRowsUse);
    }
    double cl = 0;
    const double log_z = RedoAll(group, b, place, learns ? &teacher : nullptr, scratch, sums, &cl);
    if (log_z == -kInf) return Discard(group, b, place, kInfeasible);
    Write(group, b, Nll(b, log_z), cl, forbidden ? kInfeasible : kRedone, kSumsUse);
  }

  [[nodiscard]] CLNER_DEVICE double Nll(int64_t b, double log_z) const {
    return out.gold != nullptr ? log_z - joint.gold_score[b] : 0.0;
  }

  template <class Group>
  [[nodiscard]] CLNER_DEVICE double RedoAll(const Group& group, int64_t b, const Place& place,
                                            const TeacherRows* teacher, double* scratch, RedoSums& sums,
                                            double* cl) const {
    const Scores scores{params, {}, view.Tags()};
    const RedoSentence at{view, scores, b, place};
    double* pairs = sums.Of(group, view.Tags());
    if (teacher == nullptr) {
      NoTeacher no_teacher;
      return Redo<NoTeacher>{at, out, scratch, pairs, &no_teacher}.Run(group);
    }
    auto* w = reinterpret_cast<double*>(joint.mass + 2 * place.row * view.batch.tags);
    TeacherPass pass(at, joint, *teacher, out.unary, w, pairs, scratch + 2 * scores.tags);
    const double log_z = Redo<TeacherPass>{at, out, scratch, pairs, &pass}.Run(group);
    *cl = pass.Loss();
    return log_z;
  }

  template <class Group>
  CLNER_DEVICE void Write(const Group& group, int64_t b, double nll, double cl, int flag, SentenceUse how) const {
    if (group.Lane() != 0) return;
    if (joint.nll != nullptr) joint.nll[b] = nll;
    joint.cl[b] = cl;
    flags[b] = static_cast<uint8_t>(flag);
    use[b] = how;
  }

  /// A sentence without posterior: no contribution.
  template <class Group>
  CLNER_DEVICE void Discard(const Group& group, int64_t b, const Place& place, uint8_t flag) const {
    const double loss = flag == kInfeasible ? kInf : kNaN;
    const bool bad = joint.lesson[b] == kBadArguments;
    Write(group, b, bad || out.gold != nullptr ? loss : 0.0, bad || joint.HasTeacher(b) ? loss : 0.0, flag, kUnused);
    for (int64_t row = place.row; row < place.row + place.length; ++row) {
      for (int y = group.Lane(); y < view.Tags(); y += group.Lanes()) out.unary.data[row * out.unary.stride + y] = 0.0f;
    }
  }
};

}  // namespace clner::crf::device
