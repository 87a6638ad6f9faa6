// Pooling to words and the CRF head: emissions [M, K] and the chain's scores.
#pragma once

#include <torch/nn/modules/linear.h>

#include "nn/stage.h"
#include "ops/crf_op.h"

namespace clner::nn {

/// One vector for every own word as `batch.pooling` says: states [Q, D] -> [M, D], [M, 2 D] for first and last; a word
/// without pieces gets zeros (clner.md 3.3).
[[nodiscard]] at::Tensor PoolPieces(const at::Tensor& states, const Batch& batch);

/// CLNER's word dropout (clner.md 3.4): one draw per word position, shared by all sentences of the batch, zeroes the
/// whole vector; no rescaling. words [M, D] -> [M, D].
[[nodiscard]] at::Tensor WordDropout(const at::Tensor& words, const Batch& batch, double probability);

/// Transition scores: transitions [from, to], start and end, learnt from N(0, 1), or, without `chain`, constant zeros:
/// then the tags of a sentence are independent, its NLL is the sum of their cross entropies, and nothing is stored.
struct CrfModule : torch::nn::Module {
  CrfModule(int64_t tags, bool chain);
  at::Tensor transitions, start, end;
};

}  // namespace clner::nn
