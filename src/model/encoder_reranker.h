// Re-ranking by an encoder: BERTScore, with and without idf weights, and the cosine of mean states.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/text_encoder.h"
#include "retrieval/encoder_ranking.h"
#include "retrieval/piece_weights.h"
#include "retrieval/reranker.h"

namespace clner {

/// How well a candidate's text matches a sentence, as bert-score counts it without rescaling: candidate = the text,
/// reference = the sentence. All are 0 when one of them has no piece.
struct BertScore {
  double precision = 0, recall = 0, f1 = 0;
};

/// Scores do not depend on what else is scored, up to rounding. Every distinct text is encoded once as long as its
/// states are kept: those that were used last, up to `state_bytes`. Memory is bounded by these and one batch.
class EncoderReranker final : public Reranker {
 public:
  /// Errors as TextEncoder; `encoder` says how texts are encoded, its layers are those of `options`.
  EncoderReranker(const std::filesystem::path& directory, EncoderRankingOptions options, TextEncoderOptions encoder);
  /// kData for texts that are not UTF-8.
  [[nodiscard]] std::vector<std::vector<double>> Score(std::span<const RerankRequest> requests) override;
  [[nodiscard]] std::string identity() const override;
  /// All three numbers of what Score gives one of. The cosine of mean states is all three.
  [[nodiscard]] std::vector<std::vector<BertScore>> Match(std::span<const RerankRequest> requests);
  /// Texts that were encoded so far, again those whose states had been given up.
  [[nodiscard]] int64_t encoded_texts() const { return encoded_texts_; }
  [[nodiscard]] int64_t layer() const { return encoder_.layer(); }

 private:
  /// A text whose states are kept, or will be at the end of the block.
  struct Text {
    std::string text = {};
    std::vector<int32_t> ids = {};   ///< until it is encoded
    std::vector<float> shares = {};  ///< of every row of `states` in a score
    at::Tensor states = {};          ///< [p, D] or [1, D]
    int64_t bytes = 0, block = -1;   ///< that it takes; the last block it was used in
  };
  /// Neighbouring candidates of one sentence.
  struct Part {
    const Text* sentence;
    std::vector<const Text*> candidates = {};
    std::vector<BertScore>* scores;  ///< these are appended
  };

  /// The entry of `text`, which stays where it is until the block is finished.
  const Text* Use(std::string_view text);
  /// Encodes what is missing, scores the parts and gives up the states that are too many.
  void FinishBlock();
  void MatchPart(const Part& part) const;

  EncoderRankingOptions options_;
  TextEncoder encoder_;
  PieceWeights weights_;
  std::list<Text> texts_;  ///< last used first
  std::unordered_map<std::string_view, std::list<Text>::iterator> text_of_;
  std::vector<Part> parts_;  ///< of the current block
  std::vector<Text*> missing_;
  int64_t block_ = 0, block_bytes_ = 0, kept_bytes_ = 0, encoded_texts_ = 0;
};

}  // namespace clner
