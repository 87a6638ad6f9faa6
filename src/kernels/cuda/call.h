// The data of one call as the device functions see it: inputs, outputs and pieces of the workspace. Plain pointers into
// device memory, passed by value to every launch.
#pragma once

#include "kernels/crf.h"
#include "kernels/cuda/lanes.h"

namespace clner::crf::device {

/// exp-shifted parameters (Viterbi: plain scores with forbidden ones at -inf), [K][K] and [K].
struct ScaledParams {
  float* from_to = nullptr;
  float* to_from = nullptr;  ///< the transpose; null in Viterbi
  float* start = nullptr;
  float* end = nullptr;
  struct Facts {
    float max_transition, max_start, max_end;  ///< what was taken out
    int bad;                                   ///< NaN or +inf among the parameters
    int huge;                                  ///< a finite value beyond 1e30 in magnitude
  }* facts = nullptr;
};

/// What became of a row; the larger value wins for the sentence.
enum RowState : uint8_t { kSound = 0, kUntrusted = 1, kBadRow = 2 };

/// Emissions of one view and the rows that its two chains leave.
struct View {
  Batch batch;
  Rows emissions;
  float* top = nullptr;      ///< [rows] largest emission of the word, 0 when all are -inf
  uint8_t* state = nullptr;  ///< [rows] RowState
  float* mass = nullptr;     ///< [rows] <v_i o E_i, y_i>
  float* rows = nullptr;     ///< [rows][2][K] forward row v_i, backward row y_i; of a redone sentence [n][K] double
  float* scale = nullptr;    ///< [2][rows] power of two that the forward, the backward row was made with

  [[nodiscard]] CLNER_HOST_DEVICE int Tags() const { return static_cast<int>(batch.tags); }
  [[nodiscard]] CLNER_DEVICE const float* Emission(int64_t row) const {
    return emissions.data + row * emissions.stride;
  }
  [[nodiscard]] CLNER_DEVICE float* Forward(int64_t row) const { return rows + row * 2 * batch.tags; }
  [[nodiscard]] CLNER_DEVICE float* Backward(int64_t row) const { return Forward(row) + batch.tags; }
  [[nodiscard]] CLNER_DEVICE double* LogBackward(int64_t first_row) const {
    return reinterpret_cast<double*>(Forward(first_row));
  }
  [[nodiscard]] CLNER_DEVICE float* ForwardScale(int64_t row) const { return scale + row; }
  [[nodiscard]] CLNER_DEVICE float* BackwardScale(int64_t row) const { return scale + batch.rows + row; }
};

/// Rows of a sentence. Offsets and lengths live on the device, so it is here that they are checked: a sentence that
/// leaves the matrices, runs into the next one or is longer than max_length has no rows.
struct Place {
  int64_t row = 0, length = 0;
  bool valid = false;
};
[[nodiscard]] CLNER_DEVICE inline Place PlaceOf(const Batch& batch, int64_t sentence) {
  Place place;
  const int64_t begin = batch.offsets[sentence], end = batch.offsets[sentence + 1];
  const int64_t length = batch.lengths != nullptr ? batch.lengths[sentence] : end - begin;
  place.valid = begin >= 0 && end >= begin && end <= batch.rows && length >= 0 && length <= end - begin &&
                length <= batch.max_length;
  if (place.valid) {
    place.row = begin;
    place.length = length;
  }
  return place;
}

/// Item `index` of the grid sentences x max_length; most of the grid's items behind the end of a sentence do not exist.
struct WordAt {
  int64_t sentence = 0, word = 0, row = 0, length = 0;
  bool exists = false;
};
[[nodiscard]] CLNER_DEVICE inline WordAt WordOf(const Batch& batch, int64_t index) {
  WordAt at;
  at.sentence = index / batch.max_length;
  at.word = index % batch.max_length;
  const Place place = PlaceOf(batch, at.sentence);
  at.exists = at.word < place.length;
  at.row = place.row + at.word;
  at.length = place.length;
  return at;
}

/// e = exp(emission - top); a row without a finite emission has top 0 and only zeros.
[[nodiscard]] CLNER_DEVICE inline float ExpEmission(float emission, float top) { return expf(emission - top); }

[[nodiscard]] CLNER_DEVICE inline bool Finite(float value) { return fabsf(value) <= kLargestF; }

}  // namespace clner::crf::device
