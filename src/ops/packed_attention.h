// Scaled dot-product self-attention inside each sequence of a packed batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace clner::ops {

/// q, k, v [N, D] (D = heads x head size, any floating type) -> [N, D]. Row r attends to the rows of its own sequence
/// (`cu_seqlens` [S+1]). `dropout` acts on the attention probabilities (0 = off). Differentiable.
[[nodiscard]] at::Tensor PackedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                         const std::vector<int64_t>& cu_seqlens, int64_t heads, double dropout);

}  // namespace clner::ops
