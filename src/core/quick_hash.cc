#include "core/quick_hash.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace clner {
namespace {

constexpr uint64_t kMultiplier = UINT64_C(0x9E3779B97F4A7C15);  // odd, so that Mix is one to one in both arguments
constexpr size_t kLanes = 8;                                    // independent chains hide the latency of a product
constexpr size_t kBlockBytes = kLanes * sizeof(uint64_t);

uint64_t Mix(uint64_t hash, uint64_t word) { return (std::rotl(hash, 29) ^ word) * kMultiplier; }

uint64_t Load(const std::byte* bytes, size_t count) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

}  // namespace

uint64_t QuickHash(std::span<const std::byte> bytes) {
  std::array<uint64_t, kLanes> lanes;
  for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = Mix(lane, kMultiplier);
  const std::byte* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= kBlockBytes; left -= kBlockBytes, at += kBlockBytes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = Mix(lanes[lane], Load(at + 8 * lane, 8));
  }
  uint64_t hash = bytes.size();
  for (const uint64_t lane : lanes) hash = Mix(hash, lane);
  while (left > 0) {
    const size_t count = std::min<size_t>(left, sizeof(uint64_t));
    hash = Mix(hash, Load(at, count));
    at += count;
    left -= count;
  }
  return Mix(hash ^ hash >> 32, hash >> 29);
}

}  // namespace clner
