// libclner_cuda.so: the launches of launches.h on a GPU.
#include <cuda_runtime.h>

#include "kernels/crf_cuda.h"
#include "kernels/cuda/gpu_groups.cuh"
#include "kernels/cuda/launches.h"

namespace clner::crf::device {
namespace {

constexpr int kRowWarps = 4;             // warps of a block that share no memory
constexpr int64_t kMaxBlocks = 1 << 20;  // more items are taken in turns
constexpr size_t kPlainSharedBytes = size_t{40}
                                     << 10;  // a block may have more (48 KiB with what reductions use) only on request

/// Items over the warps of the grid; `scratch_bytes` of shared memory for the only warp of a block that needs any.
template <class Columns, class Body>
__global__ void __launch_bounds__(kRowWarps* kWarp) RunWarps(Body body, int64_t count) {
  extern __shared__ float4 scratch[];
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (blockDim.x / kWarp);
  const int64_t first = static_cast<int64_t>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp;
  for (int64_t i = first; i < count; i += warps) {
    body.template Run<Layout<WarpGroup, Columns>>(WarpGroup{}, i, scratch);
    WarpGroup::Sync();  // the next item writes the scratch memory
  }
}

template <int kLanes, class Columns, class Body>
__global__ void __launch_bounds__(kLanes) RunBlocks(Body body, int64_t count) {
  extern __shared__ float4 scratch[];
  for (int64_t i = blockIdx.x; i < count; i += gridDim.x) {
    body.template Run<Layout<BlockGroup<kLanes>, Columns>>(BlockGroup<kLanes>{}, i, scratch);
    BlockGroup<kLanes>::Sync();
  }
}

class GpuRunner {
 public:
  explicit GpuRunner(cudaStream_t stream) : stream_(stream) {}

  template <class Body>
  void Warps(int64_t count, const Body& body) {
    if (count == 0) return;
    RunWarps<MemoryColumns<32>>
        <<<Grid((count + kRowWarps - 1) / kRowWarps), kRowWarps * kWarp, 0, stream_>>>(body, count);
    Check();
  }

  template <class Body>
  void Blocks(int64_t count, size_t scratch_bytes, const Body& body) {
    Block<256, MemoryColumns<4>>(count, scratch_bytes, body);
  }

  /// The layouts of docs/internals/crf.md, "On a GPU". A warp has a block of its own, so that few sentences spread over
  /// all processors.
  template <class Body>
  void Chains(int64_t count, int64_t tags, size_t scratch_bytes, const Body& body) {
    if (tags <= 32) {
      Warp<RegisterColumns<32, 1>>(count, scratch_bytes, body);
    } else if (tags <= 64) {
      Warp<RegisterColumns<64, 2>>(count, scratch_bytes, body);
    } else if (tags <= 128) {
      Block<128, RegisterColumns<128, 1>>(count, scratch_bytes, body);
    } else {
      Block<256, MemoryColumns<4>>(count, scratch_bytes, body);
    }
  }

  [[nodiscard]] KernelStatus Status() const { return ok_ ? KernelStatus::kOk : KernelStatus::kLaunchFailed; }

 private:
  static unsigned Grid(int64_t blocks) { return static_cast<unsigned>(blocks < kMaxBlocks ? blocks : kMaxBlocks); }
  void Check() { ok_ = cudaGetLastError() == cudaSuccess && ok_; }

  template <class Columns, class Body>
  void Warp(int64_t count, size_t scratch_bytes, const Body& body) {
    if (count == 0) return;
    RunWarps<Columns><<<Grid(count), kWarp, scratch_bytes, stream_>>>(body, count);
    Check();
  }
  template <int kLanes, class Columns, class Body>
  void Block(int64_t count, size_t scratch_bytes, const Body& body) {
    if (count == 0) return;
    if (scratch_bytes > kPlainSharedBytes) {
      const auto bytes = static_cast<int>(scratch_bytes);
      ok_ = cudaFuncSetAttribute(RunBlocks<kLanes, Columns, Body>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 bytes) == cudaSuccess &&
            ok_;
    }
    RunBlocks<kLanes, Columns><<<Grid(count), kLanes, scratch_bytes, stream_>>>(body, count);
    Check();
  }

  cudaStream_t stream_;
  bool ok_ = true;
};

bool HasDevice() {
  int count = 0;
  const bool found = cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
  (void)cudaGetLastError();  // "no device" is an answer, not an error of the next launch
  return found;
}

KernelStatus LaunchCall(const DeviceCall& call, void* stream) {
  GpuRunner runner(static_cast<cudaStream_t>(stream));
  Launch(&runner, call);
  return runner.Status();
}

}  // namespace
}  // namespace clner::crf::device

extern "C" __attribute__((visibility("default"))) const clner::crf::internal::CudaLibrary* clner_crf_cuda_library() {
  static const clner::crf::internal::CudaLibrary library = [] {
    clner::crf::internal::CudaLibrary table;
    table.has_device = &clner::crf::device::HasDevice;
    table.launch = &clner::crf::device::LaunchCall;
    return table;
  }();
  return &library;
}
