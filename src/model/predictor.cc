#include "model/predictor.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

namespace clner {

TaggerPredictor::TaggerPredictor(Model& model, const SentenceView& view, PredictOptions options)
    : model_(model), view_(view), options_(options) {
  if (model.spec().constraints == ConstraintMode::kDecode) constraints_ = model.spec().tags.Constraints();
}

std::vector<Example> TaggerPredictor::Prepare(std::span<const Sentence> sentences) const {
  std::vector<Example> examples(sentences.size());
  for (size_t i = 0; i < sentences.size(); ++i) {
    view_.Append(sentences[i], static_cast<int64_t>(i), &examples[i].items);
    examples[i].words = static_cast<int64_t>(sentences[i].words.size());
    examples[i].sentence = static_cast<int64_t>(i);
  }
  return examples;
}

std::vector<std::vector<int64_t>> TaggerPredictor::Batches(std::span<const Example> examples, int64_t batch_pieces) {
  std::vector<int64_t> order(examples.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<int64_t> pieces;
  for (const Example& example : examples) pieces.push_back(example.pieces());
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return pieces[static_cast<size_t>(a)] > pieces[static_cast<size_t>(b)];
  });
  std::vector<std::vector<int64_t>> batches;
  int64_t filled = 0;
  for (const int64_t position : order) {
    const int64_t count = pieces[static_cast<size_t>(position)];
    if (examples[static_cast<size_t>(position)].words == 0) continue;
    if (batches.empty() || filled + count > batch_pieces) {
      batches.emplace_back();
      filled = 0;
    }
    batches.back().push_back(position);
    filled += count;
  }
  return batches;
}

std::vector<Prediction> TaggerPredictor::Predict(std::span<const Sentence> sentences) const {
  const std::vector<Example> examples = Prepare(sentences);
  return Predict(std::span<const Example>(examples));
}

std::vector<Prediction> TaggerPredictor::Predict(std::span<const Example> examples) const {
  return *PredictUnless([] { return false; }, examples);
}

std::optional<std::vector<Prediction>> TaggerPredictor::PredictUnless(const std::function<bool()>& stop,
                                                                      std::span<const Example> examples) const {
  torch::InferenceMode inference;
  std::vector<Prediction> predictions(examples.size());
  for (const std::vector<int64_t>& positions : Batches(examples, options_.batch_pieces)) {
    if (stop()) return std::nullopt;
    const Batch batch = Pack(examples, positions);
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
