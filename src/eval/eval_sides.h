// Gold and predictions in formats of which not both are columns.
#pragma once

#include <string>

#include "eval/eval_input.h"

namespace clner {

/// See ReadGoldAndPredictions.
[[nodiscard]] EvalInput ReadSides(const std::string& gold_path, const std::string& predicted_path,
                                  const EvalInputOptions& options);

}  // namespace clner
