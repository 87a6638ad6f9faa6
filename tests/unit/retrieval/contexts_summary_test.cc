#include "retrieval/contexts_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "retrieval/query.h"

namespace clner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// A labelled sentence whose words and texts are separated by single blanks.
Sentence Make(const std::string& text, std::vector<Span> spans, const std::vector<std::string>& texts = {}) {
  Sentence sentence = {.words = Words(text), .spans = std::move(spans), .labelled = true};
  for (const std::string& context : texts) {
    for (const std::string& word : Words(context)) sentence.contexts.AddWord(word);
    sentence.contexts.EndText();
  }
  return sentence;
}

Corpus MakeCorpus(std::vector<Sentence> sentences) {
  Corpus corpus;
  corpus.path = "dev.conll";
  corpus.sentences = std::move(sentences);
  for (size_t i = 0; i < corpus.sentences.size(); ++i) corpus.sentences[i].line = static_cast<int64_t>(10 * i + 1);
  return corpus;
}

ContextsSummary Summarize(const Corpus& corpus, const std::vector<Corpus>& train = {}) {
  LeakFilter leaks(LeakRule::kFuzzy);
  for (const Sentence& sentence : corpus.sentences) leaks.Add(JoinWords(sentence.words));
  return SummarizeContexts(corpus, train, &leaks);
}

std::vector<std::string> Codes(const ContextsSummary& summary) {
  std::vector<std::string> codes;
  for (const Finding& finding : summary.findings) codes.push_back(finding.code);
  return codes;
}

TEST(ContextsSummary, FindsMentionsAsWholeWordsWhateverCaseAndPunctuation) {
  const Corpus corpus = MakeCorpus(
      {Make("Acme Robotics left Oslo for the U.S. :)", {{0, 2, "ORG"}, {3, 4, "LOC"}, {6, 7, "LOC"}, {7, 8, "X"}},
            {"Osloer like it :)", "The ACME-Robotics of the u.s. and Acme"})});
  const ContextsSummary summary = Summarize(corpus);
  EXPECT_EQ(summary.all.mentions, 4);
  EXPECT_EQ(summary.all.found, 2);
  EXPECT_DOUBLE_EQ(summary.all.coverage(), 0.5);
  EXPECT_THAT(summary.details[0].found, ElementsAre(1U, std::nullopt, 1U, std::nullopt));
  EXPECT_EQ(summary.types.at("ORG").found, 1);
  EXPECT_EQ(summary.types.at("LOC").mentions, 2);
  EXPECT_EQ(summary.types.at("LOC").found, 1);
  EXPECT_THAT(summary.found_first_in, ElementsAre(0, 2));
}

TEST(ContextsSummary, AMentionStandsInOneTextOfItsOwnSentence) {
  const Corpus corpus = MakeCorpus({Make("Acme Robotics", {{0, 2, "ORG"}}, {"makers like Acme", "Robotics is fun"}),
                                    Make("Oslo", {{0, 1, "LOC"}}, {"about Acme Robotics"})});
  EXPECT_EQ(Summarize(corpus).all.found, 0);
}

TEST(ContextsSummary, SeenMentionsAreThoseOfAnyTypeInTrain) {
  const Corpus corpus = MakeCorpus({Make("Acme Robotics in Oslo and Rome",
                                         {{0, 2, "ORG"}, {3, 4, "LOC"}, {5, 6, "LOC"}}, {"acme robotics of Rome"})});
  const std::vector<Corpus> train = {MakeCorpus({Make("ACME robotics", {{0, 2, "product"}})}),
                                     MakeCorpus({Make("Oslo is Rome", {{0, 1, "LOC"}})})};
  const ContextsSummary summary = Summarize(corpus, train);
  EXPECT_EQ(summary.seen->mentions, 2);
  EXPECT_EQ(summary.seen->found, 1);
  EXPECT_EQ(summary.unseen->mentions, 1);
  EXPECT_EQ(summary.unseen->found, 1);
  const Json json = ToJson(summary);
  EXPECT_EQ(json.at("coverage_seen"), 0.5);
  EXPECT_EQ(json.at("coverage_unseen"), 1.0);
  EXPECT_TRUE(ToJson(Summarize(corpus)).at("coverage_seen").is_null());
}

TEST(ContextsSummary, CountsLeaksOfAnySentence) {
  const Corpus corpus =
      MakeCorpus({Make("Jane Doe of Acme Robotics lives in Oslo now", {},
                       {"nothing here", "They say Jane Doe of Acme Robotics now lives in Oslo with pleasure"}),
                  Make("It is cold", {}, {"News : jane doe of ACME Robotics lives in Oslo now !"})});
  const ContextsSummary summary = Summarize(corpus);
  EXPECT_EQ(summary.leaks_exact, 1);
  EXPECT_EQ(summary.leaks_fuzzy, 1);
  EXPECT_THAT(summary.details[0].leaks, ElementsAre(Leak::kNone, Leak::kFuzzy));
  EXPECT_THAT(Codes(summary), ElementsAre("leak-exact", "leak-fuzzy"));
  EXPECT_EQ(summary.findings[0].places.at(0).where, "dev.conll:11");
  EXPECT_EQ(summary.findings[0].places.at(0).what, "'News : jane doe of ACME Robotics lives in Oslo now !'");
}

TEST(ContextsSummary, CountsDuplicatesWithinASentenceAndOverTheCorpus) {
  const Corpus corpus = MakeCorpus({Make("a", {}, {"Oslo is cold", "oslo , is COLD !", "Rome"}),
                                    Make("b", {}, {"Oslo is cold", "Lisbon"}), Make("c", {}, {"Lisbon", "Rome is"})});
  const ContextsSummary summary = Summarize(corpus);
  EXPECT_EQ(summary.texts, 7);
  EXPECT_EQ(summary.repeated_in_sentence, 1);
  EXPECT_EQ(summary.repeated_in_corpus, 2);
  EXPECT_EQ(summary.distinct_texts, 4);
  EXPECT_THAT(summary.details[0].repeated, ElementsAre(false, true, false));
  EXPECT_THAT(Codes(summary), ElementsAre("duplicate-text"));
}

TEST(ContextsSummary, LengthsLeaveOutSentencesWithoutContext) {
  const Corpus corpus = MakeCorpus({Make("a", {}, {"1 2 3", "4"}), Make("b", {}), Make("c", {}, {"1 2"})});
  const ContextsSummary summary = Summarize(corpus);
  EXPECT_EQ(summary.with_context, 2);
  EXPECT_EQ(summary.texts_of_sentence.max, 2);
  EXPECT_DOUBLE_EQ(summary.texts_of_sentence.mean, 1.5);
  EXPECT_DOUBLE_EQ(summary.words_of_sentence.mean, 3.0);
  EXPECT_EQ(summary.words_of_text.median, 2);
  EXPECT_EQ(summary.words_of_text.p75, 3);
  EXPECT_THAT(summary.sentences_with_texts, ElementsAre(std::pair(0, 1), std::pair(1, 1), std::pair(2, 1)));
  EXPECT_EQ(summary.bin_words, 1);
  EXPECT_THAT(summary.sentences_in_bin, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(Codes(summary), ElementsAre("no-context"));
}

TEST(ContextsSummary, BinsGrowWithTheLongestContext) {
  Sentence sentence = Make("a", {});
  for (int i = 0; i < 101; ++i) sentence.contexts.AddWord("w");
  sentence.contexts.EndText();
  const ContextsSummary summary = Summarize(MakeCorpus({Make("b", {}, {"1 2 3 4 5 6 7 8 9 10"}), sentence}));
  EXPECT_EQ(summary.bin_words, 10);
  ASSERT_EQ(summary.sentences_in_bin.size(), 11U);
  EXPECT_EQ(summary.sentences_in_bin[0], 1);
  EXPECT_EQ(summary.sentences_in_bin[10], 1);
  const Json bins = ToJson(summary).at("histogram").at("words");
  EXPECT_EQ(bins.at(10), (Json{{"from", 101}, {"to", 110}, {"sentences", 1}}));
}

TEST(ContextsSummary, WithoutMentionsThereIsNoCoverage) {
  const Json json = ToJson(Summarize(MakeCorpus({Make("a", {})})));
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("mentions"), 0);
  EXPECT_TRUE(json.at("coverage").is_null());
  EXPECT_EQ(json.at("without_context"), 1);
  EXPECT_EQ(json.at("histogram").at("words"), Json::array());
  EXPECT_EQ(ToJson(Summarize(Corpus())).at("findings"), Json::array());
}

TEST(ContextsSummary, PlacesAreTheFirstFew) {
  std::vector<Sentence> sentences;
  for (int i = 0; i < 9; ++i) sentences.push_back(Make("Oslo", {{0, 1, "LOC"}}, {"Rome"}));
  const ContextsSummary summary = Summarize(MakeCorpus(sentences));
  ASSERT_EQ(summary.findings.size(), 1U);
  EXPECT_EQ(summary.findings[0].code, "mention-not-found");
  EXPECT_EQ(summary.findings[0].count, 9);
  EXPECT_EQ(summary.findings[0].places.size(), kMaxPlaces);
}

TEST(MentionsInContexts, MarksEveryOccurrenceWithItsSpan) {
  const Sentence sentence = Make("Jane Doe of Acme", {{0, 2, "PER"}, {3, 4, "ORG"}},
                                 {"JANE DOE-Smith and Jane met Acme", "Doe of the acme", "x Acme Acme"});
  EXPECT_THAT(MentionsInContexts(sentence),
              ElementsAre(0U, 0U, std::nullopt, std::nullopt, std::nullopt, 1U, std::nullopt, std::nullopt,
                          std::nullopt, 1U, std::nullopt, 1U, 1U));
  EXPECT_THAT(MentionsInContexts(Make("Jane", {{0, 1, "PER"}})), IsEmpty());
}

TEST(ExampleSentences, TakesKindsByTurns) {
  const Corpus corpus =
      MakeCorpus({Make("Oslo a", {{0, 1, "LOC"}}, {"Rome"}), Make("Oslo b", {{0, 1, "LOC"}}, {"Rome"}),
                  Make("Oslo c", {{0, 1, "LOC"}}, {"Oslo"}), Make("d", {}), Make("e", {}, {"x"}),
                  Make("f", {}, {"x", "X"}), Make("Jane of Acme lives here", {}, {"Jane of Acme lives here ."})});
  const ContextsSummary summary = Summarize(corpus);
  EXPECT_THAT(ExampleSentences(summary, 3), ElementsAre(0U, 5U, 6U));
  EXPECT_THAT(ExampleSentences(summary, 6), ElementsAre(0U, 2U, 3U, 4U, 5U, 6U));
  EXPECT_EQ(ExampleSentences(summary, 100).size(), 7U);
  EXPECT_THAT(ExampleSentences(summary, 0), IsEmpty());
}

}  // namespace
}  // namespace clner
