// Greedy matching of the rows of texts, the heart of BERTScore (Zhang et al., 2020, section 3).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace clner::ops {

/// The greatest dot products between the rows of a sentence and those of texts.
struct GreedyMatches {
  std::vector<float> of_texts = {};     ///< [M] every row of the texts with the sentence's best
  std::vector<float> of_sentence = {};  ///< [T][n] every row of the sentence with the best of each text
};

/// sentence [n, D], texts [M, D] f32; text t is the rows cu_texts[t] .. cu_texts[t+1] (cu_texts [T+1]). No text and
/// not the sentence may be empty.
[[nodiscard]] GreedyMatches MatchGreedily(const at::Tensor& sentence, const at::Tensor& texts,
                                          const std::vector<int64_t>& cu_texts);

}  // namespace clner::ops
