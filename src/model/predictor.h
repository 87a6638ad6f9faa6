// From sentences to scored spans.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "model/model.h"
#include "views/view.h"

namespace clner {

struct ScoredSpan {
  Span span = {};
  double score = 0;  ///< marginal probability of the span under the model, 0 when not asked for
};

struct Prediction {
  std::vector<int32_t> tags = {};  ///< one per word
  std::vector<ScoredSpan> spans = {};
};

struct PredictOptions {
  int64_t batch_pieces = 4096;  ///< pieces of a batch; a longer sentence stands alone
  bool span_scores = false;
};

/// Examples without gold tags: each sentence with its context where it has one that `context` (may be null) shows, else
/// alone.
[[nodiscard]] std::vector<Example> PrepareSentences(std::span<const Sentence> sentences, const View& original,
                                                    const View* context = nullptr);

/// Tags sentences with a model. The result does not depend on the batch a sentence is in. The model must be in
/// evaluation mode.
class TaggerPredictor {
 public:
  TaggerPredictor(Model& model, PredictOptions options);
  /// One prediction for every example; gold tags are not read.
  [[nodiscard]] std::vector<Prediction> Predict(std::span<const Example> examples) const;
  /// The same; `stop` is asked before every batch, and once it says true there is no result.
  [[nodiscard]] std::optional<std::vector<Prediction>> PredictUnless(const std::function<bool()>& stop,
                                                                     const std::vector<const Example*>& examples) const;
  /// Batches of positions, similar lengths together, at most `batch_pieces` each.
  [[nodiscard]] static std::vector<std::vector<int64_t>> Batches(const std::vector<const Example*>& examples,
                                                                 int64_t batch_pieces);

 private:
  void Decode(const Batch& batch, const at::Tensor& emissions, const std::vector<int64_t>& positions,
              std::vector<Prediction>* predictions) const;
  Model& model_;
  PredictOptions options_;
  ops::CrfConstraints constraints_;
};

}  // namespace clner
