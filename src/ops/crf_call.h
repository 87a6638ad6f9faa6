// What the calls of the CRF kernels on every device share: checked inputs, the place of the gradients, statuses.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "ops/crf_op.h"

namespace clner::ops::internal {

inline void CheckStatus(crf::KernelStatus status, const char* call) {
  if (status == crf::KernelStatus::kOk) return;
  throw Error(ErrorCode::kInternal, std::string("CRF kernel '") + call + "' failed: " + crf::StatusText(status), "",
              "this is a bug in clner; please report it");
}

inline at::Tensor AsFloatRows(const at::Tensor& tensor) { return tensor.detach().to(at::kFloat).contiguous(); }

/// Emissions, parameters and sizes in the form of the kernel contract; owns what the pointers point to, `offsets`
/// aside, which is `cu_words`.
struct CrfCall {
  CrfCall(const at::Tensor& emissions_in, const CrfParams& params_in, const std::vector<int64_t>& cu_words)
      : emissions(AsFloatRows(emissions_in)),
        transitions(AsFloatRows(params_in.transitions)),
        start(AsFloatRows(params_in.start)),
        end(AsFloatRows(params_in.end)) {
    CLNER_CHECK_EQ(emissions.dim(), 2);
    CLNER_CHECK_EQ(emissions.size(0), cu_words.back());
    const int64_t tags = emissions.size(1);
    CLNER_CHECK(transitions.dim() == 2 && transitions.size(0) == tags && transitions.size(1) == tags,
                "transitions must be [K, K]");
    CLNER_CHECK(start.numel() == tags && end.numel() == tags, "start and end must be [K]");
    for (const at::Tensor* tensor : {&transitions, &start, &end})
      CLNER_CHECK(tensor->device() == emissions.device(), "emissions and parameters on one device");
    batch.sentences = static_cast<int64_t>(cu_words.size()) - 1;
    batch.tags = tags;
    batch.rows = emissions.size(0);
    batch.offsets = cu_words.data();
    for (size_t b = 0; b + 1 < cu_words.size(); ++b) {
      batch.max_length = std::max(batch.max_length, cu_words[b + 1] - cu_words[b]);
    }
    rows = {emissions.const_data_ptr<float>(), tags};
    params = {transitions.const_data_ptr<float>(), start.const_data_ptr<float>(), end.const_data_ptr<float>(), tags};
  }
  [[nodiscard]] size_t sentences() const { return static_cast<size_t>(batch.sentences); }

  at::Tensor emissions, transitions, start, end;
  crf::Batch batch;
  crf::Rows rows;
  crf::Params params;
};

/// Where the gradients of a call go.
struct CrfGradients {
  explicit CrfGradients(const CrfCall& call)
      : emissions(at::empty_like(call.emissions)),
        transitions(at::empty_like(call.transitions)),
        start(at::empty_like(call.start)),
        end(at::empty_like(call.end)),
        rows{emissions.mutable_data_ptr<float>(), call.batch.tags},
        params{transitions.mutable_data_ptr<float>(), start.mutable_data_ptr<float>(), end.mutable_data_ptr<float>(),
               call.batch.tags} {}
  at::Tensor emissions, transitions, start, end;
  crf::RowsOut rows;
  crf::ParamGrads params;
};

}  // namespace clner::ops::internal
