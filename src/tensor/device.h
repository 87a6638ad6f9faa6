// From the name of a device to one that is there.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

#include "clner/error.h"
#include "tensor/batch.h"

namespace clner {

/// What this machine has for `device: cuda`.
struct GpuSupport {
  int64_t gpus = 0;     ///< usable ones; 0: the rest says why there is none
  bool driver = false;  ///< there is an NVIDIA driver
  ErrorCode code = ErrorCode::kConfig;
  std::string why = {}, fix = {};
};

/// Looks once for driver, CUDA part of LibTorch and libclner_cuda.so, opens them, and asks for deterministic kernels.
/// It has to be called before anything else asks LibTorch for a GPU, and before random numbers are seeded.
[[nodiscard]] const GpuSupport& FindGpus();

/// The device `name` stands for when there is `gpu`. A name that is none, a GPU that does not exist: kConfig; parts of
/// the program that are missing: kUnavailable.
[[nodiscard]] at::Device ChooseDevice(const std::string& name, const GpuSupport& gpu);

/// The same on this machine, which is looked at for auto and cuda only; auto says what it takes.
[[nodiscard]] at::Device ResolveDevice(const std::string& name);

/// The batch with its tensors on `device`. Copies to a GPU come from pinned memory and are not waited for.
[[nodiscard]] Batch OnDevice(Batch batch, at::Device device);

}  // namespace clner
