// Runners for the device functions on the host: one lane that does everything, or groups of lanes in lockstep
// (lockstep.h) in the layouts of the GPU.
#pragma once

#include <cstring>
#include <map>
#include <memory>

#include "kernels/cuda/launches.h"
#include "lockstep.h"

namespace clner::crf::test {

/// Scratch memory of exactly the bytes that were asked for, filled with NaN.
class Scratch {
 public:
  explicit Scratch(size_t bytes) : bytes_(bytes), data_(new unsigned char[bytes]) { Spoil(); }
  void* Get() { return data_.get(); }
  void Spoil() { std::memset(data_.get(), 0xFF, bytes_); }

 private:
  size_t bytes_;
  std::unique_ptr<unsigned char[]> data_;
};

class OneLaneRunner {
 public:
  template <class Body>
  void Warps(int64_t count, const Body& body) {
    Run(count, 0, body);
  }
  template <class Body>
  void Blocks(int64_t count, size_t scratch_bytes, const Body& body) {
    Run(count, scratch_bytes, body);
  }
  template <class Body>
  void Chains(int64_t count, int64_t /*tags*/, size_t scratch_bytes, const Body& body) {
    Run(count, scratch_bytes, body);
  }

 private:
  template <class Body>
  void Run(int64_t count, size_t scratch_bytes, const Body& body) {
    Scratch scratch(scratch_bytes);
    for (int64_t i = 0; i < count; ++i, scratch.Spoil()) {
      body.template Run<device::Layout<device::OneLane, device::MemoryColumns<1024>>>(device::OneLane{}, i,
                                                                                      scratch.Get());
    }
  }
};

/// The layouts of the GPU (crf_cuda.cu), lanes in a random order that `seed` chooses.
class LockstepRunner {
 public:
  explicit LockstepRunner(uint64_t seed) : seed_(seed) {}

  template <class Body>
  void Warps(int64_t count, const Body& body) {
    Run<32, device::MemoryColumns<32>>(count, 0, body);
  }
  template <class Body>
  void Blocks(int64_t count, size_t scratch_bytes, const Body& body) {
    Run<256, device::MemoryColumns<4>>(count, scratch_bytes, body);
  }
  template <class Body>
  void Chains(int64_t count, int64_t tags, size_t scratch_bytes, const Body& body) {
    if (tags <= 32) {
      Run<32, device::RegisterColumns<32, 1>>(count, scratch_bytes, body);
    } else if (tags <= 64) {
      Run<32, device::RegisterColumns<64, 2>>(count, scratch_bytes, body);
    } else if (tags <= 128) {
      Run<128, device::RegisterColumns<128, 1>>(count, scratch_bytes, body);
    } else {
      Run<256, device::MemoryColumns<4>>(count, scratch_bytes, body);
    }
  }

 private:
  template <int kLanes, class Columns, class Body>
  void Run(int64_t count, size_t scratch_bytes, const Body& body) {
    Scratch scratch(scratch_bytes);
    std::unique_ptr<Lockstep>& lockstep = groups_[kLanes];
    if (lockstep == nullptr) lockstep = std::make_unique<Lockstep>(kLanes, seed_);
    for (int64_t i = 0; i < count; ++i, scratch.Spoil()) {
      lockstep->Run([&](const LockstepGroup& group) {
        body.template Run<device::Layout<LockstepGroup, Columns>>(group, i, scratch.Get());
      });
    }
  }

  uint64_t seed_;
  std::map<int, std::unique_ptr<Lockstep>> groups_;  ///< by number of lanes
};

}  // namespace clner::crf::test
