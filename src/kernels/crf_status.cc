#include "kernels/crf.h"

namespace clner::crf {

const char* StatusText(KernelStatus status) {
  switch (status) {
    case KernelStatus::kOk:
      return "ok";
    case KernelStatus::kBadArgument:
      return "bad argument";
    case KernelStatus::kNotCompiled:
      return "built without CUDA";
    case KernelStatus::kNoDevice:
      return "no CUDA device";
    case KernelStatus::kLaunchFailed:
      return "CUDA launch failed";
  }
  return "unknown status";
}

}  // namespace clner::crf
