#include "retrieval/text_rerankers.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "core/utf8.h"

namespace clner {
namespace {

constexpr size_t kBits = 64;

/// The bit-parallel distance of Myers (JACM 46, 1999) in blocks, as Hyyrö (2003) gives it: 64 rows of the table in a
/// word, column by column of the text.
class EditDistance {
 public:
  explicit EditDistance(std::u32string_view pattern)
      : length_(pattern.size()), blocks_((pattern.size() + kBits - 1) / kBits) {
    for (size_t i = 0; i < pattern.size(); ++i) {
      std::vector<uint64_t>& mask = masks_[pattern[i]];
      mask.resize(blocks_);
      mask[i / kBits] |= uint64_t{1} << (i % kBits);
    }
  }

  [[nodiscard]] size_t To(std::u32string_view text) {
    if (length_ == 0) return text.size();
    down_.assign(blocks_, {~uint64_t{0}, 0});
    size_t distance = length_;
    for (const char32_t c : text) distance = AddColumn(c, distance);
    return distance;
  }

 private:
  /// Bits of the rows where the table grows and shrinks by one from the row above.
  struct Differences {
    uint64_t plus, minus;
  };

  size_t AddColumn(char32_t c, size_t distance) {
    const auto found = masks_.find(c);
    uint64_t plus_in = 1, minus_in = 0;  // from the left, of the row above the block: the first row grows
    for (size_t block = 0; block < blocks_; ++block) {
      auto& [plus, minus] = down_[block];
      uint64_t equal = found == masks_.end() ? 0 : found->second[block];
      const uint64_t vertical = equal | minus;
      equal |= minus_in;
      const uint64_t diagonal = (((equal & plus) + plus) ^ plus) | equal;
      uint64_t right_plus = minus | ~(diagonal | plus), right_minus = plus & diagonal;
      const size_t last = block + 1 < blocks_ ? kBits - 1 : (length_ - 1) % kBits;
      const uint64_t plus_out = right_plus >> last & 1, minus_out = right_minus >> last & 1;
      right_plus = right_plus << 1 | plus_in;
      right_minus = right_minus << 1 | minus_in;
      plus = right_minus | ~(vertical | right_plus);
      minus = right_plus & vertical;
      plus_in = plus_out;
      minus_in = minus_out;
    }
    return distance + plus_in - minus_in;
  }

  size_t length_, blocks_;
  std::unordered_map<char32_t, std::vector<uint64_t>> masks_;  // where a character stands in the pattern
  std::vector<Differences> down_;
};

double Similarity(size_t distance, size_t a, size_t b) {
  const size_t longest = std::max(a, b);
  return longest == 0 ? 1.0 : 1.0 - static_cast<double>(distance) / static_cast<double>(longest);
}

}  // namespace

double EditSimilarity(std::u32string_view a, std::u32string_view b) {
  return Similarity(EditDistance(a).To(b), a.size(), b.size());
}

std::vector<std::vector<double>> Bm25Reranker::Score(std::span<const RerankRequest> requests) {
  std::vector<std::vector<double>> scores;
  for (const RerankRequest& request : requests) scores.push_back(index_.Bm25(request.sentence, request.candidates));
  return scores;
}

std::string Bm25Reranker::identity() const { return "bm25 " + index_.info().sha256; }

std::vector<std::vector<double>> FuzzyReranker::Score(std::span<const RerankRequest> requests) {
  std::vector<std::vector<double>> scores;
  for (const RerankRequest& request : requests) {
    const std::u32string sentence = DecodeUtf8(request.sentence);
    EditDistance distance(sentence);
    std::vector<double>& list = scores.emplace_back();
    for (const Candidate& candidate : request.candidates) {
      const std::u32string text = DecodeUtf8(candidate.text);
      list.push_back(Similarity(distance.To(text), sentence.size(), text.size()));
    }
  }
  return scores;
}

}  // namespace clner
