#include "data/context_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/context_texts.h"
#include "support/shared_data.h"

namespace clner {
namespace {

using test::ContextsOf;
using test::Texts;
using test::TextsOf;
using testing::IsEmpty;

/// Sentences of so many words, each of which names its sentence and itself: "2.0".
Corpus Make(const std::vector<int>& sizes, const std::vector<int64_t>& documents = {}) {
  Corpus corpus;
  for (size_t i = 0; i < sizes.size(); ++i) {
    Sentence sentence;
    for (int w = 0; w < sizes[i]; ++w) sentence.words.push_back(std::to_string(i) + "." + std::to_string(w));
    if (!documents.empty()) sentence.document = documents[i];
    corpus.sentences.push_back(sentence);
  }
  return corpus;
}

Corpus Document(const std::vector<int>& sizes, size_t max_words, const std::vector<int64_t>& documents = {}) {
  Corpus corpus = Make(sizes, documents);
  ReplaceContexts(&corpus, {.source = ContextSource::kDocument, .max_words = max_words});
  return corpus;
}

TEST(ContextSource, ADocumentGivesTheWordsOnBothSides) {
  const Corpus corpus = Document({2, 1, 2}, 510);
  EXPECT_EQ(TextsOf(corpus.sentences[0].contexts), (Texts{{"1.0"}, {"2.0", "2.1"}}));
  EXPECT_EQ(corpus.sentences[0].contexts.words_before, 0U);
  EXPECT_EQ(TextsOf(corpus.sentences[1].contexts), (Texts{{"0.0", "0.1"}, {"2.0", "2.1"}}));
  EXPECT_EQ(corpus.sentences[1].contexts.words_before, 2U);
  EXPECT_EQ(TextsOf(corpus.sentences[2].contexts), (Texts{{"0.0", "0.1"}, {"1.0"}}));
  EXPECT_EQ(corpus.sentences[2].contexts.words_before, 3U);
  EXPECT_EQ(corpus.with_context, 3);
  EXPECT_EQ(corpus.context_texts, 6);
  EXPECT_EQ(corpus.context_words, 10);
}

TEST(ContextSource, ADocumentEndsWhereItsNumberChanges) {
  const Corpus corpus = Document({1, 1, 1, 1, 1}, 510, {1, 1, 2, 4, 1});
  EXPECT_EQ(TextsOf(corpus.sentences[0].contexts), (Texts{{"1.0"}}));
  EXPECT_EQ(TextsOf(corpus.sentences[1].contexts), (Texts{{"0.0"}}));
  for (const size_t alone : {2, 3, 4}) EXPECT_TRUE(corpus.sentences[alone].contexts.empty()) << alone;
  EXPECT_EQ(corpus.with_context, 2);
}

TEST(ContextSource, SidesOfADocumentAreCutAwayFromTheSentence) {
  // 7 words beside the sentence: 4 for a side, or what the other one leaves.
  const Corpus corpus = Document({3, 3, 1, 3, 3}, 8);
  EXPECT_EQ(TextsOf(corpus.sentences[2].contexts),
            (Texts{{"0.2"}, {"1.0", "1.1", "1.2"}, {"3.0", "3.1", "3.2"}, {"4.0"}}));
  EXPECT_EQ(corpus.sentences[2].contexts.words_before, 4U);
  EXPECT_EQ(corpus.sentences[0].contexts.words(), 5U) << "all of the room when the other side has none";
  EXPECT_TRUE(Document({3, 9, 3}, 8).sentences[1].contexts.empty()) << "the sentence fills the encoder";
}

TEST(ContextSource, EmptySentencesOfADocumentAreNoTexts) {
  const Corpus corpus = Document({1, 0, 0, 2, 0}, 510);
  EXPECT_EQ(TextsOf(corpus.sentences[0].contexts), (Texts{{"3.0", "3.1"}}));
  EXPECT_EQ(TextsOf(corpus.sentences[2].contexts), (Texts{{"0.0"}, {"3.0", "3.1"}}));
  EXPECT_EQ(TextsOf(corpus.sentences[3].contexts), (Texts{{"0.0"}}));
}

TEST(ContextSource, ExchangedContextsAreThoseOfOthers) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    Corpus corpus = Make(std::vector<int>(2 + seed, 1));
    for (size_t i = 0; i < corpus.sentences.size(); ++i) {
      if (i % 5 != 3) corpus.sentences[i].contexts = ContextsOf({{std::to_string(i)}});
    }
    ReplaceContexts(&corpus, {.source = ContextSource::kRandomContexts, .seed = seed});
    std::set<std::string> seen;
    for (size_t i = 0; i < corpus.sentences.size(); ++i) {
      const ContextTexts& contexts = corpus.sentences[i].contexts;
      ASSERT_EQ(contexts.empty(), i % 5 == 3) << "a sentence without stays without";
      if (contexts.empty()) continue;
      ASSERT_NE(contexts.word(0), std::to_string(i));
      ASSERT_TRUE(seen.emplace(contexts.word(0)).second) << "each is given once";
    }
    ASSERT_EQ(corpus.with_context, static_cast<int64_t>(seen.size()));
  }
  Corpus one = Make({1, 1});
  one.sentences[1].contexts = ContextsOf({{"a"}});
  ReplaceContexts(&one, {.source = ContextSource::kRandomContexts});
  EXPECT_EQ(TextsOf(one.sentences[1].contexts), Texts{{"a"}}) << "there is no other one";
}

TEST(ContextSource, RandomSentencesAreDifferentOthers) {
  Corpus corpus = Make(std::vector<int>(40, 2));
  corpus.sentences[0].contexts = ContextsOf({{"of", "the", "file"}});
  ReplaceContexts(&corpus, {.source = ContextSource::kRandomSentences, .seed = 7});
  std::set<std::string> all;
  for (size_t i = 0; i < corpus.sentences.size(); ++i) {
    std::set<std::string> firsts;
    for (const std::vector<std::string>& text : TextsOf(corpus.sentences[i].contexts)) {
      EXPECT_EQ(text.size(), 2U);
      EXPECT_NE(text, corpus.sentences[i].words);
      firsts.insert(text.front());
    }
    EXPECT_EQ(firsts.size(), ContextRule::kTexts);
    all.merge(firsts);
  }
  EXPECT_EQ(all.size(), 40U);
  EXPECT_EQ(corpus.context_words, 40 * 6 * 2);
}

TEST(ContextSource, RandomSentencesAreAsManyAsThereAreOrFit) {
  Corpus few = Make({1, 1, 1});
  ReplaceContexts(&few, {.source = ContextSource::kRandomSentences, .texts = 1000000});
  for (const Sentence& sentence : few.sentences) EXPECT_EQ(sentence.contexts.texts(), 2U);
  Corpus alone = Make({1});
  ReplaceContexts(&alone, {.source = ContextSource::kRandomSentences});
  EXPECT_TRUE(alone.sentences[0].contexts.empty());
  Corpus long_ones = Make(std::vector<int>(30, 4));
  ReplaceContexts(&long_ones, {.source = ContextSource::kRandomSentences, .texts = 20, .max_words = 10});
  for (const Sentence& sentence : long_ones.sentences) EXPECT_EQ(sentence.contexts.words(), 12U);
}

TEST(ContextSource, EqualSeedsGiveEqualContexts) {
  for (const ContextSource source : {ContextSource::kRandomContexts, ContextSource::kRandomSentences}) {
    const auto contexts = [&](uint64_t seed) {
      Corpus corpus = Make(std::vector<int>(12, 1));
      for (Sentence& sentence : corpus.sentences) sentence.contexts = ContextsOf({sentence.words});
      ReplaceContexts(&corpus, {.source = source, .seed = seed, .texts = 2});
      std::vector<std::string> words;
      for (const Sentence& sentence : corpus.sentences) words.emplace_back(sentence.contexts.word(0));
      return words;
    };
    EXPECT_EQ(contexts(1), contexts(1));
    EXPECT_NE(contexts(1), contexts(2));
  }
  Corpus corpus = Make(std::vector<int>(12, 1));
  ReplaceContexts(&corpus, {.source = ContextSource::kRandomSentences, .seed = 1, .texts = 3});
  EXPECT_EQ(TextsOf(corpus.sentences[0].contexts), (Texts{{"1.0"}, {"11.0"}, {"4.0"}})) << "on every machine";
}

TEST(ContextSource, FileChangesNothing) {
  Corpus corpus = Make({1, 1});
  corpus.sentences[0].contexts = ContextsOf({{"a", "b"}});
  corpus.with_context = 1;
  ReplaceContexts(&corpus, {});
  EXPECT_EQ(TextsOf(corpus.sentences[0].contexts), (Texts{{"a", "b"}}));
  EXPECT_THAT(TextsOf(corpus.sentences[1].contexts), IsEmpty());
  EXPECT_EQ(corpus.with_context, 1);
}

TEST(ContextSource, SharedDocumentsOfConllpp) {
  const std::filesystem::path path = test::DataDir() / "conllpp/conllpp_dev.txt";
  CLNER_NEEDS(path);
  Corpus corpus = ReadCorpus(path.string(), {});
  ASSERT_EQ(corpus.documents, 216);
  ReplaceContexts(&corpus, {.source = ContextSource::kDocument});
  for (size_t i = 1; i < corpus.sentences.size(); ++i) {
    const Sentence &before = corpus.sentences[i - 1], &sentence = corpus.sentences[i];
    ASSERT_LE(sentence.words.size() + sentence.contexts.words(), 511U);
    const size_t words_before = sentence.contexts.words_before.value();
    ASSERT_EQ(words_before == 0, before.document != sentence.document) << i;
    if (words_before == 0) continue;
    ASSERT_EQ(sentence.contexts.word(words_before - 1), before.words.back());
  }
}

}  // namespace
}  // namespace clner
