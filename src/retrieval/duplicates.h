// Finds texts that were there before, word for word or nearly so, in bounded memory.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// Table of 64-bit keys with a value each, at one of eight slots. It grows up to a limit of slots; beyond it new keys
/// take the place of older ones, below it of fewer than one in a hundred.
class BoundedTable {
 public:
  explicit BoundedTable(size_t max_slots);  ///< a power of two
  /// The value of `key`, or null.
  [[nodiscard]] const int64_t* Find(uint64_t key) const;
  void Insert(uint64_t key, int64_t value);

 private:
  struct Slot {
    uint64_t key = 0;
    int64_t value = 0;  // 0: free
  };
  [[nodiscard]] size_t SlotOf(uint64_t key) const;
  void Grow();
  std::vector<Slot> slots_;
  size_t max_slots_, used_ = 0;
};

/// Exact: the same words in the same order, whatever the case, punctuation and blanks. Near: the sets of word trigrams
/// have a Jaccard similarity of at least `threshold`; texts below 8 words are never near. Candidates come from MinHash
/// sketches in 8 bands of 4, which miss one in 5,000 at 0.9 and one in 70 at 0.8.
/// Memory: at most 384 MiB: exact duplicates among about the last 12 million passages, near ones among the last
/// million.
class DuplicateFinder {
 public:
  enum class Kind { kNew, kExact, kNear };
  /// `text_of` gives the text of a passage that was added. `threshold` in (0, 1]; 0 looks for exact duplicates only.
  DuplicateFinder(double threshold, std::function<std::string(int64_t)> text_of);
  /// What `text` (valid UTF-8) is to those added before; one that is new should be added before the next call.
  [[nodiscard]] Kind Classify(std::string_view text);
  /// Adds the text of the last Classify() as passage `id`, which is positive.
  void AddLast(int64_t id);

 private:
  static constexpr size_t kBands = 8, kRows = 4;
  std::function<std::string(int64_t)> text_of_;
  double threshold_;
  BoundedTable exact_, near_;
  uint64_t last_text_ = 0;               // key of the last text
  std::vector<uint64_t> last_shingles_;  // sorted, distinct; empty: too short for near duplicates
  std::array<uint64_t, kBands> last_bands_ = {};
};

}  // namespace clner
