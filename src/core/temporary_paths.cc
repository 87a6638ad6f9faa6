#include "core/temporary_paths.h"

#include <unistd.h>

#include <atomic>
#include <climits>
#include <csignal>
#include <cstring>
#include <mutex>

namespace clner::internal {
namespace {

constexpr size_t kSlots = 32;

// A signal handler can use static memory and lock-free atomics only.
struct Slot {
  std::atomic<pid_t> owner{0};  // free unless it is this process: a forked child does not own its parent's files
  char path[PATH_MAX] = {};
};
static_assert(std::atomic<pid_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

Slot slots[kSlots];
std::mutex mutex;  // of those who fill and free slots; the handler only reads
// Set for good by the handler. No slot is filled any more, so that it never reads half of a path.
std::atomic<bool> ending{false};

void OnSignal(int number) {
  ending.store(true);
  for (const Slot& slot : slots) {
    if (slot.owner.load() == getpid()) unlink(slot.path);
  }
  signal(number, SIG_DFL);
  raise(number);  // blocked until the handler returns
}

// Every time anew: core/stop.h and host applications set and restore handlers of their own.
void InstallHandlers() {
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction action = {};
    if (sigaction(number, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action = {};
    action.sa_handler = &OnSignal;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
  }
}

}  // namespace

void RememberTemporary(const std::filesystem::path& path) noexcept {
  const std::lock_guard<std::mutex> lock(mutex);
  if (path.native().size() >= PATH_MAX || ending.load()) return;
  for (Slot& slot : slots) {
    if (slot.owner.load() == getpid()) continue;
    std::memcpy(slot.path, path.c_str(), path.native().size() + 1);
    slot.owner.store(getpid());
    return InstallHandlers();
  }
}

void ForgetTemporary(const std::filesystem::path& path) noexcept {
  const std::lock_guard<std::mutex> lock(mutex);
  for (Slot& slot : slots) {
    if (slot.owner.load() == getpid() && path.native() == slot.path) slot.owner.store(0);
  }
}

}  // namespace clner::internal
