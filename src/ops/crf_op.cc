#include "ops/crf_op.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"

namespace clner::ops {
namespace {

void ParallelFor(void* /*context*/, int64_t n, void (*body)(void*, int64_t), void* body_context) {
  at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(body_context, i);
  });
}

void CheckStatus(crf::KernelStatus status, const char* call) {
  if (status == crf::KernelStatus::kOk) return;
  throw Error(ErrorCode::kInternal, std::string("CRF kernel '") + call + "' failed: " + crf::StatusText(status), "",
              "this is a bug in clner; please report it");
}

at::Tensor AsFloatRows(const at::Tensor& tensor) { return tensor.detach().to(at::kFloat).contiguous(); }

// Emissions, parameters and sizes in the form of the kernel contract; owns what the pointers point to.
struct Call {
  Call(const at::Tensor& emissions_in, const CrfParams& params_in, const std::vector<int64_t>& cu_words)
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
    batch.sentences = static_cast<int64_t>(cu_words.size()) - 1;
    batch.tags = tags;
    batch.rows = emissions.size(0);
    batch.offsets = cu_words.data();
    for (size_t b = 0; b + 1 < cu_words.size(); ++b) {
      batch.max_length = std::max(batch.max_length, cu_words[b + 1] - cu_words[b]);
    }
    rows = {emissions.const_data_ptr<float>(), tags};
    params = {transitions.const_data_ptr<float>(), start.const_data_ptr<float>(), end.const_data_ptr<float>(), tags};
    flags.resize(static_cast<size_t>(batch.sentences));
    exec.parallel_for = &ParallelFor;
  }
  crf::Workspace Reserve(crf::Operation operation) {
    workspace = at::empty({static_cast<int64_t>(crf::WorkspaceBytes(operation, batch))}, at::kByte);
    return {workspace.mutable_data_ptr(), static_cast<size_t>(workspace.numel())};
  }

  at::Tensor emissions, transitions, start, end, workspace;
  crf::Batch batch;
  crf::Rows rows;
  crf::Params params;
  crf::Exec exec;
  std::vector<uint8_t> flags;
};

struct KernelConstraints {
  explicit KernelConstraints(const CrfConstraints& constraints)
      : value{constraints.transitions.data(), constraints.start.data(), constraints.end.data()},
        pointer(constraints.empty() ? nullptr : &value) {}
  crf::Constraints value;
  const crf::Constraints* pointer;
};

// Where the gradients of a call go.
struct Gradients {
  explicit Gradients(const Call& call)
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

double WeightedSum(const std::vector<double>& losses, const std::vector<float>& weights) {
  double sum = 0;
  for (size_t b = 0; b < losses.size(); ++b) {
    if (weights[b] != 0) sum += losses[b] * static_cast<double>(weights[b]);  // a loss of weight 0 may be infinite
  }
  return sum;
}

// The kernels have all gradients at once, so the forward pass keeps them.
struct CrfJointFunction : torch::autograd::Function<CrfJointFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& emissions,
                            const at::Tensor& transitions, const at::Tensor& start, const at::Tensor& end,
                            const std::vector<int64_t>& cu_words, const CrfJointTerms* terms, CrfJointLoss* loss) {
    Call call(emissions, {transitions, start, end}, cu_words);
    const Gradients grads(call);
    const auto sentences = static_cast<size_t>(call.batch.sentences);
    const int32_t* gold = terms->gold.empty() ? nullptr : terms->gold.data();
    loss->nll.resize(sentences);
    double total = 0;
    if (terms->cooperative == nullptr) {
      CheckStatus(crf::Nll(call.batch, call.rows, call.params, gold, terms->nll_weight.data(), loss->nll.data(),
                           grads.rows, grads.params, call.flags.data(), call.Reserve(crf::Operation::kNll), call.exec),
                  "Nll");
    } else {
      crf::JointTerms joint{gold, terms->nll_weight.data(), terms->teacher_of.data(), *terms->cooperative};
      joint.cooperative.weight = terms->cl_weight.data();
      loss->cl.resize(sentences);
      CheckStatus(crf::Joint(call.batch, call.rows, call.params, joint, loss->nll.data(), loss->cl.data(), grads.rows,
                             grads.params, call.flags.data(), call.Reserve(crf::Operation::kJoint), call.exec),
                  "Joint");
      total = WeightedSum(loss->cl, terms->cl_weight);
    }
    total += WeightedSum(loss->nll, terms->nll_weight);
    ctx->save_for_backward({grads.emissions.to(emissions.scalar_type()), grads.transitions, grads.start, grads.end});
    return at::full({}, total, at::kFloat);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grad_outputs) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor& scale = grad_outputs[0];
    return {saved[0] * scale, saved[1] * scale, saved[2] * scale, saved[3] * scale,
            at::Tensor(),     at::Tensor(),     at::Tensor()};
  }
};

}  // namespace

CrfJointLoss CrfJoint(const at::Tensor& emissions, const CrfParams& params, const std::vector<int64_t>& cu_words,
                      const CrfJointTerms& terms) {
  const size_t sentences = cu_words.size() - 1;
  CLNER_CHECK(terms.gold.empty() || static_cast<int64_t>(terms.gold.size()) == cu_words.back(),
              "one gold tag for every word");
  CLNER_CHECK_EQ(terms.nll_weight.size(), sentences);
  CLNER_CHECK(
      terms.cooperative == nullptr || (terms.teacher_of.size() == sentences && terms.cl_weight.size() == sentences),
      "a teacher and a weight for every sentence");
  CrfJointLoss loss;
  loss.total =
      CrfJointFunction::apply(emissions, params.transitions, params.start, params.end, cu_words, &terms, &loss);
  return loss;
}

std::vector<int32_t> CrfViterbi(const at::Tensor& emissions, const CrfParams& params,
                                const std::vector<int64_t>& cu_words, const CrfConstraints& constraints) {
  Call call(emissions, params, cu_words);
  const KernelConstraints legal(constraints);
  std::vector<int32_t> tags(static_cast<size_t>(call.batch.rows));
  std::vector<double> score(static_cast<size_t>(call.batch.sentences));
  CheckStatus(crf::Viterbi(call.batch, call.rows, call.params, legal.pointer, tags.data(), score.data(),
                           call.flags.data(), call.Reserve(crf::Operation::kViterbi), call.exec),
              "Viterbi");
  return tags;
}

CrfMarginalsResult CrfMarginals(const at::Tensor& emissions, const CrfParams& params,
                                const std::vector<int64_t>& cu_words, const CrfConstraints& constraints) {
  Call call(emissions, params, cu_words);
  const KernelConstraints legal(constraints);
  CrfMarginalsResult result{at::empty_like(call.emissions),
                            std::vector<double>(static_cast<size_t>(call.batch.sentences))};
  CheckStatus(crf::Marginals(call.batch, call.rows, call.params, legal.pointer, result.log_z.data(),
                             {result.unary.mutable_data_ptr<float>(), call.batch.tags}, call.flags.data(),
                             call.Reserve(crf::Operation::kMarginals), call.exec),
              "Marginals");
  return result;
}

std::vector<float> CrfSpanMarginals(const at::Tensor& emissions, const CrfParams& params,
                                    const std::vector<int64_t>& cu_words, const std::vector<crf::SpanTags>& types,
                                    const std::vector<crf::SpanQuery>& queries) {
  Call call(emissions, params, cu_words);
  std::vector<float> probability(queries.size());
  if (queries.empty()) return probability;
  CheckStatus(crf::SpanMarginals(call.batch, call.rows, call.params, types.data(), static_cast<int64_t>(types.size()),
                                 queries.data(), static_cast<int64_t>(queries.size()), probability.data(),
                                 call.Reserve(crf::Operation::kSpanMarginals), call.exec),
              "SpanMarginals");
  return probability;
}

}  // namespace clner::ops
