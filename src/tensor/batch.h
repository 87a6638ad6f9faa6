// Packed batches: no padding anywhere. N pieces of S encoder sequences, M own words of B sentences.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "views/view.h"

namespace clner {

/// One view of a sentence ready for the encoder: its windows (usually one) and its gold tags (empty when unlabelled).
struct Example {
  std::vector<ViewItem> items = {};
  std::vector<int32_t> tags = {};
  int64_t words = 0;      ///< own words
  int64_t all_words = 0;  ///< with those of retrieved texts and the separator; batches are sorted by it
  int64_t sentence = 0;   ///< index in its corpus
  bool context = false;   ///< the sentence is shown with retrieved texts
  [[nodiscard]] int64_t pieces() const;
};

/// Sequences are stored longest first; sentences keep the order given to Pack. In training a batch may hold two views
/// of a sentence, as two of its B sentences.
struct Batch {
  at::Tensor ids = {};                   ///< [N] i64
  at::Tensor positions = {};             ///< [N] i64, position in its sequence from 0
  std::vector<int64_t> cu_seqlens = {};  ///< [S+1] piece offsets
  at::Tensor query_index = {};           ///< [Q] i64 ascending, rows that are read from the encoder: the pieces of
                                         ///< every own word that `pooling` names
  std::vector<int64_t> cu_queries = {};  ///< [S+1] offsets into query_index
  at::Tensor query_starts = {}, row_starts = {};  ///< cu_queries, cu_seqlens as i32 [S+1] on a GPU; undefined elsewhere
  Pooling pooling = Pooling::kFirst;
  at::Tensor query_of_word = {};        ///< [M] i64, first position in query_index of every own word; -1 = no piece
  at::Tensor queries_of_word = {};      ///< [M] i64, number of positions of every own word
  bool words_without_pieces = false;    ///< some query_of_word is -1
  at::Tensor word_position = {};        ///< [M] i64, row of the word dropout mask: the position in its sentence; behind
                                        ///< all of these for the partners, which draw their own mask
  int64_t mask_rows = 0;                ///< values of word_position are below it
  std::vector<int64_t> cu_words = {};   ///< [B+1] word offsets
  std::vector<int32_t> tags = {};       ///< [M] gold tags, empty when a sentence is unlabelled
  int64_t members = 0;                  ///< sentences that were drawn; the partners are behind them
  std::vector<int64_t> sentences = {};  ///< [B] corpus index of each sentence
  std::vector<bool> context = {};       ///< [B] sentences that are shown with retrieved texts
  std::vector<int64_t> teacher_of = {};  ///< [B] the sentence that is the same one with its context; -1 = none
  /// What the loss of each sentence counts, and that of a student of `teacher_of`; set by the batch source, empty when
  /// nothing is trained. The loss of a batch is the weighted sum.
  std::vector<float> nll_weight = {}, cl_weight = {};  ///< [B]
  [[nodiscard]] int64_t sentence_count() const { return static_cast<int64_t>(cu_words.size()) - 1; }
  [[nodiscard]] int64_t words() const { return cu_words.back(); }
  [[nodiscard]] int64_t pieces() const { return cu_seqlens.back(); }
};

/// `partners` (as many as `examples`, or none) are the other views of the same sentences, null where there is none;
/// they come behind the examples. Of the two views, the one with context teaches the other.
[[nodiscard]] Batch Pack(const std::vector<const Example*>& examples, const std::vector<const Example*>& partners = {});
/// The same for `positions` into `examples`, as batch plans give them.
[[nodiscard]] Batch Pack(std::span<const Example> examples, const std::vector<int64_t>& positions);

}  // namespace clner
