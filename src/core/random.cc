#include "core/random.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/error.h"

namespace clner {
namespace {

constexpr uint64_t kGolden = UINT64_C(0x9E3779B97F4A7C15);

// The output function of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64-bit words.
uint64_t Scramble(uint64_t z) {
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

}  // namespace

uint64_t MixSeed(uint64_t seed, uint64_t stream) {
  return Scramble(Scramble(seed + kGolden) + stream * kGolden + kGolden);
}

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = Scramble(seed += kGolden);
}

// xoshiro256** 1.0 (Blackman, Vigna 2018).
uint64_t Random::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t bound) {
  CLNER_CHECK(bound > 0, "bound is 0");
  // The first 2^64 mod bound values are refused, so that every remainder is equally likely.
  const uint64_t refused = (0 - bound) % bound;
  uint64_t value = Next();
  while (value < refused) value = Next();
  return value % bound;
}

double Random::Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

double Random::Normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * Uniform());
}

std::vector<int64_t> Permutation(int64_t n, uint64_t seed) {
  CLNER_CHECK_GE(n, 0);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed);
  for (size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.Below(left)]);
  return order;
}

}  // namespace clner
