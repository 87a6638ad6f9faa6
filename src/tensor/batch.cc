#include "tensor/batch.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <numeric>

namespace clner {
namespace {

struct Sequence {
  const ViewItem* item;
  int64_t first_row_of_words;  // row of its first own word in the packed words
};

at::Tensor FromVector(const std::vector<int64_t>& values) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<int64_t>());
  return tensor;
}

/// Appends the rows that are read of word `w`; the sequence begins at row `first_piece`.
void AddQueries(const ViewItem& item, size_t w, int64_t first_piece, std::vector<int64_t>* queries) {
  const int64_t first = first_piece + item.pool[w];
  if (item.pooling == Pooling::kFirst) {
    queries->push_back(first);
    return;
  }
  const int64_t last = first_piece + item.pool_end[w] - 1;
  if (item.pooling == Pooling::kMean) {
    for (int64_t row = first; row <= last; ++row) queries->push_back(row);
    return;
  }
  if (item.pooling == Pooling::kFirstLast && first < last) queries->push_back(first);
  queries->push_back(last);
}

}  // namespace

int64_t Example::pieces() const {
  int64_t count = 0;
  for (const ViewItem& item : items) count += static_cast<int64_t>(item.ids.size());
  return count;
}

namespace {

// Sentences of a batch and what is known of each before the sequences are laid out.
struct Members {
  std::vector<Sequence> sequences = {};
  std::vector<int64_t> word_position = {};
  bool labelled = true;
};

void Add(const Example& example, int64_t first_mask_row, Members* members, Batch* batch) {
  for (const ViewItem& item : example.items) {
    members->sequences.push_back({&item, batch->cu_words.back() + item.first_word});
  }
  for (int64_t i = 0; i < example.words; ++i) members->word_position.push_back(first_mask_row + i);
  batch->mask_rows = std::max(batch->mask_rows, first_mask_row + example.words);
  members->labelled = members->labelled && static_cast<int64_t>(example.tags.size()) == example.words;
  if (members->labelled) batch->tags.insert(batch->tags.end(), example.tags.begin(), example.tags.end());
  batch->cu_words.push_back(batch->cu_words.back() + example.words);
  batch->sentences.push_back(example.sentence);
  batch->context.push_back(example.context);
  batch->teacher_of.push_back(-1);
}

}  // namespace

Batch Pack(const std::vector<const Example*>& examples, const std::vector<const Example*>& partners) {
  Batch batch;
  batch.cu_words.push_back(0);
  Members members;
  for (const Example* example : examples) Add(*example, 0, &members, &batch);
  batch.members = batch.sentence_count();
  const int64_t partner_rows = batch.mask_rows;
  for (size_t i = 0; i < partners.size(); ++i) {
    if (partners[i] == nullptr) continue;
    const auto member = static_cast<int64_t>(i), partner = batch.sentence_count();
    Add(*partners[i], partner_rows, &members, &batch);
    if (examples[i]->context == partners[i]->context) continue;
    const bool taught = partners[i]->context;
    batch.teacher_of[static_cast<size_t>(taught ? member : partner)] = taught ? partner : member;
  }
  std::vector<Sequence>& sequences = members.sequences;
  const std::vector<int64_t>& word_position = members.word_position;
  const bool labelled = members.labelled;
  if (!labelled) batch.tags.clear();
  // Longest first: neighbours have similar length, and the order does not depend on anything but the lengths.
  std::stable_sort(sequences.begin(), sequences.end(),
                   [](const Sequence& a, const Sequence& b) { return a.item->ids.size() > b.item->ids.size(); });

  batch.cu_seqlens.push_back(0);
  batch.cu_queries.push_back(0);
  const auto words = static_cast<size_t>(batch.cu_words.back());
  std::vector<int64_t> ids, positions, queries, query_of_word(words, -1), queries_of_word(words, 0);
  if (!sequences.empty()) batch.pooling = sequences[0].item->pooling;
  for (const Sequence& sequence : sequences) {
    const int64_t first_piece = batch.cu_seqlens.back();
    const ViewItem& item = *sequence.item;
    for (size_t i = 0; i < item.ids.size(); ++i) {
      ids.push_back(item.ids[i]);
      positions.push_back(static_cast<int64_t>(i));
    }
    for (size_t w = 0; w < item.pool.size(); ++w) {
      if (item.pool[w] < 0) continue;
      const size_t word = static_cast<size_t>(sequence.first_row_of_words) + w, before = queries.size();
      AddQueries(item, w, first_piece, &queries);
      query_of_word[word] = static_cast<int64_t>(before);
      queries_of_word[word] = static_cast<int64_t>(queries.size() - before);
    }
    batch.cu_queries.push_back(static_cast<int64_t>(queries.size()));
    batch.cu_seqlens.push_back(first_piece + static_cast<int64_t>(item.ids.size()));
  }
  batch.words_without_pieces = std::find(query_of_word.begin(), query_of_word.end(), -1) != query_of_word.end();
  batch.ids = FromVector(ids);
  batch.positions = FromVector(positions);
  batch.query_index = FromVector(queries);
  batch.query_of_word = FromVector(query_of_word);
  batch.queries_of_word = FromVector(queries_of_word);
  batch.word_position = FromVector(word_position);
  return batch;
}

Batch Pack(std::span<const Example> examples, const std::vector<int64_t>& positions) {
  std::vector<const Example*> members;
  for (const int64_t position : positions) members.push_back(&examples[static_cast<size_t>(position)]);
  return Pack(members);
}

}  // namespace clner
