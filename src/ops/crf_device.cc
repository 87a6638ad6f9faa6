#include "ops/crf_device.h"

#include <c10/core/DeviceGuard.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>

namespace clner::ops::internal {
namespace {

/// The arguments of one call in the memory of its device. The memory is given back to LibTorch's allocator, which hands
/// it out again in the order of the stream, so it may go out of scope while the kernels run.
class Arguments {
 public:
  explicit Arguments(const CrfCall& call) : device_(call.emissions.device()), guard_(device_), batch_(call.batch) {
    batch_.offsets = In(call.batch.offsets, call.sentences() + 1);
  }
  [[nodiscard]] const crf::Batch& batch() const { return batch_; }

  /// Null for no elements.
  template <class T>
  const T* In(const T* host, size_t count) {
    if (count == 0) return nullptr;
    const bool on_host = device_.is_cpu();
    const at::Tensor staged = at::empty({Bytes<T>(count)}, at::TensorOptions(at::kByte).pinned_memory(!on_host));
    std::memcpy(staged.mutable_data_ptr(), host, count * sizeof(T));
    return static_cast<const T*>(Keep(staged.to(device_, /*non_blocking=*/true)).const_data_ptr());
  }
  template <class T>
  const T* In(const std::vector<T>& host) {
    return In(host.data(), host.size());
  }
  template <class T>
  T* Out(size_t count) {
    return static_cast<T*>(Keep(at::empty({Bytes<T>(count)}, OnDevice())).mutable_data_ptr());
  }
  uint8_t* Flags() { return Out<uint8_t>(static_cast<size_t>(batch_.sentences)); }
  crf::Workspace Reserve(crf::Operation operation) {
    const size_t bytes = crf::WorkspaceBytesCuda(operation, batch_);
    return {Out<uint8_t>(bytes), bytes};
  }
  [[nodiscard]] void* Stream() const {
    if (device_.is_cpu()) return nullptr;
    return c10::impl::VirtualGuardImpl(device_.type()).getStream(device_).native_handle();
  }
  /// What the kernels wrote to `data`, which Out gave; waits for them.
  template <class T>
  [[nodiscard]] std::vector<T> Read(const T* data) const {
    for (const at::Tensor& tensor : kept_) {
      if (tensor.const_data_ptr() != data) continue;
      const at::Tensor host = tensor.cpu();
      const T* begin = static_cast<const T*>(host.const_data_ptr());
      return std::vector<T>(begin, begin + host.nbytes() / sizeof(T));
    }
    CLNER_CHECK(false, "a result that is read was made by Out");
    return {};
  }

 private:
  template <class T>
  static int64_t Bytes(size_t count) {
    return static_cast<int64_t>(count * sizeof(T));
  }
  [[nodiscard]] at::TensorOptions OnDevice() const { return at::TensorOptions(at::kByte).device(device_); }
  const at::Tensor& Keep(at::Tensor tensor) { return kept_.emplace_back(std::move(tensor)); }

  at::Device device_;
  c10::DeviceGuard guard_;  // the kernels are launched on the device that is current
  crf::Batch batch_;
  std::vector<at::Tensor> kept_;
};

struct Legal {
  Legal(const CrfConstraints& constraints, Arguments* arguments)
      : value{arguments->In(constraints.transitions), arguments->In(constraints.start), arguments->In(constraints.end)},
        pointer(constraints.empty() ? nullptr : &value) {}
  crf::Constraints value;
  const crf::Constraints* pointer;
};

}  // namespace

void LossesOnDevice(const CrfCall& call, const CrfJointTerms& terms, const CrfGradients& grads, CrfJointLoss* loss) {
  Arguments arguments(call);
  const int32_t* gold = arguments.In(terms.gold);
  const float* nll_weight = arguments.In(terms.nll_weight);
  double* nll = arguments.Out<double>(call.sentences());
  if (terms.cooperative == nullptr) {
    CheckStatus(crf::NllCuda(arguments.batch(), call.rows, call.params, gold, nll_weight, nll, grads.rows, grads.params,
                             arguments.Flags(), arguments.Reserve(crf::Operation::kNll), arguments.Stream()),
                "NllCuda");
    loss->nll = arguments.Read(nll);
    return;
  }
  crf::JointTerms joint{gold, nll_weight, arguments.In(terms.teacher_of), *terms.cooperative};
  joint.cooperative.weight = arguments.In(terms.cl_weight);
  double* cl = arguments.Out<double>(call.sentences());
  CheckStatus(crf::JointCuda(arguments.batch(), call.rows, call.params, joint, nll, cl, grads.rows, grads.params,
                             arguments.Flags(), arguments.Reserve(crf::Operation::kJoint), arguments.Stream()),
              "JointCuda");
  loss->nll = arguments.Read(nll);
  loss->cl = arguments.Read(cl);
}

std::vector<int32_t> ViterbiOnDevice(const CrfCall& call, const CrfConstraints& constraints) {
  Arguments arguments(call);
  const Legal legal(constraints, &arguments);
  int32_t* tags = arguments.Out<int32_t>(static_cast<size_t>(call.batch.rows));
  double* score = arguments.Out<double>(call.sentences());
  CheckStatus(crf::ViterbiCuda(arguments.batch(), call.rows, call.params, legal.pointer, tags, score, arguments.Flags(),
                               arguments.Reserve(crf::Operation::kViterbi), arguments.Stream()),
              "ViterbiCuda");
  return arguments.Read(tags);
}

CrfMarginalsResult MarginalsOnDevice(const CrfCall& call, const CrfConstraints& constraints) {
  Arguments arguments(call);
  const Legal legal(constraints, &arguments);
  CrfMarginalsResult result{at::empty_like(call.emissions), {}};
  double* log_z = arguments.Out<double>(call.sentences());
  CheckStatus(crf::MarginalsCuda(arguments.batch(), call.rows, call.params, legal.pointer, log_z,
                                 {result.unary.mutable_data_ptr<float>(), call.batch.tags}, arguments.Flags(),
                                 arguments.Reserve(crf::Operation::kMarginals), arguments.Stream()),
              "MarginalsCuda");
  result.log_z = arguments.Read(log_z);
  return result;
}

std::vector<float> SpanMarginalsOnDevice(const CrfCall& call, const std::vector<crf::SpanTags>& types,
                                         const std::vector<crf::SpanQuery>& queries) {
  Arguments arguments(call);
  float* probability = arguments.Out<float>(queries.size());
  CheckStatus(crf::SpanMarginalsCuda(arguments.batch(), call.rows, call.params, arguments.In(types),
                                     static_cast<int64_t>(types.size()), arguments.In(queries),
                                     static_cast<int64_t>(queries.size()), probability,
                                     arguments.Reserve(crf::Operation::kSpanMarginals), arguments.Stream()),
              "SpanMarginalsCuda");
  return arguments.Read(probability);
}

}  // namespace clner::ops::internal
