#include "tokenize/bpe_merges.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "core/error.h"

namespace clner::bpe {
namespace {

/// Up to this many bytes a search through all neighbours is faster than a heap of them.
constexpr size_t kShortToken = 48;

/// One piece of a token in a linked list; positions are those of its first byte.
struct Symbol {
  int32_t id = -1;
  uint32_t previous = 0, next = 0;
};

constexpr uint64_t Candidate(uint32_t rank, size_t position) { return uint64_t{rank} << 32 | position; }

}  // namespace

Merges::Merges(std::vector<Merge> merges, const std::array<int32_t, 256>& byte_ids)
    : merges_(std::move(merges)), byte_ids_(byte_ids), slots_(std::bit_ceil(merges_.size() * 2 + 2)) {
  for (size_t rank = 0; rank < merges_.size(); ++rank) {
    const Merge& merge = merges_[rank];
    slots_[Probe(merge.left, merge.right)] = {merge.left, merge.right, static_cast<uint32_t>(rank)};
  }
}

size_t Merges::Probe(int32_t left, int32_t right) const {
  const size_t mask = slots_.size() - 1;
  const uint64_t key = uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  size_t slot = (key * UINT64_C(0x9E3779B97F4A7C15)) >> 32 & mask;
  while (slots_[slot].left >= 0 && (slots_[slot].left != left || slots_[slot].right != right)) slot = (slot + 1) & mask;
  return slot;
}

void Merges::Apply(std::string_view token, std::vector<int32_t>* ids) const {
  if (token.size() <= kShortToken) {
    ApplyShort(token, ids);
  } else {
    ApplyLong(token, ids);
  }
}

void Merges::ApplyShort(std::string_view token, std::vector<int32_t>* ids) const {
  std::array<int32_t, kShortToken> symbols;
  std::array<uint32_t, kShortToken> ranks;  // of each symbol and the next one; the last has none
  size_t count = token.size();
  for (size_t i = 0; i < count; ++i) symbols[i] = byte_ids_[static_cast<unsigned char>(token[i])];
  for (size_t i = 0; i + 1 < count; ++i) ranks[i] = RankOf(symbols[i], symbols[i + 1]);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i) {
      if (ranks[i] < ranks[best]) best = i;
    }
    if (ranks[best] == kNoRank) break;
    symbols[best] = merges_[ranks[best]].merged;
    --count;
    for (size_t i = best + 1; i < count; ++i) symbols[i] = symbols[i + 1];
    for (size_t i = best + 1; i + 1 < count; ++i) ranks[i] = ranks[i + 1];
    if (best + 1 < count) ranks[best] = RankOf(symbols[best], symbols[best + 1]);
    if (best > 0) ranks[best - 1] = RankOf(symbols[best - 1], symbols[best]);
  }
  ids->insert(ids->end(), symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(count));
}

void Merges::ApplyLong(std::string_view token, std::vector<int32_t>* ids) const {
  CLNER_CHECK_LT(token.size(), size_t{UINT32_MAX});
  const size_t end = token.size();
  std::vector<Symbol> symbols(end);
  for (size_t i = 0; i < end; ++i) {
    symbols[i] = {byte_ids_[static_cast<unsigned char>(token[i])], static_cast<uint32_t>(i - 1),
                  static_cast<uint32_t>(i + 1)};
  }
  auto rank_at = [&](size_t i) {
    const size_t next = symbols[i].next;
    return symbols[i].id < 0 || next >= end ? kNoRank : RankOf(symbols[i].id, symbols[next].id);
  };
  std::vector<uint64_t> heap;  // candidates, the least first
  for (size_t i = 0; i < end; ++i) {
    if (uint32_t rank = rank_at(i); rank != kNoRank) heap.push_back(Candidate(rank, i));
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  auto push = [&](size_t i) {
    if (uint32_t rank = rank_at(i); rank != kNoRank) {
      heap.push_back(Candidate(rank, i));
      std::push_heap(heap.begin(), heap.end(), std::greater<>());
    }
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const auto rank = static_cast<uint32_t>(heap.back() >> 32), at = static_cast<uint32_t>(heap.back());
    heap.pop_back();
    if (rank_at(at) != rank) continue;  // one of the two has been merged meanwhile
    Symbol& symbol = symbols[at];
    symbols[symbol.next].id = -1;
    symbol.id = merges_[rank].merged;
    symbol.next = symbols[symbol.next].next;
    if (symbol.next < end) symbols[symbol.next].previous = at;
    push(at);
    if (at > 0) push(symbol.previous);
  }
  for (size_t i = 0; i < end; i = symbols[i].next) ids->push_back(symbols[i].id);
}

}  // namespace clner::bpe
