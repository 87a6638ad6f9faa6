// Counter-based random numbers: the value depends only on (seed, stream, counter), never on call history elsewhere.
#pragma once

#include <cstdint>
#include <vector>

namespace clner {

/// SplitMix64 mix of two words; used to derive independent seeds.
[[nodiscard]] uint64_t MixSeed(uint64_t seed, uint64_t stream);

/// xoshiro256** seeded through SplitMix64; the same bytes on every platform.
class Random {
 public:
  explicit Random(uint64_t seed);
  [[nodiscard]] uint64_t Next();
  /// Uniform in [0, bound) without bias; bound > 0.
  [[nodiscard]] uint64_t Below(uint64_t bound);
  /// Uniform in [0, 1) with 53 bits.
  [[nodiscard]] double Uniform();
  /// Standard normal (Box-Muller, one value a call).
  [[nodiscard]] double Normal();

 private:
  uint64_t state_[4];
};

/// A permutation of 0..n-1 (Fisher-Yates) that depends only on `seed`.
[[nodiscard]] std::vector<int64_t> Permutation(int64_t n, uint64_t seed);

}  // namespace clner
