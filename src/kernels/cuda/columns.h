// How the lanes of a group hold a K x K matrix: column y belongs to lane y mod Lanes(). One word of a recursion is the
// product of a row vector, which all lanes read, with the columns.
#pragma once

#include "kernels/cuda/lanes.h"

namespace clner::crf::device {

inline constexpr int kRowStep = 8;  ///< rows are read in steps of this size

/// Floats of a row buffer for K tags; those behind the tags hold the neutral element.
[[nodiscard]] CLNER_HOST_DEVICE inline int PaddedTags(int tags) { return (tags + kRowStep - 1) / kRowStep * kRowStep; }

/// Up to kColumnCount columns a lane, kDepth >= K elements each, in registers.
template <int kDepth, int kColumnCount>
class RegisterColumns {
 public:
  static constexpr int kColumns = kColumnCount;

  /// matrix [K][K]; `neutral` stands where there is no element.
  template <class Group>
  CLNER_DEVICE RegisterColumns(const Group& group, const float* matrix, int tags, float neutral) : tags_(tags) {
    CLNER_UNROLL
    for (int c = 0; c < kColumns; ++c) {
      const int y = group.Lane() + c * group.Lanes();
      CLNER_UNROLL
      for (int k = 0; k < kDepth; ++k) value_[c][k] = k < tags && y < tags ? matrix[k * tags + y] : neutral;
    }
  }

  /// out[c] = sum over k of row[k] column_c[k]. `row` is aligned to 16 bytes and padded with zeros.
  CLNER_DEVICE void Multiply(const float* row, float* out) const {
    const auto* x = static_cast<const float*>(__builtin_assume_aligned(row, 16));
    float even[kColumns], odd[kColumns];
    CLNER_UNROLL
    for (int c = 0; c < kColumns; ++c) even[c] = odd[c] = 0.0f;
    CLNER_UNROLL
    for (int first = 0; first < kDepth; first += kRowStep) {
      if (first >= tags_) break;
      CLNER_UNROLL
      for (int k = first; k < first + kRowStep; k += 2) {
        CLNER_UNROLL
        for (int c = 0; c < kColumns; ++c) {
          even[c] = MultiplyAdd(x[k], value_[c][k], even[c]);
          odd[c] = MultiplyAdd(x[k + 1], value_[c][k + 1], odd[c]);
        }
      }
    }
    CLNER_UNROLL
    for (int c = 0; c < kColumns; ++c) out[c] = even[c] + odd[c];
  }

  /// out[c] = max over k of (row[k] + column_c[k]) + add[c], back[c] the first k that reaches it. `row` is padded with
  /// -inf.
  CLNER_DEVICE void BestSums(const float* row, const float* add, float* out, int* back) const {
    const auto* x = static_cast<const float*>(__builtin_assume_aligned(row, 16));
    CLNER_UNROLL
    for (int c = 0; c < kColumns; ++c) {
      out[c] = -kInfF;
      back[c] = 0;
    }
    CLNER_UNROLL
    for (int first = 0; first < kDepth; first += kRowStep) {
      if (first >= tags_) break;
      CLNER_UNROLL
      for (int k = first; k < first + kRowStep; ++k) {
        CLNER_UNROLL
        for (int c = 0; c < kColumns; ++c) {
          const float sum = (x[k] + value_[c][k]) + add[c];
          back[c] = sum > out[c] ? k : back[c];
          out[c] = sum > out[c] ? sum : out[c];
        }
      }
    }
  }

 private:
  float value_[kColumns][kDepth];
  int tags_;
};

/// Any K up to kColumnCount columns a lane; the elements stay in memory.
template <int kColumnCount>
class MemoryColumns {
 public:
  static constexpr int kColumns = kColumnCount;

  template <class Group>
  CLNER_DEVICE MemoryColumns(const Group& group, const float* matrix, int tags, float /*neutral*/)
      : matrix_(matrix), tags_(tags), lane_(group.Lane()), lanes_(group.Lanes()) {}

  CLNER_DEVICE void Multiply(const float* row, float* out) const {
    for (int c = 0, y = lane_; c < kColumns && y < tags_; ++c, y += lanes_) {
      float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
      int k = 0;
      for (; k + 4 <= tags_; k += 4) {
        CLNER_UNROLL
        for (int j = 0; j < 4; ++j) sums[j] = MultiplyAdd(row[k + j], matrix_[(k + j) * tags_ + y], sums[j]);
      }
      for (; k < tags_; ++k) sums[0] = MultiplyAdd(row[k], matrix_[k * tags_ + y], sums[0]);
      out[c] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
  }

  CLNER_DEVICE void BestSums(const float* row, const float* add, float* out, int* back) const {
    for (int c = 0, y = lane_; c < kColumns && y < tags_; ++c, y += lanes_) {
      float top = -kInfF;
      int first = 0;
      for (int k = 0; k < tags_; ++k) {
        const float sum = (row[k] + matrix_[k * tags_ + y]) + add[c];
        if (sum > top) {
          top = sum;
          first = k;
        }
      }
      out[c] = top;
      back[c] = first;
    }
  }

 private:
  const float* matrix_;
  int tags_, lane_, lanes_;
};

}  // namespace clner::crf::device
