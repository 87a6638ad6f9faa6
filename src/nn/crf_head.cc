#include "nn/crf_head.h"

#include <torch/torch.h>

namespace clner::nn {

at::Tensor PoolFirstPiece(const at::Tensor& states, const Batch& batch) {
  if (!batch.words_without_pieces) return states.index_select(0, batch.pool_index);
  const at::Tensor present = batch.pool_index.ge(0);
  return states.index_select(0, batch.pool_index.clamp_min(0)) * present.to(states.scalar_type()).unsqueeze(1);
}

at::Tensor WordDropout(const at::Tensor& words, const Batch& batch, double probability) {
  if (probability <= 0) return words;
  const at::Tensor keep = at::empty({batch.longest_sentence()}, words.options()).bernoulli_(1 - probability);
  return words * keep.index_select(0, batch.word_position).unsqueeze(1);
}

CrfModule::CrfModule(int64_t tags) {
  transitions = register_parameter("transitions", at::randn({tags, tags}));
  start = register_parameter("start", at::randn({tags}));
  end = register_parameter("end", at::randn({tags}));
}

}  // namespace clner::nn
