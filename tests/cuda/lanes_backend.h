// The part of the host backends that differs: how the launches of a call are run.
#pragma once

#include "kernels/cuda/device_call.h"

namespace clner::crf::test::backend {

void Submit(const device::DeviceCall& call);

}  // namespace clner::crf::test::backend
