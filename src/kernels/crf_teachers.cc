#include "kernels/crf_teachers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/crf_args.h"

namespace clner::crf::internal {

Comparison ComparisonOf(const CooperativeTerm& term) {
  Comparison how;
  how.tau = term.form == CooperativeForm::kTemperedKl ? term.tau : 1.0f;
  how.entropy = term.form != CooperativeForm::kCrossEntropy;
  how.reverse = term.direction == CooperativeDirection::kTeacherToStudent   ? 0.0f
                : term.direction == CooperativeDirection::kStudentToTeacher ? 1.0f
                                                                            : 0.5f;
  how.forward = 1.0f - how.reverse;
  return how;
}

Teachers::Teachers(const Batch& batch, const LossTerms& terms, const Plan& plan)
    : batch_(batch), terms_(terms), plan_(plan), any_(terms.teacher_rows.data != nullptr) {
  if (terms.teacher_of == nullptr) return;
  std::fill_n(plan.teaches, batch.sentences, uint8_t{0});
  int64_t row = 0;
  for (int64_t b = 0; b < batch.sentences; ++b) {
    plan.first_row[b] = row;
    row += LengthOf(batch, b);
    if (!Has(b)) continue;
    plan.teaches[terms.teacher_of[b]] = 1;
    any_ = true;
  }
}

Plan Teachers::FirstPass() const {
  for (int64_t b = 0; b < batch_.sentences; ++b) plan_.member[b] = !Has(b) || Teaches(b) ? 1 : 0;
  return PassOf(plan_, batch_, plan_.member, plan_.order);
}

Plan Teachers::StudentPass() const {
  if (terms_.teacher_of == nullptr) return plan_;
  for (int64_t b = 0; b < batch_.sentences; ++b) plan_.member[b] = Has(b) ? 1 : 0;
  return PassOf(plan_, batch_, plan_.member, plan_.student_order);
}

void Teachers::PublishRedone(int64_t sentence, uint8_t flag) const {
  plan_.teacher_flags[sentence] = flag;
  if (flag != kRedone) return;
  float* unary = UnaryOf(sentence);
  const double* log_unary = LogUnaryOf(sentence);
  for (int64_t i = 0; i < LengthOf(batch_, sentence); ++i, unary += plan_.ld, log_unary += plan_.ld) {
    for (int64_t y = 0; y < batch_.tags; ++y) unary[y] = static_cast<float>(std::exp(log_unary[y]));
  }
}

Lesson Teachers::ReadRows(int64_t student) const {
  const Rows rows = terms_.teacher_rows;
  Lesson lesson;
  lesson.unary = rows.data + batch_.offsets[student] * rows.stride;
  for (int64_t i = 0; i < LengthOf(batch_, student); ++i) {
    const float* row = lesson.unary + i * rows.stride;
    float largest = 0;
    for (int64_t y = 0; y < batch_.tags; ++y) {
      if (!(row[y] >= 0 && row[y] <= std::numeric_limits<float>::max())) return {nullptr, nullptr, true};
      largest = std::max(largest, row[y]);
    }
    if (largest == 0) lesson.unary = nullptr;
    if (lesson.unary == nullptr) return lesson;
  }
  return lesson;
}

Lesson Teachers::LessonOf(int64_t student) const {
  if (terms_.teacher_rows.data != nullptr) return ReadRows(student);
  const int64_t teacher = terms_.teacher_of[student];
  if (LengthOf(batch_, teacher) == 0) return {};
  const uint8_t flag = plan_.teacher_flags[teacher];
  if (flag == 0) return {UnaryOf(teacher), nullptr, false};
  if (flag == kRedone) return {UnaryOf(teacher), LogUnaryOf(teacher), false};
  return {};
}

}  // namespace clner::crf::internal
