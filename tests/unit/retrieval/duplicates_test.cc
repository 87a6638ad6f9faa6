#include "retrieval/duplicates.h"

#include <gtest/gtest.h>

#include <map>

#include "core/random.h"

namespace clner {
namespace {

using Kind = DuplicateFinder::Kind;

/// A finder that remembers the texts it was given.
struct Finder {
  explicit Finder(double threshold) : finder(threshold, [this](int64_t id) { return texts.at(id); }) {}
  Kind Add(const std::string& text) {
    const Kind kind = finder.Classify(text);
    if (kind != Kind::kNew) return kind;
    const auto id = static_cast<int64_t>(texts.size()) + 1;
    texts[id] = text;
    finder.AddLast(id);
    return kind;
  }
  std::map<int64_t, std::string> texts;
  DuplicateFinder finder;
};

std::string RandomText(Random* random, size_t words) {
  std::string text;
  for (size_t i = 0; i < words; ++i) text += "w" + std::to_string(random->Below(5000)) + " ";
  return text;
}

TEST(Duplicates, ExactOnesDifferInCaseBlanksAndPunctuationOnly) {
  Finder finder(0.9);
  EXPECT_EQ(finder.Add("Jane Doe, of Acme"), Kind::kNew);
  EXPECT_EQ(finder.Add("jane  doe of ACME."), Kind::kExact);
  EXPECT_EQ(finder.Add("jane doe of acmes"), Kind::kNew);
  EXPECT_EQ(finder.Add("janedoe of acme"), Kind::kNew);
  EXPECT_EQ(finder.Add("\xC3\x89mile of Acme"), Kind::kNew);
  EXPECT_EQ(finder.Add("\xC3\xA9mile of Acme"), Kind::kExact);
  EXPECT_EQ(finder.Add("\xE4\xB8\xAD\xE5\x9B\xBD"), Kind::kNew);
  EXPECT_EQ(finder.Add("\xE4\xB8\xAD \xE5\x9B\xBD\xE3\x80\x82"), Kind::kExact);
}

TEST(Duplicates, NearOnesShareNearlyAllTrigrams) {
  constexpr uint64_t kSeed = 20;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  Finder finder(0.9), exact_only(0.0);
  int64_t found = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string text = RandomText(&random, 100);
    EXPECT_EQ(finder.Add(text), Kind::kNew);
    EXPECT_EQ(exact_only.Add(text), Kind::kNew);
    found += finder.Add(text + "and more") == Kind::kNear ? 1 : 0;
    EXPECT_EQ(exact_only.Add(text + "and more"), Kind::kNew);
    EXPECT_EQ(finder.Add(text + RandomText(&random, 40)), Kind::kNew);
  }
  EXPECT_GE(found, 297);
}

TEST(Duplicates, ShortTextsAreNeverNear) {
  Finder finder(0.1);
  EXPECT_EQ(finder.Add("a b c d e f g"), Kind::kNew);
  EXPECT_EQ(finder.Add("a b c d e f h"), Kind::kNew);
}

TEST(BoundedTable, KeepsNearlyEverythingBelowItsLimitAndNewKeysBeyond) {
  BoundedTable table(1 << 13);
  for (uint64_t key = 1; key <= 3000; ++key) table.Insert(MixSeed(1, key), static_cast<int64_t>(key));
  int64_t kept = 0;
  for (uint64_t key = 1; key <= 3000; ++key) {
    const int64_t* value = table.Find(MixSeed(1, key));
    EXPECT_EQ(value == nullptr ? static_cast<int64_t>(key) : *value, static_cast<int64_t>(key));
    kept += value != nullptr ? 1 : 0;
  }
  EXPECT_GE(kept, 2950);
  EXPECT_EQ(table.Find(MixSeed(1, 3001)), nullptr);
  for (uint64_t key = 1; key <= 100000; ++key) {
    table.Insert(MixSeed(2, key), static_cast<int64_t>(key));
    EXPECT_NE(table.Find(MixSeed(2, key)), nullptr);
  }
}

}  // namespace
}  // namespace clner
