// Workspace, order and grouping of one call. Size and carve-up are the same code: a null base counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/crf.h"
#include "kernels/crf_simd.h"

namespace clner::crf::internal {

/// Hands out aligned pieces of a buffer, or only counts them when the base is null.
class Arena {
 public:
  static constexpr size_t kAlignment = 64;
  explicit Arena(void* base) : base_(reinterpret_cast<uintptr_t>(base)) {}
  template <class T>
  T* Take(int64_t count) {
    used_ = (used_ + kAlignment - 1) / kAlignment * kAlignment;
    const size_t at = used_;
    used_ += static_cast<size_t>(count) * sizeof(T);
    return base_ == 0 ? nullptr : reinterpret_cast<T*>(base_ + at);
  }
  [[nodiscard]] size_t Used() const { return used_; }

 private:
  uintptr_t base_;
  size_t used_ = 0;
};

/// Buffers of one call, and the sentences of one pass over the batch (most operations need one pass over all). Blocks
/// g, g + groups, g + 2 groups, ... form group g, which one thread works off in this order.
struct Plan {
  int64_t sentences = 0, blocks = 0, groups = 0, rows = 0;  ///< of the pass
  int64_t ld = 0;
  int64_t* order = nullptr;      ///< [sentences], longest first, equal lengths in batch order
  int32_t* histogram = nullptr;  ///< counting sort
  ScaledParams params;
  float* block_rows = nullptr;  ///< `rows_per_word` rows of ld floats for each word of the largest block of every group
  float* scales = nullptr;      ///< one float per such word
  double* scratch = nullptr;    ///< [groups][kScratchRows][ld]
  double* pair_sums = nullptr;  ///< [groups][K][ld], losses only
  float* raw_sums = nullptr;    ///< [groups][K][ld], losses only
  double* end_sums = nullptr;   ///< [groups][2][ld] gradients of start and end, losses only
  // Joint only: what students read of their teachers, sentence by sentence.
  int64_t* student_order = nullptr;  ///< [B] order of the second pass
  uint8_t* member = nullptr;         ///< [B] sentences of a pass
  uint8_t* teaches = nullptr;        ///< [B]
  uint8_t* teacher_flags = nullptr;  ///< [B] flags of its posterior
  float* teacher_unary = nullptr;    ///< [M][ld] mu_i
  double* teacher_log = nullptr;     ///< [M][ld] log mu_i of redone sentences
  // SpanMarginals only: what the queries read, sentence by sentence.
  float* span_unary = nullptr;  ///< [M][ld]
  double* span_backward =
      nullptr;                    ///< [M][ld] float q_i (first half of the row), or double log b_i of redone sentences
  int64_t* first_row = nullptr;   ///< [B] first row of each sentence in them; also of Joint
  double* span_log_z = nullptr;   ///< [B]
  uint8_t* span_flags = nullptr;  ///< [B]
};
inline constexpr int64_t kScratchRows = kBlock * kCompareRows / 2;  // in doubles

/// Rows of ld floats that the blocks of an operation need per word.
[[nodiscard]] int64_t RowsPerWord(Operation operation);

/// Takes the buffers of `operation` from the arena. The batch must be valid.
[[nodiscard]] Plan MakePlan(Arena* arena, Operation operation, const Batch& batch);

/// The plan of a pass over the sentences whose `member` [B] is set; their order is written to `order`.
[[nodiscard]] Plan PassOf(const Plan& plan, const Batch& batch, const uint8_t* member, int64_t* order);

/// True when the workspace is large enough; then `plan` is carved and sorted for a pass over all sentences.
[[nodiscard]] bool PlanCall(Operation operation, const Batch& batch, Workspace workspace, Plan* plan);

/// Words of one group's block and where its buffers lie.
struct BlockView {
  int64_t count = 0;
  std::array<int64_t, kBlock> sentence{};
  std::array<int64_t, kBlock> length{};
  int64_t words = 0;
};
[[nodiscard]] BlockView ViewBlock(const Plan& plan, const Batch& batch, int64_t block);

/// Buffers of one group while it runs.
struct GroupBuffers {
  float* rows = nullptr;  ///< rows_per_word * capacity rows
  float* scales = nullptr;
  double* scratch = nullptr;
  int64_t capacity = 0;  ///< words of the largest block of the group
};

/// Runs body(group, buffers) for all groups: over `exec` when the batch is large enough to pay, else one after another
/// on one set of buffers. The result of a group does not depend on which it is.
class GroupRunner {
 public:
  GroupRunner(const Plan& plan, const Batch& batch, Operation operation, const Exec& exec)
      : plan_(plan), batch_(batch), rows_per_word_(RowsPerWord(operation)), exec_(exec) {}

  template <class Body>
  void Run(const Body& body) const {
    if (exec_.parallel_for == nullptr || plan_.rows < kParallelRows || plan_.groups < 2) {
      for (int64_t group = 0; group < plan_.groups; ++group) body(group, Buffers(0, group));
      return;
    }
    struct Context {
      const GroupRunner* runner;
      const Body* body;
    } context{this, &body};
    exec_.parallel_for(
        exec_.context, plan_.groups,
        [](void* opaque, int64_t group) {
          const Context& c = *static_cast<Context*>(opaque);
          (*c.body)(group, c.runner->Buffers(group, group));
        },
        &context);
  }

 private:
  static constexpr int64_t kParallelRows = 2000;
  /// Buffers at the place of group `place`, large enough for `group`.
  [[nodiscard]] GroupBuffers Buffers(int64_t place, int64_t group) const;

  const Plan& plan_;
  const Batch& batch_;
  int64_t rows_per_word_;
  Exec exec_;
};

}  // namespace clner::crf::internal
