// What the objective options come to once every value that follows the mode is filled in (clner.md section 4).
#pragma once

#include "config/options.h"
#include "kernels/crf.h"

namespace clner {

/// Which instances the training data give and what each loss counts.
struct ObjectiveRules {
  enum class Instances {
    kOriginal,  ///< every sentence alone
    kContext,   ///< every sentence with its context, alone where there is none
    kPool,      ///< both of these as instances of one pool; a context instance brings its original view as a student
    kPairs,     ///< the original view, which brings its context view
  };
  Instances instances = Instances::kOriginal;
  double original_weight = 1, context_weight = 1, cl_weight = 0;
  bool copies = true;  ///< a sentence without context counts as a context instance too
  bool kl = false, l2 = false;
  crf::CooperativeTerm cooperative = {};  ///< its `weight` is unset
  bool l2_per_dimension = false;          ///< the squared distance is divided by the width of the word vectors
  bool l2_after_dropout = false;
  double unlabelled_weight = 0;       ///< 0: no unlabelled data
  bool alternate_unlabelled = false;  ///< updates of their own instead of a share in every update
  [[nodiscard]] bool needs_contexts() const { return instances != Instances::kOriginal; }
};

[[nodiscard]] ObjectiveRules RulesOf(const RunConfig& config);

}  // namespace clner
