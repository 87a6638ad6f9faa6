#include "model/predictor.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "tensor/device.h"

namespace clner {

std::vector<Example> PrepareSentences(std::span<const Sentence> sentences, const View& original, const View* context) {
  std::vector<Example> examples(sentences.size());
  for (size_t i = 0; i < sentences.size(); ++i) {
    Example& example = examples[i];
    const auto index = static_cast<int64_t>(i);
    example.context = context != nullptr && context->Append(sentences[i], index, &example.items) > 0;
    if (!example.context) original.Append(sentences[i], index, &example.items);
    example.words = static_cast<int64_t>(sentences[i].words.size());
    example.sentence = index;
  }
  return examples;
}

TaggerPredictor::TaggerPredictor(Model& model, PredictOptions options) : model_(model), options_(options) {
  if (model.spec().constraints == ConstraintMode::kDecode) constraints_ = model.spec().tags.Constraints();
}

std::vector<std::vector<int64_t>> TaggerPredictor::Batches(const std::vector<const Example*>& examples,
                                                           int64_t batch_pieces) {
  std::vector<int64_t> order(examples.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<int64_t> pieces;
  for (const Example* example : examples) pieces.push_back(example->pieces());
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return pieces[static_cast<size_t>(a)] > pieces[static_cast<size_t>(b)];
  });
  std::vector<std::vector<int64_t>> batches;
  int64_t filled = 0;
  for (const int64_t position : order) {
    const int64_t count = pieces[static_cast<size_t>(position)];
    if (examples[static_cast<size_t>(position)]->words == 0) continue;
    if (batches.empty() || filled + count > batch_pieces) {
      batches.emplace_back();
      filled = 0;
    }
    batches.back().push_back(position);
    filled += count;
  }
  return batches;
}

std::vector<Prediction> TaggerPredictor::Predict(std::span<const Example> examples) const {
  std::vector<const Example*> pointers;
  for (const Example& example : examples) pointers.push_back(&example);
  return *PredictUnless([] { return false; }, pointers);
}

std::optional<std::vector<Prediction>> TaggerPredictor::PredictUnless(
    const std::function<bool()>& stop, const std::vector<const Example*>& examples) const {
  torch::InferenceMode inference;
  std::vector<Prediction> predictions(examples.size());
  for (const std::vector<int64_t>& positions : Batches(examples, options_.batch_pieces)) {
    if (stop()) return std::nullopt;
    std::vector<const Example*> members;
    for (const int64_t position : positions) members.push_back(examples[static_cast<size_t>(position)]);
    const Batch batch = OnDevice(Pack(members), model_.device());
    Decode(batch, model_.Emissions(batch), positions, &predictions);
  }
  return predictions;
}

void TaggerPredictor::Decode(const Batch& batch, const at::Tensor& emissions, const std::vector<int64_t>& positions,
                             std::vector<Prediction>* predictions) const {
  const TagSpace& tags = model_.spec().tags;
  const std::vector<int32_t> best = ops::CrfViterbi(emissions, model_.crf(), batch.cu_words, constraints_);
  std::vector<crf::SpanQuery> queries;
  for (size_t b = 0; b < positions.size(); ++b) {
    const int64_t first = batch.cu_words[b], words = batch.cu_words[b + 1] - first;
    Prediction& prediction = (*predictions)[static_cast<size_t>(positions[b])];
    prediction.tags.assign(best.begin() + first, best.begin() + first + words);
    for (Span& span : tags.Decode(prediction.tags.data(), words)) {
      queries.push_back({static_cast<int64_t>(b), span.begin_word, span.end_word - 1,
                         static_cast<int32_t>(tags.TypeIndex(span.type))});
      prediction.spans.push_back({std::move(span), 0});
    }
  }
  if (!options_.span_scores) return;
  const std::vector<float> scores =
      ops::CrfSpanMarginals(emissions, model_.crf(), batch.cu_words, tags.span_tags(), queries);
  size_t next = 0;
  for (const int64_t position : positions) {
    for (ScoredSpan& scored : (*predictions)[static_cast<size_t>(position)].spans) scored.score = scores[next++];
  }
}

}  // namespace clner
