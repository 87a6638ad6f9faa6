// What the user asked `clner eval` for, and the checks of the command line that need no file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/eval_input.h"
#include "eval/scores.h"

namespace clner {

struct EvalRequest {
  std::vector<std::string> files = {};  ///< GOLD PRED, or GOLD with a model
  std::string conll = {};               ///< one file with both tag columns
  std::string model = {};               ///< model directory that predicts GOLD
  std::string mode = {};                ///< "" = conlleval
  bool parity = false;                  ///< short for mode clner
  std::string report = "table";         ///< table | conlleval
  bool json = false;
  std::string train = {}, errors = {}, html = {};
  std::optional<double> fail_under = std::nullopt;  ///< smallest micro F1, a fraction
  std::string scheme = {};                          ///< "" = detect
};

/// The mode of the request. Throws kUsage for: nothing to score, GOLD without predictions, conflicting sources or
/// options, an unknown mode, report or scheme, a limit outside 0..1.
[[nodiscard]] EvalMode CheckRequest(const EvalRequest& request);

}  // namespace clner
