// Makes the items of a numbered sequence ahead of their use, on threads of its own.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"

namespace clner {

/// How far ahead and on how many threads items are made; with either 0, or where the system gives no thread, an item
/// is made when it is taken.
struct ReadAheadOptions {
  size_t depth = 8;  ///< items that are made or being made beyond those taken, at most
  size_t threads = 1;
};

/// Items `first` to `end` - 1, each what `make` gives for its number, whoever makes it and when; so `make` must depend
/// on the number alone, and be safe to call from several threads. Take and the destructor belong to one thread.
template <class Item>
class ReadAhead {
 public:
  ReadAhead(int64_t first, int64_t end, const ReadAheadOptions& options, std::function<Item(int64_t)> make)
      : make_(std::move(make)), end_(end), next_(first), wanted_(first), slots_(options.depth) {
    if (options.depth == 0) return;
    threads_.reserve(options.threads);
    try {
      for (size_t i = 0; i < options.threads; ++i) threads_.emplace_back([this] { Work(); });
    } catch (const std::exception&) {  // the threads that there are do it, or none
    }
  }
  /// Waits for the items being made; the others are never made.
  ~ReadAhead() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Item `index`, or the exception of its making. Each is taken once, in ascending order; those left out are dropped.
  [[nodiscard]] Item Take(int64_t index) {
    CLNER_CHECK(index >= wanted_ && index < end_, "an item is taken twice or does not exist");
    const auto began = std::chrono::steady_clock::now();
    Slot slot = threads_.empty() ? Make(index) : Await(index);
    waited_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (slot.failure) std::rethrow_exception(slot.failure);
    return std::move(*slot.item);
  }
  /// Time that Take has taken, over all items.
  [[nodiscard]] double waited_seconds() const { return waited_seconds_; }

 private:
  struct Slot {
    int64_t index = -1;
    std::optional<Item> item = {};
    std::exception_ptr failure = {};
  };

  Slot Make(int64_t index) const noexcept {
    Slot slot{index};
    try {
      slot.item = make_(index);
    } catch (...) {
      slot.failure = std::current_exception();
    }
    return slot;
  }

  [[nodiscard]] Slot& SlotOf(int64_t index) { return slots_[static_cast<size_t>(index) % slots_.size()]; }

  Slot Await(int64_t index) {
    std::unique_lock lock(mutex_);
    wanted_ = index;
    next_ = std::max(next_, index);
    room_.notify_all();
    ready_.wait(lock, [&] { return SlotOf(index).index == index; });
    wanted_ = index + 1;
    Slot slot = std::exchange(SlotOf(index), Slot{});
    room_.notify_all();
    return slot;
  }

  void Work() {
    std::unique_lock lock(mutex_);
    const auto depth = static_cast<int64_t>(slots_.size());
    while (true) {
      room_.wait(lock, [&] { return stop_ || next_ >= end_ || next_ < wanted_ + depth; });
      if (stop_ || next_ >= end_) return;
      const int64_t index = next_++;
      lock.unlock();
      Slot slot = Make(index);
      lock.lock();
      if (index < wanted_) continue;  // left out meanwhile; another item may have its place
      SlotOf(index) = std::move(slot);
      ready_.notify_one();
    }
  }

  const std::function<Item(int64_t)> make_;
  const int64_t end_;
  double waited_seconds_ = 0;

  std::mutex mutex_;  // guards what follows, except that wanted_ is written by the taking thread only
  std::condition_variable room_, ready_;
  int64_t next_;    // the first item that no thread makes yet
  int64_t wanted_;  // the first item that may still be taken
  bool stop_ = false;
  std::vector<Slot> slots_;  // item i has place i modulo their number
  std::vector<std::thread> threads_;
};

}  // namespace clner
