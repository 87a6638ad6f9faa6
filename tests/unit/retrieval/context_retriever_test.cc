#include "retrieval/context_retriever.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/retrieval/fake_engine.h"

namespace clner {
namespace {

using test::FakeEngine;
using test::FakeReranker;
using test::SentenceOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Retriever : public ::testing::Test {
 protected:
  void Offer(const std::vector<std::string>& texts) {
    engine.everywhere.candidates.clear();
    double score = 100;
    for (const std::string& text : texts)
      engine.everywhere.candidates.push_back(
          {"id" + std::to_string(engine.everywhere.candidates.size()), "T", text, score -= 1});
  }
  RetrievedContexts Retrieve(const std::string& sentence) {
    LeakFilter filter(LeakRule::kFuzzy);
    for (const std::string& leak : leaks) filter.Add(leak);
    ContextRetriever retriever(engine, "fake.idx", reranker, filter, room, options);
    const Sentence words = SentenceOf(sentence);
    const std::vector<const Sentence*> sentences = {&words};
    return retriever.Retrieve(sentences).front();
  }
  std::vector<std::string> Texts(const std::string& sentence) {
    std::vector<std::string> texts;
    for (const CachedText& text : Retrieve(sentence).record.texts) texts.push_back(text.text);
    return texts;
  }

  FakeEngine engine;
  Reranker* reranker = nullptr;
  std::vector<std::string> leaks;
  RoomRule room;
  RetrievalOptions options;
};

TEST_F(Retriever, KeepsTheOrderOfTheEngineAndTheBestTexts) {
  Offer({"c text", "a text", "b text", "d text"});
  options.top = 3;
  const RetrievedContexts found = Retrieve("Jane sings");
  EXPECT_THAT(Texts("Jane sings"), ElementsAre("c text", "a text", "b text"));
  EXPECT_EQ(found.record.query, "Jane sings");
  EXPECT_EQ(found.record.words, (std::vector<std::string>{"Jane", "sings"}));
  const CachedText& first = found.record.texts.front();
  EXPECT_EQ(first.title, "T");
  EXPECT_EQ(first.doc_id, "id0");
  EXPECT_EQ(first.source, "fake.idx");
  EXPECT_EQ(first.score, 99.0);
  EXPECT_EQ(first.rerank_score, std::nullopt);
  EXPECT_EQ(found.counts.candidates, 4);
  EXPECT_EQ(found.counts.below_top, 1);
  EXPECT_EQ(found.counts.texts, 3);
  EXPECT_EQ(found.counts.with_contexts, 1);
}

// As CLNER's bert_scoring.py sorts.
TEST_F(Retriever, OrdersByScoreThenByTextBothDescending) {
  Offer({"a text", "b text", "c text", "d text"});
  FakeReranker fake;
  fake.scores = {{"a text", 0.5}, {"b text", 0.9}, {"c text", 0.5}, {"d text", 0.1}};
  reranker = &fake;
  EXPECT_THAT(Texts("Jane sings"), ElementsAre("b text", "c text", "a text", "d text"));
  const RetrievedContexts found = Retrieve("Jane sings");
  EXPECT_EQ(found.record.texts.front().rerank_score, 0.9);
  EXPECT_EQ(found.record.texts.front().score, 98.0);
}

TEST_F(Retriever, OfDuplicatesTheBestStays) {
  const std::string long_text =
      "Jane Doe is an engineer who founded Acme Robotics in Lisbon and leads a team of forty people there today";
  Offer({"One text", "one TEXT!", long_text, long_text + " again", "Another text"});
  const RetrievedContexts found = Retrieve("Jane sings");
  EXPECT_THAT(Texts("Jane sings"), ElementsAre("One text", long_text, "Another text"));
  EXPECT_EQ(found.counts.duplicates_exact, 1);
  EXPECT_EQ(found.counts.duplicates_near, 1);
  options.near_duplicates = 0;
  EXPECT_EQ(Texts("Jane sings").size(), 4U);
}

TEST_F(Retriever, DropsLeaksAndCountsThem) {
  leaks = {"Jane Doe , who founded Acme Robotics , moved to Lisbon ."};
  Offer({"Read this: Jane Doe, who founded Acme Robotics, moved to Lisbon.", "A text about Jane Doe.",
         "Jane Doe, who had founded Acme Robotics, moved to Lisbon."});
  const RetrievedContexts found = Retrieve("Jane sings");
  EXPECT_THAT(Texts("Jane sings"), ElementsAre("A text about Jane Doe."));
  EXPECT_EQ(found.counts.leaks_exact, 1);
  EXPECT_EQ(found.counts.leaks_fuzzy, 1);
}

// Row 60.
TEST_F(Retriever, TextsAreHarmlessLines) {
  using namespace std::string_literals;
  Offer({"a\tb\nB-PER\r\nc\0d \x1b[31m \xE2\x80\xAE e"s, " \t ", "bad \xFF byte", std::string(1 << 20, 'x'),
         "word " + std::string(1 << 20, 'y')});
  engine.everywhere.candidates[1].title = "Only a\ttitle";
  const RetrievedContexts found = Retrieve("Jane sings");
  ASSERT_EQ(found.record.texts.size(), 5U);
  EXPECT_EQ(found.record.texts[0].text, "a b B-PER cd [31m e");
  EXPECT_EQ(found.record.texts[1].text, "Only a title");
  EXPECT_EQ(found.record.texts[2].text, "bad \xEF\xBF\xBD byte");
  EXPECT_EQ(found.record.texts[3].text.size(), size_t{16} << 10);
  EXPECT_EQ(found.record.texts[4].text, "word");
}

TEST_F(Retriever, EmptyAndPartialAnswersAreCounted) {
  const RetrievedContexts nothing = Retrieve("? !");
  EXPECT_THAT(nothing.record.texts, IsEmpty());
  EXPECT_EQ(nothing.counts.empty_queries, 1);
  EXPECT_EQ(nothing.counts.with_contexts, 0);
  engine.everywhere.partial = true;
  const RetrievedContexts part = Retrieve("Jane sings");
  EXPECT_TRUE(part.record.partial);
  EXPECT_EQ(part.counts.partial, 1);
}

TEST_F(Retriever, PacksWholeTextsThatThereIsRoomFor) {
  Offer({"one two three, four five. Six", "seven eight", "nine ten eleven"});
  options.max_words_per_text = 4;
  // Texts of at most 10 characters fit.
  room.shown = [](const Sentence& sentence) {
    std::vector<size_t> fitting;
    for (size_t i = 0; i < sentence.contexts.texts(); ++i) {
      if (sentence.contexts.end_word(i) - sentence.contexts.begin_word(i) < 4) fitting.push_back(i);
    }
    return fitting;
  };
  EXPECT_THAT(Texts("Jane sings"), ElementsAre("seven eight", "nine ten eleven"));
  EXPECT_EQ(Retrieve("Jane sings").counts.without_room, 1);
  options.max_texts = 1;
  EXPECT_THAT(Texts("Jane sings"), ElementsAre("seven eight"));
  room.shown = {};
  EXPECT_THAT(Texts("Jane sings"), ElementsAre("one two three,"));
  options.max_words_per_text = 6;
  EXPECT_THAT(Texts("Jane sings"), ElementsAre("one two three, four five"));
}

TEST_F(Retriever, IdentityChangesWithEveryPart) {
  LeakFilter off(LeakRule::kOff), fuzzy(LeakRule::kFuzzy);
  FakeReranker fake;
  RetrievalOptions more = options;
  more.candidates = 30;
  FakeEngine other;
  other.name = "other";
  std::vector<std::string> identities = {
      ContextRetriever(engine, "a", nullptr, off, {}, options).identity(),
      ContextRetriever(other, "a", nullptr, off, {}, options).identity(),
      ContextRetriever(engine, "b", nullptr, off, {}, options).identity(),
      ContextRetriever(engine, "a", &fake, off, {}, options).identity(),
      ContextRetriever(engine, "a", nullptr, fuzzy, {}, options).identity(),
      ContextRetriever(engine, "a", nullptr, off, {.identity = "512 pieces"}, options).identity(),
      ContextRetriever(engine, "a", nullptr, off, {}, more).identity()};
  std::sort(identities.begin(), identities.end());
  EXPECT_EQ(std::unique(identities.begin(), identities.end()), identities.end());
}

}  // namespace
}  // namespace clner
