#include "ops/packed_attention.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace clner::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// [N, D] -> [heads, N, head size], contiguous, so that the rows of one sequence are one slice for all heads.
at::Tensor HeadsFirst(const at::Tensor& rows, int64_t heads) {
  return rows.view({rows.size(0), heads, rows.size(1) / heads}).transpose(0, 1).contiguous();
}
at::Tensor RowsFirst(const at::Tensor& heads_first) {
  return heads_first.transpose(0, 1).reshape({heads_first.size(1), heads_first.size(0) * heads_first.size(2)});
}

// One sequence: its queries, its rows, and where its probabilities [heads, queries, rows] start in one flat buffer.
struct Block {
  int64_t first_query, queries, first_row, rows, offset;
  [[nodiscard]] at::Tensor Queries(const at::Tensor& x) const { return x.narrow(1, first_query, queries); }
  [[nodiscard]] at::Tensor Rows(const at::Tensor& x) const { return x.narrow(1, first_row, rows); }
  [[nodiscard]] at::Tensor Scores(const at::Tensor& flat, int64_t heads) const {
    return flat.narrow(0, offset, heads * queries * rows).view({heads, queries, rows});
  }
};

struct Blocks {
  std::vector<Block> blocks = {};
  int64_t scores = 0;
};

Blocks MakeBlocks(const std::vector<int64_t>& cu_queries, const std::vector<int64_t>& cu_seqlens, int64_t heads) {
  Blocks result;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const Block block{cu_queries[s], cu_queries[s + 1] - cu_queries[s], cu_seqlens[s],
                      cu_seqlens[s + 1] - cu_seqlens[s], result.scores};
    if (block.queries == 0) continue;
    result.blocks.push_back(block);
    result.scores += heads * block.queries * block.rows;
  }
  return result;
}

// Short sequences are shared out among the threads, since one alone is too small for several; each thread takes every
// T-th, for they come sorted by length. Few long ones are done one after another, each by all threads.
void ForEach(const std::vector<Block>& blocks, const std::function<void(const Block&)>& body) {
  const int64_t threads = at::get_num_threads(), count = static_cast<int64_t>(blocks.size());
  if (threads == 1 || count < 2 * threads || at::in_parallel_region()) {
    for (const Block& block : blocks) body(block);
    return;
  }
  at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
    // Other threads do not inherit that gradients are off, nor inference mode.
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    for (int64_t thread = begin; thread < end; ++thread) {
      for (int64_t i = thread; i < count; i += threads) body(blocks[static_cast<size_t>(i)]);
    }
  });
}

struct PackedAttentionFunction : torch::autograd::Function<PackedAttentionFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& q_rows, const at::Tensor& k_rows,
                            const at::Tensor& v_rows, const std::vector<int64_t>& cu_queries,
                            const std::vector<int64_t>& cu_seqlens, int64_t heads, double dropout) {
    const double scale = 1.0 / std::sqrt(static_cast<double>(q_rows.size(1) / heads));
    // Not in place: of a single row the contiguous form is the row itself.
    const at::Tensor q = HeadsFirst(q_rows, heads) * scale, k = HeadsFirst(k_rows, heads),
                     v = HeadsFirst(v_rows, heads);
    const Blocks blocks = MakeBlocks(cu_queries, cu_seqlens, heads);
    at::Tensor probabilities = at::empty({blocks.scores}, q.options());
    at::Tensor keep;  // 0 or 1 / (1 - dropout)
    if (dropout > 0) keep = at::empty({blocks.scores}, q.options()).bernoulli_(1 - dropout).div_(1 - dropout);
    at::Tensor out = at::empty_like(q);
    ForEach(blocks.blocks, [&](const Block& block) {
      at::Tensor p = block.Scores(probabilities, heads);
      at::_softmax_out(p, at::bmm(block.Queries(q), block.Rows(k).transpose(1, 2)), -1, false);
      const at::Tensor used = dropout > 0 ? p * block.Scores(keep, heads) : p;
      block.Queries(out).copy_(at::bmm(used, block.Rows(v)));
    });
    ctx->save_for_backward({q, k, v, probabilities, keep});
    ctx->saved_data["cu_queries"] = cu_queries;
    ctx->saved_data["cu_seqlens"] = cu_seqlens;
    ctx->saved_data["scale"] = scale;
    return RowsFirst(out);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grad_outputs) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &probabilities = saved[3], &keep = saved[4];
    const int64_t heads = q.size(0);
    const Blocks blocks =
        MakeBlocks(ctx->saved_data["cu_queries"].toIntVector(), ctx->saved_data["cu_seqlens"].toIntVector(), heads);
    const at::Tensor d_out = HeadsFirst(grad_outputs[0].contiguous(), heads);
    at::Tensor d_q = at::empty_like(q), d_k = at::empty_like(k), d_v = at::empty_like(v);
    if (blocks.blocks.size() + 1 < ctx->saved_data["cu_seqlens"].toIntVector().size()) {
      d_k.zero_();  // rows of sequences without queries
      d_v.zero_();
    }
    ForEach(blocks.blocks, [&](const Block& block) {
      const at::Tensor p = block.Scores(probabilities, heads);
      at::Tensor d_p = at::bmm(block.Queries(d_out), block.Rows(v).transpose(1, 2));
      at::Tensor used = p;
      if (keep.defined()) {
        const at::Tensor kept = block.Scores(keep, heads);
        used = p * kept;
        d_p.mul_(kept);
      }
      block.Rows(d_v).copy_(at::bmm(used.transpose(1, 2), block.Queries(d_out)));
      const at::Tensor d_scores = at::_softmax_backward_data(d_p, p, -1, p.scalar_type());
      block.Queries(d_q).copy_(at::bmm(d_scores, block.Rows(k)));
      block.Rows(d_k).copy_(at::bmm(d_scores.transpose(1, 2), block.Queries(q)));
    });
    return {RowsFirst(d_q.mul_(ctx->saved_data["scale"].toDouble())),
            RowsFirst(d_k),
            RowsFirst(d_v),
            at::Tensor(),
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

int64_t Longest(const std::vector<int64_t>& offsets) {
  int64_t longest = 0;
  for (size_t s = 0; s + 1 < offsets.size(); ++s) longest = std::max(longest, offsets[s + 1] - offsets[s]);
  return longest;
}

at::Tensor OnDevice(const at::Tensor& given, const std::vector<int64_t>& offsets, at::Device device) {
  return given.defined() ? given : at::tensor(offsets, at::kInt).to(device);
}

/// Row of a padded [sequences, longest] layout for every row of the packed one; `starts` [S+1].
at::Tensor PaddedRows(const at::Tensor& starts, int64_t rows, int64_t longest) {
  const at::Tensor begins = starts.to(at::kLong), lengths = begins.diff();
  const at::Tensor sequence =
      at::repeat_interleave(at::arange(lengths.size(0), lengths.options()), lengths, 0, /*output_size=*/rows);
  return at::arange(rows, lengths.options()) - begins.index_select(0, sequence) + sequence * longest;
}

/// [rows, D] -> [sequences, heads, longest, head size], zeros in the gaps.
at::Tensor Pad(const at::Tensor& rows, const at::Tensor& places, int64_t sequences, int64_t longest, int64_t heads) {
  return at::zeros({sequences * longest, rows.size(1)}, rows.options())
      .index_copy(0, places, rows)
      .view({sequences, longest, heads, rows.size(1) / heads})
      .transpose(1, 2);
}

/// What LibTorch's kernels for packed sequences take; they need a GPU of compute capability 8, as libclner_cuda.so
/// does.
bool FitsFlash(const at::Tensor& q, int64_t heads) {
  constexpr int64_t kWidest = 256, kStep = 8;
  const int64_t head_size = q.size(1) / heads;
  return (q.scalar_type() == at::kBFloat16 || q.scalar_type() == at::kHalf) && head_size <= kWidest &&
         head_size % kStep == 0;
}

at::Tensor FlashAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                          const std::vector<int64_t>& cu_queries, const std::vector<int64_t>& cu_seqlens, int64_t heads,
                          double dropout, const DeviceOffsets& offsets) {
  const auto split = [heads](const at::Tensor& x) {
    return x.contiguous().view({x.size(0), heads, x.size(1) / heads});
  };
  const at::Tensor out = std::get<0>(
      at::_flash_attention_forward(split(q), split(k), split(v), OnDevice(offsets.queries, cu_queries, q.device()),
                                   OnDevice(offsets.rows, cu_seqlens, q.device()), Longest(cu_queries),
                                   Longest(cu_seqlens), dropout, /*is_causal=*/false, /*return_debug_mask=*/false));
  return out.reshape({q.size(0), q.size(1)});
}

}  // namespace

at::Tensor PaddedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const std::vector<int64_t>& cu_queries, const std::vector<int64_t>& cu_seqlens,
                           int64_t heads, double dropout, const DeviceOffsets& offsets) {
  const auto sequences = static_cast<int64_t>(cu_seqlens.size()) - 1;
  const int64_t queries = Longest(cu_queries), rows = Longest(cu_seqlens);
  const at::Tensor row_starts = OnDevice(offsets.rows, cu_seqlens, q.device());
  const at::Tensor query_places = PaddedRows(OnDevice(offsets.queries, cu_queries, q.device()), q.size(0), queries);
  const at::Tensor row_places = PaddedRows(row_starts, k.size(0), rows);
  const at::Tensor lengths = row_starts.to(at::kLong).diff();
  const at::Tensor mask = at::arange(rows, lengths.options()).unsqueeze(0) < lengths.unsqueeze(1);
  const at::Tensor out = at::scaled_dot_product_attention(
      Pad(q, query_places, sequences, queries, heads), Pad(k, row_places, sequences, rows, heads),
      Pad(v, row_places, sequences, rows, heads), mask.view({sequences, 1, 1, rows}), dropout);
  return out.transpose(1, 2).reshape({sequences * queries, q.size(1)}).index_select(0, query_places);
}

at::Tensor PackedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const std::vector<int64_t>& cu_queries, const std::vector<int64_t>& cu_seqlens,
                           int64_t heads, double dropout, const DeviceOffsets& offsets) {
  if (q.is_cpu()) return PackedAttentionFunction::apply(q, k, v, cu_queries, cu_seqlens, heads, dropout);
  if (q.size(0) == 0) return at::zeros_like(q);
  return FitsFlash(q, heads) ? FlashAttention(q, k, v, cu_queries, cu_seqlens, heads, dropout, offsets)
                             : PaddedAttention(q, k, v, cu_queries, cu_seqlens, heads, dropout, offsets);
}

}  // namespace clner::ops
