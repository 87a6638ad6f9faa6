#include "kernels/crf_args.h"

#include <cmath>
#include <functional>
#include <limits>

namespace clner::crf::internal {
namespace {

constexpr int64_t kMaxTags = 1024;
// Products of rows, strides and element sizes below this bound cannot overflow.
constexpr int64_t kMaxRows = int64_t{1} << 40;

}  // namespace

bool ValidBatch(const Batch& batch) {
  if (batch.sentences < 0 || batch.sentences > kMaxRows || batch.tags < 1 || batch.tags > kMaxTags) return false;
  if (batch.rows < 0 || batch.rows > kMaxRows || batch.max_length < 0 || batch.max_length > kMaxRows) return false;
  if (batch.sentences == 0) return true;
  if (batch.offsets == nullptr || batch.offsets[0] < 0 || batch.offsets[batch.sentences] > batch.rows) return false;
  for (int64_t b = 0; b < batch.sentences; ++b) {
    if (batch.offsets[b + 1] < batch.offsets[b]) return false;
    const int64_t room = batch.offsets[b + 1] - batch.offsets[b];
    const int64_t length = LengthOf(batch, b);
    if (length < 0 || length > room || length > batch.max_length) return false;
  }
  return true;
}

bool ValidRows(const Batch& batch, const void* data, int64_t stride) {
  return stride >= batch.tags && stride < kMaxRows && (data != nullptr || batch.rows == 0 || batch.sentences == 0);
}

bool ValidParams(const Batch& batch, const Params& params) {
  return params.transitions != nullptr && params.start != nullptr && params.end != nullptr &&
         params.stride >= batch.tags && params.stride < kMaxRows;
}

bool ValidGrads(const Batch& batch, const ParamGrads& grads) {
  return grads.transitions != nullptr && grads.start != nullptr && grads.end != nullptr && grads.stride >= batch.tags &&
         grads.stride < kMaxRows;
}

bool ValidGold(const Batch& batch, const int32_t* gold) {
  if (gold == nullptr) return batch.rows == 0 || batch.sentences == 0;
  const auto tags = static_cast<uint32_t>(batch.tags);
  for (int64_t b = 0; b < batch.sentences; ++b) {
    const int32_t* from = gold + batch.offsets[b];
    bool valid = true;
    for (int64_t i = 0, n = LengthOf(batch, b); i < n; ++i) valid &= static_cast<uint32_t>(from[i]) < tags;
    if (!valid) return false;
  }
  return true;
}

bool ValidGoldOrUnused(const Batch& batch, const int32_t* gold, const float* weight) {
  if (gold != nullptr || batch.rows == 0) return ValidGold(batch, gold);
  for (int64_t b = 0; b < batch.sentences; ++b) {
    if (weight == nullptr || weight[b] != 0) return false;
  }
  return true;
}

bool ValidTeachers(const Batch& batch, const int64_t* teacher_of) {
  if (teacher_of == nullptr) return true;
  for (int64_t b = 0; b < batch.sentences; ++b) {
    const int64_t teacher = teacher_of[b];
    if (teacher < -1 || teacher >= batch.sentences) return false;
    if (teacher >= 0 && LengthOf(batch, teacher) != LengthOf(batch, b)) return false;
  }
  return true;
}

bool ValidCooperative(const Batch& batch, const CooperativeTerm& term) {
  const auto form = static_cast<int>(term.form), direction = static_cast<int>(term.direction);
  return form >= 0 && form <= static_cast<int>(CooperativeForm::kTemperedKl) && direction >= 0 &&
         direction <= static_cast<int>(CooperativeDirection::kSymmetric) && term.tau >= 1e-3f && term.tau <= 1e3f &&
         ValidWeights(batch, term.weight);
}

bool ValidWeights(const Batch& batch, const float* weight) {
  if (weight == nullptr) return true;
  bool valid = true;
  for (int64_t b = 0; b < batch.sentences; ++b) valid &= std::abs(weight[b]) <= std::numeric_limits<float>::max();
  return valid;
}

bool Disjoint(const Batch& batch, Rows in, RowsOut out) {
  if (batch.rows == 0 || batch.sentences == 0) return true;
  const float* in_end = in.data + (batch.rows - 1) * in.stride + batch.tags;
  const float* out_end = out.data + (batch.rows - 1) * out.stride + batch.tags;
  const std::less_equal<const float*> before;
  return before(in_end, out.data) || before(out_end, in.data);
}

}  // namespace clner::crf::internal
