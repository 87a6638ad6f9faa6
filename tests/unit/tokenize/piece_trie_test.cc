#include "tokenize/piece_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/random.h"

namespace clner {
namespace {

TEST(PieceTrie, EmptyTrieMatchesNothing) {
  PieceTrie trie;
  int32_t root = trie.AddRoot();
  EXPECT_EQ(trie.LongestPrefix(root, "abc").id, -1);
  EXPECT_EQ(trie.LongestPrefix(root, "").id, -1);
}

TEST(PieceTrie, FirstIdOfAPieceStays) {
  PieceTrie trie;
  int32_t root = trie.AddRoot();
  trie.Add(root, "a", 4);
  trie.Add(root, "a", 9);
  EXPECT_EQ(trie.LongestPrefix(root, "ab").id, 4);
}

TEST(PieceTrie, RootsAreSeparate) {
  PieceTrie trie;
  int32_t words = trie.AddRoot(), endings = trie.AddRoot();
  trie.Add(words, "ing", 1);
  trie.Add(endings, "in", 2);
  EXPECT_EQ(trie.LongestPrefix(words, "ing").id, 1);
  EXPECT_EQ(trie.LongestPrefix(endings, "ing").id, 2);
  EXPECT_EQ(trie.LongestPrefix(endings, "ing").length, 2u);
}

TEST(PieceTrie, AgreesWithALinearSearchOnRandomPieces) {
  const uint64_t seed = 20240611;
  SCOPED_TRACE(seed);
  Random random(seed);
  auto text = [&](uint64_t longest) {
    std::string out;
    for (uint64_t n = random.Below(longest) + 1; n > 0; --n) out += "ab\xC3\xA9z"[random.Below(5)];
    return out;
  };
  std::map<std::string, int32_t> pieces;
  PieceTrie trie;
  int32_t root = trie.AddRoot();
  for (int32_t i = 0; i < 3000; ++i) {
    std::string piece = text(9);
    if (pieces.emplace(piece, i).second) trie.Add(root, piece, i);
  }
  for (int i = 0; i < 20000; ++i) {
    std::string query = text(14);
    int32_t id = -1;
    size_t length = 0;
    for (size_t n = query.size(); n > 0 && id < 0; --n) {
      auto found = pieces.find(query.substr(0, n));
      if (found != pieces.end()) id = found->second, length = n;
    }
    PieceTrie::Match match = trie.LongestPrefix(root, query);
    ASSERT_EQ(match.id, id);
    ASSERT_EQ(match.length, length);
  }
}

}  // namespace
}  // namespace clner
