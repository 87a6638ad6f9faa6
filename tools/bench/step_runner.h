// Training steps on our side, and what a race of them against a peer comes to.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench_program.h"
#include "core/error.h"
#include "core/json.h"
#include "model/model.h"
#include "objectives/objective.h"
#include "train/optimizer_groups.h"

namespace clner::bench {

/// A loss by name: "total", and the mean of every term.
using Losses = std::map<std::string, double>;

/// Seconds of the parts of a step; the rest of it is the batch.
struct StepParts {
  double forward = 0, backward = 0, update = 0;
};

/// One model with its objective and optimiser; batch i is made when its step begins.
class StepRunner {
 public:
  using BatchOf = std::function<Batch(int64_t)>;
  StepRunner(std::unique_ptr<Model> model, std::unique_ptr<Objective> objective, const TrainOptions& train,
             BatchOf batch_of)
      : clip_(train.clip_norm),
        batch_of_(std::move(batch_of)),
        model_(std::move(model)),
        objective_(std::move(objective)),
        optimizer_(MakeOptimizer(train, NamedParameters(*model_))) {}

  /// Losses of `count` steps from batch `first`.
  std::vector<Losses> Run(int64_t first, int64_t count) {
    std::vector<Losses> losses;
    for (int64_t i = first; i < first + count; ++i) {
      optimizer_.ClearGradients();
      const Batch batch = batch_of_(i);
      const double began = Seconds();
      const StepLoss loss = objective_->Step(*model_, batch);
      const double forward = Seconds();
      loss.total.backward();
      const double backward = Seconds();
      optimizer_.Step(1, std::min(1.0, clip_ / (optimizer_.GradientNorm() + 1e-6)));
      parts_.forward += forward - began;
      parts_.backward += backward - forward;
      parts_.update += Seconds() - backward;
      Losses& named = losses.emplace_back();
      named["total"] = loss.total.item<double>();
      for (const LossTerm& term : loss.terms) named[term.name] = term.sum / static_cast<double>(term.count);
    }
    return losses;
  }
  /// Seconds since the last call.
  StepParts TakeParts() { return std::exchange(parts_, StepParts{}); }
  [[nodiscard]] Model& model() { return *model_; }
  [[nodiscard]] Batch BatchAt(int64_t i) const { return batch_of_(i); }

 private:
  double clip_;
  BatchOf batch_of_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Objective> objective_;
  ops::AdamW optimizer_;
  StepParts parts_ = {};
};

/// Largest relative difference of our losses to the peer's, which name those that are compared; kCheckFailed above
/// 1e-4, before anything is timed.
inline double CheckLosses(const std::vector<Losses>& ours, const Json& theirs) {
  constexpr double kTolerance = 1e-4;
  double worst = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    for (const auto& [name, value] : theirs.at(i).items()) {
      const double own = ours[i].at(name);
      worst = std::max(worst, std::abs(own - value.get<double>()) / std::abs(own));
    }
  }
  if (worst <= kTolerance) return worst;
  throw Error(ErrorCode::kCheckFailed, "losses differ by " + JsonNumber(worst) + " (relative): nothing was timed");
}

/// Seconds of alternating rounds.
struct Race {
  std::vector<double> ratios = {}, ours = {}, peer = {};
  void Add(double our_seconds, double peer_seconds) {
    ratios.push_back(peer_seconds / our_seconds);
    ours.push_back(our_seconds);
    peer.push_back(peer_seconds);
  }
  /// Median, least and largest ratio.
  [[nodiscard]] Json Ratio() const {
    return {{"ratio", Median(ratios)},
            {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
            {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}};
  }
};

}  // namespace clner::bench
