#include "tokenize/piece_trie.h"

#include "core/error.h"

namespace clner {
namespace {

constexpr size_t kMaxNodes = (size_t{1} << 24) - 1;

}  // namespace

void PieceTrie::Grow() {
  std::vector<Slot> old(slots_.empty() ? 1024 : slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.key != kEmpty) slots_[Probe(slot.key)] = slot;
  }
}

int32_t PieceTrie::AddRoot() {
  if (slots_.empty()) Grow();
  if (nodes_ >= kMaxNodes) throw Error(ErrorCode::kCorrupt, "the vocabulary has too many different prefixes");
  return static_cast<int32_t>(nodes_++);
}

void PieceTrie::Add(int32_t root, std::string_view piece, int32_t id) {
  int32_t node = root;
  size_t slot = 0;
  for (char byte : piece) {
    if (used_ * 2 >= slots_.size()) Grow();
    slot = Probe(Key(node, byte));
    if (slots_[slot].node < 0) {
      slots_[slot] = {.key = Key(node, byte), .node = AddRoot()};
      ++used_;
    }
    node = slots_[slot].node;
  }
  if (slots_[slot].id < 0) slots_[slot].id = id;
}

PieceTrie::Match PieceTrie::LongestPrefix(int32_t root, std::string_view text) const {
  Match match;
  ForEachPrefix(root, text, [&match](int32_t id, size_t length) { match = {id, length}; });
  return match;
}

}  // namespace clner
