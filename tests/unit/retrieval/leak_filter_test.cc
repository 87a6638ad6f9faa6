#include "retrieval/leak_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/random.h"

namespace clner {
namespace {

constexpr const char* kSentence = "Jane Doe , who founded Acme Robotics , moved to Lisbon in 2019 .";  // 11 words

Leak Classify(const std::string& sentence, const std::string& text, LeakRule rule = LeakRule::kFuzzy) {
  LeakFilter filter(rule);
  filter.Add(sentence);
  return filter.Classify(text);
}

TEST(LeakFilter, ExactWhateverCasePunctuationAndBlanks) {
  EXPECT_EQ(Classify(kSentence, kSentence), Leak::kExact);
  EXPECT_EQ(Classify(kSentence, "News: jane doe (who founded ACME Robotics) moved to Lisbon in 2019! More soon."),
            Leak::kExact);
  EXPECT_EQ(Classify("I do n't think that this is right .", "He said: I don't think that this is right."),
            Leak::kExact);
  EXPECT_EQ(
      Classify("\xE6\x88\x91\xE7\x88\xB1 \xE5\x8C\x97\xE4\xBA\xAC \xE5\xA4\xA9",
               "\xE4\xBB\x96\xE8\xAF\xB4\xE6\x88\x91\xE7\x88\xB1\xE5\x8C\x97\xE4\xBA\xAC\xE5\xA4\xA9\xE5\xAE\x89"),
      Leak::kExact);
  EXPECT_EQ(Classify(kSentence, kSentence, LeakRule::kExact), Leak::kExact);
  EXPECT_EQ(Classify(kSentence, kSentence, LeakRule::kOff), Leak::kNone);
}

TEST(LeakFilter, SentencesBeginAndEndWithWords) {
  EXPECT_EQ(Classify("end of the day was it", "The weekend of the day was it.", LeakRule::kExact), Leak::kNone);
  EXPECT_EQ(Classify("end of the day was it", "At the end of the day was items.", LeakRule::kExact), Leak::kNone);
  EXPECT_EQ(Classify("end of the day was it", "At the end of the day was it.", LeakRule::kExact), Leak::kExact);
}

TEST(LeakFilter, ShortSentencesLeakAsWholeTextsOnly) {
  EXPECT_EQ(Classify("I am in Lisbon", "Today I am in Lisbon again."), Leak::kNone);
  EXPECT_EQ(Classify("I am in Lisbon", "I am in Lisbon!"), Leak::kExact);
  EXPECT_EQ(Classify("Lisbon", "Lisbon is the capital of Portugal."), Leak::kNone);
  EXPECT_EQ(Classify("Lisbon", "lisbon"), Leak::kExact);
  EXPECT_EQ(Classify("! ?", "Lisbon is the capital of Portugal."), Leak::kNone);
  EXPECT_EQ(Classify("", ""), Leak::kNone);
}

TEST(LeakFilter, FuzzyWithOneWordChangedAddedOrMissing) {
  const std::string around = "As we said some time ago in another place: ", behind = " And this goes on for long.";
  for (const char* variant : {"Jane Doe who founded Acme Machines moved to Lisbon in 2019",
                              "Jane Doe who once founded Acme Robotics moved to Lisbon in 2019",
                              "Jane Doe who founded Acme Robotics moved to Lisbon 2019",
                              "Jane Doe who founded Acme Robotics moved to Lisbon in"}) {
    EXPECT_EQ(Classify(kSentence, around + variant + behind), Leak::kFuzzy) << variant;
    EXPECT_EQ(Classify(kSentence, around + variant + behind, LeakRule::kExact), Leak::kNone) << variant;
  }
  EXPECT_EQ(Classify(kSentence, "Jane Doe founded a maker of robots and moved to Lisbon in 2019."), Leak::kNone);
  EXPECT_EQ(Classify(kSentence, "Lisbon in 2019. Acme Robotics. Doe who founded. Moved to. Jane."), Leak::kNone);
}

TEST(LeakFilter, RepeatedWordsAreNoLongSentence) {
  EXPECT_EQ(Classify("ha ha ha ha ha ha ha ha ha ha", "She said ha ha ha and left."), Leak::kNone);
  EXPECT_EQ(Classify("ha ha ha ha ha ha", "She said ha ha ha ha ha ha and left."), Leak::kExact);
}

TEST(LeakFilter, TheWordsMustStandTogether) {
  std::string text;
  for (const char* part : {"Jane Doe who", "who founded Acme Robotics", "Robotics moved to", "to Lisbon in 2019"})
    text += std::string(part) + " and then there were many other words in between to keep them apart. ";
  EXPECT_EQ(Classify(kSentence, text), Leak::kNone);
}

TEST(LeakFilter, FindsAmongManySentencesWhatOneByOneFinds) {
  constexpr uint64_t kSeed = 63;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  const auto words = [&](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += (i == 0 ? "w" : " w") + std::to_string(random.Below(60));
    return text;
  };
  std::vector<std::string> sentences;
  LeakFilter together(LeakRule::kFuzzy);
  for (int i = 0; i < 200; ++i) {
    sentences.push_back(words(1 + random.Below(20)));
    together.Add(sentences.back());
  }
  int leaks = 0;
  for (int i = 0; i < 100; ++i) {
    std::string text = words(20) + " " + sentences[random.Below(sentences.size())] + " " + words(20);
    if (i % 2 == 0) text.replace(text.find(' ', text.size() / 2), 1, " x ");
    Leak expected = Leak::kNone;
    for (const std::string& sentence : sentences) {
      const Leak one = Classify(sentence, text);
      if (one == Leak::kExact || expected == Leak::kNone) expected = one;
      if (expected == Leak::kExact) break;
    }
    EXPECT_EQ(together.Classify(text), expected) << text;
    leaks += expected == Leak::kNone ? 0 : 1;
  }
  EXPECT_GT(leaks, 50);
}

TEST(LeakFilter, IdentityIsThatOfRuleAndSentences) {
  LeakFilter a(LeakRule::kFuzzy), b(LeakRule::kExact), c(LeakRule::kFuzzy);
  for (LeakFilter* filter : {&a, &b, &c}) filter->Add(kSentence);
  EXPECT_EQ(a.identity(), c.identity());
  EXPECT_NE(a.identity(), b.identity());
  c.Add(kSentence);
  EXPECT_EQ(a.identity(), c.identity());
  EXPECT_EQ(c.sentences(), 1);
  c.Add("Another sentence");
  EXPECT_NE(a.identity(), c.identity());
}

}  // namespace
}  // namespace clner
