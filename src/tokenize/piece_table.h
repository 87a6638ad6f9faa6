// Exact look-up of a text in a set of pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// Open-addressing hash table with the texts in one block. Immutable after building; thread-safe.
class PieceTable {
 public:
  /// `value` >= 0. `text` must not be there yet; all texts together have less than 4 GiB.
  void Add(std::string_view text, int32_t value);
  /// The value of the text, or -1.
  [[nodiscard]] int32_t Find(std::string_view text) const;

 private:
  struct Slot {
    uint32_t hash = 0, begin = 0, size = 0;
    int32_t value = -1;
  };
  void Grow();
  void Insert(const Slot& slot);

  std::vector<Slot> slots_;
  std::string texts_;
  size_t used_ = 0;
};

}  // namespace clner
