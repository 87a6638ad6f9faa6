// The Wikipedia leads of the shared data, end to end.
#include <gtest/gtest.h>

#include "core/log.h"
#include "data/contexts.h"
#include "data/data_format.h"
#include "data/unicode_class.h"
#include "retrieval/build_contexts.h"
#include "retrieval/fts_index.h"
#include "retrieval/index_builder.h"
#include "support/shared_data.h"
#include "unit/core/support.h"

namespace clner {
namespace {

TEST(Leads, AreIndexedWholeAndFindGoldMentions) {
  const std::filesystem::path leads = test::DataDir() / "wikipedia/wikipedia_leads.tsv";
  const std::filesystem::path dev = test::DataDir() / "wnut17/emerging.dev.conll";
  CLNER_NEEDS(leads);
  CLNER_NEEDS(dev);
  SetLogLevel(LogLevel::kQuiet);
  const test::TempDir dir;
  const IndexInfo info = BuildIndex({leads.string()}, dir / "idx", {});
  EXPECT_EQ(info.documents, 41095);
  EXPECT_EQ(info.passages + info.removed_exact + info.removed_near, 41095);
  EXPECT_LT(info.removed_exact + info.removed_near, 500);
  FtsIndex index(dir / "idx");
  index.Check();
  std::vector<std::string> queries;
  std::vector<std::vector<std::string>> mentions;
  Corpus corpus = ReadData(dev.string(), DataFormat::kColumns, {}, {});
  for (const Sentence& sentence : corpus.sentences) {
    const auto surface = [&](int64_t begin, int64_t end) {
      std::string text;
      for (int64_t w = begin; w < end; ++w) text += (w > begin ? " " : "") + sentence.words[static_cast<size_t>(w)];
      return text;
    };
    queries.push_back(surface(0, static_cast<int64_t>(sentence.words.size())));
    mentions.emplace_back();
    for (const Span& span : sentence.spans)
      mentions.back().push_back(LowerCase(surface(span.begin_word, span.end_word)));
  }
  const std::vector<SearchAnswer> answers = index.Search(queries, 6);
  int64_t found = 0, total = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    std::string contexts;
    for (const Candidate& candidate : answers[i].candidates)
      contexts += LowerCase(candidate.title + "\n" + candidate.text) + "\n";
    for (const std::string& mention : mentions[i]) {
      ++total;
      found += contexts.find(mention) != std::string::npos ? 1 : 0;
    }
  }
  EXPECT_EQ(total, 836);
  EXPECT_GT(static_cast<double>(found) / static_cast<double>(total), 0.38);  // all terms find 38 %

  LeakFilter leaks(LeakRule::kFuzzy);
  for (const std::string& query : queries) leaks.Add(query);
  ContextRetriever retriever(index, "leads", nullptr, leaks, {}, {});
  const ContextsReport report = BuildContexts(corpus, {}, retriever, {.output = dir / "contexts.jsonl"});
  EXPECT_EQ(report.distinct, 1006);
  EXPECT_GT(report.counts.with_contexts, 980);
  EXPECT_GT(report.counts.texts, 5800);
  EXPECT_LT(report.counts.leaks_exact + report.counts.leaks_fuzzy, 10);
  const ContextCache cache = ReadJsonlCache((dir / "contexts.jsonl").string(), {});
  EXPECT_TRUE(LookUpContexts(&corpus, cache).empty());
  SetLogLevel(LogLevel::kInfo);
}

}  // namespace
}  // namespace clner
