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

// The `count` sentences that `takes` accepts, longest first; equal lengths keep the order of the batch. All three ways
// give the same order.
template <class Takes>
void SortByLength(const Batch& batch, const Takes& takes, int64_t count, int32_t* histogram, int64_t* order) {
  const int64_t n = batch.sentences;
  if (count <= kShortBatch) {
    for (int64_t i = 0, taken = 0; i < n; ++i) {
      if (!takes(i)) continue;
      const int64_t length = LengthOf(batch, i);
      int64_t at = taken++;
      for (; at > 0 && LengthOf(batch, order[at - 1]) < length; --at) order[at] = order[at - 1];
      order[at] = i;
    }
    return;
  }
  if (batch.max_length < kHistogram) {
    int32_t* first = histogram;
    std::fill(first, first + batch.max_length + 2, 0);
    for (int64_t i = 0; i < n; ++i) first[batch.max_length - LengthOf(batch, i) + 1] += takes(i) ? 1 : 0;
    for (int64_t i = 1; i <= batch.max_length; ++i) first[i] += first[i - 1];
    for (int64_t i = 0; i < n; ++i) {
      if (takes(i)) order[first[batch.max_length - LengthOf(batch, i)]++] = i;
    }
    return;
  }
  for (int64_t i = 0, taken = 0; i < n; ++i) {
    if (takes(i)) order[taken++] = i;
  }
  std::sort(order, order + count, [&](int64_t a, int64_t b) {
    const int64_t length_a = LengthOf(batch, a), length_b = LengthOf(batch, b);
    return length_a != length_b ? length_a > length_b : a < b;
  });
}

// Blocks and groups of a pass over `sentences` sentences.
void CountBlocks(int64_t sentences, int64_t tags, Plan* plan) {
  plan->sentences = sentences;
  plan->blocks = (sentences + kBlock - 1) / kBlock;
  plan->groups = std::min({plan->blocks, kMaxGroups, std::max<int64_t>(kGroupCells / (tags * plan->ld), 1)});
}

}  // namespace

int64_t RowsPerWord(Operation operation) {
  switch (operation) {
    case Operation::kViterbi:
      return 1;
    case Operation::kJoint:
    case Operation::kCooperative:
      return 5;
    default:
      return 2;
  }
}

Plan MakePlan(Arena* arena, Operation operation, const Batch& batch) {
  Plan plan;
  const int64_t tags = batch.tags;
  plan.ld = RoundUp(tags, ActiveKernels().lanes);
  CountBlocks(batch.sentences, tags, &plan);
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
  if (operation == Operation::kNll || operation == Operation::kJoint || operation == Operation::kCooperative) {
    plan.pair_sums = arena->Take<double>(plan.groups * tags * plan.ld);
    plan.raw_sums = arena->Take<float>(plan.groups * tags * plan.ld);
    plan.end_sums = arena->Take<double>(plan.groups * 2 * plan.ld);
  }
  if (operation == Operation::kJoint) {
    plan.student_order = arena->Take<int64_t>(batch.sentences);
    plan.member = arena->Take<uint8_t>(batch.sentences);
    plan.teaches = arena->Take<uint8_t>(batch.sentences);
    plan.teacher_flags = arena->Take<uint8_t>(batch.sentences);
    plan.first_row = arena->Take<int64_t>(batch.sentences);
    plan.teacher_unary = arena->Take<float>(plan.rows * plan.ld);
    plan.teacher_log = arena->Take<double>(plan.rows * plan.ld);
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
  SortByLength(
      batch, [](int64_t) { return true; }, batch.sentences, plan->histogram, plan->order);
  return true;
}

Plan PassOf(const Plan& plan, const Batch& batch, const uint8_t* member, int64_t* order) {
  Plan pass = plan;
  int64_t count = 0;
  pass.rows = 0;
  for (int64_t b = 0; b < batch.sentences; ++b) {
    if (member[b] == 0) continue;
    ++count;
    pass.rows += LengthOf(batch, b);
  }
  CountBlocks(count, batch.tags, &pass);
  pass.order = order;
  SortByLength(
      batch, [member](int64_t b) { return member[b] != 0; }, count, pass.histogram, order);
  return pass;
}

BlockView ViewBlock(const Plan& plan, const Batch& batch, int64_t block) {
  BlockView view;
  view.count = std::min(kBlock, plan.sentences - block * kBlock);
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
