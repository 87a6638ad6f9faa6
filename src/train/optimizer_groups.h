// Parameter groups from configuration: the first regular expression that finds a name decides its rate.
#pragma once

#include "config/options.h"
#include "model/weights.h"
#include "ops/adamw.h"

namespace clner {

/// AdamW over all parameters. A group with rate 0 freezes its parameters (requires_grad off). kConfig for a pattern
/// that is no regular expression or matches nothing.
[[nodiscard]] ops::AdamW MakeOptimizer(const TrainOptions& options, const NamedTensors& parameters);

}  // namespace clner
