// The lane groups of a GPU: a warp, and a block of several warps.
#pragma once

#include "kernels/cuda/lanes.h"

namespace clner::crf::device {

struct AddOp {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct LargerOp {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};
struct SmallerOp {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};

inline constexpr int kWarp = 32;
inline constexpr unsigned kAllLanes = 0xffffffffu;

/// A butterfly: both partners add the same two numbers, so every lane ends with the same bits.
template <class T, class Op>
__device__ T WarpReduce(T value, Op op) {
#pragma unroll
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    value = op(value, __shfl_xor_sync(kAllLanes, value, distance));
  }
  return value;
}

/// The 32 lanes of one warp; blockDim.x is a multiple of 32.
struct WarpGroup {
  __device__ static int Lanes() { return kWarp; }
  __device__ static int Lane() { return static_cast<int>(threadIdx.x) % kWarp; }
  __device__ static void Sync() { __syncwarp(); }
  template <class T>
  __device__ static T Sum(T value) {
    return WarpReduce(value, AddOp{});
  }
  template <class T>
  __device__ static T Max(T value) {
    return WarpReduce(value, LargerOp{});
  }
  template <class T>
  __device__ static T Min(T value) {
    return WarpReduce(value, SmallerOp{});
  }
};

/// All threads of a block of kLanes.
template <int kLanes>
struct BlockGroup {
  __device__ static int Lanes() { return kLanes; }
  __device__ static int Lane() { return static_cast<int>(threadIdx.x); }
  __device__ static void Sync() { __syncthreads(); }
  template <class T>
  __device__ static T Sum(T value) {
    return Reduce(value, AddOp{});
  }
  template <class T>
  __device__ static T Max(T value) {
    return Reduce(value, LargerOp{});
  }
  template <class T>
  __device__ static T Min(T value) {
    return Reduce(value, SmallerOp{});
  }

 private:
  /// Warps in order, every thread for itself.
  template <class T, class Op>
  __device__ static T Reduce(T value, Op op) {
    constexpr int kWarps = kLanes / kWarp;
    __shared__ T parts[kWarps];
    value = WarpReduce(value, op);
    __syncthreads();  // everybody has read the parts of the reduction before
    if (Lane() % kWarp == 0) parts[Lane() / kWarp] = value;
    __syncthreads();
    value = parts[0];
#pragma unroll
    for (int warp = 1; warp < kWarps; ++warp) value = op(value, parts[warp]);
    return value;
  }
};

}  // namespace clner::crf::device
