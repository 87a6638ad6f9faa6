// The only place where the CRF kernels meet Torch: shape checks, workspace, threads, autograd.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "kernels/crf.h"

namespace clner::ops {

/// Scores of the chain: transitions [K, K] from,to; start [K]; end [K]; all float32.
struct CrfParams {
  at::Tensor transitions, start, end;
};

/// emissions [M, K] of B sentences (cu_words [B+1]), gold tags [M] -> mean over the sentences of log Z - score(gold), a
/// scalar. Differentiable in the emissions and the parameters (crf.md section 3). Throws kInternal on bad shapes.
[[nodiscard]] at::Tensor CrfNll(const at::Tensor& emissions, const CrfParams& params,
                                const std::vector<int64_t>& cu_words, const std::vector<int32_t>& gold);

struct CrfConstraints {
  std::vector<uint8_t> transitions = {}, start = {}, end = {};  ///< empty = all allowed
  [[nodiscard]] bool empty() const { return transitions.empty(); }
};

/// Best tags [M]; ties go to the smallest tag.
[[nodiscard]] std::vector<int32_t> CrfViterbi(const at::Tensor& emissions, const CrfParams& params,
                                              const std::vector<int64_t>& cu_words, const CrfConstraints& constraints);

struct CrfMarginalsResult {
  at::Tensor unary;           ///< [M, K]
  std::vector<double> log_z;  ///< [B]
};
[[nodiscard]] CrfMarginalsResult CrfMarginals(const at::Tensor& emissions, const CrfParams& params,
                                              const std::vector<int64_t>& cu_words, const CrfConstraints& constraints);

/// Probability of each queried span under the unconstrained posterior.
[[nodiscard]] std::vector<float> CrfSpanMarginals(const at::Tensor& emissions, const CrfParams& params,
                                                  const std::vector<int64_t>& cu_words,
                                                  const std::vector<crf::SpanTags>& types,
                                                  const std::vector<crf::SpanQuery>& queries);

}  // namespace clner::ops
