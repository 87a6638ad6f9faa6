// The merges of byte-level BPE and their application to one token.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace clner::bpe {

/// Two neighbours that become one piece; ids of the vocabulary, >= 0.
struct Merge {
  int32_t left = -1, right = -1, merged = -1;
  bool operator==(const Merge&) const = default;
};

/// Replaces neighbours until no merge applies: always the merge of lowest rank, the leftmost one of equals. Immutable;
/// thread-safe.
class Merges {
 public:
  /// `merges` by rank, no pair twice; `byte_ids` the piece of every single byte.
  Merges(std::vector<Merge> merges, const std::array<int32_t, 256>& byte_ids);
  /// Appends the pieces of a token. Time O(n log n) and memory O(n) for n bytes, n < 2^32.
  void Apply(std::string_view token, std::vector<int32_t>* ids) const;

 private:
  static constexpr uint32_t kNoRank = UINT32_MAX;
  struct Slot {
    int32_t left = -1, right = -1;
    uint32_t rank = kNoRank;
  };
  [[nodiscard]] size_t Probe(int32_t left, int32_t right) const;
  [[nodiscard]] uint32_t RankOf(int32_t left, int32_t right) const { return slots_[Probe(left, right)].rank; }
  void ApplyShort(std::string_view token, std::vector<int32_t>* ids) const;
  void ApplyLong(std::string_view token, std::vector<int32_t>* ids) const;

  std::vector<Merge> merges_;
  std::array<int32_t, 256> byte_ids_;
  std::vector<Slot> slots_;
};

}  // namespace clner::bpe
