// Joint losses: accuracy of float32, the float64 redo, and the rules for forbidden, infeasible and non-finite scores.
#include <cmath>

#include "crf_joint_problem.h"
#include "crf_joint_reference.h"

namespace clner::crf::test {
namespace {

/// A student and its teacher.
JointProblem Pair(std::mt19937_64* random, int64_t tags, int64_t length, float deviation, float noise) {
  JointProblem joint;
  joint.views = RandomProblem(random, tags, {length, length}, deviation);
  joint.teacher_of = {1, -1};
  std::normal_distribution<float> normal(0.0f, noise);
  for (size_t j = 0; j < joint.views.emissions[0].size(); ++j)
    joint.views.emissions[1][j] = joint.views.emissions[0][j] + normal(*random);
  return joint;
}

TEST(CrfJointNumerics, LongSentencesOfFloat32AgreeWithFloat64) {
  std::mt19937_64 random(Seed(81));
  for (const float deviation : {2.0f, 4.0f, 10.0f}) {
    for (const float noise : {0.05f, 2.0f}) {  // 0.05: views that nearly agree
      SCOPED_TRACE("deviation " + std::to_string(deviation) + " noise " + std::to_string(noise));
      JointProblem joint = Pair(&random, 57, 510, deviation, noise);
      joint.views.weight = {0, 0};
      const JointReference want = LogSpaceJoint(joint);
      ForEachTarget([&] {
        const JointResult r = RunJoint(joint);
        EXPECT_EQ(r.flags, std::vector<uint8_t>(2, 0));
        EXPECT_NEAR(r.cl[0] / want.cl[0], 1.0, 1e-4);
        JointReference gradient = want;  // the oracle's NLL has weight 0 as well
        EXPECT_LE(RowsDifference(r.d_emissions, gradient.d_emissions), 1e-4);
        EXPECT_LE(RelativeDifference(r.transitions, gradient.transitions), 1e-4);
      });
    }
  }
}

TEST(CrfJointNumerics, RedoAgreesWithTheOracle) {
  std::mt19937_64 random(Seed(82));
  const internal::TestScope scope(internal::KernelsOf(internal::SimdLevel::kScalar), true);
  for (const TermKind& kind : AllTermKinds()) {
    SCOPED_TRACE(kind.Name());
    JointProblem joint = RandomPairs(&random, 9, {40, 3, 17}, 3.0f);
    SetKind(kind, &joint);
    const JointReference want = LogSpaceJoint(joint);
    const JointResult r = RunJoint(joint);
    for (size_t b = 0; b < want.cl.size(); ++b) {
      EXPECT_NEAR(r.nll[b], want.nll[b], 1e-10 * std::max(1.0, std::abs(want.nll[b])));
      EXPECT_NEAR(r.cl[b], want.cl[b], 1e-10 * std::max(1.0, std::abs(want.cl[b])));
    }
    EXPECT_LE(RowsDifference(r.d_emissions, want.d_emissions), 2e-7);  // written as float32
    EXPECT_LE(RelativeDifference(r.transitions, want.transitions), 2e-7);
  }
}

TEST(CrfJointNumerics, TenThousandWordsInOneSentence) {
  std::mt19937_64 random(Seed(83));
  const JointProblem joint = RandomPairs(&random, 9, {10000}, 3.0f);
  const JointReference want = LogSpaceJoint(joint);
  ForEachTargetAndRedo([&](bool redo) {
    const JointResult r = RunJoint(joint, {true, 1, 1, 1});
    ExpectJoint(r, want, redo ? 1e-8 : 2e-5, 2e-5);  // scores near 1e5 limit the oracle itself
  });
}

TEST(CrfJointNumerics, ExtremeScoresUnderConstraintsAreRightOrRedone) {
  std::mt19937_64 random(Seed(84));
  for (const float tau : {0.3f, 1.0f, 2.0f}) {
    for (const float deviation : {10.0f, 20.0f, 30.0f, 40.0f, 60.0f}) {
      SCOPED_TRACE("deviation " + std::to_string(deviation) + " tau " + std::to_string(tau));
      JointProblem joint = RandomPairs(&random, 25, std::vector<int64_t>(6, 40), deviation, deviation / 5);
      ForbidBioes(&joint.views, 6, -1e4f);
      joint.tau = tau;
      for (auto& gold : joint.views.gold) std::fill(gold.begin(), gold.end(), 0);
      const JointReference want = LogSpaceJoint(joint);
      ForEachTarget([&] {
        const JointResult r = RunJoint(joint);
        for (size_t b = 0; b < want.cl.size(); ++b) {
          EXPECT_NEAR(r.cl[b], want.cl[b], 1e-4 * std::max(1.0, std::abs(want.cl[b]))) << "sentence " << b;
          EXPECT_LE(Difference(r.d_emissions[b], want.d_emissions[b]), 1e-4) << "sentence " << b;
          EXPECT_EQ(r.flags[b] & ~kRedone, 0);
        }
        EXPECT_LE(Difference(r.transitions, want.transitions), 1e-4);
      });
    }
  }
}

TEST(CrfJointNumerics, ScoresOfTenThousandGiveFiniteGradients) {
  std::mt19937_64 random(Seed(85));
  JointProblem joint = RandomPairs(&random, 7, {12, 1, 30, 2}, 1.0f);
  std::uniform_int_distribution<int> sign(0, 1);
  for (auto& e : joint.views.emissions) {
    for (float& v : e) v = sign(random) != 0 ? 1e4f : -1e4f;
  }
  for (float& a : joint.views.transitions) a = sign(random) != 0 ? 1e4f : -1e4f;
  for (const TermKind& kind : AllTermKinds()) {
    SetKind(kind, &joint);
    ForEachTargetAndRedo([&](bool) {
      const JointResult r = RunJoint(joint);
      for (const double cl : r.cl) EXPECT_TRUE(std::isfinite(cl));
      for (const auto& row : r.d_emissions) {
        for (const float d : row) ASSERT_TRUE(std::isfinite(d));
      }
      for (const float d : r.transitions) ASSERT_TRUE(std::isfinite(d));
    });
  }
}

TEST(CrfJointNumerics, TagsTheStudentHoldsImpossibleAreLearntInFloat64) {
  // float32 has no probability left for the teacher's tag, which is 200 nats below: mass cannot be spread from there.
  std::mt19937_64 random(Seed(86));
  JointProblem joint = Pair(&random, 5, 6, 1.0f, 0.1f);
  joint.views.emissions[0][3 * 5 + 2] -= 200;
  joint.views.emissions[1][3 * 5 + 2] += 5;
  const JointReference want = LogSpaceJoint(joint);
  ForEachTargetAndRedo([&](bool redo) {
    const JointResult r = RunJoint(joint);
    // The CPU divides by the tag's marginal; the device functions by its chain rows, which do not hold its emission.
    if (backend::ChecksValues()) {
      EXPECT_EQ(r.flags[0], kRedone);
    }
    EXPECT_EQ(r.flags[0] & ~kRedone, 0);
    EXPECT_EQ(r.flags[1], redo ? kRedone : 0);
    ExpectJoint(r, want, 1e-6, 1e-5);
  });
}

TEST(CrfJointNumerics, ForbiddenTransitionsGiveTheSameResultsInEverySpelling) {
  std::mt19937_64 random(Seed(87));
  JointProblem base = RandomPairs(&random, 9, RandomLengths(&random, 7, 1, 15), 3.0f);
  for (auto& gold : base.views.gold) std::fill(gold.begin(), gold.end(), 0);
  for (const TermKind& kind : AllTermKinds()) {
    SCOPED_TRACE(kind.Name());
    SetKind(kind, &base);
    ForEachTarget([&] {
      std::vector<JointResult> results;
      for (const float forbidden : {-1e4f, -1e12f, -kInfF}) {
        JointProblem joint = base;
        ForbidBioes(&joint.views, 2, forbidden);
        results.push_back(RunJoint(joint));
      }
      ExpectSameBits(results[0], results[1]);
      ExpectSameBits(results[0], results[2]);
      for (const double cl : results[0].cl) EXPECT_TRUE(std::isfinite(cl));
    });
  }
}

/// The sentences that neither are `bad` nor learn from it have the bits they have when it is replaced by a sound one,
/// and the parameter gradients stay finite.
void ExpectOthersUntouched(const JointProblem& sound, const JointProblem& spoilt, int64_t bad) {
  const JointResult want = RunJoint(sound), got = RunJoint(spoilt);
  for (size_t b = 0; b < sound.teacher_of.size(); ++b) {
    if (static_cast<int64_t>(b) == bad) continue;
    EXPECT_EQ(got.nll[b], want.nll[b]);
    EXPECT_EQ(got.flags[b], want.flags[b]);
    if (sound.teacher_of[b] == bad) continue;
    EXPECT_EQ(got.cl[b], want.cl[b]);
    EXPECT_EQ(got.d_emissions[b], want.d_emissions[b]);
  }
  for (const auto* grads : {&got.transitions, &got.start, &got.end}) {
    for (const float g : *grads) EXPECT_TRUE(std::isfinite(g));
  }
}

TEST(CrfJointNumerics, SentencesWithoutPosteriorNeitherTeachNorPoison) {
  std::mt19937_64 random(Seed(88));
  const JointProblem sound = RandomPairs(&random, 9, {6, 4, 4, 9, 12, 1, 3, 4, 4, 5});
  for (const float poison : {kNaN, kInfF, -kInfF}) {
    const uint8_t flag = poison == -kInfF ? kInfeasible : kNonFinite;
    for (size_t bad = 0; bad < sound.teacher_of.size(); ++bad) {
      SCOPED_TRACE("sentence " + std::to_string(bad));
      JointProblem spoilt = sound;
      std::fill_n(spoilt.views.emissions[bad].begin(), 9, poison);
      ForEachTargetAndRedo([&](bool) {
        ExpectOthersUntouched(sound, spoilt, static_cast<int64_t>(bad));
        const JointResult r = RunJoint(spoilt);
        EXPECT_EQ(r.flags[bad], flag);
        EXPECT_TRUE(flag == kInfeasible ? r.nll[bad] == kInfD : std::isnan(r.nll[bad]));
        if (sound.teacher_of[bad] >= 0) {
          EXPECT_TRUE(flag == kInfeasible ? r.cl[bad] == kInfD : std::isnan(r.cl[bad]));
        } else {
          EXPECT_EQ(r.cl[bad], 0);
        }
        for (const float d : r.d_emissions[bad]) EXPECT_EQ(d, 0);
        JointProblem rest = spoilt;  // without the bad sentence's teaching the students only have their NLL
        for (size_t b = 0; b < rest.teacher_of.size(); ++b) {
          if (rest.teacher_of[b] != static_cast<int64_t>(bad)) continue;
          EXPECT_EQ(r.cl[b], 0);
          rest.teacher_of[b] = -1;
        }
        const JointResult want = RunJoint(rest);
        for (size_t b = 0; b < rest.teacher_of.size(); ++b) EXPECT_EQ(r.d_emissions[b], want.d_emissions[b]);
        EXPECT_LE(Difference(r.transitions, want.transitions), 1e-6);
      });
    }
  }
}

TEST(CrfJointNumerics, ForbiddenGoldPathLeavesTheOtherTermsAsTheyAre) {
  std::mt19937_64 random(Seed(89));
  JointProblem joint = RandomPairs(&random, 5, {6, 7, 3});
  joint.views.transitions[3 * 5 + 2] = -kInfF;
  for (auto& gold : joint.views.gold) std::fill(gold.begin(), gold.end(), 1);
  const size_t count = joint.teacher_of.size();
  for (size_t bad = 0; bad < count; ++bad) {
    if (joint.views.lengths[bad] < 2) continue;
    JointProblem spoilt = joint, without = joint;
    spoilt.views.gold[bad][0] = 3;
    spoilt.views.gold[bad][1] = 2;
    without.views.weight.assign(count, 1.0f);
    without.views.weight[bad] = 0;
    ForEachTargetAndRedo([&](bool) {
      const JointResult r = RunJoint(spoilt), want = RunJoint(without);
      EXPECT_EQ(r.nll[bad], kInfD);
      EXPECT_EQ(r.flags[bad], kInfeasible);
      EXPECT_EQ(r.cl, want.cl);
      EXPECT_EQ(r.d_emissions, want.d_emissions);
      EXPECT_EQ(r.transitions, want.transitions);
    });
  }
}

TEST(CrfJointNumerics, NonFiniteParametersFlagEverySentence) {
  std::mt19937_64 random(Seed(90));
  for (const float poison : {kNaN, kInfF}) {
    for (int where = 0; where < 3; ++where) {
      JointProblem joint = RandomPairs(&random, 9, {6, 4, 0, 9});
      Problem& p = joint.views;
      (where == 0 ? p.transitions : where == 1 ? p.start : p.end).back() = poison;
      ForEachTarget([&] {
        const JointResult r = RunJoint(joint);
        for (size_t b = 0; b < p.lengths.size(); ++b) {
          EXPECT_EQ(r.flags[b], kNonFinite);
          EXPECT_TRUE(std::isnan(r.nll[b]));
          EXPECT_EQ(std::isnan(r.cl[b]), joint.teacher_of[b] >= 0);
          for (const float d : r.d_emissions[b]) EXPECT_EQ(d, 0.0f);
        }
        for (const float g : r.transitions) EXPECT_EQ(g, 0.0f);
      });
    }
  }
}

TEST(CrfJointNumerics, TeacherRowsOfTheCallerAreNormalisedAndChecked) {
  std::mt19937_64 random(Seed(91));
  JointProblem joint = RandomPairs(&random, 9, {6, 4, 9, 3});
  std::vector<std::vector<float>> rows = RunMarginals(joint.views).unary;
  std::reverse(rows.begin(), rows.end());
  for (size_t b = 0; b < rows.size(); ++b) {
    rows[b].resize(joint.views.emissions[b].size());
    for (float& q : rows[b]) q = std::abs(q) + 0.01f;  // any positive rows
  }
  std::vector<std::vector<double>> normalised;
  for (const auto& row : rows) {
    normalised.emplace_back(row.begin(), row.end());
    for (size_t i = 0; i < row.size(); i += 9) {
      double sum = 0;
      for (size_t y = 0; y < 9; ++y) sum += normalised.back()[i + y];
      for (size_t y = 0; y < 9; ++y) normalised.back()[i + y] /= sum;
    }
  }
  const JointReference want = ReferenceJoint(
      joint, [](const Problem& p, size_t b) { return LogSpace(p, b); }, &normalised);
  ForEachTargetAndRedo([&](bool) {
    const JointResult r = RunCooperative(joint, rows);
    EXPECT_LE(Difference(r.cl, want.cl), 1e-5);
    EXPECT_LE(RowsDifference(r.d_emissions, want.d_emissions), 1e-5);
    EXPECT_LE(RelativeDifference(r.transitions, want.transitions), 1e-5);
    for (const float poison : {kNaN, kInfF, -0.25f, 0.0f}) {
      auto spoilt = rows;
      std::fill_n(spoilt[2].begin() + 9, 9, poison);
      const JointResult s = RunCooperative(joint, spoilt);
      EXPECT_EQ(s.flags[2] & kNonFinite, poison == 0 ? 0 : kNonFinite);
      EXPECT_TRUE(poison == 0 ? s.cl[2] == 0 : std::isnan(s.cl[2]));
      for (const float d : s.d_emissions[2]) EXPECT_EQ(d, 0);
      for (size_t b = 0; b < rows.size(); ++b) {
        if (b == 2) continue;
        EXPECT_EQ(s.cl[b], r.cl[b]);
        EXPECT_EQ(s.d_emissions[b], r.d_emissions[b]);
      }
      for (const float g : s.transitions) EXPECT_TRUE(std::isfinite(g));
    }
  });
}

}  // namespace
}  // namespace clner::crf::test
