#include "nn/crf_head.h"

#include <torch/torch.h>

namespace clner::nn {

namespace {

/// states [Q, D] at `query` [M]; zeros where it is negative.
at::Tensor Pick(const at::Tensor& states, const at::Tensor& query, bool some_negative) {
  if (!some_negative) return states.index_select(0, query);
  // One row of zeros behind the states stands for every word without pieces.
  const at::Tensor padded = at::cat({states, at::zeros({1, states.size(1)}, states.options())});
  return padded.index_select(0, at::where(query.ge(0), query, states.size(0)));
}

}  // namespace

at::Tensor PoolPieces(const at::Tensor& states, const Batch& batch) {
  const at::Tensor first = batch.query_of_word, count = batch.queries_of_word;
  if (batch.pooling == Pooling::kMean) {
    // The queries are in the order of the sequences, so a word may come before another in one and after it in the
    // other.
    const at::Tensor order = at::argsort(first, /*stable=*/true),
                     words = order.repeat_interleave(count.index_select(0, order));
    const at::Tensor sum = at::zeros({first.size(0), states.size(1)}, states.options()).index_add(0, words, states);
    return sum / count.clamp_min(1).unsqueeze(1);
  }
  const at::Tensor vectors = Pick(states, first, batch.words_without_pieces);
  if (batch.pooling != Pooling::kFirstLast) return vectors;
  return at::cat({vectors, Pick(states, at::where(first.ge(0), first + count - 1, first), batch.words_without_pieces)},
                 1);
}

at::Tensor WordDropout(const at::Tensor& words, const Batch& batch, double probability) {
  if (probability <= 0) return words;
  const at::Tensor keep = at::empty({batch.mask_rows}, words.options()).bernoulli_(1 - probability);
  return words * keep.index_select(0, batch.word_position).unsqueeze(1);
}

CrfModule::CrfModule(int64_t tags, bool chain) {
  if (!chain) {
    // Buffers move to a device with the model; only parameters are stored.
    transitions = register_buffer("transitions", at::zeros({tags, tags}));
    start = register_buffer("start", at::zeros({tags}));
    end = register_buffer("end", at::zeros({tags}));
    return;
  }
  transitions = register_parameter("transitions", at::randn({tags, tags}));
  start = register_parameter("start", at::randn({tags}));
  end = register_parameter("end", at::randn({tags}));
}

}  // namespace clner::nn
