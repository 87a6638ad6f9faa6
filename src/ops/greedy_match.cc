#include "ops/greedy_match.h"

#include <ATen/Functions.h>

#include <algorithm>

namespace clner::ops {

GreedyMatches MatchGreedily(const at::Tensor& sentence, const at::Tensor& texts, const std::vector<int64_t>& cu_texts) {
  const at::Tensor similarity = at::mm(texts, sentence.t()).contiguous();  // [M, n]
  const auto n = static_cast<size_t>(similarity.size(1)), count = cu_texts.size() - 1;
  const float* row = similarity.const_data_ptr<float>();
  GreedyMatches matches;
  matches.of_texts.reserve(static_cast<size_t>(similarity.size(0)));
  matches.of_sentence.resize(count * n);
  for (size_t text = 0; text < count; ++text) {
    float* best = matches.of_sentence.data() + text * n;
    std::copy_n(row, n, best);
    for (int64_t i = cu_texts[text]; i < cu_texts[text + 1]; ++i, row += n) {
      matches.of_texts.push_back(*std::max_element(row, row + n));
      for (size_t j = 0; j < n; ++j) best[j] = std::max(best[j], row[j]);
    }
  }
  return matches;
}

}  // namespace clner::ops
