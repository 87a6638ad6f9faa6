#include "retrieval/duplicates.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/random.h"
#include "retrieval/folded_words.h"

namespace clner {
namespace {

constexpr size_t kFirstSlots = size_t{1} << 12;
constexpr size_t kExactSlots = size_t{1} << 24, kNearSlots = size_t{1} << 23;  // of 16 bytes
constexpr size_t kProbes = 8;
constexpr size_t kMinWords = 8, kShingleWords = 3;

std::vector<uint64_t> Shingles(const std::vector<uint64_t>& words) {
  std::vector<uint64_t> shingles;
  if (words.size() < kMinWords) return shingles;
  for (size_t i = 0; i + kShingleWords <= words.size(); ++i) {
    shingles.push_back(MixSeed(MixSeed(words[i], words[i + 1]), words[i + 2]));
  }
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

/// Size of the intersection over that of the union; both sorted and distinct.
double Jaccard(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  size_t common = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) ++common;
    const bool step_a = a[i] <= b[j], step_b = b[j] <= a[i];
    i += step_a ? 1 : 0;
    j += step_b ? 1 : 0;
  }
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - common);
}

/// The smallest hash of the shingles under each of kBands * kRows orders, hashed band by band.
template <size_t kBands, size_t kRows>
std::array<uint64_t, kBands> Bands(const std::vector<uint64_t>& shingles) {
  std::array<uint64_t, kBands * kRows> smallest;
  smallest.fill(std::numeric_limits<uint64_t>::max());
  for (const uint64_t shingle : shingles) {
    for (size_t k = 0; k < smallest.size(); ++k) {
      // Multiplying by an odd number permutes the 64-bit numbers; the high bits are the well mixed ones.
      smallest[k] = std::min(smallest[k], shingle * (0x9E3779B97F4A7C15 + 2 * k * 0xD1B54A32D192ED03));
    }
  }
  std::array<uint64_t, kBands> bands;
  for (size_t band = 0; band < kBands; ++band) {
    uint64_t key = band;
    for (size_t row = 0; row < kRows; ++row) key = MixSeed(key, smallest[band * kRows + row]);
    bands[band] = key;
  }
  return bands;
}

}  // namespace

BoundedTable::BoundedTable(size_t max_slots) : slots_(std::min(kFirstSlots, max_slots)), max_slots_(max_slots) {}

/// The slot that holds `key`, or where it would go: a free one, else the first one tried.
size_t BoundedTable::SlotOf(uint64_t key) const {
  const size_t mask = slots_.size() - 1;
  const size_t first = static_cast<size_t>(key * 0x9E3779B97F4A7C15 >> 20) & mask;
  for (size_t probe = 0; probe < kProbes; ++probe) {
    const size_t at = (first + probe) & mask;
    if (slots_[at].value == 0 || slots_[at].key == key) return at;
  }
  return first;
}

const int64_t* BoundedTable::Find(uint64_t key) const {
  const Slot& slot = slots_[SlotOf(key)];
  return slot.value != 0 && slot.key == key ? &slot.value : nullptr;
}

void BoundedTable::Insert(uint64_t key, int64_t value) {
  if (used_ * 2 > slots_.size() && slots_.size() < max_slots_) Grow();
  Slot& slot = slots_[SlotOf(key)];
  used_ += slot.value == 0 ? 1 : 0;
  slot = {key, value};
}

void BoundedTable::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  used_ = 0;
  for (const Slot& slot : old) {
    if (slot.value == 0) continue;
    Slot& target = slots_[SlotOf(slot.key)];
    used_ += target.value == 0 ? 1 : 0;
    target = slot;
  }
}

DuplicateFinder::DuplicateFinder(double threshold, std::function<std::string(int64_t)> text_of)
    : text_of_(std::move(text_of)), threshold_(threshold), exact_(kExactSlots), near_(kNearSlots) {}

DuplicateFinder::Kind DuplicateFinder::Classify(std::string_view text) {
  const std::vector<uint64_t> words = HashWords(FoldWords(text));
  last_text_ = words.size();
  for (const uint64_t word : words) last_text_ = MixSeed(last_text_, word);
  last_shingles_.clear();
  if (exact_.Find(last_text_) != nullptr) return Kind::kExact;
  if (threshold_ <= 0) return Kind::kNew;
  last_shingles_ = Shingles(words);
  if (last_shingles_.empty()) return Kind::kNew;
  last_bands_ = Bands<kBands, kRows>(last_shingles_);
  std::vector<int64_t> candidates;
  for (const uint64_t band : last_bands_) {
    const int64_t* id = near_.Find(band);
    if (id != nullptr && std::find(candidates.begin(), candidates.end(), *id) == candidates.end())
      candidates.push_back(*id);
  }
  for (const int64_t id : candidates) {
    const std::vector<uint64_t> shingles = Shingles(HashWords(FoldWords(text_of_(id))));
    if (!shingles.empty() && Jaccard(last_shingles_, shingles) >= threshold_) return Kind::kNear;
  }
  return Kind::kNew;
}

void DuplicateFinder::AddLast(int64_t id) {
  exact_.Insert(last_text_, id);
  if (last_shingles_.empty()) return;
  for (const uint64_t band : last_bands_) near_.Insert(band, id);
}

}  // namespace clner
