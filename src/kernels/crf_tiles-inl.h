// Register tiles: a product is cut into tiles of R rows by P vectors whose accumulators stay in registers.
#include <cstddef>

#include "hwy/highway.h"
#include "kernels/crf_lanes-inl.h"

#if defined(CLNER_KERNELS_CRF_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CLNER_KERNELS_CRF_TILES_INL_H_
#undef CLNER_KERNELS_CRF_TILES_INL_H_
#else
#define CLNER_KERNELS_CRF_TILES_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace clner::crf::internal::HWY_NAMESPACE {

template <size_t P>
inline constexpr size_t kTileRows = kAccumulators / P < 8 ? kAccumulators / P : 8;

/// acc[r][p] = sum over k = 0..depth-1, in this order, of x[r][k] * g[k][p]: the order does not depend on R or P, so a
/// row has the same bits in every tile.
template <size_t R, size_t P>
HWY_INLINE void MultiplyTile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT g, size_t ld, size_t depth,
                             Vec (&acc)[R][P]) {
  const F32 d;
#pragma GCC unroll 8
  for (size_t r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (size_t p = 0; p < P; ++p) acc[r][p] = hn::Zero(d);
  }
  for (size_t k = 0; k < depth; ++k) {
    Vec row[P];
#pragma GCC unroll 4
    for (size_t p = 0; p < P; ++p) row[p] = hn::Load(d, g + p * kLanes);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
      const Vec scalar = hn::Set(d, x[r * ld]);
#pragma GCC unroll 4
      for (size_t p = 0; p < P; ++p) acc[r][p] = hn::MulAdd(scalar, row[p], acc[r][p]);
    }
    ++x;
    g += ld;
  }
}

/// Calls f.template Run<R, P>(row, vector) for `rows` rows cut into tiles of nearly equal height.
template <size_t P, class F>
HWY_INLINE void ForEachRowTile(size_t rows, size_t vector, const F& f) {
  size_t row = 0;
  while (row < rows) {
    const size_t tiles = (rows - row + kTileRows<P> - 1) / kTileRows<P>;
    const size_t height = (rows - row + tiles - 1) / tiles;
    switch (height) {
      case 1:
        f.template Run<1, P>(row, vector);
        break;
      case 2:
        f.template Run<2, P>(row, vector);
        break;
      default:
        if constexpr (kTileRows<P> >= 3) {
          if (height == 3) f.template Run<3, P>(row, vector);
        }
        if constexpr (kTileRows<P> >= 4) {
          if (height == 4) f.template Run<4, P>(row, vector);
        }
        if constexpr (kTileRows<P> >= 6) {
          if (height == 5) f.template Run<5, P>(row, vector);
          if (height == 6) f.template Run<6, P>(row, vector);
        }
        if constexpr (kTileRows<P> >= 8) {
          if (height == 7) f.template Run<7, P>(row, vector);
          if (height == 8) f.template Run<8, P>(row, vector);
        }
        break;
    }
    row += height;
  }
}

/// All tiles of a [rows][vectors] result: panels of at most kPanel vectors, row tiles inside.
template <class F>
HWY_INLINE void ForEachTile(size_t rows, size_t vectors, const F& f) {
  size_t vector = 0;
  while (vector < vectors) {
    const size_t panels = (vectors - vector + kPanel - 1) / kPanel;
    const size_t width = (vectors - vector + panels - 1) / panels;
    switch (width) {
      case 1:
        ForEachRowTile<1>(rows, vector, f);
        break;
      case 2:
        ForEachRowTile<2>(rows, vector, f);
        break;
      default:
        if constexpr (kPanel >= 4) {
          if (width == 3) ForEachRowTile<3>(rows, vector, f);
          if (width == 4) ForEachRowTile<4>(rows, vector, f);
        }
        break;
    }
    vector += width;
  }
}

}  // namespace clner::crf::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
