#include "lockstep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace clner::crf::test {
namespace {

constexpr size_t kStackBytes = size_t{128} << 10;

// AddressSanitizer has to know when the stack changes.
void BeforeSwitch([[maybe_unused]] void** fake, [[maybe_unused]] const void* bottom, [[maybe_unused]] size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(fake, bottom, bytes);
#endif
}
void AfterSwitch([[maybe_unused]] void* fake, [[maybe_unused]] const void** bottom, [[maybe_unused]] size_t* bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, bottom, bytes);
#endif
}

}  // namespace

Lockstep::Lockstep(int lanes, uint64_t seed) : order_(static_cast<size_t>(lanes)), random_(seed) {
  for (int lane = 0; lane < lanes; ++lane) {
    fibers_.push_back(std::make_unique<Fiber>());
    fibers_.back()->stack.reset(new char[kStackBytes]);
  }
  std::iota(order_.begin(), order_.end(), 0);
}
Lockstep::~Lockstep() = default;

void Lockstep::Enter(unsigned high, unsigned low) {
  auto* self = reinterpret_cast<Lockstep*>((uintptr_t{high} << 32) | low);
  AfterSwitch(nullptr, &self->scheduler_stack_, &self->scheduler_stack_bytes_);
  const int lane = self->running_;
  (*self->body_)(LockstepGroup(self, lane));
  Fiber& fiber = *self->fibers_[static_cast<size_t>(lane)];
  fiber.done = true;
  BeforeSwitch(nullptr, self->scheduler_stack_, self->scheduler_stack_bytes_);  // null: this stack ends
  swapcontext(&fiber.context, &self->scheduler_);
}

void Lockstep::Resume(Fiber* fiber) {
  void* fake = nullptr;
  BeforeSwitch(&fake, fiber->stack.get(), kStackBytes);
  swapcontext(&scheduler_, &fiber->context);
  AfterSwitch(fake, nullptr, nullptr);
}

void Lockstep::Leave(Fiber* fiber) {
  void* fake = nullptr;
  BeforeSwitch(&fake, scheduler_stack_, scheduler_stack_bytes_);
  swapcontext(&fiber->context, &scheduler_);
  AfterSwitch(fake, &scheduler_stack_, &scheduler_stack_bytes_);
}

void Lockstep::Run(const std::function<void(const LockstepGroup&)>& body) {
  body_ = &body;
  const auto address = reinterpret_cast<uintptr_t>(this);
  for (const auto& fiber : fibers_) {
    fiber->done = false;
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack.get();
    fiber->context.uc_stack.ss_size = kStackBytes;
    fiber->context.uc_link = nullptr;
    makecontext(&fiber->context, reinterpret_cast<void (*)()>(&Lockstep::Enter), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address & 0xffffffffu));
  }
  while (true) {
    std::shuffle(order_.begin(), order_.end(), random_);
    for (const int lane : order_) {
      running_ = lane;
      Resume(fibers_[static_cast<size_t>(lane)].get());
    }
    const Fiber& first = *fibers_.front();
    for (const auto& fiber : fibers_) {
      ASSERT_EQ(fiber->done, first.done) << "some lanes wait for others that have left";
      ASSERT_TRUE(first.done || fiber->waits_at == first.waits_at) << "lanes wait in different collective calls";
    }
    if (first.done) return;
    first.waits_at(this);
  }
}

}  // namespace clner::crf::test
