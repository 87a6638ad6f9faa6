// The same bits in every batch, layout, order and thread count.
#include "crf_problem.h"
#include "crf_reference.h"

namespace clner::crf::test {
namespace {

TEST(CrfLayout, BatchOfManyEqualsManyBatchesOfOneBitForBit) {
  std::mt19937_64 random(Seed(41));
  for (const int64_t tags : {1, 2, 7, 8, 9, 25, 31, 32, 33, 57, 64, 65, 129, 300}) {
    SCOPED_TRACE("K " + std::to_string(tags));
    const Problem p = RandomProblem(&random, tags, RandomLengths(&random, tags > 100 ? 9 : 37, 0, tags > 100 ? 8 : 25));
    ForEachTarget([&] {
      const NllResult nll = RunNll(p);
      const MarginalsResult marginals = RunMarginals(p);
      const DecodeResult viterbi = RunDecode(Operation::kViterbi, p);
      for (size_t b = 0; b < p.lengths.size(); ++b) {
        const Problem one = p.Only(b);
        const NllResult nll_one = RunNll(one);
        EXPECT_EQ(nll_one.loss[0], nll.loss[b]);
        EXPECT_EQ(nll_one.d_emissions[0], nll.d_emissions[b]);
        const MarginalsResult marginals_one = RunMarginals(one);
        EXPECT_EQ(marginals_one.log_z[0], marginals.log_z[b]);
        EXPECT_EQ(marginals_one.unary[0], marginals.unary[b]);
        EXPECT_EQ(RunDecode(Operation::kViterbi, one).tags[0], viterbi.tags[b]);
      }
    });
  }
}

TEST(CrfLayout, PermutedSentencesGivePermutedResults) {
  std::mt19937_64 random(Seed(42));
  const Problem p = RandomProblem(&random, 25, RandomLengths(&random, 70, 0, 30));
  std::vector<size_t> order(p.lengths.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  Problem shuffled = p;
  for (size_t i = 0; i < order.size(); ++i) {
    shuffled.lengths[i] = p.lengths[order[i]];
    shuffled.emissions[i] = p.emissions[order[i]];
    shuffled.gold[i] = p.gold[order[i]];
  }
  ForEachTarget([&] {
    const NllResult a = RunNll(p), b = RunNll(shuffled);
    for (size_t i = 0; i < order.size(); ++i) {
      EXPECT_EQ(b.loss[i], a.loss[order[i]]);
      EXPECT_EQ(b.d_emissions[i], a.d_emissions[order[i]]);
    }
    EXPECT_LE(Difference(b.transitions, a.transitions), 1e-6);
    EXPECT_LE(Difference(b.start, a.start), 1e-6);
    EXPECT_LE(Difference(b.end, a.end), 1e-6);
  });
}

TEST(CrfLayout, PackedPaddedAndStridedAreEqualAndGarbageOutsideIsIgnored) {
  std::mt19937_64 random(Seed(45));
  for (const int64_t tags : {3, 8, 25, 57}) {
    const Problem p = RandomProblem(&random, tags, RandomLengths(&random, 21, 0, 12));
    ForEachTargetAndRedo([&](bool) {
      const NllResult packed = RunNll(p);
      const MarginalsResult marginals = RunMarginals(p);
      const DecodeResult viterbi = RunDecode(Operation::kViterbi, p), posterior = RunDecode(Operation::kPosterior, p);
      for (const Layout& layout : {Layout{true, 0, 0, 0}, Layout{false, 1, 5, 3}, Layout{true, 7, 2, 1}}) {
        const NllResult other = RunNll(p, layout);
        EXPECT_EQ(other.loss, packed.loss);
        EXPECT_EQ(other.d_emissions, packed.d_emissions);
        EXPECT_EQ(other.transitions, packed.transitions);
        EXPECT_EQ(RunMarginals(p, layout).unary, marginals.unary);
        EXPECT_EQ(RunDecode(Operation::kViterbi, p, layout).tags, viterbi.tags);
        EXPECT_EQ(RunDecode(Operation::kPosterior, p, layout).tags, posterior.tags);
      }
    });
  }
}

TEST(CrfLayout, EverySortingMethodGivesTheSameResult) {
  std::mt19937_64 random(Seed(46));
  Problem p = RandomProblem(&random, 4, RandomLengths(&random, 40, 0, 20));
  const Problem few = [&] {
    Problem q = p;
    q.lengths.resize(20);
    q.emissions.resize(20);
    q.gold.resize(20);
    return q;
  }();
  const NllResult counting = RunNll(p), insertion = RunNll(few);
  // A long sentence moves the batch to the comparison sort; the others keep their bits.
  Problem longer = p;
  const Problem extra = RandomProblem(&random, 4, {3000});
  longer.lengths.push_back(3000);
  longer.emissions.push_back(extra.emissions[0]);
  longer.gold.push_back(extra.gold[0]);
  const NllResult comparison = RunNll(longer);
  for (size_t b = 0; b < 40; ++b) {
    EXPECT_EQ(comparison.loss[b], counting.loss[b]);
    EXPECT_EQ(comparison.d_emissions[b], counting.d_emissions[b]);
    if (b < 20) {
      EXPECT_EQ(insertion.loss[b], counting.loss[b]);
    }
  }
}

}  // namespace
}  // namespace clner::crf::test
