#include "tensor/device.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "ops/crf_device.h"
#include "ops/packed_attention.h"
#include "unit/core/support.h"

namespace clner {
namespace {

GpuSupport Gpus(int64_t count) { return {count, true}; }
GpuSupport NoGpu() { return {0, true, ErrorCode::kUnavailable, "a part is missing", "get the part"}; }

TEST(Device, TheNameChoosesAmongWhatIsThere) {
  EXPECT_EQ(ChooseDevice("cpu", Gpus(2)), at::Device(at::kCPU));
  EXPECT_EQ(ChooseDevice("auto", Gpus(2)), at::Device(at::kCUDA, 0));
  EXPECT_EQ(ChooseDevice("cuda", Gpus(2)), at::Device(at::kCUDA, 0));
  EXPECT_EQ(ChooseDevice("cuda:1", Gpus(2)), at::Device(at::kCUDA, 1));
  EXPECT_EQ(ChooseDevice("auto", NoGpu()), at::Device(at::kCPU));
  EXPECT_EQ(ChooseDevice("cpu", NoGpu()), at::Device(at::kCPU));
}

TEST(Device, WhatIsNotThereIsAnErrorThatSaysWhy) {
  EXPECT_ERROR((void)ChooseDevice("cuda", NoGpu()), ErrorCode::kUnavailable,
               "device 'cuda' is not available: a part is missing");
  EXPECT_ERROR((void)ChooseDevice("cuda:2", Gpus(2)), ErrorCode::kConfig,
               "device 'cuda:2' does not exist: the last GPU is cuda:1");
  EXPECT_ERROR((void)ChooseDevice("cude", Gpus(2)), ErrorCode::kConfig, "(did you mean 'cuda'?)");
}

TEST(Device, WithoutDriverCudaSaysSoAndAutoTakesTheProcessor) {
  if (FindGpus().driver) GTEST_SKIP() << "this machine has an NVIDIA driver";
  EXPECT_EQ(ResolveDevice("auto"), at::Device(at::kCPU));
  EXPECT_ERROR((void)ResolveDevice("cuda:1"), ErrorCode::kConfig,
               "device 'cuda:1' is not available: there is no NVIDIA driver");
}

/// Rows of three sequences, the second without queries.
struct Packed {
  at::Tensor q = torch::randn({4, 8}, torch::requires_grad()), k = torch::randn({9, 8}, torch::requires_grad()),
             v = torch::randn({9, 8}, torch::requires_grad());
  std::vector<int64_t> cu_queries = {0, 3, 3, 4}, cu_seqlens = {0, 4, 6, 9};
};

TEST(PaddedAttention, EqualsPackedAttentionWithAllGradients) {
  torch::manual_seed(3);
  const Packed x;
  const at::Tensor weight = torch::randn({4, 8});
  const auto gradients = [&](const at::Tensor& out) {
    return torch::autograd::grad({(out * weight).sum()}, {x.q, x.k, x.v});
  };
  const at::Tensor expected = ops::PackedAttention(x.q, x.k, x.v, x.cu_queries, x.cu_seqlens, 2, 0);
  const auto expected_gradients = gradients(expected);
  const ops::DeviceOffsets given = {at::tensor(x.cu_queries, at::kInt), at::tensor(x.cu_seqlens, at::kInt)};
  for (const ops::DeviceOffsets& offsets : {ops::DeviceOffsets(), given}) {
    const at::Tensor got = ops::PaddedAttention(x.q, x.k, x.v, x.cu_queries, x.cu_seqlens, 2, 0, offsets);
    EXPECT_TRUE(at::allclose(got, expected, 1e-5, 1e-6));
    const auto got_gradients = gradients(got);
    for (size_t i = 0; i < got_gradients.size(); ++i)
      EXPECT_TRUE(at::allclose(got_gradients[i], expected_gradients[i], 1e-5, 1e-6)) << i;
  }
}

/// A CRF over sentences of 3, 0 and 2 words with 5 tags; the second view of the last one teaches it.
struct Chain {
  at::Tensor emissions = torch::randn({7, 5}), transitions = torch::randn({5, 5}), start = torch::randn({5}),
             end = torch::randn({5});
  std::vector<int64_t> cu_words = {0, 3, 3, 5, 7};
  std::vector<int32_t> gold = {0, 1, 2, 4, 3, 4, 3};
  std::vector<float> nll_weight = {1, 0.5F, 0.25F, 0}, cl_weight = {0, 0, 2, 0};
  std::vector<int64_t> teacher_of = {-1, -1, 3, -1};
  [[nodiscard]] ops::CrfParams params() const { return {transitions, start, end}; }
};

/// The device functions of libclner_cuda.so on the processor, in the library's place (tests/cuda/host_library.cc): the
/// calls for a GPU run with tensors of the processor.
class CrfOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(dlopen(CLNER_CUDA_STAND_IN, RTLD_NOW | RTLD_LOCAL), nullptr) << dlerror();
    if (crf::CudaStatus() == crf::KernelStatus::kNotCompiled) GTEST_SKIP() << "built without libclner_cuda.so";
    torch::manual_seed(7);
  }
};

TEST_F(CrfOnDevice, LossesAndGradientsAreThoseOfTheProcessor) {
  const Chain x;
  crf::CooperativeTerm term;
  term.tau = 0.5F;
  for (const crf::CooperativeTerm* cooperative : {static_cast<crf::CooperativeTerm*>(nullptr), &term}) {
    const ops::CrfJointTerms terms{x.gold, x.nll_weight, x.teacher_of, x.cl_weight, cooperative};
    const ops::internal::CrfCall call(x.emissions, x.params(), x.cu_words);
    const ops::internal::CrfGradients got(call);
    ops::CrfJointLoss loss;
    ops::internal::LossesOnDevice(call, terms, got, &loss);
    const std::vector<at::Tensor> inputs = {x.emissions.clone().requires_grad_(),
                                            x.transitions.clone().requires_grad_(), x.start.clone().requires_grad_(),
                                            x.end.clone().requires_grad_()};
    const ops::CrfJointLoss expected = ops::CrfJoint(inputs[0], {inputs[1], inputs[2], inputs[3]}, x.cu_words, terms);
    const auto gradients = torch::autograd::grad({expected.total}, inputs);
    ASSERT_EQ(loss.nll.size(), expected.nll.size());
    ASSERT_EQ(loss.cl.size(), expected.cl.size());
    for (size_t b = 0; b < loss.nll.size(); ++b) EXPECT_NEAR(loss.nll[b], expected.nll[b], 1e-5);
    for (size_t b = 0; b < loss.cl.size(); ++b) EXPECT_NEAR(loss.cl[b], expected.cl[b], 1e-5);
    const at::Tensor* all[] = {&got.emissions, &got.transitions, &got.start, &got.end};
    for (size_t i = 0; i < gradients.size(); ++i) EXPECT_TRUE(at::allclose(*all[i], gradients[i], 1e-5, 1e-5)) << i;
  }
}

TEST_F(CrfOnDevice, DecodingIsThatOfTheProcessor) {
  const Chain x;
  ops::CrfConstraints legal;
  legal.transitions.assign(25, 1);
  legal.transitions[7] = 0;
  legal.start = {1, 0, 1, 1, 1};
  legal.end.assign(5, 1);
  const std::vector<crf::SpanTags> types = {{1, 2, -1, -1}, {3, 4, -1, -1}};
  const std::vector<crf::SpanQuery> queries = {{0, 0, 1, 0}, {2, 1, 1, 1}, {3, 0, 1, 1}};
  const ops::internal::CrfCall call(x.emissions, x.params(), x.cu_words);
  for (const ops::CrfConstraints& constraints : {ops::CrfConstraints(), legal}) {
    EXPECT_EQ(ops::internal::ViterbiOnDevice(call, constraints),
              ops::CrfViterbi(x.emissions, x.params(), x.cu_words, constraints));
    const ops::CrfMarginalsResult got = ops::internal::MarginalsOnDevice(call, constraints),
                                  expected = ops::CrfMarginals(x.emissions, x.params(), x.cu_words, constraints);
    EXPECT_TRUE(at::allclose(got.unary, expected.unary, 1e-5, 1e-6));
    for (size_t b = 0; b < got.log_z.size(); ++b) EXPECT_NEAR(got.log_z[b], expected.log_z[b], 1e-5);
  }
  const std::vector<float> got = ops::internal::SpanMarginalsOnDevice(call, types, queries),
                           expected = ops::CrfSpanMarginals(x.emissions, x.params(), x.cu_words, types, queries);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6);
}

}  // namespace
}  // namespace clner
