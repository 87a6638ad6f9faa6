// Span marginals against enumeration.
#include <cmath>

#include "crf_problem.h"
#include "crf_reference.h"

namespace clner::crf::test {
namespace {

/// Spans (first, last, type) of a path.
struct Entity {
  int64_t first, last;
  int32_t type;
  bool operator==(const Entity&) const = default;
};

const std::vector<SpanTags> kBioes = {{1, 2, 3, 4}, {5, 6, 7, 8}};
const std::vector<SpanTags> kBio = {{1, 2, -1, -1}, {3, 4, -1, -1}};

/// Whether words first..last are exactly one entity: begin, inside.., end; nothing continues it.
bool Carries(const SpanTags& t, const std::vector<int32_t>& path, int64_t first, int64_t last) {
  const auto at = [&](int64_t i) { return path[static_cast<size_t>(i)]; };
  if (t.end >= 0) {
    if (first == last) return at(first) == t.single;
    bool match = at(first) == t.begin && at(last) == t.end;
    for (int64_t i = first + 1; i < last; ++i) match &= at(i) == t.inside;
    return match;
  }
  bool match = at(first) == t.begin;
  for (int64_t i = first + 1; i <= last; ++i) match &= at(i) == t.inside;
  return match && (last + 1 == static_cast<int64_t>(path.size()) || at(last + 1) != t.inside);
}

std::vector<SpanQuery> AllQueries(const Problem& p, int32_t types) {
  std::vector<SpanQuery> queries;
  for (int64_t b = p.Sentences() - 1; b >= 0; --b) {
    for (int64_t i = 0; i < p.lengths[static_cast<size_t>(b)]; ++i) {
      for (int64_t j = i; j < p.lengths[static_cast<size_t>(b)]; ++j) {
        for (int32_t t = 0; t < types; ++t) queries.push_back({b, i, j, t});
      }
    }
  }
  return queries;
}

std::vector<float> Ask(const Problem& p, const std::vector<SpanTags>& types, const std::vector<SpanQuery>& queries,
                       const Layout& layout = {}) {
  const Storage s(p, layout);
  ExactWorkspace workspace(Operation::kSpanMarginals, s.batch);
  std::vector<float> probability(queries.size(), kPattern);
  EXPECT_EQ(
      backend::SpanMarginals(s.batch, s.In(), s.params, types.data(), static_cast<int64_t>(types.size()),
                             queries.data(), static_cast<int64_t>(queries.size()), probability.data(), workspace.Get()),
      KernelStatus::kOk);
  return probability;
}

TEST(CrfSpans, MatchEnumerationForBioesAndBio) {
  std::mt19937_64 random(Seed(61));
  for (int round = 0; round < 6; ++round) {
    const bool bioes = round % 2 == 0;
    const std::vector<SpanTags>& types = bioes ? kBioes : kBio;
    const Problem p = RandomProblem(&random, bioes ? 9 : 5, {4, 1, 3, 0, 4}, 1.5f);
    const std::vector<SpanQuery> queries = AllQueries(p, 2);
    std::vector<double> want;
    for (const SpanQuery& q : queries) {
      const auto b = static_cast<size_t>(q.sentence);
      double hit = 0, all = 0;
      ForEachPath(p.tags, p.lengths[b], [&](const std::vector<int32_t>& path) {
        const double w = std::exp(ScoreOf(p, b, path));
        all += w;
        if (Carries(types[static_cast<size_t>(q.type)], path, q.first, q.last)) hit += w;
      });
      want.push_back(hit / all);
    }
    ForEachTargetAndRedo([&](bool) {
      EXPECT_LE(Difference(Ask(p, types, queries, {round % 3 == 1, round, 1, 1}), want), 1e-6);
    });
  }
}

TEST(CrfSpans, LongSpansEqualTheProductInLogSpace) {
  std::mt19937_64 random(Seed(62));
  Problem p = RandomProblem(&random, 9, {300, 60}, 1.0f);
  const int64_t first = 5, last = 254;
  // Make the long span likely enough to be compared relatively.
  for (int64_t i = first; i <= last; ++i)
    p.emissions[0][static_cast<size_t>(i * 9 + (i == first ? 1 : i == last ? 3 : 2))] += 12.0f;
  Problem forced = p;
  for (int64_t i = first; i <= last; ++i) {
    for (int64_t y = 0; y < 9; ++y) {
      if (y != (i == first ? 1 : i == last ? 3 : 2)) forced.emissions[0][static_cast<size_t>(i * 9 + y)] = -kInfF;
    }
  }
  const double want = std::exp(LogSpace(forced, 0, false).log_z - LogSpace(p, 0, false).log_z);
  ASSERT_GT(want, 1e-30);
  ForEachTargetAndRedo([&](bool) {
    const float got = Ask(p, kBioes, {{0, first, last, 0}})[0];
    EXPECT_NEAR(static_cast<double>(got) / want, 1.0, 2e-4);
  });
}

TEST(CrfSpans, SchemesWithMissingTagsGiveZeroWhereTheyCannotSpeak) {
  std::mt19937_64 random(Seed(63));
  const Problem p = RandomProblem(&random, 3, {3}, 1.0f);
  const std::vector<SpanTags> types = {{-1, -1, -1, 1}, {1, -1, -1, -1}, {1, -1, 2, -1}};
  const MarginalsResult m = RunMarginals(p);
  ForEachTarget([&] {
    const std::vector<float> got =
        Ask(p, types, {{0, 1, 1, 0}, {0, 0, 1, 0}, {0, 1, 1, 1}, {0, 0, 1, 1}, {0, 1, 1, 2}, {0, 0, 2, 2}});
    EXPECT_NEAR(got[0], m.unary[0][4], 1e-6);
    EXPECT_EQ(got[1], 0.0f);
    EXPECT_NEAR(got[2], m.unary[0][4], 1e-6);
    EXPECT_EQ(got[3], 0.0f);
    EXPECT_EQ(got[4], 0.0f);
    EXPECT_EQ(got[5], 0.0f);
  });
}

TEST(CrfSpans, SentencesWithoutPosteriorHaveProbabilityZero) {
  std::mt19937_64 random(Seed(64));
  Problem p = RandomProblem(&random, 9, {3, 3, 3}, 1.0f);
  p.emissions[0][4] = kNaN;
  std::fill(p.emissions[1].begin(), p.emissions[1].end(), -kInfF);
  ForEachTargetAndRedo([&](bool) {
    const std::vector<float> got = Ask(p, kBioes, {{0, 0, 1, 0}, {1, 0, 1, 0}, {2, 0, 1, 0}});
    EXPECT_EQ(got[0], 0.0f);
    EXPECT_EQ(got[1], 0.0f);
    EXPECT_GT(got[2], 0.0f);
  });
}

TEST(CrfSpans, BadQueriesAndSchemesAreRefused) {
  std::mt19937_64 random(Seed(65));
  const Problem p = RandomProblem(&random, 9, {3, 2}, 1.0f);
  const Storage s(p, {});
  ExactWorkspace workspace(Operation::kSpanMarginals, s.batch);
  const auto ask = [&](const SpanTags& tags, const SpanQuery& query, int64_t types, int64_t count) {
    float probability = kPattern;
    const KernelStatus status =
        backend::SpanMarginals(s.batch, s.In(), s.params, &tags, types, &query, count, &probability, workspace.Get());
    if (status != KernelStatus::kOk) {
      EXPECT_EQ(probability, kPattern);
    }
    // On a device nobody sees the values before the call: the answer is NaN.
    const bool flagged = !backend::ChecksValues() && std::isnan(probability);
    return flagged ? KernelStatus::kBadArgument : status;
  };
  EXPECT_EQ(ask({1, 2, 3, 4}, {1, 0, 1, 0}, 1, 1), KernelStatus::kOk);
  const SpanQuery bad_queries[] = {{-1, 0, 0, 0}, {2, 0, 0, 0}, {1, -1, 0, 0}, {1, 1, 0, 0},
                                   {1, 0, 2, 0},  {1, 0, 0, 1}, {1, 0, 0, -1}};
  for (const SpanQuery& q : bad_queries) EXPECT_EQ(ask({1, 2, 3, 4}, q, 1, 1), KernelStatus::kBadArgument);
  const SpanTags bad_tags[] = {{9, 2, 3, 4}, {1, -2, 3, 4}, {-1, -1, -1, -1}, {1, 2, 3, 100}};
  for (const SpanTags& t : bad_tags) EXPECT_EQ(ask(t, {1, 0, 1, 0}, 1, 1), KernelStatus::kBadArgument);
  EXPECT_EQ(ask({1, 2, 3, 4}, {1, 0, 1, 0}, -1, 1), KernelStatus::kBadArgument);
  EXPECT_EQ(ask({1, 2, 3, 4}, {1, 0, 1, 0}, 1, -1), KernelStatus::kBadArgument);
  EXPECT_EQ(ask({1, 2, 3, 4}, {1, 0, 1, 0}, 1, 0), KernelStatus::kOk);
}

}  // namespace
}  // namespace clner::crf::test
