// Learning rate schedules.
#pragma once

#include <cstdint>

#include "config/options.h"

namespace clner {

/// Factor on the base rate for optimizer step `step` (from 0) of `total`: linear warm-up from 0, then constant or
/// linear to 0.
[[nodiscard]] double ScheduleFactor(const ScheduleOptions& options, int64_t step, int64_t total);

}  // namespace clner
