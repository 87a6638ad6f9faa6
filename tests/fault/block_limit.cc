// Preloaded into a program (LD_PRELOAD): aligned blocks of CLNER_LARGEST_BLOCK bytes and more are refused, as if memory
// were exhausted. LibTorch takes the memory of every tensor this way. All other allocations, those inside of libraries
// that cannot go on without, are left alone, so that it is the same allocation that fails in every run.
#include <dlfcn.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace {

using Allocate = int (*)(void**, size_t, size_t);

size_t Limit() {
  const char* text = std::getenv("CLNER_LARGEST_BLOCK");
  return text == nullptr ? static_cast<size_t>(-1) : std::strtoull(text, nullptr, 10);
}

}  // namespace

extern "C" int posix_memalign(void** block, size_t alignment, size_t size) {
  static const size_t limit = Limit();
  static const auto next = reinterpret_cast<Allocate>(dlsym(RTLD_NEXT, "posix_memalign"));
  return size >= limit ? ENOMEM : next(block, alignment, size);
}
