// What only the CPU kernels have: threads, SIMD targets, workspaces that know the lengths.
#include <array>

#include "../crf_joint_problem.h"

namespace clner::crf::test {
namespace {

TEST(CrfCpu, ThreadCountsGiveIdenticalBits) {
  std::mt19937_64 random(Seed(43));
  Problem p = RandomProblem(&random, 25, RandomLengths(&random, 190, 0, 40));
  for (size_t i = 0; i < p.emissions[5].size(); ++i) p.emissions[5][i] *= 40;  // one sentence takes the float64 path
  ForEachTarget([&] {
    const NllResult serial = RunNll(p);
    const MarginalsResult marginals = RunMarginals(p);
    const DecodeResult viterbi = RunDecode(Operation::kViterbi, p), posterior = RunDecode(Operation::kPosterior, p);
    for (const int threads : {1, 2, 7}) {
      ThreadExec exec(threads);
      const NllResult parallel = RunNll(p, {}, exec.Get());
      EXPECT_EQ(parallel.loss, serial.loss);
      EXPECT_EQ(parallel.d_emissions, serial.d_emissions);
      EXPECT_EQ(parallel.transitions, serial.transitions);
      EXPECT_EQ(parallel.start, serial.start);
      EXPECT_EQ(parallel.end, serial.end);
      EXPECT_EQ(parallel.flags, serial.flags);
      EXPECT_EQ(RunMarginals(p, {}, nullptr, exec.Get()).unary, marginals.unary);
      EXPECT_EQ(RunDecode(Operation::kViterbi, p, {}, nullptr, exec.Get()).tags, viterbi.tags);
      EXPECT_EQ(RunDecode(Operation::kPosterior, p, {}, nullptr, exec.Get()).tags, posterior.tags);
      EXPECT_EQ(exec.Calls(), 4);
    }
  });
}

TEST(CrfCpu, SmallBatchesRunSerially) {
  std::mt19937_64 random(Seed(44));
  const Problem p = RandomProblem(&random, 9, RandomLengths(&random, 30, 1, 20));
  ThreadExec exec(2);
  (void)RunNll(p, {}, exec.Get());
  EXPECT_EQ(exec.Calls(), 0);
}

TEST(CrfCpu, WorkspaceGrowsWithWordsNotWithPadding) {
  std::mt19937_64 random(7);
  const Problem p = RandomProblem(&random, 25, {40, 3, 3, 3});
  const Storage packed(p, {}), padded(p, {true, 0, 0, 0});
  EXPECT_EQ(WorkspaceBytes(Operation::kNll, packed.batch), WorkspaceBytes(Operation::kNll, padded.batch));
}

TEST(CrfCpu, TargetsHaveTheirNames) {
  const std::array<const char*, 4> names = {"scalar", "sse4", "avx2", "avx3"};
  for (int level = 0; level < internal::kSimdLevels; ++level) {
    const internal::SimdKernels* kernels = internal::KernelsOf(static_cast<internal::SimdLevel>(level));
    if (kernels == nullptr) continue;
    EXPECT_STREQ(kernels->name, names[static_cast<size_t>(level)]);
    const internal::TestScope scope(kernels, false);
    EXPECT_STREQ(SimdTarget(), kernels->name);
  }
  EXPECT_NE(internal::KernelsOf(internal::SimdLevel::kScalar), nullptr);
}

TEST(CrfCpu, ThreadCountsGiveIdenticalBitsOfJointLosses) {
  std::mt19937_64 random(Seed(73));
  JointProblem joint = RandomPairs(&random, 25, RandomLengths(&random, 150, 0, 40));
  RandomWeights(&random, &joint);
  for (const size_t b : {size_t{5}, size_t{60}}) {
    for (float& e : joint.views.emissions[b]) e *= 40;  // these take the float64 path
  }
  const std::vector<std::vector<float>> rows = RunMarginals(joint.views).unary;
  ForEachTarget([&] {
    const JointResult serial = RunJoint(joint), cooperative = RunCooperative(joint, rows);
    for (const int threads : {1, 2, 7}) {
      ThreadExec exec(threads);
      ExpectSameBits(RunJoint(joint, {}, exec.Get()), serial);
      EXPECT_EQ(exec.Calls(), 2);  // teachers, then students
      const JointResult other = RunCooperative(joint, rows, {}, exec.Get());
      EXPECT_EQ(other.cl, cooperative.cl);
      EXPECT_EQ(other.d_emissions, cooperative.d_emissions);
      EXPECT_EQ(other.transitions, cooperative.transitions);
    }
  });
}

}  // namespace
}  // namespace clner::crf::test
