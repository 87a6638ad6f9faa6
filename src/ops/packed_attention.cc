#include "ops/packed_attention.h"

#include <torch/torch.h>

#include <cmath>

namespace clner::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// [N, D] -> [heads, N, head size], contiguous, so that the rows of one sequence are one slice for all heads.
at::Tensor HeadsFirst(const at::Tensor& rows, int64_t heads) {
  return rows.view({rows.size(0), heads, -1}).transpose(0, 1).contiguous();
}
at::Tensor RowsFirst(const at::Tensor& heads_first) {
  return heads_first.transpose(0, 1).reshape({heads_first.size(1), -1});
}

// The probabilities of all sequences lie in one flat buffer; this is the part of the sequence that starts at `offset`.
at::Tensor Scores(const at::Tensor& flat, int64_t offset, int64_t heads, int64_t length) {
  return flat.narrow(0, offset, heads * length * length).view({heads, length, length});
}

struct PackedAttentionFunction : torch::autograd::Function<PackedAttentionFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& q_rows, const at::Tensor& k_rows,
                            const at::Tensor& v_rows, const std::vector<int64_t>& cu_seqlens, int64_t heads,
                            double dropout) {
    const double scale = 1.0 / std::sqrt(static_cast<double>(q_rows.size(1) / heads));
    at::Tensor q = HeadsFirst(q_rows, heads).mul_(scale), k = HeadsFirst(k_rows, heads), v = HeadsFirst(v_rows, heads);
    int64_t score_count = 0;
    for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
      const int64_t length = cu_seqlens[s + 1] - cu_seqlens[s];
      score_count += heads * length * length;
    }
    at::Tensor probabilities = at::empty({score_count}, q.options());
    at::Tensor keep;  // 0 or 1 / (1 - dropout)
    if (dropout > 0) keep = at::empty({score_count}, q.options()).bernoulli_(1 - dropout).div_(1 - dropout);
    at::Tensor out = at::empty_like(q);
    for (size_t s = 0, offset = 0; s + 1 < cu_seqlens.size(); ++s) {
      const int64_t first = cu_seqlens[s], length = cu_seqlens[s + 1] - first;
      at::Tensor p = Scores(probabilities, static_cast<int64_t>(offset), heads, length);
      at::Tensor scores = at::bmm(q.narrow(1, first, length), k.narrow(1, first, length).transpose(1, 2));
      at::_softmax_out(p, scores, -1, false);
      at::Tensor used = dropout > 0 ? p * Scores(keep, static_cast<int64_t>(offset), heads, length) : p;
      out.narrow(1, first, length).copy_(at::bmm(used, v.narrow(1, first, length)));
      offset += static_cast<size_t>(heads * length * length);
    }
    ctx->save_for_backward({q, k, v, probabilities, keep});
    ctx->saved_data["cu_seqlens"] = cu_seqlens;
    ctx->saved_data["scale"] = scale;
    return RowsFirst(out);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grad_outputs) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &probabilities = saved[3], &keep = saved[4];
    const std::vector<int64_t> cu_seqlens = ctx->saved_data["cu_seqlens"].toIntVector();
    const double scale = ctx->saved_data["scale"].toDouble();
    const int64_t heads = q.size(0);
    at::Tensor d_out = HeadsFirst(grad_outputs[0].contiguous(), heads);
    at::Tensor d_q = at::empty_like(q), d_k = at::empty_like(k), d_v = at::empty_like(v);
    int64_t offset = 0;
    for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
      const int64_t first = cu_seqlens[s], length = cu_seqlens[s + 1] - first;
      const auto part = [&](const at::Tensor& x) { return x.narrow(1, first, length); };
      at::Tensor p = Scores(probabilities, offset, heads, length);
      at::Tensor d_p = at::bmm(part(d_out), part(v).transpose(1, 2));
      at::Tensor used = p;
      if (keep.defined()) {
        const at::Tensor kept = Scores(keep, offset, heads, length);
        used = p * kept;
        d_p.mul_(kept);
      }
      part(d_v).copy_(at::bmm(used.transpose(1, 2), part(d_out)));
      at::Tensor d_scores = at::_softmax_backward_data(d_p, p, -1, p.scalar_type());
      part(d_q).copy_(at::bmm(d_scores, part(k)));
      part(d_k).copy_(at::bmm(d_scores.transpose(1, 2), part(q)));
      offset += heads * length * length;
    }
    return {RowsFirst(d_q.mul_(scale)), RowsFirst(d_k), RowsFirst(d_v), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor PackedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const std::vector<int64_t>& cu_seqlens, int64_t heads, double dropout) {
  return PackedAttentionFunction::apply(q, k, v, cu_seqlens, heads, dropout);
}

}  // namespace clner::ops
