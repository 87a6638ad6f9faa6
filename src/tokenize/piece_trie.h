// Longest-prefix look-up over the pieces of a vocabulary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace clner {

/// Byte trie in one open-addressing table of transitions: one probe per byte. Immutable after building; thread-safe.
class PieceTrie {
 public:
  struct Match {
    int32_t id = -1;    ///< -1 = no piece is a prefix
    size_t length = 0;  ///< bytes
  };
  /// Several tries may share the table: each begins at a root of its own.
  [[nodiscard]] int32_t AddRoot();
  /// `id` >= 0; a piece that is there already keeps its first id. `piece` must not be empty.
  void Add(int32_t root, std::string_view piece, int32_t id);
  /// The longest piece that `text` begins with.
  [[nodiscard]] Match LongestPrefix(int32_t root, std::string_view text) const;
  /// Calls visit(id, length) for every piece that `text` begins with, the shortest first.
  template <class Visit>
  void ForEachPrefix(int32_t root, std::string_view text, Visit&& visit) const {
    int32_t node = root;
    for (size_t i = 0; i < text.size(); ++i) {
      const Slot& slot = slots_[Probe(Key(node, text[i]))];
      node = slot.node;
      if (node < 0) return;
      if (slot.id >= 0) visit(slot.id, i + 1);
    }
  }

 private:
  struct Slot {
    uint32_t key = kEmpty;  ///< node << 8 | byte
    int32_t node = -1;      ///< the child
    int32_t id = -1;        ///< of the piece that ends there
  };
  static constexpr uint32_t kEmpty = UINT32_MAX;
  [[nodiscard]] static uint32_t Key(int32_t node, char byte) {
    return static_cast<uint32_t>(node) << 8 | static_cast<unsigned char>(byte);
  }
  /// The slot of the key, or the empty one where it belongs.
  [[nodiscard]] size_t Probe(uint32_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = (key * UINT64_C(0x9E3779B97F4A7C15)) >> 32 & mask;
    while (slots_[slot].key != key && slots_[slot].key != kEmpty) slot = (slot + 1) & mask;
    return slot;
  }
  void Grow();

  std::vector<Slot> slots_;
  size_t used_ = 0;
  size_t nodes_ = 0;
};

}  // namespace clner
