// Joint losses against hand cases, enumeration, finite differences, float64 log space and separate passes.
#include <cmath>

#include "crf_joint_problem.h"
#include "crf_joint_reference.h"

namespace clner::crf::test {
namespace {

const Layout kLayouts[] = {{}, {true, 0, 0, 0}, {false, 3, 2, 1}, {true, 5, 1, 2}};

/// Two views of one word with two tags: p = (1/3, 2/3), q = (3/4, 1/4).
JointProblem OneWord() {
  JointProblem joint;
  joint.views.tags = 2;
  joint.views.lengths = {1, 1};
  joint.views.emissions = {{0, std::log(2.0f)}, {std::log(3.0f), 0}};
  joint.views.gold = {{0}, {1}};
  joint.views.transitions = {0, 0, 0, 0};
  joint.views.start = {0, 0};
  joint.views.end = {0, 0};
  joint.teacher_of = {1, -1};
  return joint;
}

TEST(CrfJoint, MatchesHandComputedWord) {
  JointProblem joint = OneWord();
  joint.views.weight = {0, 0.5f};
  joint.form = CooperativeForm::kKl;
  ForEachTargetAndRedo([&](bool redo) {
    const JointResult r = RunJoint(joint);
    EXPECT_NEAR(r.nll[0], std::log(3.0), 1e-6);
    EXPECT_NEAR(r.nll[1], std::log(4.0), 1e-6);
    EXPECT_NEAR(r.cl[0], 0.75 * std::log(9.0 / 4) + 0.25 * std::log(3.0 / 8), 1e-6);
    EXPECT_EQ(r.cl[1], 0);
    EXPECT_LE(Difference(r.d_emissions[0], std::vector<double>{1.0 / 3 - 0.75, 2.0 / 3 - 0.25}), 1e-6);
    EXPECT_LE(Difference(r.d_emissions[1], std::vector<double>{0.375, -0.375}), 1e-6);
    for (const float a : r.transitions) EXPECT_EQ(a, 0);
    EXPECT_EQ(r.flags, std::vector<uint8_t>(2, redo ? kRedone : 0));
  });
  joint.form = CooperativeForm::kCrossEntropy;
  EXPECT_NEAR(RunJoint(joint).cl[0], 0.75 * std::log(3.0) + 0.25 * std::log(1.5), 1e-6);
  joint.form = CooperativeForm::kTemperedKl;
  joint.tau = 0.5f;  // squares: p = (1/5, 4/5), q = (9/10, 1/10)
  EXPECT_NEAR(RunJoint(joint).cl[0], 0.25 * (0.9 * std::log(4.5) + 0.1 * std::log(0.125)), 1e-6);
  joint.tau = 1;
  joint.direction = CooperativeDirection::kStudentToTeacher;
  const double reverse = 1.0 / 3 * std::log(4.0 / 9) + 2.0 / 3 * std::log(8.0 / 3);
  EXPECT_NEAR(RunJoint(joint).cl[0], reverse, 1e-6);
}

TEST(CrfJoint, MatchesEnumerationOfAllPathsInEveryFormAndDirection) {
  std::mt19937_64 random(Seed(51));
  int round = 0;
  for (const TermKind& kind : AllTermKinds()) {
    SCOPED_TRACE(kind.Name());
    JointProblem joint = RandomPairs(&random, 1 + round % 4, RandomLengths(&random, 5, 1, 5), 1.5f);
    SetKind(kind, &joint);
    RandomWeights(&random, &joint);
    const JointReference want = ReferenceJoint(joint, Enumerate);
    ForEachTargetAndRedo([&](bool redo) {
      const JointResult got = RunJoint(joint, kLayouts[round % 4]);
      ExpectJoint(got, want, redo ? 1e-10 : 3e-6, redo ? 3e-7 : 1e-5);
      for (const uint8_t flag : got.flags) EXPECT_EQ(flag, redo ? kRedone : 0);
    });
    ++round;
  }
}

TEST(CrfJoint, GradientsMatchCentralDifferences) {
  std::mt19937_64 random(Seed(52));
  JointProblem joint = RandomPairs(&random, 4, {3, 1, 4}, 1.0f);
  joint.teacher_of.clear();
  // Values on a coarse grid, so that float32 holds both sides of a difference exactly.
  const auto round = [](std::vector<float>* values) {
    for (float& v : *values) v = std::round(v * 256) / 256;
  };
  Problem& p = joint.views;
  for (auto& e : p.emissions) round(&e);
  for (auto* values : {&p.transitions, &p.start, &p.end}) round(values);
  Problem other = p;
  for (auto& e : other.emissions) std::reverse(e.begin(), e.end());
  const std::vector<std::vector<float>> teacher = RunMarginals(other).unary;  // constant while the parameters move
  const internal::TestScope scope(internal::KernelsOf(internal::SimdLevel::kScalar), true);  // float64 losses
  for (const TermKind& kind : AllTermKinds()) {
    SCOPED_TRACE(kind.Name());
    SetKind(kind, &joint);
    const auto total = [&] {
      double sum = 0;
      for (const double l : RunCooperative(joint, teacher).cl) sum += l;
      return sum;
    };
    const JointResult gradient = RunCooperative(joint, teacher);
    constexpr float kStep = 1.0f / 1024;
    const auto check = [&](float* value, float want, const char* what) {
      const float old = *value;
      const auto at = [&](float step) {
        *value = old + step;
        const double loss = total();
        *value = old;
        return loss;
      };
      const double slope =
          (8 * (at(kStep) - at(-kStep)) - (at(2 * kStep) - at(-2 * kStep))) / (12 * static_cast<double>(kStep));
      EXPECT_NEAR(slope, static_cast<double>(want), 2e-7 * std::max(1.0, std::abs(slope))) << what;
    };
    for (size_t b = 0; b < p.lengths.size(); ++b) {
      for (size_t i = 0; i < p.emissions[b].size(); i += 3)
        check(&p.emissions[b][i], gradient.d_emissions[b][i], "emission");
    }
    for (size_t i = 0; i < p.transitions.size(); ++i) check(&p.transitions[i], gradient.transitions[i], "transition");
    for (size_t i = 0; i < p.start.size(); ++i) {
      check(&p.start[i], gradient.start[i], "start");
      check(&p.end[i], gradient.end[i], "end");
    }
  }
}

TEST(CrfJoint, MatchesLogSpaceForManyTagCounts) {
  std::mt19937_64 random(Seed(53));
  const std::vector<TermKind> kinds = AllTermKinds();
  size_t round = 0;
  for (const int64_t tags : {1, 2, 7, 8, 9, 16, 17, 25, 31, 32, 33, 57, 64, 65, 129, 300}) {
    SCOPED_TRACE("K " + std::to_string(tags));
    JointProblem joint = RandomPairs(&random, tags, RandomLengths(&random, tags > 100 ? 2 : 9, 0, tags > 100 ? 5 : 14));
    SetKind(kinds[round++ % kinds.size()], &joint);
    RandomWeights(&random, &joint);
    const JointReference want = LogSpaceJoint(joint);
    const auto check = [&](bool redo) {
      ExpectJoint(RunJoint(joint, kLayouts[tags % 4]), want, redo ? 1e-10 : 1e-5, redo ? 1e-6 : 2e-5);
    };
    ForEachTarget([&] { check(false); });
    if (tags <= 33) ForEachTargetAndRedo(check);
  }
}

TEST(CrfJoint, EqualsTheSumOfSeparatePasses) {
  std::mt19937_64 random(Seed(54));
  JointProblem joint = RandomPairs(&random, 25, RandomLengths(&random, 11, 0, 20));
  RandomWeights(&random, &joint);
  ForEachTargetAndRedo([&](bool redo) {
    for (const float tau : {0.3f, 1.0f, 2.0f}) {
      joint.tau = tau;
      const JointResult both = RunJoint(joint);
      const NllResult nll = RunNll(joint.views);
      JointProblem rest = joint;  // students only, with the marginals of their teachers
      const MarginalsResult marginals = RunMarginals(joint.views);
      std::vector<std::vector<float>> teacher = marginals.unary;
      for (size_t b = 0; b < teacher.size(); ++b) {
        if (joint.teacher_of[b] >= 0) teacher[b] = marginals.unary[static_cast<size_t>(joint.teacher_of[b])];
        if (joint.teacher_of[b] < 0) std::fill(teacher[b].begin(), teacher[b].end(), 0.0f);
      }
      const JointResult cl = RunCooperative(rest, teacher);
      EXPECT_EQ(both.nll, nll.loss);
      if (redo) {
        EXPECT_LE(Difference(both.cl, cl.cl), 1e-6);
      } else {
        EXPECT_EQ(both.cl, cl.cl);
      }
      JointReference sum = {nll.loss, cl.cl, {}, {}, {}, {}};
      const auto add = [](const std::vector<float>& a, const std::vector<float>& b) {
        std::vector<double> out(a.begin(), a.end());
        for (size_t i = 0; i < b.size(); ++i) out[i] += static_cast<double>(b[i]);
        return out;
      };
      for (size_t b = 0; b < teacher.size(); ++b) sum.d_emissions.push_back(add(nll.d_emissions[b], cl.d_emissions[b]));
      sum.transitions = add(nll.transitions, cl.transitions);
      sum.start = add(nll.start, cl.start);
      sum.end = add(nll.end, cl.end);
      ExpectJoint(both, sum, 1e-6, 2e-6);
    }
  });
}

TEST(CrfJoint, WithoutPairsItIsNll) {
  std::mt19937_64 random(Seed(55));
  JointProblem joint;
  joint.views = RandomProblem(&random, 9, RandomLengths(&random, 21, 0, 12));
  for (const bool none : {true, false}) {
    joint.teacher_of.assign(none ? 0 : 21, -1);
    ForEachTargetAndRedo([&](bool) {
      const NllResult nll = RunNll(joint.views);
      const JointResult r = RunJoint(joint);
      ExpectSameBits(
          r, {nll.loss, std::vector<double>(21, 0.0), nll.d_emissions, nll.transitions, nll.start, nll.end, nll.flags});
    });
  }
}

TEST(CrfJoint, WeightZeroLeavesATermOut) {
  std::mt19937_64 random(Seed(56));
  JointProblem joint = RandomPairs(&random, 9, RandomLengths(&random, 9, 1, 12));
  const size_t count = joint.teacher_of.size();
  ForEachTargetAndRedo([&](bool) {
    JointProblem a = joint, b = joint;
    a.cl_weight.assign(count, 0.0f);
    b.teacher_of.assign(count, -1);
    JointResult without = RunJoint(a), want = RunJoint(b);
    EXPECT_NE(without.cl, want.cl);  // still reported
    EXPECT_EQ(without.d_emissions, want.d_emissions);
    EXPECT_LE(Difference(without.transitions, want.transitions), 1e-6);
    a = b = joint;
    a.views.weight.assign(count, 0.0f);
    b.views.weight.assign(count, 0.0f);
    b.gold = false;
    without = RunJoint(a);
    want = RunJoint(b);
    EXPECT_EQ(want.nll, std::vector<double>(count, 0.0));
    EXPECT_EQ(without.cl, want.cl);
    EXPECT_EQ(without.d_emissions, want.d_emissions);
    EXPECT_EQ(without.transitions, want.transitions);
  });
}

TEST(CrfJoint, TeachersReceiveOnlyTheirOwnGradient) {
  std::mt19937_64 random(Seed(57));
  JointProblem joint = RandomPairs(&random, 9, RandomLengths(&random, 9, 1, 12));
  ForEachTarget([&] {
    const NllResult nll = RunNll(joint.views);
    const JointResult r = RunJoint(joint);
    for (size_t b = 0; b < joint.teacher_of.size(); ++b) {
      if (joint.teacher_of[b] < 0) {
        EXPECT_EQ(r.d_emissions[b], nll.d_emissions[b]);
      } else {
        EXPECT_NE(r.d_emissions[b], nll.d_emissions[b]);
      }
    }
  });
}

TEST(CrfJoint, EqualViewsGiveExactlyNoGradient) {
  std::mt19937_64 random(Seed(58));
  for (const float deviation : {2.0f, 40.0f}) {  // 40: some sentences take the float64 path
    for (const int64_t tags : {5, 25, 57}) {
      JointProblem joint = RandomPairs(&random, tags, RandomLengths(&random, 8, 1, 30), deviation, 0.0f);
      const size_t count = joint.teacher_of.size();
      joint.views.weight.assign(count, 0.0f);
      for (const TermKind& kind : AllTermKinds()) {
        if (kind.form == CooperativeForm::kCrossEntropy && kind.direction != CooperativeDirection::kTeacherToStudent)
          continue;  // its minimum is elsewhere
        SCOPED_TRACE(kind.Name());
        SetKind(kind, &joint);
        ForEachTarget([&] {
          const JointResult r = RunJoint(joint);
          for (const auto& row : r.d_emissions) {
            for (const float d : row) ASSERT_EQ(d, 0.0f);
          }
          for (const auto* grads : {&r.transitions, &r.start, &r.end}) {
            for (const float d : *grads) ASSERT_EQ(d, 0.0f);
          }
          if (kind.form == CooperativeForm::kCrossEntropy) return;
          for (const double cl : r.cl) EXPECT_EQ(cl, 0.0);
        });
      }
    }
  }
}

TEST(CrfJoint, CrossEntropyAndKlHaveTheSameGradient) {
  std::mt19937_64 random(Seed(59));
  JointProblem joint = RandomPairs(&random, 9, RandomLengths(&random, 9, 1, 12));
  ForEachTargetAndRedo([&](bool) {
    joint.form = CooperativeForm::kCrossEntropy;
    const JointResult ce = RunJoint(joint);
    joint.form = CooperativeForm::kKl;
    const JointResult kl = RunJoint(joint);
    joint.form = CooperativeForm::kTemperedKl;
    ExpectSameBits(RunJoint(joint), kl);
    EXPECT_EQ(ce.d_emissions, kl.d_emissions);
    EXPECT_EQ(ce.transitions, kl.transitions);
    EXPECT_NE(ce.cl, kl.cl);
  });
}

TEST(CrfJoint, StudentsMayTeachAndTeachEachOther) {
  std::mt19937_64 random(Seed(60));
  JointProblem joint;
  joint.views = RandomProblem(&random, 9, std::vector<int64_t>(9, 7));
  joint.teacher_of = {1, 2, -1, 4, 3, 5, 2, 2, 0};  // a chain, a couple, its own teacher, three students of one
  RandomWeights(&random, &joint);
  const JointReference want = LogSpaceJoint(joint);
  ForEachTargetAndRedo([&](bool redo) {
    const JointResult r = RunJoint(joint);
    ExpectJoint(r, want, redo ? 1e-10 : 1e-5, 1e-5);
    EXPECT_EQ(r.cl[5], 0.0);
  });
}

TEST(CrfJoint, BatchesOfEverySizeIncludingNone) {
  std::mt19937_64 random(Seed(61));
  for (const auto& lengths : std::vector<std::vector<int64_t>>{{}, {0}, {1}, {2}, {511}, {0, 511, 1, 2, 0}}) {
    const JointProblem joint = RandomPairs(&random, 9, lengths);
    const JointReference want = LogSpaceJoint(joint);
    ForEachTargetAndRedo([&](bool redo) { ExpectJoint(RunJoint(joint), want, redo ? 1e-10 : 1e-5, 2e-5); });
  }
}

}  // namespace
}  // namespace clner::crf::test
