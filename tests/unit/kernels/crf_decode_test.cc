// Viterbi and posterior decoding.
#include <cmath>

#include "crf_problem.h"
#include "crf_reference.h"

namespace clner::crf::test {
namespace {

/// Viterbi in float32 by definition: ties to the smallest previous tag of the rounded sum, then the smallest last tag.
std::vector<int32_t> PlainViterbi(const Problem& p, size_t b) {
  const int64_t n = p.lengths[b], k = p.tags;
  if (n == 0) return {};
  const auto at = [k](int64_t i, int64_t y) { return static_cast<size_t>(i * k + y); };
  std::vector<float> best(static_cast<size_t>(n * k));
  std::vector<int32_t> back(best.size(), 0);
  for (int64_t y = 0; y < k; ++y)
    best[at(0, y)] = p.start[static_cast<size_t>(y)] + p.emissions[b][static_cast<size_t>(y)];
  for (int64_t i = 1; i < n; ++i) {
    for (int64_t y = 0; y < k; ++y) {
      for (int64_t from = 0; from < k; ++from) {
        float value = best[at(i - 1, from)] + p.transitions[at(from, y)];
        value = value + p.emissions[b][at(i, y)];
        if (from == 0 || value > best[at(i, y)]) {
          best[at(i, y)] = value;
          back[at(i, y)] = static_cast<int32_t>(from);
        }
      }
    }
  }
  int64_t tag = 0;
  for (int64_t y = 1; y < k; ++y) {
    if (best[at(n - 1, y)] + p.end[static_cast<size_t>(y)] > best[at(n - 1, tag)] + p.end[static_cast<size_t>(tag)])
      tag = y;
  }
  std::vector<int32_t> path(static_cast<size_t>(n));
  for (int64_t i = n - 1; i >= 0; --i) {
    path[static_cast<size_t>(i)] = static_cast<int32_t>(tag);
    tag = back[at(i, tag)];
  }
  return path;
}

TEST(CrfDecode, MatchesEnumerationOfAllPaths) {
  std::mt19937_64 random(Seed(51));
  for (int round = 0; round < 20; ++round) {
    const Problem p = RandomProblem(&random, 1 + round % 4, RandomLengths(&random, 9, 1, 5));
    ForEachTargetAndRedo([&](bool redo) {
      const DecodeResult got = RunDecode(Operation::kViterbi, p, {round % 2 == 1, round % 3, 0, 0});
      for (size_t b = 0; b < p.lengths.size(); ++b) {
        const SentenceReference want = Enumerate(p, b);
        EXPECT_EQ(got.tags[b], want.best);
        EXPECT_NEAR(got.score[b], want.best_score, 1e-9);
        EXPECT_EQ(got.flags[b], redo ? kRedone : 0);
      }
    });
  }
}

TEST(CrfDecode, MatchesPlainViterbiForManyTagCountsWithTies) {
  std::mt19937_64 random(Seed(52));
  for (const int64_t tags : {1, 2, 3, 7, 8, 9, 16, 17, 25, 31, 32, 33, 57, 63, 64, 65, 70, 128, 129, 257, 300}) {
    SCOPED_TRACE("K " + std::to_string(tags));
    Problem p = RandomProblem(&random, tags, RandomLengths(&random, tags > 100 ? 5 : 27, 0, tags > 100 ? 9 : 30));
    // Half of the rounds on a grid of quarters, so that exact ties are everywhere.
    for (const bool grid : {false, true}) {
      if (grid) {
        for (auto& e : p.emissions) {
          for (float& v : e) v = std::round(v);
        }
        for (float& a : p.transitions) a = std::round(a);
        for (float& a : p.start) a = std::round(a);
        for (float& a : p.end) a = std::round(a);
      }
      ForEachTarget([&] {
        const DecodeResult got = RunDecode(Operation::kViterbi, p);
        for (size_t b = 0; b < p.lengths.size(); ++b) {
          EXPECT_EQ(got.tags[b], PlainViterbi(p, b)) << "sentence " << b;
          EXPECT_NEAR(got.score[b], ScoreOf(p, b, got.tags[b]), 1e-9);
        }
      });
      if (grid && tags <= 33) {  // sums on the grid are exact, so float64 sees the same ties
        const internal::TestScope scope(nullptr, true);
        const DecodeResult redo = RunDecode(Operation::kViterbi, p);
        for (size_t b = 0; b < p.lengths.size(); ++b) EXPECT_EQ(redo.tags[b], PlainViterbi(p, b));
      }
    }
  }
}

TEST(CrfDecode, EqualScoresGiveTagZeroThroughout) {
  for (const int64_t tags : {1, 5, 9, 33, 300}) {
    std::mt19937_64 random(1);
    Problem p = RandomProblem(&random, tags, {1, 5, 17, 0, 3});
    for (auto& e : p.emissions) std::fill(e.begin(), e.end(), 0.25f);
    std::fill(p.transitions.begin(), p.transitions.end(), -1.5f);
    std::fill(p.start.begin(), p.start.end(), 3.0f);
    std::fill(p.end.begin(), p.end.end(), 2.0f);
    ForEachTargetAndRedo([&](bool) {
      for (const auto& path : RunDecode(Operation::kViterbi, p).tags)
        EXPECT_EQ(path, std::vector<int32_t>(path.size(), 0));
    });
  }
}

TEST(CrfDecode, PosteriorTakesTheLargestMarginalSmallestTagFirst) {
  std::mt19937_64 random(Seed(53));
  for (const int64_t tags : {1, 4, 9, 25, 57}) {
    Problem p = RandomProblem(&random, tags, RandomLengths(&random, 17, 0, 12));
    std::fill(p.emissions[0].begin(), p.emissions[0].end(), 0.0f);
    ForEachTargetAndRedo([&](bool redo) {
      const MarginalsResult m = RunMarginals(p);
      const DecodeResult got = RunDecode(Operation::kPosterior, p);
      EXPECT_EQ(got.score, m.log_z);
      for (size_t b = 0; b < p.lengths.size(); ++b) {
        for (int64_t i = 0; i < p.lengths[b]; ++i) {
          const auto row = m.unary[b].begin() + i * tags;
          const auto tag = got.tags[b][static_cast<size_t>(i)];
          const float top = *std::max_element(row, row + tags);
          // The redo decides in float64, so marginals that round to one float may differ by an ulp in order.
          if (redo) {
            EXPECT_GE(row[tag], top * 0.999999f);
          } else {
            EXPECT_EQ(tag, std::max_element(row, row + tags) - row);
          }
        }
      }
    });
  }
}

TEST(CrfDecode, PosteriorOfEqualScoresIsTagZero) {
  std::mt19937_64 random(1);
  Problem p = RandomProblem(&random, 9, {1, 4, 11});
  for (auto& e : p.emissions) std::fill(e.begin(), e.end(), 1.0f);
  std::fill(p.transitions.begin(), p.transitions.end(), 0.0f);
  std::fill(p.start.begin(), p.start.end(), 0.0f);
  std::fill(p.end.begin(), p.end.end(), 0.0f);
  ForEachTargetAndRedo([&](bool) {
    for (const auto& path : RunDecode(Operation::kPosterior, p).tags)
      EXPECT_EQ(path, std::vector<int32_t>(path.size(), 0));
  });
}

struct Scheme {
  const char* name;
  const char* parts;  ///< prefixes besides O
};
constexpr Scheme kSchemes[] = {{"BIO", "BI"}, {"BIOES", "BIES"}, {"IOB1", "IB"}};

/// Whether tag `b` may follow tag `a`; -1 stands for the border of the sentence.
bool Legal(const Scheme& scheme, int64_t a, int64_t b) {
  const auto parts = static_cast<int64_t>(std::string(scheme.parts).size());
  const auto part = [&](int64_t tag) { return tag <= 0 ? 'O' : scheme.parts[(tag - 1) % parts]; };
  const auto type = [&](int64_t tag) { return tag <= 0 ? int64_t{-1} : (tag - 1) / parts; };
  const std::string name = scheme.name;
  if (name == "BIO") return part(b) != 'I' || (a > 0 && type(a) == type(b));
  if (name == "IOB1") return part(b) != 'B' || (a > 0 && type(a) == type(b));
  const bool open = part(a) == 'B' || part(a) == 'I', continues = part(b) == 'I' || part(b) == 'E';
  return open == continues && (!open || type(a) == type(b));
}

struct Allowed {
  Allowed(const Scheme& scheme, int64_t tags) {
    for (int64_t a = 0; a < tags; ++a) {
      for (int64_t b = 0; b < tags; ++b) transitions.push_back(Legal(scheme, a, b) ? 1 : 0);
      start.push_back(Legal(scheme, -1, a) ? 1 : 0);
      end.push_back(Legal(scheme, a, -1) ? 1 : 0);
    }
  }
  [[nodiscard]] Constraints Get() const { return {transitions.data(), start.data(), end.data()}; }
  [[nodiscard]] bool Permits(const std::vector<int32_t>& path) const {
    const size_t tags = start.size();
    if (path.empty()) return true;
    bool legal = start[static_cast<size_t>(path.front())] != 0 && end[static_cast<size_t>(path.back())] != 0;
    for (size_t i = 1; i < path.size(); ++i)
      legal &= transitions[static_cast<size_t>(path[i - 1]) * tags + static_cast<size_t>(path[i])] != 0;
    return legal;
  }
  std::vector<uint8_t> transitions, start, end;
};

TEST(CrfDecode, ConstrainedDecodingNeverEmitsAnIllegalSequence) {
  std::mt19937_64 random(Seed(54));
  int64_t illegal_without = 0;
  for (int round = 0; round < 10000; ++round) {
    const Scheme& scheme = kSchemes[round % 3];
    const int64_t tags = 1 + static_cast<int64_t>(std::string(scheme.parts).size()) * (1 + round % 4);
    const Problem p = RandomProblem(&random, tags, RandomLengths(&random, 1 + round % 3, 1, 9), 4.0f);
    const Allowed allowed(scheme, tags);
    const Constraints constraints = allowed.Get();
    const DecodeResult got = RunDecode(Operation::kViterbi, p, {}, &constraints);
    for (size_t b = 0; b < p.lengths.size(); ++b) {
      ASSERT_TRUE(allowed.Permits(got.tags[b])) << scheme.name << " round " << round;
      ASSERT_EQ(got.flags[b], 0);
    }
    for (const auto& path : RunDecode(Operation::kViterbi, p).tags) illegal_without += allowed.Permits(path) ? 0 : 1;
  }
  EXPECT_GT(illegal_without, 1000);  // the constraints had work to do
}

TEST(CrfDecode, ConstrainedViterbiEqualsEnumerationOverLegalSequences) {
  std::mt19937_64 random(Seed(55));
  for (int round = 0; round < 60; ++round) {
    const Scheme& scheme = kSchemes[round % 3];
    const int64_t tags = 1 + static_cast<int64_t>(std::string(scheme.parts).size());
    const Problem p = RandomProblem(&random, tags, RandomLengths(&random, 4, 1, 5), 3.0f);
    const Allowed allowed(scheme, tags);
    const Constraints constraints = allowed.Get();
    ForEachTargetAndRedo([&](bool) {
      const DecodeResult got = RunDecode(Operation::kViterbi, p, {}, &constraints);
      for (size_t b = 0; b < p.lengths.size(); ++b) {
        double best = -kInfD;
        std::vector<int32_t> want;
        ForEachPath(tags, p.lengths[b], [&](const std::vector<int32_t>& path) {
          if (!allowed.Permits(path) || ScoreOf(p, b, path) <= best) return;
          best = ScoreOf(p, b, path);
          want = path;
        });
        EXPECT_EQ(got.tags[b], want) << scheme.name;
        EXPECT_NEAR(got.score[b], best, 1e-9);
      }
    });
  }
}

TEST(CrfDecode, HugeFiniteScoresAreDecodedInFloat64) {
  std::mt19937_64 random(Seed(56));
  Problem p = RandomProblem(&random, 3, {4, 5, 4});
  const float huge = std::numeric_limits<float>::max();
  for (size_t i = 0; i < p.emissions[1].size(); ++i) p.emissions[1][i] = (i * 7) % 5 < 2 ? huge : -huge / 2;
  ForEachTarget([&] {
    const DecodeResult got = RunDecode(Operation::kViterbi, p);
    EXPECT_EQ(got.flags[1], kRedone);
    EXPECT_EQ(got.flags[0], 0);
    EXPECT_EQ(got.flags[2], 0);
    EXPECT_TRUE(std::isfinite(got.score[1]));
    EXPECT_NEAR(got.score[1] / Enumerate(p, 1).best_score, 1.0, 1e-12);
  });
  p.transitions[4] = -huge;
  ForEachTarget([&] {
    const DecodeResult got = RunDecode(Operation::kViterbi, p);
    for (size_t b = 0; b < 3; ++b) {
      EXPECT_EQ(got.flags[b], kRedone);
      EXPECT_NEAR(got.score[b] / Enumerate(p, b).best_score, 1.0, 1e-12);
    }
  });
}

TEST(CrfDecode, NoLegalPathIsInfeasible) {
  std::mt19937_64 random(Seed(57));
  const Problem p = RandomProblem(&random, 4, {3, 1});
  const std::vector<uint8_t> none(16, 0);
  const Constraints constraints = {none.data(), nullptr, nullptr};
  ForEachTargetAndRedo([&](bool redo) {
    const DecodeResult got = RunDecode(Operation::kViterbi, p, {}, &constraints);
    EXPECT_EQ(got.flags[0], kInfeasible);
    EXPECT_EQ(got.score[0], -kInfD);
    EXPECT_EQ(got.flags[1], redo ? kRedone : 0);
    for (const int32_t tag : got.tags[0]) {
      EXPECT_GE(tag, 0);
      EXPECT_LT(tag, 4);
    }
    EXPECT_EQ(RunDecode(Operation::kPosterior, p, {}, &constraints).flags[0], kInfeasible);
  });
}

TEST(CrfDecode, TenThousandWords) {
  std::mt19937_64 random(Seed(58));
  const Problem p = RandomProblem(&random, 9, {10000, 2});
  ForEachTarget([&] { EXPECT_EQ(RunDecode(Operation::kViterbi, p).tags[0], PlainViterbi(p, 0)); });
}

}  // namespace
}  // namespace clner::crf::test
