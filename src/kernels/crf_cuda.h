// Border between the kernel library and libclner_cuda.so, which is opened when the first *Cuda function is called.
#pragma once

#include "kernels/cuda/device_call.h"

namespace clner::crf::internal {

/// What libclner_cuda.so hands out; `version` guards the layout of DeviceCall.
struct CudaLibrary {
  static constexpr int kVersion = 1;
  int version = kVersion;
  size_t call_bytes = sizeof(device::DeviceCall);
  bool (*has_device)() = nullptr;
  /// Starts all launches of a call on a cudaStream_t; neither waits nor allocates.
  KernelStatus (*launch)(const device::DeviceCall& call, void* stream) = nullptr;
};
inline constexpr const char* kCudaLibraryName = "libclner_cuda.so";
inline constexpr const char* kCudaLibrarySymbol = "clner_crf_cuda_library";

}  // namespace clner::crf::internal
