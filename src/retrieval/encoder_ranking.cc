#include "retrieval/encoder_ranking.h"

#include <algorithm>
#include <utility>

namespace clner {
namespace {

// Models of the families of core/encoder_config.h, sorted by name; the numbers are those of bert-score 0.3.13.
constexpr std::pair<std::string_view, int64_t> kRecommended[] = {
    {"bert-base-cased-finetuned-mrpc", 9},
    {"bert-base-chinese", 8},
    {"bert-base-multilingual-cased", 9},
    {"bert-base-turkish-cased", 10},
    {"bert-base-uncased", 9},
    {"bert-large-uncased", 18},
    {"bert_uncased_L-10_H-128_A-2", 8},
    {"bert_uncased_L-10_H-256_A-4", 8},
    {"bert_uncased_L-10_H-512_A-8", 9},
    {"bert_uncased_L-10_H-768_A-12", 8},
    {"bert_uncased_L-12_H-128_A-2", 10},
    {"bert_uncased_L-12_H-256_A-4", 11},
    {"bert_uncased_L-12_H-512_A-8", 10},
    {"bert_uncased_L-12_H-768_A-12", 9},
    {"bert_uncased_L-2_H-128_A-2", 1},
    {"bert_uncased_L-2_H-256_A-4", 1},
    {"bert_uncased_L-2_H-512_A-8", 1},
    {"bert_uncased_L-2_H-768_A-12", 2},
    {"bert_uncased_L-4_H-128_A-2", 3},
    {"bert_uncased_L-4_H-256_A-4", 3},
    {"bert_uncased_L-4_H-512_A-8", 3},
    {"bert_uncased_L-4_H-768_A-12", 3},
    {"bert_uncased_L-6_H-128_A-2", 5},
    {"bert_uncased_L-6_H-256_A-4", 5},
    {"bert_uncased_L-6_H-512_A-8", 5},
    {"bert_uncased_L-6_H-768_A-12", 5},
    {"bert_uncased_L-8_H-128_A-2", 7},
    {"bert_uncased_L-8_H-256_A-4", 7},
    {"bert_uncased_L-8_H-512_A-8", 6},
    {"bert_uncased_L-8_H-768_A-12", 7},
    {"distilbert-base-multilingual-cased", 5},
    {"distilbert-base-turkish-cased", 4},
    {"distilbert-base-uncased", 5},
    {"distilbert-base-uncased-distilled-squad", 4},
    {"distilroberta-base", 5},
    {"electra-base-discriminator", 9},
    {"electra-base-generator", 10},
    {"electra-large-discriminator", 14},
    {"electra-large-generator", 18},
    {"electra-small-discriminator", 11},
    {"electra-small-generator", 9},
    {"finbert", 10},
    {"roberta-base", 10},
    {"roberta-base-openai-detector", 7},
    {"roberta-large", 17},
    {"roberta-large-mnli", 19},
    {"roberta-large-openai-detector", 15},
    {"scibert_basevocab_uncased", 9},
    {"scibert_scivocab_cased", 9},
    {"scibert_scivocab_uncased", 8},
    {"spanbert-base-cased", 8},
    {"spanbert-large-cased", 17},
    {"sup-simcse-bert-base-uncased", 10},
    {"sup-simcse-bert-large-uncased", 18},
    {"sup-simcse-roberta-base", 10},
    {"sup-simcse-roberta-large", 16},
    {"unsup-simcse-bert-base-uncased", 10},
    {"unsup-simcse-bert-large-uncased", 18},
    {"unsup-simcse-roberta-base", 8},
    {"unsup-simcse-roberta-large", 13},
    {"xlm-roberta-base", 9},
    {"xlm-roberta-large", 17},
};

constexpr bool ByName(const std::pair<std::string_view, int64_t>& a, const std::pair<std::string_view, int64_t>& b) {
  return a.first < b.first;
}
static_assert(std::is_sorted(std::begin(kRecommended), std::end(kRecommended), ByName));

}  // namespace

std::optional<int64_t> RecommendedLayer(std::string_view model) {
  while (!model.empty() && model.back() == '/') model.remove_suffix(1);
  const std::string_view name = model.substr(model.rfind('/') + 1);  // npos + 1 is 0
  const auto* found =
      std::lower_bound(std::begin(kRecommended), std::end(kRecommended), std::pair(name, int64_t{0}), ByName);
  if (found == std::end(kRecommended) || found->first != name) return std::nullopt;
  return found->second;
}

}  // namespace clner
