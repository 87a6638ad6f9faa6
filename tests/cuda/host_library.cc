// A stand-in for libclner_cuda.so: the same device functions, run on the host as one lane. With it the code that calls
// the library can be tested without a GPU.
#include "kernels/crf_cuda.h"
#include "lane_runners.h"

namespace {

clner::crf::KernelStatus Launch(const clner::crf::device::DeviceCall& call, void* /*stream*/) {
  clner::crf::test::OneLaneRunner runner;
  clner::crf::device::Launch(&runner, call);
  return clner::crf::KernelStatus::kOk;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const clner::crf::internal::CudaLibrary* clner_crf_cuda_library();
const clner::crf::internal::CudaLibrary* clner_crf_cuda_library() {
  static const clner::crf::internal::CudaLibrary library = [] {
    clner::crf::internal::CudaLibrary table;
    table.has_device = [] { return true; };
    table.launch = &Launch;
    return table;
  }();
  return &library;
}
