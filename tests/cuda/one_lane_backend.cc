// The whole test suite of the CRF kernels on one host lane.
#include "lane_runners.h"
#include "lanes_backend.h"
#include "unit/kernels/crf_backend.h"

namespace clner::crf::test::backend {

void ForEachTarget(const std::function<void()>& body) { body(); }

void Submit(const device::DeviceCall& call) {
  OneLaneRunner runner;
  device::Launch(&runner, call);
}

}  // namespace clner::crf::test::backend
