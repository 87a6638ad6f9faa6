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
  if (id_of_node_.size() >= kMaxNodes)
    throw Error(ErrorCode::kCorrupt, "the vocabulary has too many different prefixes");
  id_of_node_.push_back(-1);
  return static_cast<int32_t>(id_of_node_.size()) - 1;
}

void PieceTrie::Add(int32_t root, std::string_view piece, int32_t id) {
  int32_t node = root;
  for (char byte : piece) {
    if (used_ * 2 >= slots_.size()) Grow();
    size_t slot = Probe(Key(node, byte));
    if (slots_[slot].node < 0) {
      int32_t child = AddRoot();
      slots_[slot] = {Key(node, byte), child};
      ++used_;
    }
    node = slots_[slot].node;
  }
  int32_t& stored = id_of_node_[static_cast<size_t>(node)];
  if (stored < 0) stored = id;
}

PieceTrie::Match PieceTrie::LongestPrefix(int32_t root, std::string_view text) const {
  Match match;
  int32_t node = root;
  for (size_t i = 0; i < text.size(); ++i) {
    node = Step(node, text[i]);
    if (node < 0) break;
    int32_t id = id_of_node_[static_cast<size_t>(node)];
    if (id >= 0) match = {id, i + 1};
  }
  return match;
}

}  // namespace clner
