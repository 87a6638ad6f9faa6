#include "retrieval/encoder_ranking.h"

#include <gtest/gtest.h>

#include <cmath>

#include "retrieval/piece_weights.h"
#include "unit/views/count_tokenizer.h"

namespace clner {
namespace {

using Ids = std::vector<int32_t>;

TEST(EncoderRanking, NamesRoundTrip) {
  for (const EncoderRanking ranking :
       {EncoderRanking::kBertScore, EncoderRanking::kBertScoreIdf, EncoderRanking::kCosine})
    EXPECT_EQ(FindEncoderRanking(Name(ranking)), ranking);
  EXPECT_FALSE(FindEncoderRanking("bleu").has_value());
  EXPECT_EQ(Name(BertScoreMeasure::kF1), "f1");
}

TEST(RecommendedLayer, IsKnownByTheLastPartOfTheName) {
  EXPECT_EQ(RecommendedLayer("roberta-large"), 17);
  EXPECT_EQ(RecommendedLayer("FacebookAI/roberta-large"), 17);
  EXPECT_EQ(RecommendedLayer("models/roberta-large/"), 17);
  EXPECT_EQ(RecommendedLayer("bert-base-uncased"), 9);
  EXPECT_EQ(RecommendedLayer("xlm-roberta-large"), 17);
  for (const char* unknown : {"", "/", "roberta", "roberta-large-2", "nreimers/MiniLM-L6-H384-uncased"})
    EXPECT_FALSE(RecommendedLayer(unknown).has_value()) << unknown;
}

TEST(FirstWords, EndBehindTheLastWordThatIsKept) {
  EXPECT_EQ(FirstWords("a  bb\tc d", 3), "a  bb\tc");
  EXPECT_EQ(FirstWords("  a b ", 1), "  a");
  EXPECT_EQ(FirstWords("a b", 2), "a b");
  EXPECT_EQ(FirstWords("a b ", 200), "a b ");
  EXPECT_EQ(FirstWords("a b ", 0), "a b ");
  EXPECT_EQ(FirstWords("", 2), "");
}

TEST(EncodeText, CutsAtTheLimitAndKeepsTheSpecialPieces) {
  const test::CountTokenizer tokenizer;
  EXPECT_EQ(EncodeText(tokenizer, " 2  1\n", 10), (Ids{test::kCls, 2000, 2001, 1000, test::kSep}));
  EXPECT_EQ(EncodeText(tokenizer, "2 3 1", 5), (Ids{test::kCls, 2000, 2001, 3000, test::kSep}));
  EXPECT_EQ(EncodeText(tokenizer, "3", 3), (Ids{test::kCls, 3000, test::kSep}));
  EXPECT_EQ(EncodeText(tokenizer, "3", 2), (Ids{test::kCls, test::kSep}));
  EXPECT_EQ(EncodeText(tokenizer, " \t", 9), (Ids{test::kCls, test::kSep}));
}

TEST(PieceWeights, AreEqualAndLeaveOutSpecialPieces) {
  const PieceWeights weights(SpecialIds{.begin = 1, .separator = 2});
  EXPECT_EQ(weights.Shares(Ids{1, 7, 8, 7, 9, 2}), (std::vector<float>{0, 0.25F, 0.25F, 0.25F, 0.25F, 0}));
  EXPECT_EQ(weights.Shares(Ids{1, 2}), (std::vector<float>{0, 0}));
}

TEST(PieceWeights, OfReferencesAreTheirInverseDocumentFrequency) {
  const std::vector<Ids> references = {{1, 5, 5, 6, 2}, {1, 5, 2}, {1, 7, 2}};
  const PieceWeights weights(references);
  // Piece 5 is in two of three, 6 in one, 9 in none; 1 and 2 are in all.
  const double five = std::log(4.0 / 3.0), six = std::log(4.0 / 2.0), nine = std::log(4.0), sum = five + six + nine;
  const std::vector<float> shares = weights.Shares(Ids{1, 5, 6, 9, 2});
  EXPECT_FLOAT_EQ(shares[0], 0);
  EXPECT_FLOAT_EQ(shares[1], static_cast<float>(five / sum));
  EXPECT_FLOAT_EQ(shares[2], static_cast<float>(six / sum));
  EXPECT_FLOAT_EQ(shares[3], static_cast<float>(nine / sum));
  EXPECT_FLOAT_EQ(shares[4], 0);
}

TEST(PieceWeights, OfTextsWhosePiecesAreInEveryReferenceAreZero) {
  const std::vector<Ids> references = {{1, 5, 2}};
  EXPECT_EQ(PieceWeights(references).Shares(Ids{1, 5, 5, 2}), (std::vector<float>{0, 0, 0, 0}));
  // Without references there is nothing to tell pieces apart by.
  EXPECT_EQ(PieceWeights(std::span<const Ids>()).Shares(Ids{1, 5, 2}), (std::vector<float>{0, 0, 0}));
}

}  // namespace
}  // namespace clner
