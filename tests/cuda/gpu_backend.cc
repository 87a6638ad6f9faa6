// The test suite of the CRF kernels on a GPU. Arguments are copied to the device and back around every call; without a
// device every test is skipped, with the reason.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "kernels/cuda/device_call.h"
#include "unit/kernels/crf_backend.h"

namespace clner::crf::test::backend {
namespace {

void Check(cudaError_t error) { ASSERT_EQ(error, cudaSuccess) << cudaGetErrorString(error); }

/// Host arrays mirrored on the device while the object lives; outputs come back with Collect().
class Mirror {
 public:
  Mirror() = default;
  ~Mirror() {
    for (const Piece& piece : pieces_) cudaFree(piece.device);
  }
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  /// Exactly `count` elements, so that compute-sanitizer sees an access behind them.
  template <class T>
  const T* In(const T* host, int64_t count) {
    return Copy(const_cast<T*>(host), count, false);
  }
  template <class T>
  T* Out(T* host, int64_t count) {
    return Copy(host, count, true);
  }
  void Collect() const {
    Check(cudaDeviceSynchronize());
    for (const Piece& piece : pieces_) {
      if (piece.host != nullptr) Check(cudaMemcpy(piece.host, piece.device, piece.bytes, cudaMemcpyDeviceToHost));
    }
  }

 private:
  struct Piece {
    void* device;
    void* host;  ///< null: nothing to bring back
    size_t bytes;
  };
  template <class T>
  T* Copy(T* host, int64_t count, bool back) {
    if (host == nullptr || count <= 0) return host;
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    void* device = nullptr;
    Check(cudaMalloc(&device, bytes));
    Check(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice));
    pieces_.push_back({device, back ? host : nullptr, bytes});
    return static_cast<T*>(device);
  }
  std::vector<Piece> pieces_;
};

/// The common arguments, mirrored. Rows may end with the last tag: the gap behind it need not exist.
struct Inputs {
  Inputs(Mirror* mirror, const Batch& host, Rows rows, const Params& host_params) : batch(host), emissions(rows) {
    batch.offsets = mirror->In(host.offsets, host.sentences + 1);
    batch.lengths = mirror->In(host.lengths, host.lengths != nullptr ? host.sentences : 0);
    emissions.data = mirror->In(rows.data, RowFloats(host, rows.stride));
    params = host_params;
    params.transitions = mirror->In(host_params.transitions, (host.tags - 1) * host_params.stride + host.tags);
    params.start = mirror->In(host_params.start, host.tags);
    params.end = mirror->In(host_params.end, host.tags);
  }
  static int64_t RowFloats(const Batch& host, int64_t stride) {
    return host.rows > 0 ? (host.rows - 1) * stride + host.tags : 0;
  }
  Batch batch;
  Rows emissions;
  Params params;
};

RowsOut MirrorRows(Mirror* mirror, const Batch& host, RowsOut rows) {
  return {mirror->Out(rows.data, Inputs::RowFloats(host, rows.stride)), rows.stride};
}
ParamGrads MirrorGrads(Mirror* mirror, const Batch& host, const ParamGrads& grads) {
  return {mirror->Out(grads.transitions, (host.tags - 1) * grads.stride + host.tags),
          mirror->Out(grads.start, host.tags), mirror->Out(grads.end, host.tags), grads.stride};
}
Constraints MirrorConstraints(Mirror* mirror, const Batch& host, const Constraints* constraints) {
  const Constraints none = constraints != nullptr ? *constraints : Constraints{};
  return {mirror->In(none.transitions, host.tags * host.tags), mirror->In(none.start, host.tags),
          mirror->In(none.end, host.tags)};
}
CooperativeTerm MirrorTerm(Mirror* mirror, const Batch& host, CooperativeTerm term) {
  term.weight = mirror->In(term.weight, host.sentences);
  return term;
}
Workspace MirrorWorkspace(Mirror* mirror, Workspace workspace) {
  return {mirror->Out(static_cast<uint8_t*>(workspace.data), static_cast<int64_t>(workspace.bytes)), workspace.bytes};
}

KernelStatus Finish(const Mirror& mirror, KernelStatus status) {
  if (status == KernelStatus::kOk) mirror.Collect();
  return status;
}

/// A test starts as skipped when there is no GPU.
class SkipWithoutGpu : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo& /*info*/) override {
    if (CudaStatus() != KernelStatus::kOk) Skip();
  }
  static void Skip() { GTEST_SKIP() << "no GPU test: " << StatusText(CudaStatus()); }
};
const bool listens = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new SkipWithoutGpu);
  return true;
}();

}  // namespace

void ForEachTarget(const std::function<void()>& body) { body(); }
bool ChecksValues() { return false; }
size_t WorkspaceBytes(Operation operation, const Batch& batch) { return WorkspaceBytesCuda(operation, batch); }

// Every call is checked with the host's pointers first: sizes that are refused cannot be mirrored.

KernelStatus Nll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold, const float* weight,
                 double* loss, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                 const Exec& /*exec*/) {
  device::DeviceCall dry;
  const KernelStatus checked =
      device::PrepareNll(batch, emissions, params, gold, weight, loss, d_emissions, grads, flags, workspace, &dry);
  if (checked != KernelStatus::kOk) return checked;
  Mirror m;
  const Inputs in(&m, batch, emissions, params);
  return Finish(m,
                NllCuda(in.batch, in.emissions, in.params, m.In(gold, batch.rows), m.In(weight, batch.sentences),
                        m.Out(loss, batch.sentences), MirrorRows(&m, batch, d_emissions), MirrorGrads(&m, batch, grads),
                        m.Out(flags, batch.sentences), MirrorWorkspace(&m, workspace), nullptr));
}

KernelStatus Marginals(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                       double* log_z, RowsOut unary, uint8_t* flags, Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall dry;
  const KernelStatus checked =
      device::PrepareMarginals(batch, emissions, params, constraints, log_z, unary, flags, workspace, &dry);
  if (checked != KernelStatus::kOk) return checked;
  Mirror m;
  const Inputs in(&m, batch, emissions, params);
  const Constraints allowed = MirrorConstraints(&m, batch, constraints);
  return Finish(m, MarginalsCuda(in.batch, in.emissions, in.params, &allowed, m.Out(log_z, batch.sentences),
                                 MirrorRows(&m, batch, unary), m.Out(flags, batch.sentences),
                                 MirrorWorkspace(&m, workspace), nullptr));
}

KernelStatus Viterbi(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                     int32_t* tags, double* score, uint8_t* flags, Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall dry;
  const KernelStatus checked =
      device::PrepareViterbi(batch, emissions, params, constraints, tags, score, flags, workspace, &dry);
  if (checked != KernelStatus::kOk) return checked;
  Mirror m;
  const Inputs in(&m, batch, emissions, params);
  const Constraints allowed = MirrorConstraints(&m, batch, constraints);
  return Finish(m, ViterbiCuda(in.batch, in.emissions, in.params, &allowed, m.Out(tags, batch.rows),
                               m.Out(score, batch.sentences), m.Out(flags, batch.sentences),
                               MirrorWorkspace(&m, workspace), nullptr));
}

KernelStatus Posterior(const Batch& batch, Rows emissions, const Params& params, const Constraints* constraints,
                       int32_t* tags, double* log_z, uint8_t* flags, Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall dry;
  const KernelStatus checked =
      device::PreparePosterior(batch, emissions, params, constraints, tags, log_z, flags, workspace, &dry);
  if (checked != KernelStatus::kOk) return checked;
  Mirror m;
  const Inputs in(&m, batch, emissions, params);
  const Constraints allowed = MirrorConstraints(&m, batch, constraints);
  return Finish(m, PosteriorCuda(in.batch, in.emissions, in.params, &allowed, m.Out(tags, batch.rows),
                                 m.Out(log_z, batch.sentences), m.Out(flags, batch.sentences),
                                 MirrorWorkspace(&m, workspace), nullptr));
}

KernelStatus SpanMarginals(const Batch& batch, Rows emissions, const Params& params, const SpanTags* types,
                           int64_t type_count, const SpanQuery* queries, int64_t count, float* probability,
                           Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall dry;
  const KernelStatus checked = device::PrepareSpanMarginals(batch, emissions, params, types, type_count, queries, count,
                                                            probability, workspace, &dry);
  if (checked != KernelStatus::kOk) return checked;
  Mirror m;
  const Inputs in(&m, batch, emissions, params);
  return Finish(
      m, SpanMarginalsCuda(in.batch, in.emissions, in.params, m.In(types, type_count), type_count, m.In(queries, count),
                           count, m.Out(probability, count), MirrorWorkspace(&m, workspace), nullptr));
}

KernelStatus Joint(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms, double* nll,
                   double* cl, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                   const Exec& /*exec*/) {
  device::DeviceCall dry;
  const KernelStatus checked =
      device::PrepareJoint(batch, emissions, params, terms, nll, cl, d_emissions, grads, flags, workspace, &dry);
  if (checked != KernelStatus::kOk) return checked;
  Mirror m;
  const Inputs in(&m, batch, emissions, params);
  JointTerms device_terms;
  device_terms.gold = m.In(terms.gold, batch.rows);
  device_terms.nll_weight = m.In(terms.nll_weight, batch.sentences);
  device_terms.teacher_of = m.In(terms.teacher_of, batch.sentences);
  device_terms.cooperative = MirrorTerm(&m, batch, terms.cooperative);
  return Finish(m,
                JointCuda(in.batch, in.emissions, in.params, device_terms, m.Out(nll, batch.sentences),
                          m.Out(cl, batch.sentences), MirrorRows(&m, batch, d_emissions), MirrorGrads(&m, batch, grads),
                          m.Out(flags, batch.sentences), MirrorWorkspace(&m, workspace), nullptr));
}

KernelStatus Cooperative(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                         const CooperativeTerm& term, double* cl, RowsOut d_emissions, const ParamGrads& grads,
                         uint8_t* flags, Workspace workspace, const Exec& /*exec*/) {
  device::DeviceCall dry;
  const KernelStatus checked = device::PrepareCooperative(batch, emissions, params, teacher, term, cl, d_emissions,
                                                          grads, flags, workspace, &dry);
  if (checked != KernelStatus::kOk) return checked;
  Mirror m;
  const Inputs in(&m, batch, emissions, params);
  const Rows rows{m.In(teacher.data, Inputs::RowFloats(batch, teacher.stride)), teacher.stride};
  return Finish(
      m, CooperativeCuda(in.batch, in.emissions, in.params, rows, MirrorTerm(&m, batch, term),
                         m.Out(cl, batch.sentences), MirrorRows(&m, batch, d_emissions), MirrorGrads(&m, batch, grads),
                         m.Out(flags, batch.sentences), MirrorWorkspace(&m, workspace), nullptr));
}

}  // namespace clner::crf::test::backend
