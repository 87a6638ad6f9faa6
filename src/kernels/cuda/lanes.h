// What the CUDA kernels are written in: functions run by all lanes of a group at once. The groups of a GPU are a warp
// and a block (gpu_groups.cuh); OneLane below is a host group, so that the same functions run without a GPU.
//
// A group has Lanes(), Lane(), Sync() (a barrier that also makes writes visible to the other lanes) and the reductions
// Sum(), Max(), Min(), whose result every lane gets with the same bits. All of these are collective: every lane of the
// group makes the same calls in the same order.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#if defined(__CUDACC__)
#define CLNER_DEVICE __device__
#define CLNER_HOST_DEVICE __host__ __device__
#define CLNER_UNROLL _Pragma("unroll")
#else
#define CLNER_DEVICE
#define CLNER_HOST_DEVICE
#define CLNER_UNROLL
#endif

namespace clner::crf::device {

inline constexpr float kInfF = std::numeric_limits<float>::infinity();
inline constexpr float kLargestF = std::numeric_limits<float>::max();
inline constexpr float kSmallestF = std::numeric_limits<float>::min();  ///< normal
inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr int kNoTag = std::numeric_limits<int>::max();

/// a * b + c where rounding once is welcome; everywhere else the compilers are told not to fuse, so that equal inputs
/// give equal bits wherever they are computed.
[[nodiscard]] CLNER_DEVICE inline float MultiplyAdd(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#else
  return a * b + c;
#endif
}

/// One lane that is the whole group.
struct OneLane {
  [[nodiscard]] CLNER_DEVICE static int Lanes() { return 1; }
  [[nodiscard]] CLNER_DEVICE static int Lane() { return 0; }
  CLNER_DEVICE static void Sync() {}
  template <class T>
  [[nodiscard]] CLNER_DEVICE static T Sum(T value) {
    return value;
  }
  template <class T>
  [[nodiscard]] CLNER_DEVICE static T Max(T value) {
    return value;
  }
  template <class T>
  [[nodiscard]] CLNER_DEVICE static T Min(T value) {
    return value;
  }
};

/// A group and how its lanes hold the columns of a K x K matrix (columns.h).
template <class GroupType, class ColumnsType>
struct Layout {
  using Group = GroupType;
  using Columns = ColumnsType;
};

/// Smallest y in [0, count) with the largest value(y); every lane gets it. Values are not NaN.
template <class Group, class Value>
[[nodiscard]] CLNER_DEVICE int FirstLargest(const Group& group, int count, const Value& value) {
  double top = -kInf;
  int first = kNoTag;
  for (int y = group.Lane(); y < count; y += group.Lanes()) {
    const double candidate = static_cast<double>(value(y));
    if (candidate > top || first == kNoTag) {
      top = candidate;
      first = y;
    }
  }
  const double best = group.Max(top);
  const int tag = group.Min(top == best ? first : kNoTag);
  return tag < count ? tag : 0;
}

}  // namespace clner::crf::device
