#include "nn/crf_head.h"

#include <torch/torch.h>

namespace clner::nn {

at::Tensor PoolFirstPiece(const at::Tensor& states, const Batch& batch) {
  if (!batch.words_without_pieces) return states.index_select(0, batch.query_of_word);
  // One row of zeros behind the states stands for every word without pieces.
  const at::Tensor padded = at::cat({states, at::zeros({1, states.size(1)}, states.options())});
  return padded.index_select(0, at::where(batch.query_of_word.ge(0), batch.query_of_word, states.size(0)));
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
