#include "ops/adamw.h"

#include <torch/torch.h>

#include <cmath>

namespace clner::ops {

AdamW::AdamW(std::vector<AdamWGroup> groups, AdamWSettings settings) : groups_(std::move(groups)), settings_(settings) {
  for (const AdamWGroup& group : groups_) {
    auto& averages = exp_avg_.emplace_back();
    auto& squares = exp_avg_sq_.emplace_back();
    for (const at::Tensor& parameter : group.parameters) {
      averages.push_back(at::zeros_like(parameter, at::MemoryFormat::Contiguous));
      squares.push_back(at::zeros_like(parameter, at::MemoryFormat::Contiguous));
    }
  }
}

double AdamW::GradientNorm() const {
  double sum = 0;
  for (const AdamWGroup& group : groups_) {
    for (const at::Tensor& parameter : group.parameters) {
      if (!parameter.grad().defined()) continue;
      const double norm = at::linalg_vector_norm(parameter.grad(), 2).item<double>();
      sum += norm * norm;
    }
  }
  return std::sqrt(sum);
}

void AdamW::Step(double lr_factor, double gradient_scale) {
  torch::NoGradGuard no_grad;
  ++steps_;
  const double correction = std::sqrt(1 - std::pow(settings_.beta2, static_cast<double>(steps_)));
  const double eps = settings_.eps_before_correction ? settings_.eps / correction : settings_.eps;
  for (size_t g = 0; g < groups_.size(); ++g) {
    std::vector<at::Tensor> parameters, gradients, averages, squares, step_counts;
    for (size_t i = 0; i < groups_[g].parameters.size(); ++i) {
      const at::Tensor& parameter = groups_[g].parameters[i];
      if (!parameter.grad().defined()) continue;
      parameters.push_back(parameter);
      gradients.push_back(parameter.grad());
      averages.push_back(exp_avg_[g][i]);
      squares.push_back(exp_avg_sq_[g][i]);
      step_counts.push_back(at::full({}, static_cast<double>(steps_), at::kFloat));
    }
    if (parameters.empty()) continue;
    std::optional<at::Tensor> divisor;
    if (gradient_scale != 1) divisor = at::full({}, 1.0 / gradient_scale, at::kFloat);
    at::_fused_adamw_(parameters, gradients, averages, squares, {}, step_counts, groups_[g].lr * lr_factor,
                      settings_.beta1, settings_.beta2, groups_[g].weight_decay, eps, /*amsgrad=*/false,
                      /*maximize=*/false, divisor, std::nullopt);
  }
}

void AdamW::ZeroGradients() {
  for (AdamWGroup& group : groups_) {
    for (at::Tensor& parameter : group.parameters) {
      if (parameter.grad().defined()) parameter.mutable_grad().zero_();
    }
  }
}

std::vector<std::pair<std::string, at::Tensor>> AdamW::State() const {
  std::vector<std::pair<std::string, at::Tensor>> state;
  for (size_t g = 0; g < groups_.size(); ++g) {
    for (size_t i = 0; i < groups_[g].names.size(); ++i) {
      state.emplace_back("exp_avg." + groups_[g].names[i], exp_avg_[g][i]);
      state.emplace_back("exp_avg_sq." + groups_[g].names[i], exp_avg_sq_[g][i]);
    }
  }
  return state;
}

}  // namespace clner::ops
