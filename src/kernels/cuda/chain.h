// The forward and the backward chain of a sentence, each a group of its own with its own scale factors
// (docs/internals/crf.md, "On a GPU"). Both are the same code: a chain starts with S or F and steps through E and G.
#pragma once

#include "kernels/cuda/call.h"
#include "kernels/cuda/columns.h"

namespace clner::crf::device {

/// floor(log2 sum) of a sum of non-negative floats; -127 for zero and denormals, 128 for anything broken.
[[nodiscard]] CLNER_DEVICE inline int ExponentOf(float sum) {
  if (!(sum <= kLargestF)) return 128;
  return sum >= kSmallestF ? ilogbf(sum) : -127;
}

/// Chooses a power of two for every row so that rows stay near 1. A row sum is known only one word late, so it does not
/// lie on the chain from word to word; the choice allows for the factor of the row between, hence every row sum is the
/// product of the last two steps alone, and errors do not build up.
class LateScale {
 public:
  /// Factor for the next row.
  [[nodiscard]] CLNER_DEVICE float Next() const { return ldexpf(1.0f, -exponent_); }
  /// Takes the sum of the row that the next row is made from.
  CLNER_DEVICE void See(float sum) {
    const int exponent = ExponentOf(sum) - exponent_;
    exponent_ = exponent < -kLimit ? -kLimit : exponent > kLimit ? kLimit : exponent;
  }

 private:
  static constexpr int kLimit = 126;
  int exponent_ = 0;
};

/// Rows v_1 = S, v_i = c_i G^T (v_{i-1} o E_{i-1}) and y_n = F, y_{i-1} = c'_i G (y_i o E_i) of all sentences. Item 2b
/// is the forward, 2b + 1 the backward chain of sentence b. Scratch: two row buffers.
struct Chains {
  View view;
  ScaledParams params;

  [[nodiscard]] static size_t ScratchBytes(int64_t tags) {
    return 2 * static_cast<size_t>(PaddedTags(static_cast<int>(tags))) * sizeof(float);
  }

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* scratch) const {
    using Columns = typename Layout::Columns;
    const Place place = PlaceOf(view.batch, index / 2);
    if (place.length == 0) return;
    const bool backward = index % 2 != 0;
    const int tags = view.Tags(), padded = PaddedTags(tags), lanes = group.Lanes();
    const int64_t step = backward ? -1 : 1;
    int64_t row = backward ? place.row + place.length - 1 : place.row;
    const Columns columns(group, backward ? params.to_from : params.from_to, tags, 0.0f);
    auto* buffers = static_cast<float*>(scratch);
    for (int y = tags + group.Lane(); y < padded; y += lanes) buffers[y] = buffers[padded + y] = 0.0f;

    float value[Columns::kColumns] = {};
    const float* first = backward ? params.end : params.start;
    CLNER_UNROLL
    for (int c = 0; c < Columns::kColumns; ++c) {
      const int y = group.Lane() + c * lanes;
      if (y >= tags) break;
      value[c] = first[y];
    }
    LateScale late;
    float made_with = 1.0f;
    for (int64_t i = 0;; ++i, row += step) {
      float* out = backward ? view.Backward(row) : view.Forward(row);
      const float* emission = view.Emission(row);
      const float top = view.top[row];
      float* buffer = buffers + (i % 2) * padded;
      float sum = 0.0f;
      CLNER_UNROLL
      for (int c = 0; c < Columns::kColumns; ++c) {
        const int y = group.Lane() + c * lanes;
        if (y >= tags) break;
        out[y] = value[c];
        const float x = value[c] * ExpEmission(emission[y], top);
        buffer[y] = x;
        sum += x;
      }
      if (group.Lane() == 0) *(backward ? view.BackwardScale(row) : view.ForwardScale(row)) = made_with;
      if (i + 1 == place.length) return;
      // One barrier a word: a lane that is ahead writes the other buffer.
      group.Sync();
      columns.Multiply(buffer, value);
      made_with = late.Next();
      CLNER_UNROLL
      for (int c = 0; c < Columns::kColumns; ++c) value[c] *= made_with;
      late.See(group.Sum(sum));
    }
  }
};

}  // namespace clner::crf::device
