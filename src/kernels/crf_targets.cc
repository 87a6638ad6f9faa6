#include "kernels/crf_targets.h"

#include <cstdlib>
#include <cstring>

namespace clner::crf {
namespace internal {
namespace {

thread_local const SimdKernels* test_kernels = nullptr;
thread_local bool test_redo = false;

const SimdKernels* Choose() {
  const char* wanted = std::getenv("CLNER_SIMD");
  const SimdKernels* best = nullptr;
  for (int level = 0; level < kSimdLevels; ++level) {
    const SimdKernels* kernels = KernelsOf(static_cast<SimdLevel>(level));
    if (kernels == nullptr) continue;
    best = kernels;
    if (wanted != nullptr && std::strcmp(wanted, kernels->name) == 0) return kernels;
  }
  return best;
}

}  // namespace

const SimdKernels& ActiveKernels() {
  static const SimdKernels* const chosen = Choose();
  return test_kernels != nullptr ? *test_kernels : *chosen;
}

TestScope::TestScope(const SimdKernels* kernels, bool force_redo)
    : previous_kernels_(test_kernels), previous_redo_(test_redo) {
  test_kernels = kernels;
  test_redo = force_redo;
}
TestScope::~TestScope() {
  test_kernels = previous_kernels_;
  test_redo = previous_redo_;
}
bool RedoForced() { return test_redo; }

}  // namespace internal

const char* SimdTarget() { return internal::ActiveKernels().name; }

}  // namespace clner::crf
