// Pooling to words and the CRF head: emissions [M, K] and the chain's scores.
#pragma once

#include <torch/nn/modules/linear.h>

#include "nn/stage.h"
#include "ops/crf_op.h"

namespace clner::nn {

/// First piece of every own word: states [Q, D] -> [M, D]; a word without pieces gets zeros (clner.md 3.3).
[[nodiscard]] at::Tensor PoolFirstPiece(const at::Tensor& states, const Batch& batch);

/// CLNER's word dropout (clner.md 3.4): one draw per word position, shared by all sentences of the batch, zeroes the
/// whole vector; no rescaling. words [M, D] -> [M, D].
[[nodiscard]] at::Tensor WordDropout(const at::Tensor& words, const Batch& batch, double probability);

/// Linear layer (named `classifier`) and transition scores (named `crf`): transitions [from, to], start and end ~ N(0,
/// 1).
struct CrfModule : torch::nn::Module {
  explicit CrfModule(int64_t tags);
  at::Tensor transitions, start, end;
};

}  // namespace clner::nn
