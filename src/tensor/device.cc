#include "tensor/device.h"

#include <ATen/Context.h>
#include <dlfcn.h>
#include <torch/cuda.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/device_name.h"
#include "core/log.h"
#include "kernels/crf.h"

namespace clner {
namespace {

constexpr const char* kTorchCuda = "libtorch_cuda.so";

/// The folder LibTorch was loaded from, found by one of its functions.
std::filesystem::path TorchDirectory() {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<const void*>(&torch::cuda::device_count), &info) == 0 || info.dli_fname == nullptr)
    return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

GpuSupport Missing(ErrorCode code, bool driver, std::string why, std::string fix) {
  return {0, driver, code, std::move(why), std::move(fix)};
}

GpuSupport Find() {
  if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == nullptr) {
    return Missing(ErrorCode::kConfig, false, "there is no NVIDIA driver (libcuda.so.1)",
                   "use --device cpu or auto; 'clner doctor' shows what is there");
  }
  std::error_code ignored;
  const std::filesystem::path torch = TorchDirectory() / kTorchCuda;
  if (!std::filesystem::exists(torch, ignored)) {
    return Missing(ErrorCode::kUnavailable, true,
                   "this LibTorch has no CUDA part ('" + torch.string() + "' is missing)",
                   "set CLNER_TORCH_DIR to a LibTorch 2.11.0 with CUDA, such as an installed Python torch; or use "
                   "--device cpu");
  }
  // cuBLAS reads this when it starts; without it its sums are not the same in every run.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  if (dlopen(torch.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    return Missing(ErrorCode::kUnavailable, true,
                   std::string("the CUDA part of LibTorch cannot be opened: ") + dlerror(),
                   "install the NVIDIA libraries that this LibTorch needs; pip install torch==2.11.0 brings them");
  }
  const int64_t gpus = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
  if (gpus == 0) {
    return Missing(ErrorCode::kConfig, true, "the NVIDIA driver finds no GPU, or is older than CUDA 13 needs",
                   "nvidia-smi shows what the driver sees; use --device cpu or auto");
  }
  const crf::KernelStatus kernels = crf::CudaStatus();
  if (kernels != crf::KernelStatus::kOk) {
    return Missing(ErrorCode::kUnavailable, true,
                   kernels == crf::KernelStatus::kNotCompiled
                       ? "libclner_cuda.so is not beside libclner.so, or belongs to another build"
                       : std::string("libclner_cuda.so: ") + crf::StatusText(kernels),
                   "build with a CUDA 13 toolkit (-DCLNER_WITH_CUDA=ON), and keep the libraries of one build together");
  }
  // A resumed run has to follow the uninterrupted one. Where there is no such kernel, LibTorch warns and goes on.
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  at::globalContext().setSDPUseMemEfficient(false);  // its gradients are added up in any order
  at::globalContext().setSDPUseCuDNN(false);
  return {gpus, true};
}

at::Tensor Moved(const at::Tensor& tensor, at::Device device) {
  return tensor.defined() ? tensor.pin_memory().to(device, /*non_blocking=*/true) : tensor;
}

at::Tensor Starts(const std::vector<int64_t>& offsets, at::Device device) {
  at::Tensor starts = at::empty({static_cast<int64_t>(offsets.size())}, at::kInt);
  std::transform(offsets.begin(), offsets.end(), starts.mutable_data_ptr<int32_t>(),
                 [](int64_t offset) { return static_cast<int32_t>(offset); });
  return Moved(starts, device);
}

}  // namespace

const GpuSupport& FindGpus() {
  static const GpuSupport support = Find();
  return support;
}

at::Device ChooseDevice(const std::string& name, const GpuSupport& gpu) {
  const std::optional<DeviceName> device = ParseDeviceName(name);
  if (!device) throw Error(ErrorCode::kConfig, BadDeviceName(name), "", "devices: auto, cpu, cuda, cuda:N");
  if (device->kind == DeviceName::Kind::kCpu) return at::kCPU;
  if (gpu.gpus == 0) {
    if (device->kind == DeviceName::Kind::kAuto) return at::kCPU;
    throw Error(gpu.code, "device '" + name + "' is not available: " + gpu.why, "", gpu.fix);
  }
  if (device->index >= gpu.gpus) {
    throw Error(ErrorCode::kConfig,
                "device '" + name + "' does not exist: the last GPU is cuda:" + std::to_string(gpu.gpus - 1), "",
                "use cuda:0 to cuda:" + std::to_string(gpu.gpus - 1) + ", or auto");
  }
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device->index));
}

at::Device ResolveDevice(const std::string& name) {
  const std::optional<DeviceName> parsed = ParseDeviceName(name);
  if (!parsed || parsed->kind == DeviceName::Kind::kCpu) return ChooseDevice(name, {});
  const GpuSupport& gpu = FindGpus();
  const at::Device device = ChooseDevice(name, gpu);
  if (parsed->kind != DeviceName::Kind::kAuto) return device;
  if (device.is_cuda()) {
    LogInfo("device auto: " + device.str());
  } else if (gpu.driver) {
    LogInfo("device auto: cpu, because " + gpu.why);
  } else {
    LogVerbose("device auto: cpu, because " + gpu.why);  // nobody expects a GPU here
  }
  return device;
}

Batch OnDevice(Batch batch, at::Device device) {
  if (device.is_cpu()) return batch;
  batch.query_starts = Starts(batch.cu_queries, device);
  batch.row_starts = Starts(batch.cu_seqlens, device);
  for (at::Tensor* tensor : {&batch.ids, &batch.positions, &batch.query_index, &batch.query_of_word,
                             &batch.queries_of_word, &batch.word_position}) {
    *tensor = Moved(*tensor, device);
  }
  return batch;
}

}  // namespace clner
