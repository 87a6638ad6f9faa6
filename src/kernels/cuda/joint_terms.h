// First look at the terms of a joint call: gold paths, weights, teachers.
#pragma once

#include "kernels/cuda/finish.h"
#include "kernels/cuda/joint_call.h"

namespace clner::crf::device {

/// One group of lanes per sentence.
struct ReadTerms {
  View view;
  Params params;
  const int32_t* gold;  ///< [rows] or null
  JointData joint;
  bool has_nll;  ///< the call asks for an NLL term

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t b, void* /*scratch*/) const {
    const Place place = PlaceOf(view.batch, b);
    float weight = !has_nll ? 0.0f : joint.given_nll_weight != nullptr ? joint.given_nll_weight[b] : 1.0f;
    bool bad = !place.valid || !Finite(weight) || !Finite(joint.ClWeight(b)) ||
               (gold == nullptr && view.batch.rows > 0 && weight != 0);
    bad = bad || BadGold(group, place);
    Lesson lesson = bad || place.length == 0 ? kNoLesson : LessonOf(group, b, place);
    if (bad || BadTeacher(b, place)) lesson = kBadArguments;
    double score = 0;
    if (gold != nullptr && lesson != kBadArguments) score = PathScore(group, view, params, place, gold);
    if (score == -kInf) weight = 0;
    if (group.Lane() != 0) return;
    joint.nll_weight[b] = lesson == kBadArguments ? 0.0f : weight;
    joint.gold_score[b] = score;
    joint.lesson[b] = lesson;
    joint.scan_state[2 * b] = joint.scan_state[2 * b + 1] = kSound;
  }

 private:
  template <class Group>
  [[nodiscard]] CLNER_DEVICE bool BadGold(const Group& group, const Place& place) const {
    if (gold == nullptr) return false;
    int bad = 0;
    for (int64_t row = place.row + group.Lane(); row < place.row + place.length; row += group.Lanes()) {
      bad |= gold[row] < 0 || gold[row] >= view.Tags() ? 1 : 0;
    }
    return group.Max(bad) != 0;
  }

  [[nodiscard]] CLNER_DEVICE bool BadTeacher(int64_t b, const Place& place) const {
    if (joint.teacher_of == nullptr || joint.teacher_of[b] == -1) return false;
    const int64_t teacher = joint.teacher_of[b];
    return teacher < 0 || teacher >= view.batch.sentences || PlaceOf(view.batch, teacher).length != place.length;
  }

  template <class Group>
  [[nodiscard]] CLNER_DEVICE Lesson LessonOf(const Group& group, int64_t b, const Place& place) const {
    if (joint.teacher_rows.data == nullptr) return joint.HasTeacher(b) ? kHasLesson : kNoLesson;
    // The first row that is no distribution decides: no value above 0, or one that is no probability.
    for (int64_t row = place.row; row < place.row + place.length; ++row) {
      const float* q = joint.teacher_rows.data + row * joint.teacher_rows.stride;
      int found = 0;
      for (int y = group.Lane(); y < view.Tags(); y += group.Lanes()) {
        const int kind = !(q[y] >= 0.0f && q[y] <= kLargestF) ? 2 : q[y] > 0.0f ? 1 : 0;
        found = kind > found ? kind : found;
      }
      found = group.Max(found);
      if (found != 1) return found == 0 ? kNoLesson : kBadArguments;
    }
    return kHasLesson;
  }
};

}  // namespace clner::crf::device
