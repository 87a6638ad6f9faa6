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

 private:
  struct Slot {
    uint32_t key = kEmpty;  ///< node << 8 | byte
    int32_t node = -1;
  };
  static constexpr uint32_t kEmpty = UINT32_MAX;
  [[nodiscard]] size_t Probe(uint32_t key) const;
  [[nodiscard]] int32_t Step(int32_t node, char byte) const;
  void Grow();

  std::vector<Slot> slots_;
  size_t used_ = 0;
  std::vector<int32_t> id_of_node_;
};

}  // namespace clner
