#include "core/process_settings.h"

#include <malloc.h>

#include <cstdlib>

namespace clner {
namespace {

constexpr int kMapFromBytes = 32 << 20;    // the largest threshold glibc takes
constexpr int kKeepFreeBytes = 256 << 20;  // about what a training step of a base-size encoder allocates and frees

}  // namespace

void PrepareProcessForLibTorch() {
  // OpenMP's threads would spin while they wait; on a busy machine they then take the processor from the thread they
  // wait for, and a step becomes 20 times slower. libgomp reads this when it is loaded.
  setenv("GOMP_SPINCOUNT", "2000", 0);
  // By default the memory of every large tensor goes back to the system when it is freed, and the next one costs a page
  // fault for each of its pages.
  mallopt(M_MMAP_THRESHOLD, kMapFromBytes);
  mallopt(M_TRIM_THRESHOLD, kKeepFreeBytes);
}

}  // namespace clner
