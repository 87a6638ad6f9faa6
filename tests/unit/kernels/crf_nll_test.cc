// Negative log-likelihood and marginals against a hand case, enumeration, finite differences and float64 log space.
#include <cmath>

#include "crf_problem.h"
#include "crf_reference.h"

namespace clner::crf::test {
namespace {

const Layout kLayouts[] = {{}, {true, 0, 0, 0}, {false, 3, 2, 1}, {true, 5, 1, 2}};

TEST(CrfNll, MatchesHandComputedTwoTagTwoWordCase) {
  // Scores e^score of the four paths: (0,0) 2*3*1*5*1 = 30, (0,1) 2*3*4*1*2 = 48, (1,0) 1*1*2*5*1 = 10, (1,1) 1*1*1*1*2
  // = 2; Z = 90.
  const auto log = [](float v) { return std::log(v); };
  Problem p;
  p.tags = 2;
  p.lengths = {2};
  p.emissions = {{log(3), log(1), log(5), log(1)}};
  p.gold = {{0, 1}};
  p.transitions = {log(1), log(4), log(2), log(1)};
  p.start = {log(2), log(1)};
  p.end = {log(1), log(2)};
  ForEachTargetAndRedo([&](bool) {
    const NllResult r = RunNll(p);
    EXPECT_NEAR(r.loss[0], std::log(90.0 / 48.0), 1e-6);
    const std::vector<double> d = {78.0 / 90 - 1, 12.0 / 90, 40.0 / 90, 50.0 / 90 - 1};
    EXPECT_LE(Difference(r.d_emissions[0], d), 1e-6);
    EXPECT_LE(Difference(r.transitions, std::vector<double>{30.0 / 90, 48.0 / 90 - 1, 10.0 / 90, 2.0 / 90}), 1e-6);
    EXPECT_LE(Difference(r.start, std::vector<double>{d[0], d[1]}), 1e-6);
    EXPECT_LE(Difference(r.end, std::vector<double>{d[2], d[3]}), 1e-6);
    EXPECT_NEAR(RunMarginals(p).log_z[0], std::log(90.0), 1e-6);
  });
}

TEST(CrfNll, MatchesEnumerationOfAllPaths) {
  std::mt19937_64 random(Seed(11));
  for (int round = 0; round < 12; ++round) {
    const int64_t tags = 1 + round % 4;
    const Problem p = RandomProblem(&random, tags, RandomLengths(&random, 1 + round, 1, 5), 1.5f);
    const NllReference want = ReferenceNll(p, Enumerate);
    ForEachTargetAndRedo([&](bool redo) {
      const Layout& layout = kLayouts[round % 4];
      const NllResult got = RunNll(p, layout);
      // Loss and sums are float64 on the redo path; marginals leave it as float32.
      ExpectNll(got, want, redo ? 2e-7 : 1e-6);
      const MarginalsResult marginals = RunMarginals(p, layout);
      for (size_t b = 0; b < p.lengths.size(); ++b) {
        const SentenceReference r = Enumerate(p, b);
        EXPECT_NEAR(marginals.log_z[b], r.log_z,
                    redo ? 1e-12 * std::max(1.0, std::abs(r.log_z)) : 1e-6 * std::max(1.0, std::abs(r.log_z)));
        EXPECT_LE(Difference(marginals.unary[b], r.unary), redo ? 6e-8 : 1e-6);
        EXPECT_EQ(marginals.flags[b], redo ? kRedone : 0);
      }
    });
  }
}

TEST(CrfNll, GradientsMatchCentralDifferences) {
  std::mt19937_64 random(Seed(12));
  Problem p = RandomProblem(&random, 5, {3, 1, 4}, 1.0f);
  // Values on a coarse grid, so that float32 holds both sides of a difference exactly.
  const auto round = [](std::vector<float>* values) {
    for (float& v : *values) v = std::round(v * 256) / 256;
  };
  for (auto& e : p.emissions) round(&e);
  round(&p.transitions);
  round(&p.start);
  round(&p.end);
  const internal::TestScope scope(internal::KernelsOf(internal::SimdLevel::kScalar), true);  // float64 losses
  const auto total = [&] {
    const NllResult r = RunNll(p);
    double sum = 0;
    for (const double l : r.loss) sum += l;
    return sum;
  };
  const NllResult gradient = RunNll(p);
  constexpr float kStep = 1.0f / 1024;
  const auto check = [&](float* value, float want, const char* what) {
    const float old = *value;
    const auto at = [&](float step) {
      *value = old + step;
      const double loss = total();
      *value = old;
      return loss;
    };
    // Fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h.
    const double slope =
        (8 * (at(kStep) - at(-kStep)) - (at(2 * kStep) - at(-2 * kStep))) / (12 * static_cast<double>(kStep));
    EXPECT_NEAR(slope, static_cast<double>(want), 1e-7) << what;
  };
  for (size_t b = 0; b < p.lengths.size(); ++b) {
    for (size_t i = 0; i < p.emissions[b].size(); ++i)
      check(&p.emissions[b][i], gradient.d_emissions[b][i], "emission");
  }
  for (size_t i = 0; i < p.transitions.size(); ++i) check(&p.transitions[i], gradient.transitions[i], "transition");
  for (size_t i = 0; i < p.start.size(); ++i) {
    check(&p.start[i], gradient.start[i], "start");
    check(&p.end[i], gradient.end[i], "end");
  }
}

TEST(CrfNll, MatchesLogSpaceForManyTagCounts) {
  std::mt19937_64 random(Seed(13));
  for (const int64_t tags :
       {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 23, 24, 25, 31, 32, 33, 40, 47, 57, 64, 65, 100, 129, 300}) {
    SCOPED_TRACE("K " + std::to_string(tags));
    const int64_t count = tags > 100 ? 3 : 19;
    std::vector<int64_t> lengths = RandomLengths(&random, count, 0, tags > 100 ? 6 : 14);
    lengths.front() = 1;
    const Problem p = RandomProblem(&random, tags, lengths, 2.0f);
    const NllReference want = ReferenceNll(p, [](const Problem& q, size_t b) { return LogSpace(q, b); });
    ForEachTarget([&] { ExpectNll(RunNll(p, kLayouts[tags % 4]), want, 4e-6); });
    if (tags <= 33) ForEachTargetAndRedo([&](bool) { ExpectNll(RunNll(p, kLayouts[tags % 4]), want, 4e-6); });
  }
}

TEST(CrfNll, WeightsScaleTheGradientOfEachSentence) {
  std::mt19937_64 random(Seed(14));
  for (const bool uniform : {true, false}) {
    Problem p = RandomProblem(&random, 9, RandomLengths(&random, 21, 0, 12));
    const NllResult plain = RunNll(p);
    for (size_t b = 0; b < p.lengths.size(); ++b)
      p.weight.push_back(uniform ? 0.25f : static_cast<float>(b % 5) * 0.5f - 0.5f);
    const NllReference want = ReferenceNll(p, [](const Problem& q, size_t b) { return LogSpace(q, b); });
    ForEachTargetAndRedo([&](bool redo) {
      const NllResult got = RunNll(p);
      ExpectNll(got, want, 4e-6);
      if (!redo) {
        EXPECT_LE(Difference(got.loss, plain.loss), 1e-6);
      }
    });
  }
}

TEST(CrfNll, EmptyBatchWritesZeroGradients) {
  const Problem p = [] {
    std::mt19937_64 random(1);
    return RandomProblem(&random, 6, {});
  }();
  ForEachTarget([&] {
    const NllResult r = RunNll(p);
    for (const float g : r.transitions) EXPECT_EQ(g, 0.0f);
    for (const float g : r.start) EXPECT_EQ(g, 0.0f);
    for (const float g : r.end) EXPECT_EQ(g, 0.0f);
  });
}

TEST(CrfNll, SentencesWithoutWordsHaveLossZero) {
  std::mt19937_64 random(Seed(15));
  const Problem p = RandomProblem(&random, 6, {0, 3, 0});
  ForEachTargetAndRedo([&](bool) {
    const NllResult r = RunNll(p);
    EXPECT_EQ(r.loss[0], 0.0);
    EXPECT_EQ(r.loss[2], 0.0);
    EXPECT_EQ(r.flags[0], 0);
    const MarginalsResult m = RunMarginals(p);
    EXPECT_EQ(m.log_z[0], 0.0);
  });
}

TEST(CrfNll, OneTagHasLossZero) {
  std::mt19937_64 random(Seed(16));
  const Problem p = RandomProblem(&random, 1, {1, 2, 40});
  ForEachTargetAndRedo([&](bool) {
    const NllResult r = RunNll(p);
    for (const double loss : r.loss) EXPECT_NEAR(loss, 0.0, 1e-5);
    for (const auto& row : r.d_emissions) EXPECT_LE(Difference(row, std::vector<double>(row.size(), 0.0)), 1e-6);
  });
}

}  // namespace
}  // namespace clner::crf::test
