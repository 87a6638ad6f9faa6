// The CUDA entry points where they cannot run: the status says why, and nothing is written.
#include "../crf_problem.h"

namespace clner::crf::test {
namespace {

TEST(CrfCudaEntry, WithoutLibraryOrDeviceEveryFunctionSaysSoAndWritesNothing) {
  const KernelStatus status = CudaStatus();
  if (status == KernelStatus::kOk) return;  // the tests of label cuda take over
  EXPECT_TRUE(status == KernelStatus::kNotCompiled || status == KernelStatus::kNoDevice);
  std::mt19937_64 random(1);
  const Problem p = RandomProblem(&random, 5, {4, 1, 5});
  const Storage s(p, {});
  std::vector<double> value(3, -7.0), cl(3, -7.0);
  std::vector<uint8_t> flags(3, 0xEE);
  std::vector<float> rows(50, kPattern), transitions(25, kPattern), start(5, kPattern), end(5, kPattern);
  std::vector<int32_t> tags(10, -9);
  std::vector<uint8_t> memory(WorkspaceBytesCuda(Operation::kJoint, s.batch), 0x5A);
  const Workspace workspace{memory.data(), memory.size()};
  const RowsOut out{rows.data(), 5};
  const ParamGrads grads{transitions.data(), start.data(), end.data(), 5};
  const SpanTags scheme{1, 2, 3, 4};
  const SpanQuery query{0, 0, 1, 0};
  float probability = kPattern;
  JointTerms terms;
  terms.gold = s.gold.data();
  EXPECT_EQ(NllCuda(s.batch, s.In(), s.params, s.gold.data(), nullptr, value.data(), out, grads, flags.data(),
                    workspace, nullptr),
            status);
  EXPECT_EQ(MarginalsCuda(s.batch, s.In(), s.params, nullptr, value.data(), out, flags.data(), workspace, nullptr),
            status);
  EXPECT_EQ(
      ViterbiCuda(s.batch, s.In(), s.params, nullptr, tags.data(), value.data(), flags.data(), workspace, nullptr),
      status);
  EXPECT_EQ(
      PosteriorCuda(s.batch, s.In(), s.params, nullptr, tags.data(), value.data(), flags.data(), workspace, nullptr),
      status);
  EXPECT_EQ(SpanMarginalsCuda(s.batch, s.In(), s.params, &scheme, 1, &query, 1, &probability, workspace, nullptr),
            status);
  EXPECT_EQ(JointCuda(s.batch, s.In(), s.params, terms, value.data(), cl.data(), out, grads, flags.data(), workspace,
                      nullptr),
            status);
  EXPECT_EQ(CooperativeCuda(s.batch, s.In(), s.params, s.In(), terms.cooperative, cl.data(), out, grads, flags.data(),
                            workspace, nullptr),
            status);
  EXPECT_EQ(value, std::vector<double>(3, -7.0));
  EXPECT_EQ(cl, std::vector<double>(3, -7.0));
  EXPECT_EQ(flags, std::vector<uint8_t>(3, 0xEE));
  EXPECT_EQ(tags, std::vector<int32_t>(10, -9));
  EXPECT_EQ(probability, kPattern);
  for (const auto* values : {&rows, &transitions, &start, &end}) {
    for (const float v : *values) EXPECT_EQ(v, kPattern);
  }
  for (const uint8_t byte : memory) ASSERT_EQ(byte, 0x5A);
}

TEST(CrfCudaEntry, WorkspaceDependsOnSizesAlone) {
  Batch batch;
  batch.sentences = 3;
  batch.tags = 5;
  batch.rows = 10;
  batch.max_length = 5;
  const int64_t never_read = 0;
  batch.offsets = &never_read;
  for (const Operation operation : {Operation::kNll, Operation::kMarginals, Operation::kViterbi, Operation::kPosterior,
                                    Operation::kSpanMarginals, Operation::kJoint, Operation::kCooperative}) {
    const size_t bytes = WorkspaceBytesCuda(operation, batch);
    EXPECT_GT(bytes, 0u);
    Batch longer = batch;
    longer.rows = 1000;
    EXPECT_GT(WorkspaceBytesCuda(operation, longer), bytes);
    for (const int64_t tags : {int64_t{0}, int64_t{1025}}) {
      Batch bad = batch;
      bad.tags = tags;
      EXPECT_EQ(WorkspaceBytesCuda(operation, bad), 0u);
    }
  }
}

}  // namespace
}  // namespace clner::crf::test
