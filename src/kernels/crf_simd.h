// Inner interface between the sentence logic and the vector code of one SIMD target. Not part of the contract.
//
// A block is up to kBlock sentences, longest first, that advance together one word at a time ("slots"). Rows of a block
// are stored word by word: position i (0-based) holds the rows of the slots still active there, slot 0 first, so that
// one step of the whole block is a small matrix product on contiguous rows. Rows have `ld` floats; lanes beyond the
// tags are 0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/crf.h"

namespace clner::crf::internal {

inline constexpr int64_t kBlock =
    8;  ///< sentences that advance together; part of the arithmetic of the parameter gradients

/// exp-shifted parameters of one call (docs/internals/crf.md), padded with zeros; `from_to` rows are from, `to_from`
/// its transpose.
struct ScaledParams {
  int64_t tags = 0, ld = 0;
  float* from_to = nullptr;  ///< [K][ld]
  float* to_from = nullptr;  ///< [K][ld]
  float* start = nullptr;    ///< [ld]
  float* end = nullptr;      ///< [ld]
  double max_transition = 0, max_start = 0, max_end = 0;
  bool bad = false;   ///< NaN or +inf among the parameters
  bool huge = false;  ///< a finite value so large that sums of float32 may overflow
};

/// Forward-backward of one block. Out rows receive weight * unary marginals; a null out row keeps them in the row of
/// `x` instead. `x` holds x_i else.
struct ForwardBackwardTask {
  const ScaledParams* params = nullptr;
  int64_t count = 0;                            ///< slots, 1..kBlock
  std::array<int64_t, kBlock> length{};         ///< non-increasing
  std::array<const float*, kBlock> emission{};  ///< first row of each sentence
  int64_t emission_stride = 0;
  std::array<float*, kBlock> out{};
  std::array<int64_t, kBlock> out_stride{};
  std::array<float, kBlock> weight{};
  float* x = nullptr;       ///< [rows][ld] scaled forward rows x_i
  float* q = nullptr;       ///< [rows][ld] E_i on the way forward, q_i afterwards (rows of position 0 hold no meaning)
  float* d = nullptr;       ///< [rows][ld] d_i, or null
  float* scales = nullptr;  ///< [rows] power-of-two scale factors
  // results
  std::array<double, kBlock> log_z{};
  std::array<bool, kBlock> trusted{};  ///< false: redo in float64
};

/// How two rows of marginals are compared: the forms and directions of CooperativeTerm as numbers.
struct Comparison {
  float tau = 1;
  bool entropy = true;             ///< subtract the entropy of the first distribution: KL, else cross-entropy
  float forward = 1, reverse = 0;  ///< shares of teacher to student and of student to teacher
};

inline constexpr int64_t kCompareRows = 5;

/// The Cooperative Learning term of one block, after ForwardBackward (docs/internals/crf.md). Adds its part of the
/// gradient to the out rows and leaves rows whose products are the transition gradients of both terms:
/// sum y_{i-1} q_i^T + x_{i-1} w_i^T.
struct CooperativeTask {
  const ScaledParams* params = nullptr;
  Comparison comparison;
  int64_t count = 0;
  std::array<int64_t, kBlock> length{};
  std::array<const float*, kBlock> teacher{};  ///< first row of mu of each teacher; null: no term
  int64_t teacher_stride = 0;
  std::array<float, kBlock> weight{};      ///< of the term
  std::array<float, kBlock> nll_weight{};  ///< share of the NLL in the transition gradients
  float* x = nullptr;
  float* q = nullptr;
  const float* d = nullptr;
  float* w = nullptr;        ///< (out) [rows][ld]
  float* y = nullptr;        ///< (out) [rows][ld]
  float* scratch = nullptr;  ///< [kBlock][kCompareRows][ld]
  std::array<float*, kBlock> out{};
  int64_t out_stride = 0;
  // results
  std::array<double, kBlock> loss{};   ///< unweighted
  std::array<bool, kBlock> trusted{};  ///< (in/out) rows of slots that are not are cleared
};

/// raw[K][ld] (+)= sum over positions i >= 1 and slots of x_{i-1} q_i^T.
struct PairSumsTask {
  int64_t tags = 0, ld = 0, count = 0;
  std::array<int64_t, kBlock> length{};
  const float* x = nullptr;
  const float* q = nullptr;
  float* raw = nullptr;
  bool accumulate = false;
};

/// Best paths of one block; `params` holds unscaled scores (ViterbiParams). Rows of `best` keep the max-plus forward
/// scores.
struct ViterbiTask {
  const ScaledParams* params = nullptr;
  int64_t count = 0;
  std::array<int64_t, kBlock> length{};
  std::array<const float*, kBlock> emission{};
  int64_t emission_stride = 0;
  float* best = nullptr;  ///< [rows][ld]
  std::array<int32_t*, kBlock> tags{};
  // results
  std::array<float, kBlock> score{};
  std::array<bool, kBlock> clean{};  ///< false: a value is NaN, infinite or huge; look closer
};

struct SimdKernels {
  const char* name = nullptr;
  int64_t lanes = 0;
  void (*scale_params)(const Params& params, const Constraints* constraints, ScaledParams* out) = nullptr;
  void (*viterbi_params)(const Params& params, const Constraints* constraints, ScaledParams* out) = nullptr;
  void (*forward_backward)(ForwardBackwardTask* task) = nullptr;
  void (*cooperative)(CooperativeTask* task) = nullptr;
  void (*pair_sums)(const PairSumsTask& task) = nullptr;
  void (*viterbi)(ViterbiTask* task) = nullptr;
};

/// Walks the positions of a block in the order of the row storage.
class Positions {
 public:
  Positions(int64_t count, const std::array<int64_t, kBlock>& length) : length_(length), count_(count) {
    while (active_ < count_ && length_[static_cast<size_t>(active_)] > 0) ++active_;
  }
  [[nodiscard]] int64_t Active() const { return active_; }  ///< slots with a word at this position
  [[nodiscard]] int64_t Base() const { return base_; }      ///< row of slot 0
  [[nodiscard]] int64_t Index() const { return index_; }
  void Next() {
    base_ += active_;
    ++index_;
    while (active_ > 0 && length_[static_cast<size_t>(active_ - 1)] <= index_) --active_;
  }
  void Previous() {
    --index_;
    while (active_ < count_ && length_[static_cast<size_t>(active_)] > index_) ++active_;
    base_ -= active_;
  }

 private:
  std::array<int64_t, kBlock> length_;
  int64_t count_;
  int64_t active_ = 0, base_ = 0, index_ = 0;
};

}  // namespace clner::crf::internal
