// One call on a device: the checks that need no device memory, the carve-up of the workspace, and the launches in terms
// of a runner. The runner of libclner_cuda.so starts kernels; the one of the tests runs the same functions on the host.
#pragma once

#include "kernels/crf.h"
#include "kernels/cuda/joint_call.h"
#include "kernels/cuda/posterior_rows.h"

namespace clner::crf::device {

/// Everything the launches of one operation need; pointers into device memory.
struct DeviceCall {
  Operation operation = Operation::kNll;
  View view;
  ScaledParams scaled;
  Params params;
  Constraints allowed;
  UnaryOut out;
  double* value = nullptr;  ///< [B] loss, log Z or path score
  uint8_t* flags = nullptr;
  ParamGrads grads;
  int32_t* tags = nullptr;   ///< Viterbi
  uint16_t* back = nullptr;  ///< Viterbi
  double* pair_sums = nullptr;
  uint8_t* has_pair_sums = nullptr;
  uint8_t* use = nullptr;
  JointData joint;
  int64_t groups = 0;  ///< of sentences
  bool redo_all = false;
  const SpanTags* types = nullptr;
  int64_t type_count = 0;
  const SpanQuery* queries = nullptr;
  int64_t query_count = 0;
  float* probability = nullptr;
};

/// Bytes of device memory `operation` needs; only sizes are read, never offsets or lengths. 0 for bad sizes.
[[nodiscard]] size_t DeviceWorkspaceBytes(Operation operation, const Batch& batch);

// Fill `call`: kOk or kBadArgument. Nothing is written to device memory.
[[nodiscard]] KernelStatus PrepareNll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold,
                                      const float* weight, double* loss, RowsOut d_emissions, const ParamGrads& grads,
                                      uint8_t* flags, Workspace workspace, DeviceCall* call);
[[nodiscard]] KernelStatus PrepareMarginals(const Batch& batch, Rows emissions, const Params& params,
                                            const Constraints* constraints, double* log_z, RowsOut unary,
                                            uint8_t* flags, Workspace workspace, DeviceCall* call);
[[nodiscard]] KernelStatus PrepareViterbi(const Batch& batch, Rows emissions, const Params& params,
                                          const Constraints* constraints, int32_t* tags, double* score, uint8_t* flags,
                                          Workspace workspace, DeviceCall* call);
[[nodiscard]] KernelStatus PreparePosterior(const Batch& batch, Rows emissions, const Params& params,
                                            const Constraints* constraints, int32_t* tags, double* log_z,
                                            uint8_t* flags, Workspace workspace, DeviceCall* call);
[[nodiscard]] KernelStatus PrepareSpanMarginals(const Batch& batch, Rows emissions, const Params& params,
                                                const SpanTags* types, int64_t type_count, const SpanQuery* queries,
                                                int64_t count, float* probability, Workspace workspace,
                                                DeviceCall* call);
[[nodiscard]] KernelStatus PrepareJoint(const Batch& batch, Rows emissions, const Params& params,
                                        const JointTerms& terms, double* nll, double* cl, RowsOut d_emissions,
                                        const ParamGrads& grads, uint8_t* flags, Workspace workspace, DeviceCall* call);
[[nodiscard]] KernelStatus PrepareCooperative(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                                              const CooperativeTerm& term, double* cl, RowsOut d_emissions,
                                              const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                                              DeviceCall* call);

}  // namespace clner::crf::device
