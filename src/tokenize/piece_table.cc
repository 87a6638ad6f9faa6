#include "tokenize/piece_table.h"

#include <cstring>

namespace clner {
namespace {

template <class Word>
uint64_t Load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
  return hash ^ hash >> 32;
}

/// Words of 8 bytes; the last one overlaps the one before it, so that no byte is read alone.
uint32_t Hash(std::string_view text) {
  const char* bytes = text.data();
  const size_t size = text.size();
  uint64_t hash = size;
  if (size >= 8) {
    for (size_t i = 0; i + 8 < size; i += 8) hash = Mix(hash, Load<uint64_t>(bytes + i));
    hash = Mix(hash, Load<uint64_t>(bytes + size - 8));
  } else if (size >= 4) {
    hash = Mix(hash, Load<uint32_t>(bytes) << 32 | Load<uint32_t>(bytes + size - 4));
  } else if (size > 0) {
    hash =
        Mix(hash, Load<uint8_t>(bytes) << 16 | Load<uint8_t>(bytes + size / 2) << 8 | Load<uint8_t>(bytes + size - 1));
  }
  return static_cast<uint32_t>(hash);
}

}  // namespace

void PieceTable::Insert(const Slot& slot) {
  const size_t mask = slots_.size() - 1;
  size_t at = slot.hash & mask;
  while (slots_[at].value >= 0) at = (at + 1) & mask;
  slots_[at] = slot;
}

void PieceTable::Grow() {
  std::vector<Slot> old(slots_.empty() ? 1024 : slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.value >= 0) Insert(slot);
  }
}

void PieceTable::Add(std::string_view text, int32_t value) {
  if (used_ * 2 >= slots_.size()) Grow();
  Insert({Hash(text), static_cast<uint32_t>(texts_.size()), static_cast<uint32_t>(text.size()), value});
  texts_ += text;
  ++used_;
}

int32_t PieceTable::Find(std::string_view text) const {
  if (slots_.empty()) return -1;
  const uint32_t hash = Hash(text);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at].value >= 0; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && slot.size == text.size() &&
        std::memcmp(texts_.data() + slot.begin, text.data(), text.size()) == 0) {
      return slot.value;
    }
  }
  return -1;
}

}  // namespace clner
