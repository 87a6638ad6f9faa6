// Joint losses: the same bits in every batch, layout, order and thread count.
#include "crf_joint_problem.h"
#include "crf_reference.h"

namespace clner::crf::test {
namespace {

/// The sentences `keep`, in this order, with their teachers among them.
JointProblem Choose(const JointProblem& joint, const std::vector<size_t>& keep) {
  JointProblem out = joint;
  out.views.lengths.clear();
  out.views.emissions.clear();
  out.views.gold.clear();
  out.teacher_of.clear();
  out.views.weight.clear();
  out.cl_weight.clear();
  for (const size_t b : keep) {
    out.views.lengths.push_back(joint.views.lengths[b]);
    out.views.emissions.push_back(joint.views.emissions[b]);
    out.views.gold.push_back(joint.views.gold[b]);
    const int64_t teacher = joint.teacher_of[b];
    const auto found = std::find(keep.begin(), keep.end(), static_cast<size_t>(teacher));
    out.teacher_of.push_back(teacher < 0 ? -1 : found - keep.begin());
    if (!joint.views.weight.empty()) out.views.weight.push_back(joint.views.weight[b]);
    if (!joint.cl_weight.empty()) out.cl_weight.push_back(joint.cl_weight[b]);
  }
  return out;
}

TEST(CrfJointLayout, PairInABatchEqualsPairAloneBitForBit) {
  std::mt19937_64 random(Seed(71));
  for (const int64_t tags : {1, 2, 7, 8, 9, 25, 31, 32, 33, 57, 64, 65, 129, 300}) {
    SCOPED_TRACE("K " + std::to_string(tags));
    JointProblem joint =
        RandomPairs(&random, tags, RandomLengths(&random, tags > 100 ? 4 : 17, 0, tags > 100 ? 8 : 25));
    joint.tau = tags % 2 == 0 ? 1.0f : 0.3f;
    joint.direction = tags % 3 == 0 ? CooperativeDirection::kSymmetric : CooperativeDirection::kTeacherToStudent;
    RandomWeights(&random, &joint);
    ForEachTarget([&] {
      const JointResult all = RunJoint(joint);
      for (size_t b = 0; b < joint.teacher_of.size(); ++b) {
        const int64_t teacher = joint.teacher_of[b];
        const JointProblem alone =
            Choose(joint, teacher < 0 ? std::vector<size_t>{b} : std::vector<size_t>{b, static_cast<size_t>(teacher)});
        const JointResult one = RunJoint(alone);
        EXPECT_EQ(one.nll[0], all.nll[b]);
        EXPECT_EQ(one.cl[0], all.cl[b]);
        EXPECT_EQ(one.d_emissions[0], all.d_emissions[b]);
        EXPECT_EQ(one.flags[0], all.flags[b]);
      }
    });
  }
}

TEST(CrfJointLayout, PermutedSentencesGivePermutedResults) {
  std::mt19937_64 random(Seed(72));
  JointProblem joint = RandomPairs(&random, 25, RandomLengths(&random, 40, 0, 30));
  RandomWeights(&random, &joint);
  std::vector<size_t> order(joint.teacher_of.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  const JointProblem shuffled = Choose(joint, order);
  ForEachTarget([&] {
    const JointResult a = RunJoint(joint), b = RunJoint(shuffled);
    for (size_t i = 0; i < order.size(); ++i) {
      EXPECT_EQ(b.nll[i], a.nll[order[i]]);
      EXPECT_EQ(b.cl[i], a.cl[order[i]]);
      EXPECT_EQ(b.d_emissions[i], a.d_emissions[order[i]]);
    }
    EXPECT_LE(Difference(b.transitions, a.transitions), 1e-6);
    EXPECT_LE(Difference(b.start, a.start), 1e-6);
    EXPECT_LE(Difference(b.end, a.end), 1e-6);
  });
}

TEST(CrfJointLayout, PackedPaddedAndStridedAreEqualAndGarbageOutsideIsIgnored) {
  std::mt19937_64 random(Seed(74));
  for (const int64_t tags : {3, 8, 25, 57}) {
    JointProblem joint = RandomPairs(&random, tags, RandomLengths(&random, 10, 0, 12));
    RandomWeights(&random, &joint);
    std::vector<std::vector<float>> rows = RunMarginals(joint.views).unary;
    std::reverse(rows.begin(), rows.end());
    for (size_t b = 0; b < rows.size(); ++b) rows[b].resize(joint.views.emissions[b].size(), 0.25f);
    ForEachTargetAndRedo([&](bool) {
      const JointResult packed = RunJoint(joint), cooperative = RunCooperative(joint, rows);
      for (const Layout& layout : {Layout{true, 0, 0, 0}, Layout{false, 1, 5, 3}, Layout{true, 7, 2, 1}}) {
        ExpectSameBits(RunJoint(joint, layout), packed);
        const JointResult other = RunCooperative(joint, rows, layout);
        EXPECT_EQ(other.cl, cooperative.cl);
        EXPECT_EQ(other.d_emissions, cooperative.d_emissions);
        EXPECT_EQ(other.transitions, cooperative.transitions);
      }
    });
  }
}

TEST(CrfJointLayout, EverySortingMethodGivesTheSameResult) {
  std::mt19937_64 random(Seed(75));
  const JointProblem joint = RandomPairs(&random, 4, RandomLengths(&random, 30, 1, 20));
  const JointProblem extra = RandomPairs(&random, 4, {3000});
  JointProblem longer = joint;  // a long pair moves the batch to the comparison sort
  const auto offset = static_cast<int64_t>(joint.teacher_of.size());
  for (size_t b = 0; b < extra.teacher_of.size(); ++b) {
    longer.views.lengths.push_back(3000);
    longer.views.emissions.push_back(extra.views.emissions[b]);
    longer.views.gold.push_back(extra.views.gold[b]);
    longer.teacher_of.push_back(extra.teacher_of[b] < 0 ? -1 : extra.teacher_of[b] + offset);
  }
  const JointResult a = RunJoint(joint), b = RunJoint(longer);
  for (size_t i = 0; i < joint.teacher_of.size(); ++i) {
    EXPECT_EQ(b.cl[i], a.cl[i]);
    EXPECT_EQ(b.d_emissions[i], a.d_emissions[i]);
  }
}

}  // namespace
}  // namespace clner::crf::test
