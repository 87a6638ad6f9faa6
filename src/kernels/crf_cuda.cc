// The CUDA twins of the entry points: arguments are checked here, the launches are in libclner_cuda.so, which is opened
// on the first call.
#include "kernels/crf_cuda.h"

#include <dlfcn.h>

#include "kernels/crf.h"

namespace clner::crf {
namespace internal {
namespace {

#if defined(CLNER_WITH_CUDA)
/// Null when the library is not there or belongs to another build.
const CudaLibrary* OpenLibrary() {
  void* handle = dlopen(kCudaLibraryName, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return nullptr;
  using Function = const CudaLibrary* (*)();
  const auto function = reinterpret_cast<Function>(dlsym(handle, kCudaLibrarySymbol));
  const CudaLibrary* library = function != nullptr ? function() : nullptr;
  const CudaLibrary expected;
  const bool fits =
      library != nullptr && library->version == expected.version && library->call_bytes == expected.call_bytes;
  return fits ? library : nullptr;
}

const CudaLibrary* Library() {
  static const CudaLibrary* const library = OpenLibrary();
  return library;
}
#else
const CudaLibrary* Library() { return nullptr; }
#endif

/// kNotCompiled and kNoDevice come before every other check, so that they can be asked for with an empty call.
KernelStatus Available() {
  if (Library() == nullptr) return KernelStatus::kNotCompiled;
  static const bool has_device = Library()->has_device();
  return has_device ? KernelStatus::kOk : KernelStatus::kNoDevice;
}

/// prepare(DeviceCall*) checks and plans.
template <class Prepare>
KernelStatus Submit(void* stream, const Prepare& prepare) {
  const KernelStatus available = Available();
  if (available != KernelStatus::kOk) return available;
  device::DeviceCall call;
  const KernelStatus prepared = prepare(&call);
  return prepared == KernelStatus::kOk ? Library()->launch(call, stream) : prepared;
}

}  // namespace
}  // namespace internal

KernelStatus CudaStatus() { return internal::Available(); }

size_t WorkspaceBytesCuda(Operation operation, const Batch& batch) {
  return device::DeviceWorkspaceBytes(operation, batch);
}

KernelStatus NllCuda(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold, const float* weight,
                     double* loss, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                     void* stream) {
  return internal::Submit(stream, [&](device::DeviceCall* call) {
    return device::PrepareNll(batch, emissions, params, gold, weight, loss, d_emissions, grads, flags, workspace, call);
  });
}

KernelStatus MarginalsCuda(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                           double* log_z, RowsOut unary, uint8_t* flags, Workspace workspace, void* stream) {
  return internal::Submit(stream, [&](device::DeviceCall* call) {
    return device::PrepareMarginals(batch, emissions, params, constraints, log_z, unary, flags, workspace, call);
  });
}

KernelStatus ViterbiCuda(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                         int32_t* tags, double* score, uint8_t* flags, Workspace workspace, void* stream) {
  return internal::Submit(stream, [&](device::DeviceCall* call) {
    return device::PrepareViterbi(batch, emissions, params, constraints, tags, score, flags, workspace, call);
  });
}

KernelStatus PosteriorCuda(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                           int32_t* tags, double* log_z, uint8_t* flags, Workspace workspace, void* stream) {
  return internal::Submit(stream, [&](device::DeviceCall* call) {
    return device::PreparePosterior(batch, emissions, params, constraints, tags, log_z, flags, workspace, call);
  });
}

KernelStatus SpanMarginalsCuda(const Batch& batch, Rows emissions, const Params& params, const SpanTags* types,
                               int64_t type_count, const SpanQuery* queries, int64_t count, float* probability,
                               Workspace workspace, void* stream) {
  return internal::Submit(stream, [&](device::DeviceCall* call) {
    return device::PrepareSpanMarginals(batch, emissions, params, types, type_count, queries, count, probability,
                                        workspace, call);
  });
}

KernelStatus JointCuda(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms, double* nll,
                       double* cl, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                       void* stream) {
  return internal::Submit(stream, [&](device::DeviceCall* call) {
    return device::PrepareJoint(batch, emissions, params, terms, nll, cl, d_emissions, grads, flags, workspace, call);
  });
}

KernelStatus CooperativeCuda(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                             const CooperativeTerm& term, double* cl, RowsOut d_emissions, const ParamGrads& grads,
                             uint8_t* flags, Workspace workspace, void* stream) {
  return internal::Submit(stream, [&](device::DeviceCall* call) {
    return device::PrepareCooperative(batch, emissions, params, teacher, term, cl, d_emissions, grads, flags, workspace,
                                      call);
  });
}

}  // namespace clner::crf
