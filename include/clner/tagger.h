// Tagging with a trained model.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "clner/error.h"

namespace clner {

/// How a model is loaded and run.
struct LoadOptions {
  std::string device = "auto";  ///< auto | cpu | cuda | cuda:N
  int threads = 0;              ///< processor threads, 0 = all cores
  bool verify = true;           ///< check SHA256SUMS before loading
  int64_t batch_pieces = 4096;  ///< pieces of a batch; results do not depend on it
  bool scores = true;           ///< compute Entity::score
  /// Number format of the encoder: fp32, bf16 (for processors with bfloat16 products) or int8 (weights per channel,
  /// inputs per batch: results then depend a little on the batch). The head is always fp32.
  std::string precision = "fp32";
};

/// One entity: half-open word range; score = marginal probability of the span under the model (0 when not computed).
struct Entity {
  int64_t begin_word = 0;
  int64_t end_word = 0;
  std::string type = {};
  double score = 0;
};

/// A tokenised sentence, and the texts that were retrieved for it, best first: with them the model reads the view with
/// context, as far as the encoder has room for whole texts.
struct TagInput {
  std::vector<std::string> words = {};
  std::vector<std::string> contexts = {};
};

/// One BIO tag per word, and the entities they stand for.
struct TagResult {
  std::vector<std::string> tags = {};
  std::vector<Entity> entities = {};
};

/// A loaded model. All methods are const and may be called from several threads; results do not depend on batch mates.
class Tagger {
 public:
  /// Loads a model directory (such as runs/NAME/best). Throws Error: kNoInput, kCorrupt.
  [[nodiscard]] static Tagger Load(const std::string& directory, const LoadOptions& options = {});
  [[nodiscard]] TagResult Tag(const TagInput& input) const;
  /// Results in input order.
  [[nodiscard]] std::vector<TagResult> TagBatch(const std::vector<TagInput>& inputs) const;
  /// Entity types the model knows.
  [[nodiscard]] std::vector<std::string> EntityTypes() const;

  struct Backend;
  explicit Tagger(std::shared_ptr<const Backend> backend);

 private:
  std::shared_ptr<const Backend> backend_;
};

}  // namespace clner
