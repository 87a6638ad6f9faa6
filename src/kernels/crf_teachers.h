// Who teaches whom in a joint call, and the marginals teachers leave for their students.
#pragma once

#include "kernels/crf.h"
#include "kernels/crf_losses.h"
#include "kernels/crf_plan.h"
#include "kernels/crf_simd.h"

namespace clner::crf::internal {

[[nodiscard]] Comparison ComparisonOf(const CooperativeTerm& term);

/// What a student gets.
struct Lesson {
  const float* unary = nullptr;       ///< first row of the teacher's marginals; null: nothing to learn
  const double* log_unary = nullptr;  ///< their logarithms when the teacher was redone
  bool broken = false;                ///< rows of the caller that are no probabilities
};

class Teachers {
 public:
  Teachers(const Batch& batch, const LossTerms& terms, const Plan& plan);

  [[nodiscard]] bool Any() const { return any_; }
  /// The sentence is a student.
  [[nodiscard]] bool Has(int64_t sentence) const {
    return terms_.teacher_rows.data != nullptr || (terms_.teacher_of != nullptr && terms_.teacher_of[sentence] >= 0);
  }
  [[nodiscard]] bool Teaches(int64_t sentence) const {
    return any_ && terms_.teacher_of != nullptr && plan_.teaches[sentence] != 0;
  }
  /// Weight of a student's term.
  [[nodiscard]] float WeightOf(int64_t sentence) const {
    return terms_.cooperative.weight != nullptr ? terms_.cooperative.weight[sentence] : 1.0f;
  }
  /// Teachers and sentences without one, then the students; a student that teaches is in both.
  [[nodiscard]] Plan FirstPass() const;
  [[nodiscard]] Plan StudentPass() const;

  /// Rows of ld that receive the unweighted marginals of a teacher, and their logarithms when it is redone.
  [[nodiscard]] float* UnaryOf(int64_t sentence) const {
    return plan_.teacher_unary + plan_.first_row[sentence] * plan_.ld;
  }
  [[nodiscard]] double* LogUnaryOf(int64_t sentence) const {
    return plan_.teacher_log + plan_.first_row[sentence] * plan_.ld;
  }
  /// The marginals of a teacher are ready: in float32, or with the flag of its redo in float64.
  void Publish(int64_t sentence) const { plan_.teacher_flags[sentence] = 0; }
  void PublishRedone(int64_t sentence, uint8_t flag) const;

  [[nodiscard]] Lesson LessonOf(int64_t student) const;
  [[nodiscard]] int64_t UnaryStride() const {
    return terms_.teacher_rows.data != nullptr ? terms_.teacher_rows.stride : plan_.ld;
  }

 private:
  [[nodiscard]] Lesson ReadRows(int64_t student) const;

  const Batch& batch_;
  const LossTerms& terms_;
  const Plan& plan_;
  bool any_ = false;
};

}  // namespace clner::crf::internal
