// The CRF operations on a GPU. What the host has (offsets, tags, weights) is copied to the device of the emissions, the
// kernels of libclner_cuda.so run on its current stream, and what the host reads is waited for.
#pragma once

#include <vector>

#include "ops/crf_call.h"

namespace clner::ops::internal {

/// Fills `nll`, `cl` (with a cooperative term) and the gradients.
void LossesOnDevice(const CrfCall& call, const CrfJointTerms& terms, const CrfGradients& grads, CrfJointLoss* loss);
[[nodiscard]] std::vector<int32_t> ViterbiOnDevice(const CrfCall& call, const CrfConstraints& constraints);
[[nodiscard]] CrfMarginalsResult MarginalsOnDevice(const CrfCall& call, const CrfConstraints& constraints);
/// `queries` is not empty.
[[nodiscard]] std::vector<float> SpanMarginalsOnDevice(const CrfCall& call, const std::vector<crf::SpanTags>& types,
                                                       const std::vector<crf::SpanQuery>& queries);

}  // namespace clner::ops::internal
