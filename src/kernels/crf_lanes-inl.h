// Vector helpers shared by the kernels of every SIMD target: loads and stores of rows whose last vector is partial,
// exp.
#include <cstring>

#include "hwy/highway.h"

#if defined(CLNER_KERNELS_CRF_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLNER_KERNELS_CRF_LANES_INL_H_
#undef CLNER_KERNELS_CRF_LANES_INL_H_
#else
#define CLNER_KERNELS_CRF_LANES_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using F32 = hn::ScalableTag<float>;
using I32 = hn::RebindToSigned<F32>;
using U32 = hn::RebindToUnsigned<F32>;
using Vec = hn::Vec<F32>;
using Mask = hn::Mask<F32>;
inline constexpr size_t kLanes = hn::MaxLanes(F32());
/// Accumulators a tile may hold (registers left after operands) and its greatest width in vectors. Instrumented builds
/// use small tiles: the sanitizers make large unrolled functions very slow to compile, and addresses follow the same
/// rules.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr size_t kAccumulators = 4, kPanel = 2;
#else
inline constexpr size_t kAccumulators = HWY_TARGET == HWY_AVX3 ? 24 : 12, kPanel = 4;
#endif

/// A row of K floats as full vectors plus one last vector with `tail` valid lanes (1..kLanes).
struct RowShape {
  explicit RowShape(int64_t tags)
      : vectors((static_cast<size_t>(tags) + kLanes - 1) / kLanes),
        tail(static_cast<size_t>(tags) - (vectors - 1) * kLanes) {}
  size_t vectors;
  size_t tail;
};

/// The first `count` floats, zeros behind; reads nothing else.
HWY_INLINE Vec LoadTail(const float* from, size_t count) {
  const F32 d;
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#else
  HWY_ALIGN float lanes[kLanes] = {};
  for (size_t i = 0; i < count; ++i) lanes[i] = from[i];
  return hn::Load(d, lanes);
#endif
}

/// Writes the first `count` floats and nothing else (masked vector stores are slow on some processors).
HWY_INLINE void StoreTail(Vec v, float* to, size_t count) {
  const F32 d;
  if (count == kLanes) {
    hn::StoreU(v, d, to);
    return;
  }
  HWY_ALIGN float lanes[kLanes];
  hn::Store(v, d, lanes);
  const float* from = lanes;
  if constexpr (kLanes >= 16) {
    if (count & 8) {
      std::memcpy(to, from, 32);
      to += 8;
      from += 8;
    }
  }
  if constexpr (kLanes >= 8) {
    if (count & 4) {
      std::memcpy(to, from, 16);
      to += 4;
      from += 4;
    }
  }
  if constexpr (kLanes >= 4) {
    if (count & 2) {
      std::memcpy(to, from, 8);
      to += 2;
      from += 2;
    }
    if (count & 1) *to = *from;
  }
}

/// Vector `index` of a caller's row; lanes behind the last tag are 0.
HWY_INLINE Vec LoadRow(const float* row, size_t index, const RowShape& shape) {
  const F32 d;
  return index + 1 < shape.vectors || shape.tail == kLanes ? hn::LoadU(d, row + index * kLanes)
                                                           : LoadTail(row + index * kLanes, shape.tail);
}

/// exp(x) for x <= 0 or NaN: below -87 exactly 0 (no denormals), NaN stays NaN, relative error below 1.5e-7.
/// x = n ln 2 + r, |r| <= ln 2 / 2; exp(r) = 1 + r + r^2 p(r) with p minimax of degree 4.
HWY_INLINE Vec ExpNonPositive(Vec x) {
  const F32 d;
  const I32 di;
  const Vec magic = hn::Set(d, 12582912.0f);  // 1.5 * 2^23: adding it leaves round(x / ln 2) in the low bits
  const Vec shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), magic);
  const Vec n = hn::Sub(shifted, magic);
  Vec r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  const Vec r2 = hn::Mul(r, r);
  Vec p = hn::MulAdd(r, hn::Set(d, 1.3814467e-3f), hn::Set(d, 8.3687808e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.16683927e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.66665196e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.9999994e-1f));
  p = hn::MulAdd(p, r2, hn::Add(r, hn::Set(d, 1.0f)));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  const Vec power = hn::BitCast(d, hn::Add(exponent, hn::Set(di, 0x3f800000)));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.0f)), hn::Mul(p, power));
}

/// log(x) for normal x > 0, relative error below 1e-7, log(1) = 0.
/// x = 2^n m, sqrt(1/2) <= m < sqrt(2); log(1 + z) = z - z^2 / 2 + z^3 p(z) with p minimax of degree 7.
HWY_INLINE Vec LogNormal(Vec x) {
  const F32 d;
  const I32 di;
  const auto bits = hn::BitCast(di, x);
  const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3f3504f3)));
  const Vec n = hn::ConvertTo(d, exponent);
  const Vec z = hn::Sub(hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent))), hn::Set(d, 1.0f));
  Vec p = hn::MulAdd(z, hn::Set(d, -7.6344967e-2f), hn::Set(d, 1.2761576e-1f));
  p = hn::MulAdd(p, z, hn::Set(d, -1.3160183e-1f));
  p = hn::MulAdd(p, z, hn::Set(d, 1.4201757e-1f));
  p = hn::MulAdd(p, z, hn::Set(d, -1.6623357e-1f));
  p = hn::MulAdd(p, z, hn::Set(d, 2.0001227e-1f));
  p = hn::MulAdd(p, z, hn::Set(d, -2.5000820e-1f));
  p = hn::MulAdd(p, z, hn::Set(d, 3.3333331e-1f));
  Vec y = hn::Mul(hn::Mul(z, z), hn::MulAdd(z, p, hn::Set(d, -0.5f)));
  y = hn::MulAdd(n, hn::Set(d, -2.12194440e-4f), y);
  return hn::MulAdd(n, hn::Set(d, 0.693359375f), hn::Add(z, y));
}

/// One bit per lane of a comparison result.
HWY_INLINE uint64_t LaneBits(Mask mask) {
  uint8_t bytes[8] = {};
  (void)hn::StoreMaskBits(F32(), mask, bytes);
  uint64_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
}

/// to[c][r] = from[r][c] for square matrices of `tags` rows of `ld` floats; lanes behind the tags receive `fill`.
HWY_INLINE void Transpose(const float* from, float* to, int64_t tags, int64_t ld, float fill) {
  constexpr int64_t kTile = 8;
  for (int64_t r0 = 0; r0 < tags; r0 += kTile) {
    const int64_t r1 = r0 + kTile < tags ? r0 + kTile : tags;
    for (int64_t c = 0; c < tags; ++c) {
      for (int64_t r = r0; r < r1; ++r) to[c * ld + r] = from[r * ld + c];
    }
  }
  for (int64_t c = 0; c < tags; ++c) {
    for (int64_t r = tags; r < ld; ++r) to[c * ld + r] = fill;
  }
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
