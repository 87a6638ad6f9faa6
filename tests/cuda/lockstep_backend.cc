// Small tests of the CRF kernels on the GPU's groups of lanes, simulated on the host.
#include <gtest/gtest.h>

#include "lane_runners.h"
#include "lanes_backend.h"
#include "unit/kernels/crf_backend.h"

namespace clner::crf::test::backend {
namespace {
uint64_t order_seed = 1;
}

void ForEachTarget(const std::function<void()>& body) {
  for (const uint64_t seed : {uint64_t{1}, uint64_t{2}}) {
    SCOPED_TRACE("lane order " + std::to_string(seed));
    order_seed = seed;
    body();
    if (::testing::Test::HasFatalFailure()) return;
  }
}

void Submit(const device::DeviceCall& call) {
  LockstepRunner runner(order_seed);
  device::Launch(&runner, call);
}

}  // namespace clner::crf::test::backend
