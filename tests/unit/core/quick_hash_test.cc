#include "core/quick_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace clner {
namespace {

TEST(QuickHash, ChangesWithEveryByteAndTheLength) {
  std::string text;
  for (int i = 0; i < 201; ++i) text += static_cast<char>(i * 37);
  std::set<uint64_t> seen;
  for (size_t size = 0; size <= text.size(); ++size) seen.insert(QuickHash(std::string_view(text).substr(0, size)));
  for (size_t i = 0; i < text.size(); ++i) {
    for (const int bit : {0, 7}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      seen.insert(QuickHash(changed));
    }
  }
  EXPECT_EQ(seen.size(), 202u + 2 * 201);
}

TEST(QuickHash, ZerosOfDifferentNumberDiffer) {
  std::set<uint64_t> seen;
  for (size_t size = 0; size < 300; ++size) seen.insert(QuickHash(std::string(size, '\0')));
  EXPECT_EQ(seen.size(), 300u);
}

TEST(QuickHash, SwappedWordsDiffer) {
  const std::string text = std::string(64, 'a') + std::string(64, 'b') + std::string(64, 'c');
  EXPECT_NE(QuickHash(text), QuickHash(text.substr(64, 64) + text.substr(0, 64) + text.substr(128)));
}

// Files outlive the program that wrote them.
TEST(QuickHash, StaysTheSameFunction) {
  EXPECT_EQ(QuickHash(std::string_view()), QuickHash(std::string_view("x").substr(1)));
  EXPECT_EQ(QuickHash(std::string_view("clner")), UINT64_C(6786549387276630719));
}

}  // namespace
}  // namespace clner
