#include "tensor/batch_plan.h"

#include <algorithm>
#include <numeric>

#include "core/random.h"

namespace clner {
namespace {

std::vector<std::vector<int64_t>> Cut(const std::vector<int64_t>& order, std::span<const PlanUnit> units,
                                      const BatchPlanOptions& options) {
  std::vector<std::vector<int64_t>> batches;
  int64_t pieces = 0;
  for (const int64_t position : order) {
    const int64_t more = units[static_cast<size_t>(position)].pieces;
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

// Every list cut on its own, and their batches in turn.
std::vector<std::vector<int64_t>> CutLists(const std::vector<int64_t>& order, std::span<const PlanUnit> units,
                                           const BatchPlanOptions& options) {
  std::vector<std::vector<std::vector<int64_t>>> lists;
  const auto length = static_cast<int64_t>(order.size()) / options.lists;
  for (int64_t list = 0; list < options.lists; ++list) {
    lists.push_back(Cut({order.begin() + list * length, order.begin() + (list + 1) * length}, units, options));
  }
  std::vector<std::vector<int64_t>> batches;
  for (size_t i = 0, left = lists.size(); left > 0; ++i) {
    left = 0;
    for (auto& list : lists) {
      if (i >= list.size()) continue;
      batches.push_back(std::move(list[i]));
      ++left;
    }
  }
  return batches;
}

}  // namespace

std::vector<std::vector<int64_t>> PlanBatches(std::span<const PlanUnit> units, const BatchPlanOptions& options,
                                              int64_t epoch) {
  const auto count = static_cast<int64_t>(units.size());
  const uint64_t epoch_seed = MixSeed(options.seed, static_cast<uint64_t>(epoch));
  if (options.order == BatchOrder::kRandom) return Cut(Permutation(count, epoch_seed), units, options);
  std::vector<int64_t> order(units.size());
  std::iota(order.begin(), order.end(), 0);
  if (options.order == BatchOrder::kFile) return CutLists(order, units, options);

  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return units[static_cast<size_t>(a)].length < units[static_cast<size_t>(b)].length;
  });
  std::vector<std::vector<int64_t>> sorted = Cut(order, units, options), shuffled;
  for (const int64_t position : Permutation(static_cast<int64_t>(sorted.size()), epoch_seed)) {
    shuffled.push_back(std::move(sorted[static_cast<size_t>(position)]));
  }
  return shuffled;
}

}  // namespace clner
