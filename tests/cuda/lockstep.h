// A group of many lanes on one host thread: every lane is a fiber that runs until its next collective call. Lanes take
// turns in an order that is drawn anew for every stretch between two collective calls, so code that lacks a barrier or
// calls a collective function in some lanes only does not get the same results (or any).
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace clner::crf::test {

class Lockstep {
 public:
  /// What the lanes meet at: combines the values in place, all lanes get lane-independent bits.
  using Combine = void (*)(Lockstep* self);

  Lockstep(int lanes, uint64_t seed);
  ~Lockstep();
  Lockstep(const Lockstep&) = delete;
  Lockstep& operator=(const Lockstep&) = delete;

  /// Runs body(group of lane l) for all lanes. A lane that waits where others do not is a failure of the test.
  void Run(const std::function<void(const class LockstepGroup&)>& body);

  [[nodiscard]] int Lanes() const { return static_cast<int>(fibers_.size()); }

  /// Called by a lane: waits until all lanes have come here with the same `combine`; value[lane] goes in and out.
  template <class T>
  T Meet(int lane, T value, Combine combine) {
    Fiber& fiber = *fibers_[static_cast<size_t>(lane)];
    Store(&fiber, value);
    fiber.waits_at = combine;
    Leave(&fiber);
    return Load<T>(fiber);
  }

  /// Butterflies of 32 lanes, then the warps in order: the association of gpu_groups.cuh.
  template <class T, class Op>
  static void Reduce(Lockstep* self) {
    std::vector<T> values;
    for (const auto& fiber : self->fibers_) values.push_back(Load<T>(*fiber));
    for (size_t distance = 16; distance > 0; distance /= 2) {
      std::vector<T> next(values.size());
      for (size_t i = 0; i < values.size(); ++i) next[i] = Op{}(values[i], values[i ^ distance]);
      values.swap(next);
    }
    T result = values[0];
    for (size_t warp = 1; warp < values.size() / 32; ++warp) result = Op{}(result, values[warp * 32]);
    for (const auto& fiber : self->fibers_) Store(fiber.get(), result);
  }
  static void Barrier(Lockstep* /*self*/) {}

 private:
  struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    Combine waits_at = nullptr;
    bool done = false;
    double real = 0;
    int64_t integer = 0;
  };
  static void Store(Fiber* fiber, double value) { fiber->real = value; }
  static void Store(Fiber* fiber, float value) { fiber->real = static_cast<double>(value); }
  static void Store(Fiber* fiber, int value) { fiber->integer = value; }
  template <class T>
  static T Load(const Fiber& fiber) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(fiber.integer);
    } else {
      return static_cast<T>(fiber.real);
    }
  }
  static void Enter(unsigned high, unsigned low);
  void Resume(Fiber* fiber);
  void Leave(Fiber* fiber);

  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<int> order_;
  std::mt19937_64 random_;
  const std::function<void(const LockstepGroup&)>* body_ = nullptr;
  int running_ = 0;  ///< lane
  ucontext_t scheduler_;
  const void* scheduler_stack_ = nullptr;  ///< for AddressSanitizer
  size_t scheduler_stack_bytes_ = 0;
};

/// The lane group that the device functions see.
class LockstepGroup {
 public:
  LockstepGroup(Lockstep* lockstep, int lane) : lockstep_(lockstep), lane_(lane) {}
  [[nodiscard]] int Lanes() const { return lockstep_->Lanes(); }
  [[nodiscard]] int Lane() const { return lane_; }
  void Sync() const { (void)lockstep_->Meet(lane_, 0, &Lockstep::Barrier); }
  template <class T>
  [[nodiscard]] T Sum(T value) const {
    return lockstep_->Meet(lane_, value, &Lockstep::Reduce<T, Add>);
  }
  template <class T>
  [[nodiscard]] T Max(T value) const {
    return lockstep_->Meet(lane_, value, &Lockstep::Reduce<T, Larger>);
  }
  template <class T>
  [[nodiscard]] T Min(T value) const {
    return lockstep_->Meet(lane_, value, &Lockstep::Reduce<T, Smaller>);
  }

 private:
  struct Add {
    template <class T>
    T operator()(T a, T b) const {
      return a + b;
    }
  };
  struct Larger {
    template <class T>
    T operator()(T a, T b) const {
      return a < b ? b : a;
    }
  };
  struct Smaller {
    template <class T>
    T operator()(T a, T b) const {
      return b < a ? b : a;
    }
  };
  Lockstep* lockstep_;
  int lane_;
};

}  // namespace clner::crf::test
