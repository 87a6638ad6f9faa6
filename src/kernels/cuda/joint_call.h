// The Cooperative Learning part of a joint call: what the device functions add to call.h.
#pragma once

#include "kernels/crf_simd.h"
#include "kernels/cuda/call.h"

namespace clner::crf::device {

/// What a sentence has to learn, as far as its own arguments say.
enum Lesson : uint8_t {
  kNoLesson,
  kHasLesson,
  kBadArguments,  ///< a gold tag, weight, teacher or row of a teacher that nobody could check on the host
};

struct JointData {
  const int64_t* teacher_of = nullptr;  ///< [B] or null
  Rows teacher_rows;                    ///< of the caller, or null
  const float* cl_weight = nullptr;     ///< [B], null = 1
  internal::Comparison how;
  double* nll = nullptr;  ///< [B] or null
  double* cl = nullptr;   ///< [B]
  const float* given_nll_weight = nullptr;

  // Workspace.
  float* nll_weight = nullptr;   ///< [B] 0 when the sentence has no gold path or a forbidden one
  double* gold_score = nullptr;  ///< [B] of the gold path, 0 without one
  uint8_t* lesson = nullptr;     ///< [B] Lesson
  double* log_z = nullptr;       ///< [B]
  uint8_t* posterior = nullptr;  ///< [B] SentenceFlag of the forward-backward alone
  float* unary = nullptr;        ///< [rows][K]
  double* log_unary = nullptr;   ///< [rows][K] of redone sentences
  float* w = nullptr;            ///< [rows][K] minus the weight of the term times w_i
  float* row_loss = nullptr;     ///< [rows]
  float* mass = nullptr;  ///< [rows][2][K] R_i, L_i, then what PairSums reads; of a redone sentence [n][K] double
  uint8_t* scan_state = nullptr;  ///< [B][2] RowState of the two scans

  [[nodiscard]] CLNER_DEVICE float ClWeight(int64_t b) const { return cl_weight != nullptr ? cl_weight[b] : 1.0f; }
  /// The sentence is a student, whatever comes of it.
  [[nodiscard]] CLNER_DEVICE bool HasTeacher(int64_t b) const {
    return teacher_rows.data != nullptr || (teacher_of != nullptr && teacher_of[b] >= 0);
  }
};

/// Rows of a student's teacher; unary null: it teaches nothing.
struct TeacherRows {
  const float* unary = nullptr;
  const double* log_unary = nullptr;  ///< [n][K] when the teacher was redone
  int64_t stride = 0;
};
[[nodiscard]] CLNER_DEVICE inline TeacherRows TeacherOf(const View& view, const JointData& joint, int64_t b) {
  TeacherRows rows;
  if (joint.lesson[b] != kHasLesson) return rows;
  if (joint.teacher_rows.data != nullptr) {
    rows.unary = joint.teacher_rows.data + PlaceOf(view.batch, b).row * joint.teacher_rows.stride;
    rows.stride = joint.teacher_rows.stride;
    return rows;
  }
  const int64_t teacher = joint.teacher_of[b], first = PlaceOf(view.batch, teacher).row * view.batch.tags;
  if ((joint.posterior[teacher] & (kInfeasible | kNonFinite)) != 0) return rows;
  rows.unary = joint.unary + first;
  rows.stride = view.batch.tags;
  if (joint.posterior[teacher] == kRedone) rows.log_unary = joint.log_unary + first;
  return rows;
}

/// A student whose posterior and scans are sound in float32, or a sentence without lesson and a sound posterior.
[[nodiscard]] CLNER_DEVICE inline bool ServedByRows(const JointData& joint, int64_t b, bool has_lesson) {
  if (joint.lesson[b] == kBadArguments || joint.posterior[b] != 0) return false;
  return !has_lesson || (joint.scan_state[2 * b] == kSound && joint.scan_state[2 * b + 1] == kSound);
}

/// mass / reach * scale, 0 where the mass is too small to matter (also 0 / 0).
[[nodiscard]] CLNER_DEVICE inline float Spread(float mass, float reach, float scale) {
  return fabsf(mass) < 1e-20f ? 0.0f : mass / reach * scale;
}

}  // namespace clner::crf::device
