// The Cooperative Learning term of a redone sentence (docs/internals/crf.md, "Losses of the marginals").
#pragma once

#include "kernels/crf_log_space.h"
#include "kernels/crf_redo.h"

namespace clner::crf::internal {

/// Walks with the forward recursion, then back; adds to the unary rows and pair sums of the task.
class TeacherPass {
 public:
  TeacherPass(const RedoTask& task, const Scores& scores);

  /// Position i, from 0 on: log a_{i-1} in `before`, log a_i in `forward`. Keeps log a where log b is no longer needed.
  void Rightward(int64_t i, const double* before, const double* forward, double log_z);
  /// After the last position.
  void Leftward();
  [[nodiscard]] double Loss() const { return loss_; }

 private:
  [[nodiscard]] double* Row(int64_t i) const { return task_.backward + i * task_.tags; }
  [[nodiscard]] double* W(int64_t i) const { return task_.backward + (task_.length + i) * task_.tags; }
  /// log q of a word.
  void ReadTeacher(int64_t i);
  /// The word's loss; w_i = minus the weight times what crf.md calls w_k.
  double Compare(double* w);
  /// mass_ [K] arrives at word i: its row of the gradient, and of the mass that goes on.
  void Arrive(int64_t i, bool with_own);

  const RedoTask& task_;
  const Scores& scores_;
  double *mass_, *next_, *log_p_, *log_q_, *terms_;  // [K] each
  double loss_ = 0;
};

}  // namespace clner::crf::internal
