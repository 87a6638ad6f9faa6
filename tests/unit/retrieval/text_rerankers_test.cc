#include "retrieval/text_rerankers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/utf8.h"
#include "retrieval/index_builder.h"
#include "unit/data/temp_file.h"

namespace clner {
namespace {

struct Case {
  std::string a, b;
  double similarity;
};

// rapidfuzz 3: distance.Levenshtein.normalized_similarity.
TEST(FuzzyReranker, ScoresAreThoseOfRapidfuzz) {
  const std::vector<Case> cases = {
      {"kitten", "sitting", 0.5714285714285714},
      {"", "", 1.0},
      {"", "abc", 0.0},
      {"abc", "", 0.0},
      {"Jane Doe joined Acme", "Jane Doe is an engineer who joined Acme Robotics in 2019.", 0.3508771929824561},
      {"ABC", "abc", 0.0},
      {"na\xC3\xAFve caf\xC3\xA9", "naive cafe", 0.8},
      {"\xE6\x88\x91\xE7\x88\xB1\xE5\x8C\x97\xE4\xBA\xAC\xE5\xA4\xA9\xE5\xAE\x89\xE9\x97\xA8",
       "\xE6\x88\x91\xE7\x88\xB1\xE4\xB8\x8A\xE6\xB5\xB7", 0.2857142857142857},
      {std::string(64, 'a'), std::string(64, 'a'), 1.0},
      {std::string(64, 'a'), std::string(65, 'a').append("b"), 0.9696969696969697},
      {"The quick brown fox jumps over the lazy dog and runs away from the big bad wolf",
       "A lazy dog was jumped over by a quick brown fox, which then ran away from a wolf", 0.3}};
  FuzzyReranker reranker;
  for (const auto& [a, b, similarity] : cases) {
    const std::vector<Candidate> candidates = {{.text = b}};
    const std::vector<RerankRequest> requests = {{a, candidates}};
    EXPECT_NEAR(reranker.Score(requests)[0][0], similarity, 1e-12) << a << " | " << b;
  }
}

size_t PlainDistance(const std::u32string& a, const std::u32string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({change, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

TEST(FuzzyReranker, BitParallelDistanceIsThatOfTheTable) {
  constexpr uint64_t kSeed = 1999;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  const auto text = [&] {
    std::u32string letters(random.Below(300), U'a');
    for (char32_t& letter : letters) letter = static_cast<char32_t>(U'a' + random.Below(4));
    return letters;
  };
  for (int i = 0; i < 300; ++i) {
    const std::u32string a = text(), b = text();
    const auto longest = static_cast<double>(std::max({a.size(), b.size(), size_t{1}}));
    EXPECT_NEAR(EditSimilarity(a, b), 1 - static_cast<double>(PlainDistance(a, b)) / longest, 1e-12)
        << EncodeUtf8(a) << " | " << EncodeUtf8(b);
  }
}

TEST(Bm25Reranker, ScoresTextsAsTheIndexDoes) {
  const test::TempDir directory;
  const std::string leads = directory.Write("leads.tsv",
                                            "1\tAcme Robotics is a maker of robots in Lisbon .\n"
                                            "2\tJane Doe is an engineer who founded Acme Robotics .\n"
                                            "3\tLisbon is the capital of Portugal .\n"
                                            "4\tOslo is the capital of Norway .\n"
                                            "5\tRobots are machines .\n");
  const std::string path = directory.path() / "idx";
  BuildIndex({leads}, path, {});
  FtsIndex index(path, {.query = {.max_share = 1.0, .name_share = 1.0}});
  const std::string sentence = "Jane Doe lives in Lisbon";
  const SearchAnswer answer = index.Search(std::vector<std::string>{sentence}, 10).front();
  ASSERT_GE(answer.candidates.size(), 2U);
  Bm25Reranker reranker(index);
  const std::vector<RerankRequest> requests = {{sentence, answer.candidates}, {"Oslo", answer.candidates}, {"", {}}};
  const std::vector<std::vector<double>> scores = reranker.Score(requests);
  ASSERT_EQ(scores.size(), 3U);
  for (size_t i = 0; i < answer.candidates.size(); ++i) {
    EXPECT_NEAR(scores[0][i], answer.candidates[i].score, 1e-9);
    EXPECT_EQ(scores[1][i], 0.0);
  }
  EXPECT_TRUE(scores[2].empty());
  EXPECT_NE(reranker.identity(), FuzzyReranker().identity());
}

}  // namespace
}  // namespace clner
