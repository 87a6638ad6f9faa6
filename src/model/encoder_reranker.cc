#include "model/encoder_reranker.h"

#include <torch/torch.h>

#include <utility>

#include "core/error.h"
#include "core/sha256.h"
#include "core/utf8.h"
#include "ops/greedy_match.h"

namespace clner {
namespace {

// Rows of candidates in one matrix product.
constexpr int64_t kMatchRows = 8192;

TextEncoderOptions WithLayer(TextEncoderOptions encoder, const EncoderRankingOptions& options) {
  encoder.layer = options.layer;
  encoder.recommended_layer = options.ranking != EncoderRanking::kCosine;
  return encoder;
}

PieceWeights WeightsOf(const EncoderRankingOptions& options, const TextEncoder& encoder) {
  if (options.ranking != EncoderRanking::kBertScoreIdf) return PieceWeights(encoder.special());
  std::vector<std::vector<int32_t>> references;
  for (const std::string& reference : options.references) references.push_back(encoder.Pieces(reference));
  return PieceWeights(references);
}

double WeightedSum(const float* values, const std::vector<float>& shares) {
  double sum = 0;
  for (size_t i = 0; i < shares.size(); ++i) sum += static_cast<double>(values[i]) * static_cast<double>(shares[i]);
  return sum;
}

bool Counts(const std::vector<float>& shares) {
  for (const float share : shares) {
    if (share > 0) return true;
  }
  return false;
}

/// 0 where the harmonic mean is undefined.
double F1(double precision, double recall) {
  return precision * recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

double Chosen(const BertScore& score, BertScoreMeasure measure) {
  if (measure == BertScoreMeasure::kPrecision) return score.precision;
  return measure == BertScoreMeasure::kRecall ? score.recall : score.f1;
}

}  // namespace

EncoderReranker::EncoderReranker(const std::filesystem::path& directory, EncoderRankingOptions options,
                                 TextEncoderOptions encoder)
    : options_(std::move(options)),
      encoder_(directory, WithLayer(std::move(encoder), options_)),
      weights_(WeightsOf(options_, encoder_)) {}

std::vector<std::vector<double>> EncoderReranker::Score(std::span<const RerankRequest> requests) {
  std::vector<std::vector<double>> scores;
  for (const std::vector<BertScore>& all : Match(requests)) {
    std::vector<double>& chosen = scores.emplace_back();
    for (const BertScore& score : all) chosen.push_back(Chosen(score, options_.measure));
  }
  return scores;
}

std::vector<std::vector<BertScore>> EncoderReranker::Match(std::span<const RerankRequest> requests) {
  std::vector<std::vector<BertScore>> scores(requests.size());
  // A call that failed may have left these.
  parts_.clear();
  for (size_t r = 0; r < requests.size(); ++r) {
    int64_t part_block = -1;
    for (const Candidate& candidate : requests[r].candidates) {
      if (part_block != block_) {
        parts_.push_back({.sentence = Use(requests[r].sentence), .scores = &scores[r]});
        part_block = block_;
      }
      parts_.back().candidates.push_back(Use(FirstWords(candidate.text, options_.max_text_words)));
      if (block_bytes_ > options_.state_bytes / 2) FinishBlock();
    }
  }
  FinishBlock();
  return scores;
}

const EncoderReranker::Text* EncoderReranker::Use(std::string_view text) {
  auto found = text_of_.find(text);
  if (found == text_of_.end()) {
    if (const auto invalid = FirstInvalidUtf8(text)) {
      throw Error(ErrorCode::kData, "a text to score is not UTF-8 at byte " + std::to_string(*invalid), Printable(text),
                  "convert it to UTF-8");
    }
    Text& added = texts_.emplace_front(Text{.text = std::string(text), .ids = encoder_.Pieces(text)});
    found = text_of_.emplace(added.text, texts_.begin()).first;
    const auto rows = options_.ranking == EncoderRanking::kCosine ? size_t{1} : added.ids.size();
    const auto row_bytes = static_cast<size_t>(encoder_.width() + 1) * sizeof(float);  // with its share
    added.bytes = static_cast<int64_t>(rows * row_bytes + text.size());
    missing_.push_back(&added);
  }
  Text& used = *found->second;
  texts_.splice(texts_.begin(), texts_, found->second);
  if (used.block != block_) block_bytes_ += used.bytes;
  used.block = block_;
  return &used;
}

void EncoderReranker::FinishBlock() {
  const torch::InferenceMode inference;
  const bool mean = options_.ranking == EncoderRanking::kCosine;
  std::vector<const std::vector<int32_t>*> ids;
  for (const Text* text : missing_) ids.push_back(&text->ids);
  std::vector<at::Tensor> states = encoder_.States(ids, mean);
  constexpr size_t kSpecialPieces = 2;
  for (size_t i = 0; i < missing_.size(); ++i) {
    Text& text = *missing_[i];
    text.states = std::move(states[i]);
    text.shares = mean ? std::vector<float>{text.ids.size() > kSpecialPieces ? 1.0F : 0.0F} : weights_.Shares(text.ids);
    text.ids = {};
    kept_bytes_ += text.bytes;
  }
  encoded_texts_ += static_cast<int64_t>(std::exchange(missing_, {}).size());
  for (const Part& part : parts_) MatchPart(part);
  parts_.clear();
  for (; kept_bytes_ > options_.state_bytes; texts_.pop_back()) {
    kept_bytes_ -= texts_.back().bytes;
    text_of_.erase(texts_.back().text);
  }
  ++block_;
  block_bytes_ = 0;
}

void EncoderReranker::MatchPart(const Part& part) const {
  const Text& sentence = *part.sentence;
  const size_t n = sentence.shares.size();
  for (size_t begin = 0, end = 0; begin < part.candidates.size(); begin = end) {
    std::vector<at::Tensor> states;
    std::vector<int64_t> offsets = {0};
    for (; end < part.candidates.size() && offsets.back() < kMatchRows; ++end) {
      states.push_back(part.candidates[end]->states);
      offsets.push_back(offsets.back() + states.back().size(0));
    }
    const ops::GreedyMatches matches = ops::MatchGreedily(sentence.states, at::cat(states), offsets);
    for (size_t i = begin; i < end; ++i) {
      const Text& text = *part.candidates[i];
      BertScore& score = part.scores->emplace_back();
      if (!Counts(text.shares) || !Counts(sentence.shares)) continue;
      score.precision = WeightedSum(&matches.of_texts[static_cast<size_t>(offsets[i - begin])], text.shares);
      score.recall = WeightedSum(&matches.of_sentence[(i - begin) * n], sentence.shares);
      score.f1 = F1(score.precision, score.recall);
    }
  }
}

std::string EncoderReranker::identity() const {
  std::string identity(Name(options_.ranking));
  if (options_.ranking != EncoderRanking::kCosine) identity += " " + std::string(Name(options_.measure));
  if (options_.ranking == EncoderRanking::kBertScoreIdf) {
    Sha256 references;
    for (const std::string& reference : options_.references)
      references.Update(std::to_string(reference.size()) + " " + reference);
    identity += " references " + references.HexDigest();
  }
  return identity + " words " + std::to_string(options_.max_text_words) + " " + encoder_.identity();
}

}  // namespace clner
