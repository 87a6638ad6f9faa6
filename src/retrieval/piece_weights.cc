#include "retrieval/piece_weights.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace clner {

namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";

/// The first word of `*rest`, which is taken off; empty when there is none.
std::string_view TakeWord(std::string_view* rest) {
  rest->remove_prefix(std::min(rest->find_first_not_of(kBlanks), rest->size()));
  const std::string_view word = rest->substr(0, rest->find_first_of(kBlanks));
  rest->remove_prefix(word.size());
  return word;
}

}  // namespace

std::string_view FirstWords(std::string_view text, int64_t words) {
  std::string_view rest = text;
  for (int64_t i = 0; i < words && !TakeWord(&rest).empty(); ++i) {
  }
  return words == 0 ? text : text.substr(0, text.size() - rest.size());
}

std::vector<int32_t> EncodeText(const Tokenizer& tokenizer, std::string_view text, int64_t max_pieces) {
  const auto limit = static_cast<size_t>(max_pieces - 1);  // room for [SEP]
  std::vector<int32_t> ids = {tokenizer.special().begin};
  while (ids.size() < limit) {
    const std::string_view word = TakeWord(&text);
    if (word.empty()) break;
    (void)tokenizer.EncodeWord(word, limit - ids.size(), &ids);
  }
  ids.push_back(tokenizer.special().separator);
  return ids;
}

PieceWeights::PieceWeights(const SpecialIds& special) : weight_of_{{special.begin, 0.0}, {special.separator, 0.0}} {}

PieceWeights::PieceWeights(std::span<const std::vector<int32_t>> references) {
  std::unordered_map<int32_t, int64_t> references_with;
  for (const std::vector<int32_t>& ids : references) {
    for (const int32_t id : std::unordered_set<int32_t>(ids.begin(), ids.end())) ++references_with[id];
  }
  const auto all = static_cast<double>(references.size());
  for (const auto& [id, count] : references_with)
    weight_of_[id] = std::log((all + 1) / (static_cast<double>(count) + 1));
  other_ = std::log(all + 1);
}

std::vector<float> PieceWeights::Shares(std::span<const int32_t> ids) const {
  std::vector<double> weights;
  double sum = 0;
  for (const int32_t id : ids) {
    const auto found = weight_of_.find(id);
    weights.push_back(found == weight_of_.end() ? other_ : found->second);
    sum += weights.back();
  }
  std::vector<float> shares(ids.size(), 0.0F);
  if (sum > 0) {
    std::transform(weights.begin(), weights.end(), shares.begin(),
                   [&](double weight) { return static_cast<float>(weight / sum); });
  }
  return shares;
}

}  // namespace clner
