#include <gtest/gtest.h>
#include <torch/torch.h>

#include "ops/adamw.h"
#include "ops/crf_op.h"
#include "ops/packed_attention.h"

namespace clner {
namespace {

at::Tensor Leaf(at::IntArrayRef shape) { return at::randn(shape).requires_grad_(true); }

TEST(PackedAttention, EqualsTorchAttentionOfEverySequenceAlone) {
  torch::manual_seed(1);
  const std::vector<int64_t> cu_seqlens = {0, 7, 8, 20};
  const int64_t heads = 4, width = 24;
  at::Tensor q = Leaf({20, width}), k = Leaf({20, width}), v = Leaf({20, width}), weight = at::randn({20, width});
  at::Tensor ours = ops::PackedAttention(q, k, v, cu_seqlens, cu_seqlens, heads, 0);
  const auto grads = torch::autograd::grad({(ours * weight).sum()}, {q, k, v});
  std::vector<at::Tensor> parts;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const auto heads_of = [&](const at::Tensor& x) {
      return x.slice(0, cu_seqlens[s], cu_seqlens[s + 1]).view({-1, heads, width / heads}).transpose(0, 1).unsqueeze(0);
    };
    parts.push_back(at::scaled_dot_product_attention(heads_of(q), heads_of(k), heads_of(v))
                        .squeeze(0)
                        .transpose(0, 1)
                        .reshape({-1, width}));
  }
  at::Tensor expected = at::cat(parts);
  const auto expected_grads = torch::autograd::grad({(expected * weight).sum()}, {q, k, v});
  EXPECT_TRUE(at::allclose(ours, expected, 1e-5, 1e-6));
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(at::allclose(grads[i], expected_grads[i], 1e-4, 1e-5)) << i;
}

TEST(PackedAttention, DropoutIsUnbiasedAndItsGradientUsesTheSameMask) {
  torch::manual_seed(2);
  at::Tensor q = at::zeros({4, 8}), k = at::zeros({4, 8}), v = at::ones({4, 8}).requires_grad_(true);
  double mean = 0;
  for (int i = 0; i < 400; ++i)
    mean += ops::PackedAttention(q, k, v, {0, 4}, {0, 4}, 2, 0.25).mean().item<double>() / 400;
  EXPECT_NEAR(mean, 1.0, 0.02);
  // The output is linear in v, so that gradient . v equals the output's sum exactly when forward and backward share the
  // mask.
  at::Tensor out = ops::PackedAttention(q, k, v, {0, 4}, {0, 4}, 2, 0.5).sum();
  const auto grad = torch::autograd::grad({out}, {v});
  EXPECT_NEAR((grad[0] * v).sum().item<double>(), out.item<double>(), 1e-4);
}

// log Z - score(gold) of one sentence by plain autograd.
at::Tensor TapeNll(const at::Tensor& e, const ops::CrfParams& p, const std::vector<int32_t>& gold, int64_t first) {
  at::Tensor alpha = p.start + e[0],
             score = p.start[gold[static_cast<size_t>(first)]] + e[0][gold[static_cast<size_t>(first)]];
  for (int64_t i = 1; i < e.size(0); ++i) {
    const auto at = static_cast<size_t>(first + i);
    alpha = at::logsumexp(alpha.unsqueeze(1) + p.transitions, 0) + e[i];
    score = score + p.transitions[gold[at - 1]][gold[at]] + e[i][gold[at]];
  }
  return at::logsumexp(alpha + p.end, 0) - score - p.end[gold[static_cast<size_t>(first + e.size(0) - 1)]];
}

TEST(CrfOp, LossAndGradientsEqualTheTapeAndScaleWithTheIncomingGradient) {
  torch::manual_seed(3);
  const std::vector<int64_t> cu_words = {0, 5, 6, 18};
  const int64_t tags = 9;
  at::Tensor emissions = Leaf({18, tags});
  ops::CrfParams params{Leaf({tags, tags}), Leaf({tags}), Leaf({tags})};
  std::vector<int32_t> gold;
  for (int i = 0; i < 18; ++i) gold.push_back((i * 7) % 9);
  const std::vector<float> weights = {1 / 3.0F, 1 / 3.0F, 1 / 3.0F};
  at::Tensor ours = ops::CrfJoint(emissions, params, cu_words, {gold, weights, {}, {}}).total, expected = at::zeros({});
  for (size_t b = 0; b + 1 < cu_words.size(); ++b) {
    expected = expected + TapeNll(emissions.slice(0, cu_words[b], cu_words[b + 1]), params, gold, cu_words[b]) / 3;
  }
  EXPECT_NEAR(ours.item<double>(), expected.item<double>(), 1e-4);
  const std::vector<at::Tensor> inputs = {emissions, params.transitions, params.start, params.end};
  const auto grads = torch::autograd::grad({ours * 2.5}, inputs),
             expected_grads = torch::autograd::grad({expected * 2.5}, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) EXPECT_TRUE(at::allclose(grads[i], expected_grads[i], 1e-4, 1e-5)) << i;
}

TEST(CrfOp, RefusesShapesThatDoNotFit) {
  ops::CrfParams params{at::zeros({3, 3}), at::zeros({3}), at::zeros({3})};
  const auto call = [&](int64_t columns, const std::vector<int64_t>& cu_words, const std::vector<int32_t>& gold,
                        const std::vector<float>& weights) {
    (void)ops::CrfJoint(at::zeros({4, columns}), params, cu_words, {gold, weights, {}, {}});
  };
  EXPECT_NO_THROW(call(3, {0, 4}, {0, 0, 0, 0}, {1}));
  EXPECT_ANY_THROW(call(2, {0, 4}, {0, 0, 0, 0}, {1}));
  EXPECT_ANY_THROW(call(3, {0, 5}, {0, 0, 0, 0, 0}, {1}));
  EXPECT_ANY_THROW(call(3, {0, 4}, {0, 0, 0, 3}, {1}));
  EXPECT_ANY_THROW(call(3, {0, 4}, {0, 0, 0}, {1}));
  EXPECT_ANY_THROW(call(3, {0, 4}, {0, 0, 0, 0}, {1, 1}));
}

TEST(CrfOp, MarginalsOfEveryWordSumToOneAndConstraintsAreObeyed) {
  torch::manual_seed(4);
  ops::CrfParams params{at::randn({3, 3}), at::randn({3}), at::randn({3})};
  const at::Tensor emissions = at::randn({6, 3});
  const auto result = ops::CrfMarginals(emissions, params, {0, 2, 6}, {});
  EXPECT_TRUE(at::allclose(result.unary.sum(1), at::ones({6}), 1e-5, 1e-5));
  ops::CrfConstraints never_two{{1, 1, 0, 1, 1, 0, 1, 1, 0}, {1, 1, 0}, {1, 1, 1}};
  for (int32_t tag : ops::CrfViterbi(at::randn({6, 3}) + at::tensor({0, 0, 50}), params, {0, 2, 6}, never_two))
    EXPECT_NE(tag, 2);
}

TEST(AdamW, FollowsTorchOverTwentyStepsWithClippingByScale) {
  torch::manual_seed(5);
  at::Tensor ours = at::randn({13, 7}), theirs = ours.clone().requires_grad_(true);
  ours.requires_grad_(true);
  ops::AdamW optimizer({{{"w"}, {ours}, 0.01, 0.1}}, {0.9, 0.99, 1e-6, false});
  torch::optim::AdamW reference({theirs},
                                torch::optim::AdamWOptions(0.01).betas({0.9, 0.99}).eps(1e-6).weight_decay(0.1));
  for (int step = 0; step < 20; ++step) {
    const at::Tensor gradient = at::randn({13, 7});
    ours.mutable_grad() = gradient * 4;
    theirs.mutable_grad() = gradient.clone();
    EXPECT_NEAR(optimizer.GradientNorm(), (gradient * 4).norm().item<double>(), 1e-4);
    optimizer.Step(1, 0.25);
    reference.step();
  }
  EXPECT_TRUE(at::allclose(ours, theirs, 1e-5, 1e-6));
}

TEST(AdamW, EpsBeforeCorrectionFollowsTransformersThree) {
  at::Tensor w = at::full({1}, 1.0).requires_grad_(true);
  ops::AdamW optimizer({{{"w"}, {w}, 0.1, 0}}, {0.9, 0.999, 1e-2, true});
  double expected = 1, m = 0, v = 0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.3 * t;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    expected -= 0.1 * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)) * m / (std::sqrt(v) + 1e-2);
    w.mutable_grad() = at::full({1}, g);
    optimizer.Step(1, 1);
  }
  EXPECT_NEAR(w.item<double>(), expected, 1e-6);
}

TEST(AdamW, LearningRateFactorZeroChangesNothing) {
  at::Tensor w = at::ones({3}).requires_grad_(true);
  ops::AdamW optimizer({{{"w"}, {w}, 0.1, 0}}, {});
  w.mutable_grad() = at::ones({3});
  optimizer.Step(0, 1);
  EXPECT_TRUE(at::equal(w, at::ones({3})));
}

}  // namespace
}  // namespace clner
