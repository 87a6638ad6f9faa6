// The only place where the CRF kernels meet Torch: shape checks, workspace, threads, autograd. Emissions and parameters
// are on one device; its kernels are taken (crf_device.h has those of a GPU).
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

/// Losses of one packed batch of B sentences: the weighted sum of all NLL and, when `cooperative` is given, of the
/// Cooperative Learning term of every sentence with a teacher.
struct CrfJointTerms {
  const std::vector<int32_t>& gold;        ///< [M] tags; empty: no NLL, then every weight of it is 0
  const std::vector<float>& nll_weight;    ///< [B]
  const std::vector<int64_t>& teacher_of;  ///< [B] sentence of the same batch; -1 = none
  const std::vector<float>& cl_weight;     ///< [B], read only with `cooperative`
  const crf::CooperativeTerm* cooperative = nullptr;
};
struct CrfJointLoss {
  at::Tensor total = {};                  ///< float32 scalar
  std::vector<double> nll = {}, cl = {};  ///< [B] unweighted; empty where there is no such term
};
/// emissions [M, K], sentence b has the rows cu_words[b] .. cu_words[b+1]. Differentiable in the emissions and the
/// parameters, the teachers being constants (crf.md sections 3 to 5). Throws kInternal on bad shapes.
[[nodiscard]] CrfJointLoss CrfJoint(const at::Tensor& emissions, const CrfParams& params,
                                    const std::vector<int64_t>& cu_words, const CrfJointTerms& terms);

struct CrfConstraints {
  std::vector<uint8_t> transitions = {}, start = {}, end = {};  ///< empty = all allowed
  [[nodiscard]] bool empty() const { return transitions.empty(); }
};

/// Best tags [M]; ties go to the smallest tag.
[[nodiscard]] std::vector<int32_t> CrfViterbi(const at::Tensor& emissions, const CrfParams& params,
                                              const std::vector<int64_t>& cu_words, const CrfConstraints& constraints);

struct CrfMarginalsResult {
  at::Tensor unary;           ///< [M, K], on the device of the emissions
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
