#include "kernels/crf_plan.h"

#include <algorithm>

#include "kernels/crf_args.h"
#include "kernels/crf_targets.h"

namespace clner::crf::internal {
namespace {

constexpr int64_t kMaxGroups = 16;
constexpr int64_t kGroupCells = int64_t{1} << 22;  // bounds the K x K partial sums of all groups together
constexpr int64_t kShortBatch = 24;                // insertion sort up to here
constexpr int64_t kHistogram = 2048;               // counting sort up to this length

int64_t RoundUp(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

// Longest first; equal lengths keep the order of the batch. All three ways give the same order.
void SortByLength(const Batch& batch, Plan* plan) {
  const int64_t n = batch.sentences;
  int64_t* order = plan->order;
  if (n <= kShortBatch) {
    for (int64_t i = 0; i < n; ++i) {
      const int64_t length = LengthOf(batch, i);
      int64_t at = i;
      for (; at > 0 && LengthOf(batch, order[at - 1]) < length; --at) order[at] = order[at - 1];
      order[at] = i;
    }
    return;
  }
  if (batch.max_length < kHistogram) {
    int32_t* first = plan->histogram;
    std::fill(first, first + batch.max_length + 2, 0);
    for (int64_t i = 0; i < n; ++i) ++first[batch.max_length - LengthOf(batch, i) + 1];
    for (int64_t i = 1; i <= batch.max_length; ++i) first[i] += first[i - 1];
    for (int64_t i = 0; i < n; ++i) order[first[batch.max_length - LengthOf(batch, i)]++] = i;
    return;
  }
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  std::sort(order, order + n, [&](int64_t a, int64_t b) {
    const int64_t length_a = LengthOf(batch, a), length_b = LengthOf(batch, b);
    return length_a != length_b ? length_a > length_b : a < b;
  });
}

}  // namespace

int64_t RowsPerWord(Operation operation) { return operation == Operation::kViterbi ? 1 : 2; }

Plan MakePlan(Arena* arena, Operation operation, const Batch& batch) {
  Plan plan;
  const int64_t tags = batch.tags;
  plan.ld = RoundUp(tags, ActiveKernels().lanes);
  plan.blocks = (batch.sentences + kBlock - 1) / kBlock;
  plan.groups = std::min({plan.blocks, kMaxGroups, std::max<int64_t>(kGroupCells / (tags * plan.ld), 1)});
  for (int64_t b = 0; b < batch.sentences; ++b) plan.rows += LengthOf(batch, b);
  plan.order = arena->Take<int64_t>(batch.sentences);
  plan.histogram = arena->Take<int32_t>(std::min(batch.max_length, kHistogram) + 2);
  plan.params.tags = tags;
  plan.params.ld = plan.ld;
  plan.params.from_to = arena->Take<float>(tags * plan.ld);
  plan.params.to_from = arena->Take<float>(tags * plan.ld);
  plan.params.start = arena->Take<float>(plan.ld);
  plan.params.end = arena->Take<float>(plan.ld);
  // The first block of every group is its largest, and the first blocks of all groups are different sentences.
  plan.block_rows = arena->Take<float>(plan.rows * RowsPerWord(operation) * plan.ld);
  plan.scales = arena->Take<float>(plan.rows);
  plan.scratch = arena->Take<double>(plan.groups * kScratchRows * plan.ld);
  if (operation == Operation::kNll) {
    plan.pair_sums = arena->Take<double>(plan.groups * tags * plan.ld);
    plan.raw_sums = arena->Take<float>(plan.groups * tags * plan.ld);
    plan.end_sums = arena->Take<double>(plan.groups * 2 * plan.ld);
  }
  if (operation == Operation::kSpanMarginals) {
    plan.span_unary = arena->Take<float>(plan.rows * plan.ld);
    plan.span_backward = arena->Take<double>(plan.rows * plan.ld);
    plan.first_row = arena->Take<int64_t>(batch.sentences);
    plan.span_log_z = arena->Take<double>(batch.sentences);
    plan.span_flags = arena->Take<uint8_t>(batch.sentences);
  }
  return plan;
}

bool PlanCall(Operation operation, const Batch& batch, Workspace workspace, Plan* plan) {
  Arena counter(nullptr);
  (void)MakePlan(&counter, operation, batch);
  const size_t needed = counter.Used() + Arena::kAlignment;
  if (workspace.data == nullptr || workspace.bytes < needed) return false;
  const auto address = reinterpret_cast<uintptr_t>(workspace.data);
  const size_t skip = (Arena::kAlignment - address % Arena::kAlignment) % Arena::kAlignment;
  Arena arena(static_cast<char*>(workspace.data) + skip);
  *plan = MakePlan(&arena, operation, batch);
  SortByLength(batch, plan);
  return true;
}

BlockView ViewBlock(const Plan& plan, const Batch& batch, int64_t block) {
  BlockView view;
  view.count = std::min(kBlock, batch.sentences - block * kBlock);
  for (int64_t slot = 0; slot < view.count; ++slot) {
    const int64_t sentence = plan.order[block * kBlock + slot];
    view.sentence[static_cast<size_t>(slot)] = sentence;
    view.length[static_cast<size_t>(slot)] = LengthOf(batch, sentence);
    view.words += LengthOf(batch, sentence);
  }
  return view;
}

GroupBuffers GroupRunner::Buffers(int64_t place, int64_t group) const {
  GroupBuffers buffers;
  int64_t before = 0;
  for (int64_t g = 0; g < place; ++g) before += ViewBlock(plan_, batch_, g).words;
  buffers.capacity = ViewBlock(plan_, batch_, group).words;
  buffers.rows = plan_.block_rows + before * rows_per_word_ * plan_.ld;
  buffers.scales = plan_.scales + before;
  buffers.scratch = plan_.scratch + place * kScratchRows * plan_.ld;
  return buffers;
}

}  // namespace clner::crf::internal

namespace clner::crf {

size_t WorkspaceBytes(Operation operation, const Batch& batch) {
  if (!internal::ValidBatch(batch)) return 0;
  internal::Arena counter(nullptr);
  (void)internal::MakePlan(&counter, operation, batch);
  return counter.Used() + internal::Arena::kAlignment;
}

}  // namespace clner::crf
