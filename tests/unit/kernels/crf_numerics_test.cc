// Accuracy of the float32 path, the float64 redo, and the rules for forbidden, infeasible and non-finite scores.
#include <cmath>

#include "crf_problem.h"
#include "crf_reference.h"

namespace clner::crf::test {
namespace {

NllReference LogSpaceNll(const Problem& p) {
  return ReferenceNll(p, [](const Problem& q, size_t b) { return LogSpace(q, b); });
}

TEST(CrfNumerics, LongSentencesOfFloat32AgreeWithFloat64) {
  std::mt19937_64 random(Seed(21));
  for (const float deviation : {2.0f, 4.0f, 10.0f}) {
    SCOPED_TRACE("deviation " + std::to_string(deviation));
    const Problem p = RandomProblem(&random, 57, {510}, deviation);
    const NllReference want = LogSpaceNll(p);
    const SentenceReference sentence = LogSpace(p, 0, false);
    ForEachTarget([&] {
      const MarginalsResult m = RunMarginals(p);
      EXPECT_EQ(m.flags[0], 0);
      EXPECT_NEAR(m.log_z[0] / sentence.log_z, 1.0, 5e-9);
      EXPECT_LE(Difference(m.unary[0], sentence.unary), 5e-6);
      const NllResult r = RunNll(p);
      EXPECT_LE(Difference(r.transitions, want.transitions), 1e-6);
    });
  }
}

TEST(CrfNumerics, TenThousandWordsInOneSentence) {
  std::mt19937_64 random(Seed(22));
  const Problem p = RandomProblem(&random, 9, {10000, 3}, 3.0f);
  const NllReference want = LogSpaceNll(p);
  ForEachTargetAndRedo([&](bool redo) {
    const NllResult r = RunNll(p, {true, 1, 1, 1});
    ExpectNll(r, want, 2e-5);  // sums of 10,000 float32 terms
    EXPECT_LE(Difference(r.d_emissions[0], want.d_emissions[0]), 3e-6);
    EXPECT_EQ(r.flags[0], redo ? kRedone : 0);
  });
}

TEST(CrfNumerics, ExtremeScoresUnderConstraintsAreRightOrRedone) {
  std::mt19937_64 random(Seed(23));
  for (const float deviation : {20.0f, 30.0f, 40.0f, 60.0f, 3000.0f}) {
    SCOPED_TRACE("deviation " + std::to_string(deviation));
    Problem p = RandomProblem(&random, 25, std::vector<int64_t>(30, 40), deviation);
    ForbidBioes(&p, 6, -1e4f);
    std::vector<SentenceReference> want;
    for (size_t b = 0; b < p.lengths.size(); ++b) want.push_back(LogSpace(p, b, false));
    ForEachTarget([&] {
      const MarginalsResult m = RunMarginals(p);
      int64_t redone = 0;
      for (size_t b = 0; b < p.lengths.size(); ++b) {
        EXPECT_LE(Difference(m.unary[b], want[b].unary), 1e-5) << "sentence " << b;
        EXPECT_NEAR(m.log_z[b], want[b].log_z, 1e-6 * std::max(1.0, std::abs(want[b].log_z)));
        redone += (m.flags[b] & kRedone) != 0 ? 1 : 0;
        EXPECT_EQ(m.flags[b] & ~kRedone, 0);
      }
      if (deviation >= 60.0f) {
        EXPECT_GT(redone, 0);
      }
    });
  }
}

TEST(CrfNumerics, ScoresOfTenThousandGiveFiniteGradients) {
  std::mt19937_64 random(Seed(24));
  Problem p = RandomProblem(&random, 7, {12, 1, 30, 2}, 1.0f);
  std::uniform_int_distribution<int> sign(0, 1);
  for (auto& e : p.emissions) {
    for (float& v : e) v = sign(random) != 0 ? 1e4f : -1e4f;
  }
  for (float& a : p.transitions) a = sign(random) != 0 ? 1e4f : -1e4f;
  const NllReference want = LogSpaceNll(p);
  ForEachTargetAndRedo([&](bool) {
    const NllResult r = RunNll(p);
    ExpectNll(r, want, 1e-5);
    for (const double loss : r.loss) EXPECT_TRUE(std::isfinite(loss));
  });
}

TEST(CrfNumerics, LargestFiniteScoresDoNotOverflow) {
  std::mt19937_64 random(Seed(25));
  Problem p = RandomProblem(&random, 5, {9, 4}, 1.0f);
  const float huge = std::numeric_limits<float>::max();
  for (size_t i = 0; i < p.emissions[0].size(); ++i) p.emissions[0][i] = i % 3 == 0 ? huge : -huge;
  // The loss is compared; at 1e38 even float64 cannot tell paths apart that differ by a transition, so gradients are
  // only sound.
  const NllReference want = LogSpaceNll(p);
  ForEachTargetAndRedo([&](bool) {
    const NllResult r = RunNll(p);
    EXPECT_NEAR(r.loss[0] / want.loss[0], 1.0, 1e-6);
    EXPECT_NEAR(r.loss[1], want.loss[1], 1e-5);
    EXPECT_LE(Difference(r.d_emissions[1], want.d_emissions[1]), 1e-6);
    EXPECT_EQ(r.flags[0] & ~kRedone, 0);
    for (int64_t i = 0; i < p.lengths[0]; ++i) {
      double sum = 0;
      for (int64_t y = 0; y < 5; ++y) sum += static_cast<double>(r.d_emissions[0][static_cast<size_t>(i * 5 + y)]);
      EXPECT_NEAR(sum, 0.0, 1e-5);
    }
  });
}

TEST(CrfNumerics, ForbiddenTransitionsGiveTheSameResultsInEverySpelling) {
  std::mt19937_64 random(Seed(26));
  const Problem base = RandomProblem(&random, 9, RandomLengths(&random, 11, 1, 15), 3.0f);
  ForEachTarget([&] {
    std::vector<MarginalsResult> results;
    for (const float forbidden : {-1e4f, -1e12f, -kInfF}) {
      Problem p = base;
      ForbidBioes(&p, 2, forbidden);
      results.push_back(RunMarginals(p));
    }
    EXPECT_EQ(results[0].unary, results[1].unary);
    EXPECT_EQ(results[0].unary, results[2].unary);
    EXPECT_EQ(results[0].log_z, results[1].log_z);
    EXPECT_EQ(results[0].log_z, results[2].log_z);
  });
}

TEST(CrfNumerics, ConstraintsEqualForbiddenScores) {
  std::mt19937_64 random(Seed(27));
  Problem p = RandomProblem(&random, 9, RandomLengths(&random, 11, 1, 15), 3.0f);
  Problem forbidden = p;
  ForbidBioes(&forbidden, 2, -kInfF);
  std::vector<uint8_t> transitions, start, end;
  for (const float a : forbidden.transitions) transitions.push_back(a == -kInfF ? 0 : 1);
  for (const float a : forbidden.start) start.push_back(a == -kInfF ? 0 : 1);
  for (const float a : forbidden.end) end.push_back(a == -kInfF ? 0 : 1);
  const Constraints constraints = {transitions.data(), start.data(), end.data()};
  ForEachTargetAndRedo([&](bool) {
    const MarginalsResult a = RunMarginals(p, {}, &constraints), b = RunMarginals(forbidden);
    EXPECT_EQ(a.unary, b.unary);
    EXPECT_EQ(a.log_z, b.log_z);
    EXPECT_EQ(RunDecode(Operation::kPosterior, p, {}, &constraints).tags,
              RunDecode(Operation::kPosterior, forbidden).tags);
    EXPECT_EQ(RunDecode(Operation::kViterbi, p, {}, &constraints).tags, RunDecode(Operation::kViterbi, forbidden).tags);
  });
}

TEST(CrfNumerics, GoldPathOverFiniteForbiddenTransitionHasLargeLossAndUsualGradient) {
  Problem p;
  p.tags = 2;
  p.lengths = {2};
  p.emissions = {{0, 0, 0, 0}};
  p.gold = {{0, 1}};
  p.transitions = {0, -1e4f, 0, 0};
  p.start = {0, 0};
  p.end = {0, 0};
  ForEachTargetAndRedo([&](bool redo) {
    const NllResult r = RunNll(p);
    EXPECT_NEAR(r.loss[0], 1e4 + std::log(3.0), 1e-3);
    EXPECT_EQ(r.flags[0], redo ? kRedone : 0);
    EXPECT_NEAR(r.transitions[1], -1.0, 1e-6);
    EXPECT_NEAR(r.transitions[0], 1.0 / 3, 1e-6);
  });
}

/// Everything of sentence `bad` is 0 and all else equals the batch without it.
void ExpectDiscarded(const Problem& p, size_t bad, double loss, uint8_t flag, const NllResult& got) {
  if (std::isnan(loss)) {
    EXPECT_TRUE(std::isnan(got.loss[bad]));
  } else {
    EXPECT_EQ(got.loss[bad], loss);
  }
  EXPECT_EQ(got.flags[bad], flag);
  for (const float d : got.d_emissions[bad]) EXPECT_EQ(d, 0.0f);
  Problem rest = p;
  const auto at = static_cast<int64_t>(bad);
  rest.lengths.erase(rest.lengths.begin() + at);
  rest.emissions.erase(rest.emissions.begin() + at);
  rest.gold.erase(rest.gold.begin() + at);
  const NllResult want = RunNll(rest);
  for (size_t b = 0, r = 0; b < p.lengths.size(); ++b) {
    if (b == bad) continue;
    EXPECT_EQ(got.loss[b], want.loss[r]);
    EXPECT_EQ(got.d_emissions[b], want.d_emissions[r]);
    EXPECT_EQ(got.flags[b], want.flags[r]);
    ++r;
  }
  EXPECT_LE(Difference(got.transitions, want.transitions), 1e-6);
  EXPECT_LE(Difference(got.start, want.start), 1e-6);
  EXPECT_LE(Difference(got.end, want.end), 1e-6);
}

TEST(CrfNumerics, GoldPathOverInfiniteForbiddenTransitionIsInfeasible) {
  std::mt19937_64 random(Seed(28));
  Problem p = RandomProblem(&random, 5, {6, 7, 3, 9});
  p.transitions[3 * 5 + 2] = -kInfF;
  for (auto& gold : p.gold) std::fill(gold.begin(), gold.end(), 1);
  p.gold[1][2] = 3;
  p.gold[1][3] = 2;
  ForEachTargetAndRedo([&](bool) { ExpectDiscarded(p, 1, kInfD, kInfeasible, RunNll(p)); });
}

TEST(CrfNumerics, WordWithoutAnyPossibleTagIsInfeasible) {
  std::mt19937_64 random(Seed(29));
  Problem p = RandomProblem(&random, 10, {6, 7, 3, 9});
  std::fill(p.emissions[2].begin() + 10, p.emissions[2].begin() + 20, -kInfF);
  ForEachTargetAndRedo([&](bool) {
    ExpectDiscarded(p, 2, kInfD, kInfeasible, RunNll(p));
    const MarginalsResult m = RunMarginals(p);
    EXPECT_EQ(m.log_z[2], -kInfD);
    for (const float u : m.unary[2]) EXPECT_EQ(u, 0.0f);
    const DecodeResult v = RunDecode(Operation::kViterbi, p);
    EXPECT_EQ(v.flags[2], kInfeasible);
    EXPECT_EQ(v.score[2], -kInfD);
    EXPECT_EQ(v.flags[1] & ~kRedone, 0);
  });
}

TEST(CrfNumerics, SomeInfiniteEmissionsOnlyForbidTheirTags) {
  std::mt19937_64 random(Seed(30));
  Problem p = RandomProblem(&random, 10, {6, 7, 3, 9});
  for (size_t i = 0; i < p.emissions[1].size(); ++i) {
    if (i % 10 != 4 && i % 3 == 0) p.emissions[1][i] = -kInfF;
  }
  for (auto& gold : p.gold) std::fill(gold.begin(), gold.end(), 4);
  const NllReference want = LogSpaceNll(p);
  ForEachTargetAndRedo([&](bool) { ExpectNll(RunNll(p), want, 4e-6); });
}

TEST(CrfNumerics, NoPathAtAllIsInfeasibleForEverySentence) {
  std::mt19937_64 random(Seed(31));
  Problem p = RandomProblem(&random, 4, {1, 2, 5});
  std::fill(p.transitions.begin(), p.transitions.end(), -kInfF);
  ForEachTargetAndRedo([&](bool redo) {
    const NllResult r = RunNll(p);
    EXPECT_EQ(r.flags[0], redo ? kRedone : 0);  // one word needs no transition
    EXPECT_TRUE(std::isfinite(r.loss[0]));
    for (const size_t b : {1u, 2u}) {
      EXPECT_EQ(r.flags[b], kInfeasible);
      EXPECT_EQ(r.loss[b], kInfD);
      for (const float d : r.d_emissions[b]) EXPECT_EQ(d, 0.0f);
    }
    for (const float g : r.transitions) EXPECT_EQ(g, 0.0f);
  });
}

TEST(CrfNumerics, NonFiniteEmissionsFlagTheSentenceAndLeaveTheNeighboursBitIdentical) {
  std::mt19937_64 random(Seed(32));
  for (const int64_t tags : {5, 9, 33}) {
    for (const float poison : {kNaN, kInfF}) {
      for (const size_t at : {size_t{0}, size_t{7}, static_cast<size_t>(4 * tags - 1)}) {
        Problem p = RandomProblem(&random, tags, {6, 4, 4, 9, 12, 1, 3, 4, 4, 5});
        p.emissions[7][at] = poison;
        ForEachTargetAndRedo([&](bool) {
          ExpectDiscarded(p, 7, static_cast<double>(kNaN), kNonFinite, RunNll(p));
          const DecodeResult v = RunDecode(Operation::kViterbi, p);
          EXPECT_EQ(v.flags[7], kNonFinite);
          EXPECT_TRUE(std::isnan(v.score[7]));
          EXPECT_EQ(v.tags[7], std::vector<int32_t>(4, 0));
          const MarginalsResult m = RunMarginals(p);
          EXPECT_TRUE(std::isnan(m.log_z[7]));
          EXPECT_EQ(m.flags[7], kNonFinite);
          EXPECT_EQ(RunDecode(Operation::kPosterior, p).tags[7], std::vector<int32_t>(4, 0));
        });
      }
    }
  }
}

TEST(CrfNumerics, NonFiniteParametersFlagEverySentence) {
  std::mt19937_64 random(Seed(33));
  for (const float poison : {kNaN, kInfF}) {
    for (int where = 0; where < 3; ++where) {
      Problem p = RandomProblem(&random, 9, {6, 4, 0, 9});
      (where == 0 ? p.transitions : where == 1 ? p.start : p.end).back() = poison;
      ForEachTarget([&] {
        const NllResult r = RunNll(p);
        const DecodeResult v = RunDecode(Operation::kViterbi, p);
        const MarginalsResult m = RunMarginals(p);
        for (size_t b = 0; b < p.lengths.size(); ++b) {
          EXPECT_EQ(r.flags[b], kNonFinite);
          EXPECT_TRUE(std::isnan(r.loss[b]));
          for (const float d : r.d_emissions[b]) EXPECT_EQ(d, 0.0f);
          EXPECT_EQ(v.flags[b], kNonFinite);
          EXPECT_EQ(m.flags[b], kNonFinite);
        }
        for (const float g : r.transitions) EXPECT_EQ(g, 0.0f);
        for (const float g : r.start) EXPECT_EQ(g, 0.0f);
      });
    }
  }
}

TEST(CrfNumerics, AddingConstantsShiftsLogZOnly) {
  std::mt19937_64 random(Seed(34));
  const Problem p = RandomProblem(&random, 25, {7, 20, 1, 13});
  ForEachTargetAndRedo([&](bool) {
    const MarginalsResult base = RunMarginals(p);
    Problem shifted = p;
    for (size_t y = 0; y < 25; ++y) shifted.emissions[1][3 * 25 + y] += 64.0f;
    for (float& a : shifted.transitions) a -= 8.0f;
    const MarginalsResult moved = RunMarginals(shifted);
    for (size_t b = 0; b < 4; ++b) {
      const double shift = (b == 1 ? 64.0 : 0.0) - 8.0 * static_cast<double>(p.lengths[b] - 1);
      EXPECT_NEAR(moved.log_z[b] - base.log_z[b], shift, 1e-4);
      EXPECT_LE(Difference(moved.unary[b], base.unary[b]), 1e-5);
      for (int64_t i = 0; i < p.lengths[b]; ++i) {
        double sum = 0;
        for (int64_t y = 0; y < 25; ++y) sum += static_cast<double>(base.unary[b][static_cast<size_t>(i * 25 + y)]);
        EXPECT_NEAR(sum, 1.0, 4e-6);
      }
    }
  });
}

TEST(CrfNumerics, ReversedSentenceHasReversedMarginals) {
  std::mt19937_64 random(Seed(35));
  const Problem p = RandomProblem(&random, 11, {7, 20, 1});
  Problem reversed = p;
  std::swap(reversed.start, reversed.end);
  for (size_t a = 0; a < 11; ++a) {
    for (size_t b = 0; b < 11; ++b) reversed.transitions[a * 11 + b] = p.transitions[b * 11 + a];
  }
  const auto reverse = [](const std::vector<float>& rows) {
    std::vector<float> out;
    for (size_t i = rows.size(); i > 0; i -= 11)
      out.insert(out.end(), rows.begin() + static_cast<int64_t>(i - 11), rows.begin() + static_cast<int64_t>(i));
    return out;
  };
  for (auto& e : reversed.emissions) e = reverse(e);
  ForEachTargetAndRedo([&](bool) {
    const MarginalsResult a = RunMarginals(p), b = RunMarginals(reversed);
    for (size_t s = 0; s < 3; ++s) {
      EXPECT_NEAR(a.log_z[s], b.log_z[s], 1e-5 * std::abs(a.log_z[s]));
      EXPECT_LE(Difference(reverse(a.unary[s]), b.unary[s]), 1e-5);
    }
  });
}

}  // namespace
}  // namespace clner::crf::test
