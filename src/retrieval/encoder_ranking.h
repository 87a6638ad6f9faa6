// What can be chosen when an encoder gives candidates their order (clner.md 2.7).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

enum class EncoderRanking : uint8_t {
  kBertScore,     ///< every piece is matched with the most similar one of the other text (Zhang et al., 2020)
  kBertScoreIdf,  ///< the same, and a piece counts the more the fewer references have it
  kCosine,        ///< cosine of the mean states
};
/// By the value of the choice.
inline constexpr std::array<std::string_view, 3> kEncoderRankingNames = {"bertscore", "bertscore_idf", "cosine"};

/// Which of its three numbers is the score.
enum class BertScoreMeasure : uint8_t { kPrecision, kRecall, kF1 };
inline constexpr std::array<std::string_view, 3> kBertScoreMeasureNames = {"precision", "recall", "f1"};

[[nodiscard]] constexpr std::string_view Name(EncoderRanking ranking) {
  return kEncoderRankingNames[static_cast<size_t>(ranking)];
}
[[nodiscard]] constexpr std::string_view Name(BertScoreMeasure measure) {
  return kBertScoreMeasureNames[static_cast<size_t>(measure)];
}
[[nodiscard]] constexpr std::optional<EncoderRanking> FindEncoderRanking(std::string_view name) {
  for (size_t i = 0; i < kEncoderRankingNames.size(); ++i) {
    if (name == kEncoderRankingNames[i]) return static_cast<EncoderRanking>(i);
  }
  return std::nullopt;
}

struct EncoderRankingOptions {
  EncoderRanking ranking = EncoderRanking::kBertScore;
  BertScoreMeasure measure = BertScoreMeasure::kF1;  ///< not read for kCosine
  /// Hidden state, 0 = the embeddings, -1 = the last. Unset: for BERTScore RecommendedLayer, else the last.
  std::optional<int64_t> layer = {};
  int64_t max_text_words = 200;              ///< of a candidate, as upstream's bert_scoring.py; 0 = all
  std::vector<std::string> references = {};  ///< kBertScoreIdf: what the weights are counted in, usually all sentences
  int64_t state_bytes = int64_t{512} << 20;  ///< of states that are kept for texts that come again
};

/// The layer that the authors of BERTScore found best for a published model, known by the last part of its name
/// ("FacebookAI/roberta-large" and "roberta-large": 17). nullopt for models they did not try.
[[nodiscard]] std::optional<int64_t> RecommendedLayer(std::string_view model);

}  // namespace clner
