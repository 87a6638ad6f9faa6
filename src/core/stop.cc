#include "core/stop.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>

namespace clner {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGUSR1};
constexpr time_t kSecondInterruptSeconds = 5;

std::atomic<const char*> stop_reason{nullptr};
std::atomic<time_t> first_interrupt{0};
struct sigaction previous[3];

const char* SignalName(int number) {
  if (number == SIGINT) return "SIGINT";
  return number == SIGTERM ? "SIGTERM" : "SIGUSR1";
}

// Async-signal-safe: atomics, clock_gettime and _exit only.
void OnSignal(int number) {
  if (number == SIGINT) {
    struct timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const time_t first = first_interrupt.exchange(now.tv_sec + 1);
    if (first != 0 && now.tv_sec + 1 - first <= kSecondInterruptSeconds) _exit(130);
  }
  stop_reason.store(SignalName(number));
}

}  // namespace

StopSignals::StopSignals() {
  ClearStop();
  struct sigaction action = {};
  action.sa_handler = &OnSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < 3; ++i) sigaction(kSignals[i], &action, &previous[i]);
}

StopSignals::~StopSignals() {
  for (int i = 0; i < 3; ++i) sigaction(kSignals[i], &previous[i], nullptr);
}

const char* StopRequested() { return stop_reason.load(); }
void RequestStop(const char* reason) { stop_reason.store(reason); }
void ClearStop() {
  stop_reason.store(nullptr);
  first_interrupt.store(0);
}

}  // namespace clner
