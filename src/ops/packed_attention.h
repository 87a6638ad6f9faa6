// Scaled dot-product attention inside each sequence of a packed batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace clner::ops {

/// cu_queries and cu_seqlens as i32 tensors on the device of the rows; undefined: they are made from the vectors.
struct DeviceOffsets {
  at::Tensor queries = {}, rows = {};
};

/// q [Q, D], k and v [N, D] (D = heads x head size, any floating type) -> [Q, D]. The queries cu_queries[s] ..
/// cu_queries[s+1] attend to the rows cu_seqlens[s] .. cu_seqlens[s+1] (both [S+1]). `dropout` acts on the attention
/// probabilities (0 = off). Differentiable. On a GPU: flash attention in half precisions, else PaddedAttention.
[[nodiscard]] at::Tensor PackedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                         const std::vector<int64_t>& cu_queries, const std::vector<int64_t>& cu_seqlens,
                                         int64_t heads, double dropout, const DeviceOffsets& offsets = {});

/// The same with every sequence padded to the longest, by LibTorch's attention with a mask; on any device. Q > 0.
[[nodiscard]] at::Tensor PaddedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                         const std::vector<int64_t>& cu_queries, const std::vector<int64_t>& cu_seqlens,
                                         int64_t heads, double dropout, const DeviceOffsets& offsets = {});

}  // namespace clner::ops
