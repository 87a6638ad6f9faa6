#include "ops/adamw.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cmath>

#include "kernels/adamw_rows.h"

namespace clner::ops {
namespace {

// Rows with a non-zero value in either moment.
std::vector<bool> RowsInUse(const at::Tensor& exp_avg, const at::Tensor& exp_avg_sq) {
  const at::Tensor used = exp_avg.ne(0).any(1).logical_or_(exp_avg_sq.ne(0).any(1)).contiguous();
  const bool* data = used.const_data_ptr<bool>();
  return std::vector<bool>(data, data + used.numel());
}

}  // namespace

AdamW::AdamW(std::vector<AdamWGroup> groups, AdamWSettings settings) : groups_(std::move(groups)), settings_(settings) {
  for (const AdamWGroup& group : groups_) {
    std::vector<Moments>& moments = moments_.emplace_back();
    for (const at::Tensor& parameter : group.parameters) {
      moments.push_back({at::zeros_like(parameter, at::MemoryFormat::Contiguous),
                         at::zeros_like(parameter, at::MemoryFormat::Contiguous)});
    }
  }
}

double AdamW::GradientNorm() {
  std::vector<at::Tensor> norms;
  for (const AdamWGroup& group : groups_) {
    for (const at::Tensor& parameter : group.parameters) {
      at::Tensor gradient = parameter.grad();
      if (!gradient.defined()) continue;
      if (gradient.is_sparse()) {
        parameter.mutable_grad() = gradient.coalesce();
        gradient = parameter.grad().values();
      }
      norms.push_back(at::linalg_vector_norm(gradient, 2));
    }
  }
  if (norms.empty()) return 0;
  const at::Tensor all = at::stack(norms).to(at::kDouble).cpu();  // one wait for a GPU, not one for every gradient
  double sum = 0;
  for (int64_t i = 0; i < all.numel(); ++i) {
    const double norm = all.const_data_ptr<double>()[i];
    sum += norm * norm;
  }
  return std::sqrt(sum);
}

void AdamW::Step(double lr_factor, double gradient_scale) {
  torch::NoGradGuard no_grad;
  ++steps_;
  for (size_t g = 0; g < groups_.size(); ++g) {
    const double lr = groups_[g].lr * lr_factor;
    for (size_t i = 0; i < groups_[g].parameters.size(); ++i) {
      const at::Tensor& parameter = groups_[g].parameters[i];
      if (!parameter.grad().defined() || !parameter.grad().is_sparse()) continue;
      if (groups_[g].weight_decay != 0) {
        parameter.mutable_grad() = parameter.grad().to_dense();  // every row decays in every step
      } else {
        StepRows(parameter, moments_[g][i], lr, gradient_scale);
      }
    }
    StepDense(g, lr, gradient_scale);
  }
}

AdamW::Correction AdamW::CorrectionNow() const {
  const double root = std::sqrt(1 - std::pow(settings_.beta2, static_cast<double>(steps_)));
  return {root, settings_.eps_before_correction ? settings_.eps / root : settings_.eps};
}

void AdamW::StepDense(size_t group, double lr, double gradient_scale) {
  std::vector<at::Tensor> parameters, gradients, averages, squares;
  for (size_t i = 0; i < groups_[group].parameters.size(); ++i) {
    const at::Tensor& parameter = groups_[group].parameters[i];
    if (!parameter.grad().defined() || parameter.grad().is_sparse()) continue;
    parameters.push_back(parameter);
    gradients.push_back(parameter.grad());
    averages.push_back(moments_[group][i].exp_avg);
    squares.push_back(moments_[group][i].exp_avg_sq);
  }
  if (parameters.empty()) return;
  const at::TensorOptions scalars = at::TensorOptions(at::kFloat).device(parameters[0].device());
  const std::vector<at::Tensor> step_counts(parameters.size(), at::full({}, static_cast<double>(steps_), scalars));
  std::optional<at::Tensor> divisor;
  if (gradient_scale != 1) divisor = at::full({}, 1.0 / gradient_scale, scalars);
  at::_fused_adamw_(parameters, gradients, averages, squares, {}, step_counts, lr, settings_.beta1, settings_.beta2,
                    groups_[group].weight_decay, CorrectionNow().eps, /*amsgrad=*/false, /*maximize=*/false, divisor,
                    std::nullopt);
}

void AdamW::StepRows(const at::Tensor& parameter, Moments& moments, double lr, double gradient_scale) const {
  const at::Tensor gradient = parameter.grad().coalesce();
  const at::Tensor rows = gradient.indices()[0].contiguous(), values = gradient.values().contiguous();
  const int64_t all_rows = parameter.size(0), width = parameter.numel() / all_rows;
  if (moments.touched.empty()) moments.touched = RowsInUse(moments.exp_avg, moments.exp_avg_sq);
  std::vector<const float*> gradient_of_row(static_cast<size_t>(all_rows), nullptr);
  for (int64_t i = 0; i < rows.numel(); ++i) {
    const auto row = static_cast<size_t>(rows.const_data_ptr<int64_t>()[i]);
    moments.touched[row] = true;
    gradient_of_row[row] = values.const_data_ptr<float>() + i * width;
  }
  const Correction correction = CorrectionNow();
  const adamw::StepNumbers step = {
      static_cast<float>(settings_.beta1),
      static_cast<float>(settings_.beta2),
      static_cast<float>(correction.eps),
      static_cast<float>(gradient_scale),
      static_cast<float>(lr / (1 - std::pow(settings_.beta1, static_cast<double>(steps_)))),
      static_cast<float>(correction.root)};
  float* p = parameter.mutable_data_ptr<float>();
  float* m = moments.exp_avg.mutable_data_ptr<float>();
  float* v = moments.exp_avg_sq.mutable_data_ptr<float>();
  constexpr int64_t kGrain = 256;
  at::parallel_for(0, all_rows, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const auto r = static_cast<size_t>(row);
      if (!moments.touched[r]) continue;
      adamw::UpdateRow(step, width, gradient_of_row[r], p + row * width, m + row * width, v + row * width);
    }
  });
}

void AdamW::ClearGradients() {
  for (AdamWGroup& group : groups_) {
    for (at::Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
  }
}

void AdamW::set_steps(int64_t steps) {
  steps_ = steps;
  for (std::vector<Moments>& group : moments_) {
    for (Moments& moments : group) moments.touched.clear();
  }
}

std::vector<std::pair<std::string, at::Tensor>> AdamW::State() const {
  std::vector<std::pair<std::string, at::Tensor>> state;
  for (size_t g = 0; g < groups_.size(); ++g) {
    for (size_t i = 0; i < groups_[g].names.size(); ++i) {
      state.emplace_back("exp_avg." + groups_[g].names[i], moments_[g][i].exp_avg);
      state.emplace_back("exp_avg_sq." + groups_[g].names[i], moments_[g][i].exp_avg_sq);
    }
  }
  return state;
}

}  // namespace clner::ops
