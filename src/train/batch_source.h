// The training data as batches: which views of which sentences, and what each loss counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "objectives/rules.h"
#include "tensor/batch.h"
#include "tensor/batch_plan.h"
#include "train/datasets.h"

namespace clner {

/// Positions of units; what is behind them is known to the source. Both lists share one share of an optimizer step.
struct PlannedBatch {
  std::vector<int64_t> labelled = {}, unlabelled = {};
};

/// Where a sentence stands.
struct SentencePlace {
  std::string corpus = {};  ///< its name; empty when there is only one, "unlabelled" for data.unlabelled
  int64_t line = 0;
};

/// Immutable; thread-safe. The examples belong to the data sets, which must outlive it.
class BatchSource {
 public:
  /// kData when the rules need contexts and there are none.
  BatchSource(const Datasets& data, const RunConfig& config);
  /// Batches of an epoch (from 0). Every epoch has as many.
  [[nodiscard]] std::vector<PlannedBatch> Epoch(int64_t epoch) const;
  /// Part `part` of `parts` of a batch, with weights such that the parts add up to it; empty ones are left out.
  [[nodiscard]] std::vector<Batch> Pack(const PlannedBatch& batch, int64_t part, int64_t parts) const;
  [[nodiscard]] int64_t PiecesOf(const PlannedBatch& batch) const;
  [[nodiscard]] std::vector<SentencePlace> PlacesOf(const PlannedBatch& batch) const;

 private:
  /// What is drawn together: an example and maybe the other view of its sentence.
  struct Pool {
    std::vector<const Example*> units = {}, partners = {};
    std::vector<PlanUnit> sizes = {};
    int64_t lists = 1;
    void Add(const Example* unit, const Example* partner);
  };
  void FillLabelled();
  void FillUnlabelled(const Split& unlabelled);
  void Pack(const Pool& pool, const std::vector<int64_t>& positions, int64_t part, int64_t parts,
            std::vector<Batch>* batches) const;
  void SetWeights(const Pool& pool, const std::vector<int64_t>& positions, Batch* batch) const;
  [[nodiscard]] BatchPlanOptions PlanOf(const Pool& pool) const;

  ObjectiveRules rules_;
  BatchPlanOptions plan_;
  int64_t accumulate_;
  const Datasets& data_;
  Pool labelled_, unlabelled_;
};

}  // namespace clner
