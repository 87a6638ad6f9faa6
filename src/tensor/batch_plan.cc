#include "tensor/batch_plan.h"

#include <algorithm>
#include <numeric>

#include "core/random.h"

namespace clner {
namespace {

std::vector<std::vector<int64_t>> Cut(const std::vector<int64_t>& order, std::span<const Example> examples,
                                      const BatchPlanOptions& options) {
  std::vector<std::vector<int64_t>> batches;
  int64_t pieces = 0;
  for (const int64_t position : order) {
    const int64_t more = examples[static_cast<size_t>(position)].pieces();
    const bool full = batches.empty() || (options.batch_sentences > 0
                                              ? static_cast<int64_t>(batches.back().size()) >= options.batch_sentences
                                              : pieces + more > options.batch_pieces);
    if (full) {
      batches.emplace_back();
      pieces = 0;
    }
    batches.back().push_back(position);
    pieces += more;
  }
  return batches;
}

}  // namespace

std::vector<std::vector<int64_t>> PlanBatches(std::span<const Example> examples, const BatchPlanOptions& options,
                                              int64_t epoch) {
  const auto count = static_cast<int64_t>(examples.size());
  const uint64_t epoch_seed = MixSeed(options.seed, static_cast<uint64_t>(epoch));
  if (options.order == BatchOrder::kRandom) return Cut(Permutation(count, epoch_seed), examples, options);
  std::vector<int64_t> order(examples.size());
  std::iota(order.begin(), order.end(), 0);
  if (options.order == BatchOrder::kFile) return Cut(order, examples, options);

  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return examples[static_cast<size_t>(a)].words < examples[static_cast<size_t>(b)].words;
  });
  std::vector<std::vector<int64_t>> sorted = Cut(order, examples, options), shuffled;
  for (const int64_t position : Permutation(static_cast<int64_t>(sorted.size()), epoch_seed)) {
    shuffled.push_back(std::move(sorted[static_cast<size_t>(position)]));
  }
  return shuffled;
}

int64_t PiecesOf(std::span<const Example> examples, std::span<const int64_t> positions) {
  int64_t pieces = 0;
  for (const int64_t position : positions) pieces += examples[static_cast<size_t>(position)].pieces();
  return pieces;
}

}  // namespace clner
