// Texts as pieces of an encoder, and how much each piece counts in BERTScore.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenize/tokenizer.h"

namespace clner {

/// `text` up to the end of its `words`-th word; 0 = all of it. Words lie between ASCII blanks.
[[nodiscard]] std::string_view FirstWords(std::string_view text, int64_t words);
/// [CLS] pieces of the words [SEP], at most `max_pieces` (>= 2), the rest is cut off. `text` must be valid UTF-8.
[[nodiscard]] std::vector<int32_t> EncodeText(const Tokenizer& tokenizer, std::string_view text, int64_t max_pieces);

/// Importance of pieces as in bert-score. Immutable and thread-safe.
class PieceWeights {
 public:
  /// 1 for every piece, 0 for [CLS] and [SEP].
  explicit PieceWeights(const SpecialIds& special);
  /// log((M + 1) / (n + 1)) for a piece that is in n of the M references, each as EncodeText gives it: 0 for [CLS] and
  /// [SEP], which are in all.
  explicit PieceWeights(std::span<const std::vector<int32_t>> references);
  /// The share of every piece of a text in its score; their sum is 1, or all are 0 when no piece counts.
  [[nodiscard]] std::vector<float> Shares(std::span<const int32_t> ids) const;

 private:
  std::unordered_map<int32_t, double> weight_of_;
  double other_ = 1;  ///< of pieces that are not there
};

}  // namespace clner
