#include "train/schedule.h"

#include <algorithm>

namespace clner {

double ScheduleFactor(const ScheduleOptions& options, int64_t step, int64_t total) {
  const auto at = static_cast<double>(step), end = static_cast<double>(total);
  const double warmup = options.warmup < 1 ? options.warmup * end : options.warmup;
  if (at < warmup) return at / warmup;
  if (options.type == ScheduleOptions::Type::kConstant) return 1;
  return std::max(0.0, (end - at) / std::max(1.0, end - warmup));
}

}  // namespace clner
