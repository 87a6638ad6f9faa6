#include "ops/crf_op.h"

#include <torch/torch.h>

#include "ops/crf_call.h"
#include "ops/crf_device.h"

namespace clner::ops {
namespace {

using internal::CheckStatus;
using internal::CrfGradients;

void ParallelFor(void* /*context*/, int64_t n, void (*body)(void*, int64_t), void* body_context) {
  at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(body_context, i);
  });
}

// A call on the processor, with what the kernels need there.
struct Call : internal::CrfCall {
  using CrfCall::CrfCall;
  crf::Workspace Reserve(crf::Operation operation) {
    workspace = at::empty({static_cast<int64_t>(crf::WorkspaceBytes(operation, batch))}, at::kByte);
    return {workspace.mutable_data_ptr(), static_cast<size_t>(workspace.numel())};
  }
  at::Tensor workspace = {};
  crf::Exec exec = {&ParallelFor, nullptr};
  std::vector<uint8_t> flags = std::vector<uint8_t>(sentences());
};

struct KernelConstraints {
  explicit KernelConstraints(const CrfConstraints& constraints)
      : value{constraints.transitions.data(), constraints.start.data(), constraints.end.data()},
        pointer(constraints.empty() ? nullptr : &value) {}
  crf::Constraints value;
  const crf::Constraints* pointer;
};

double WeightedSum(const std::vector<double>& losses, const std::vector<float>& weights) {
  double sum = 0;
  for (size_t b = 0; b < losses.size(); ++b) {
    if (weights[b] != 0) sum += losses[b] * static_cast<double>(weights[b]);  // a loss of weight 0 may be infinite
  }
  return sum;
}

void LossesOnCpu(Call& call, const CrfJointTerms& terms, const CrfGradients& grads, CrfJointLoss* loss) {
  const int32_t* gold = terms.gold.empty() ? nullptr : terms.gold.data();
  loss->nll.resize(call.sentences());
  if (terms.cooperative == nullptr) {
    CheckStatus(crf::Nll(call.batch, call.rows, call.params, gold, terms.nll_weight.data(), loss->nll.data(),
                         grads.rows, grads.params, call.flags.data(), call.Reserve(crf::Operation::kNll), call.exec),
                "Nll");
    return;
  }
  crf::JointTerms joint{gold, terms.nll_weight.data(), terms.teacher_of.data(), *terms.cooperative};
  joint.cooperative.weight = terms.cl_weight.data();
  loss->cl.resize(call.sentences());
  CheckStatus(crf::Joint(call.batch, call.rows, call.params, joint, loss->nll.data(), loss->cl.data(), grads.rows,
                         grads.params, call.flags.data(), call.Reserve(crf::Operation::kJoint), call.exec),
              "Joint");
}

// The kernels have all gradients at once, so the forward pass keeps them.
struct CrfJointFunction : torch::autograd::Function<CrfJointFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& emissions,
                            const at::Tensor& transitions, const at::Tensor& start, const at::Tensor& end,
                            const std::vector<int64_t>& cu_words, const CrfJointTerms* terms, CrfJointLoss* loss) {
    Call call(emissions, {transitions, start, end}, cu_words);
    const CrfGradients grads(call);
    if (emissions.is_cpu()) {
      LossesOnCpu(call, *terms, grads, loss);
    } else {
      internal::LossesOnDevice(call, *terms, grads, loss);
    }
    const double cl = terms->cooperative != nullptr ? WeightedSum(loss->cl, terms->cl_weight) : 0;
    const double total = cl + WeightedSum(loss->nll, terms->nll_weight);
    ctx->save_for_backward({grads.emissions.to(emissions.scalar_type()), grads.transitions, grads.start, grads.end});
    return at::full({}, total, at::TensorOptions(at::kFloat).device(emissions.device()));
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
  if (!emissions.is_cpu()) return internal::ViterbiOnDevice(call, constraints);
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
  if (!emissions.is_cpu()) return internal::MarginalsOnDevice(call, constraints);
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
  if (!emissions.is_cpu()) return internal::SpanMarginalsOnDevice(call, types, queries);
  CheckStatus(crf::SpanMarginals(call.batch, call.rows, call.params, types.data(), static_cast<int64_t>(types.size()),
                                 queries.data(), static_cast<int64_t>(queries.size()), probability.data(),
                                 call.Reserve(crf::Operation::kSpanMarginals), call.exec),
              "SpanMarginals");
  return probability;
}

}  // namespace clner::ops
