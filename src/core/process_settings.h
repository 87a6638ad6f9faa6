// Settings of the whole process that the speed of LibTorch depends on.
#pragma once

namespace clner {

/// Call before LibTorch is loaded. A user's own GOMP_SPINCOUNT stays.
void PrepareProcessForLibTorch();

}  // namespace clner
