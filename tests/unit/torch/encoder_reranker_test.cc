#include "model/encoder_reranker.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "api/entry.h"
#include "support/tiny_model.h"

namespace clner {
namespace {

using Rows = std::vector<std::vector<double>>;

// Sentences and their candidates; texts come again, in other roles too, and some have no piece or too many.
struct Case {
  std::vector<std::string> sentences = {"anna met bert in rome", "the old man", "x", "", "anna met bert in rome"};
  std::vector<std::vector<std::string>> texts = {
      {"bert was in rome .", "the old man", "a", "anna met bert in rome", ""},
      {"bert was in rome .", "man old the the", "   "},
      {"x", "yy zz 12", "a very long text about anna and bert and dora and carl who met near paris and oslo and rome"},
      {"x", ""},
      {"carl saw dora"}};
  std::vector<std::vector<Candidate>> candidates;
  std::vector<RerankRequest> requests;
  Case() {
    for (const auto& list : texts) {
      candidates.emplace_back();
      for (const std::string& text : list) candidates.back().push_back({.text = text});
    }
    for (size_t i = 0; i < sentences.size(); ++i) requests.push_back({sentences[i], candidates[i]});
  }
};

class EncoderRerankerTest : public ::testing::Test {
 protected:
  EncoderRerankerTest() {
    at::set_num_threads(1);
    test::WriteTinyEncoder(directory_);
  }
  /// States of a text encoded alone, not normalised.
  [[nodiscard]] Rows States(std::string_view text, int64_t layer, std::vector<int32_t>* ids) {
    TextEncoder encoder(directory_, {.layer = layer});
    *ids = encoder.Pieces(text);
    Rows rows;
    const at::Tensor states = encoder.States({ids}, false)[0];
    for (int64_t i = 0; i < states.size(0); ++i) {
      rows.emplace_back();
      for (int64_t d = 0; d < states.size(1); ++d) rows.back().push_back(states[i][d].item<double>());
    }
    return rows;
  }
  [[nodiscard]] EncoderReranker Make(EncoderRankingOptions options, TextEncoderOptions encoder = {}) {
    return EncoderReranker(directory_, std::move(options), std::move(encoder));
  }
  test::TempDir parent_;
  std::filesystem::path directory_ = parent_ / "encoder";
};

double Dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// The weighted mean over the rows of `a` of their best match in `b`, by the formula.
double Matched(const Rows& a, const std::vector<double>& weights, const Rows& b) {
  double sum = 0, total = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    double best = -1;
    for (const auto& row : b) best = std::max(best, Dot(a[i], row) / std::sqrt(Dot(a[i], a[i]) * Dot(row, row)));
    sum += weights[i] * best;
    total += weights[i];
  }
  return total == 0 ? 0 : sum / total;
}

TEST_F(EncoderRerankerTest, ScoresAreThoseOfPlainLoops) {
  const Case data;
  const std::vector<std::string> references = {"anna met bert", "the man in rome", "x y z"};
  for (const bool idf : {false, true}) {
    for (const int64_t layer : {0, 1, 2}) {
      EncoderReranker reranker = Make({.ranking = idf ? EncoderRanking::kBertScoreIdf : EncoderRanking::kBertScore,
                                       .layer = layer,
                                       .max_text_words = 6,
                                       .references = references});
      const auto scores = reranker.Match(data.requests);
      ASSERT_EQ(scores.size(), data.requests.size());
      std::vector<std::vector<int32_t>> reference_ids(references.size());
      for (size_t i = 0; i < references.size(); ++i) (void)States(references[i], layer, &reference_ids[i]);
      const auto weights = [&](const std::vector<int32_t>& ids) {
        std::vector<double> result;
        for (size_t p = 0; p < ids.size(); ++p) {
          double with = 0;
          for (const auto& other : reference_ids)
            with += std::find(other.begin(), other.end(), ids[p]) != other.end() ? 1 : 0;
          result.push_back(idf ? std::log(4.0 / (with + 1)) : p > 0 && p + 1 < ids.size() ? 1 : 0);
        }
        return result;
      };
      for (size_t r = 0; r < data.sentences.size(); ++r) {
        ASSERT_EQ(scores[r].size(), data.texts[r].size());
        for (size_t c = 0; c < data.texts[r].size(); ++c) {
          std::vector<int32_t> sentence_ids, text_ids;
          const Rows sentence = States(data.sentences[r], layer, &sentence_ids);
          const Rows text = States(FirstWords(data.texts[r][c], 6), layer, &text_ids);
          BertScore expected;
          if (sentence_ids.size() > 2 && text_ids.size() > 2) {
            expected.precision = Matched(text, weights(text_ids), sentence);
            expected.recall = Matched(sentence, weights(sentence_ids), text);
            if (expected.precision * expected.recall > 0)
              expected.f1 = 2 / (1 / expected.precision + 1 / expected.recall);
          }
          EXPECT_NEAR(scores[r][c].precision, expected.precision, 2e-6) << idf << layer << ' ' << r << ' ' << c;
          EXPECT_NEAR(scores[r][c].recall, expected.recall, 2e-6) << idf << layer << ' ' << r << ' ' << c;
          EXPECT_NEAR(scores[r][c].f1, expected.f1, 2e-6) << idf << layer << ' ' << r << ' ' << c;
        }
      }
    }
  }
}

TEST_F(EncoderRerankerTest, TheTextItselfIsBestAndEmptyOnesAreZero) {
  const Case data;
  const auto scores = Make({}).Score(data.requests);
  EXPECT_NEAR(scores[0][3], 1, 1e-6);
  EXPECT_NEAR(scores[2][0], 1, 1e-6);
  EXPECT_EQ(scores[0][4], 0);
  EXPECT_EQ(scores[1][2], 0);
  EXPECT_EQ(scores[3], (std::vector<double>{0, 0}));
  for (const size_t c : {0, 1, 2}) EXPECT_LT(scores[0][c], scores[0][3]);
}

TEST_F(EncoderRerankerTest, CosineIsThatOfTheMeanStates) {
  const Case data;
  const auto scores = Make({.ranking = EncoderRanking::kCosine, .max_text_words = 0}).Score(data.requests);
  TextEncoder encoder(directory_, {});
  EXPECT_EQ(encoder.layer(), 2);
  for (size_t r = 0; r < data.sentences.size(); ++r) {
    for (size_t c = 0; c < data.texts[r].size(); ++c) {
      const std::vector<int32_t> a = encoder.Pieces(data.sentences[r]), b = encoder.Pieces(data.texts[r][c]);
      const double expected =
          a.size() == 2 || b.size() == 2
              ? 0
              : at::dot(encoder.States({&a}, true)[0][0], encoder.States({&b}, true)[0][0]).item<double>();
      EXPECT_NEAR(scores[r][c], expected, 2e-6) << r << ' ' << c;
    }
  }
}

TEST_F(EncoderRerankerTest, EveryDistinctTextIsEncodedOnceWhileItIsKept) {
  const Case data;
  EncoderReranker reranker = Make({});
  const auto scores = reranker.Score(data.requests);
  std::set<std::string> distinct(data.sentences.begin(), data.sentences.end());
  for (const auto& list : data.texts) distinct.insert(list.begin(), list.end());
  EXPECT_EQ(reranker.encoded_texts(), static_cast<int64_t>(distinct.size()));
  EXPECT_EQ(reranker.Score(data.requests), scores);
  EXPECT_EQ(reranker.encoded_texts(), static_cast<int64_t>(distinct.size()));
}

TEST_F(EncoderRerankerTest, ScoresDoNotDependOnBlocksBatchesOrCompany) {
  const Case data;
  const auto expected = Make({}).Score(data.requests);
  for (const int64_t bytes : {0, 3000, 20000}) {
    EncoderReranker reranker = Make({.state_bytes = bytes}, {.batch_pieces = 20});
    const auto scores = reranker.Score(data.requests);
    if (bytes == 0) {
      EXPECT_GT(reranker.encoded_texts(), 20);  // of 11 distinct ones: nothing is kept
    }
    for (size_t r = 0; r < expected.size(); ++r) {
      const auto alone = reranker.Score(std::span(data.requests).subspan(r, 1));
      ASSERT_EQ(scores[r].size(), expected[r].size());
      for (size_t c = 0; c < expected[r].size(); ++c) {
        EXPECT_NEAR(scores[r][c], expected[r][c], 2e-6) << bytes;
        EXPECT_NEAR(alone[0][c], expected[r][c], 2e-6) << bytes;
      }
    }
  }
}

TEST_F(EncoderRerankerTest, MeasuresAreTheThreeNumbers) {
  const Case data;
  const auto all = Make({}).Match(data.requests);
  const auto precision = Make({.measure = BertScoreMeasure::kPrecision}).Score(data.requests);
  const auto recall = Make({.measure = BertScoreMeasure::kRecall}).Score(data.requests);
  EXPECT_EQ(precision[0][1], all[0][1].precision);
  EXPECT_EQ(recall[0][1], all[0][1].recall);
  EXPECT_NE(precision[0][1], recall[0][1]);
}

TEST_F(EncoderRerankerTest, LongTextsAreCutAtTheLimitOfTheTokenizer) {
  const auto pieces = [&](const char* config) {
    test::WriteText(directory_ / "tokenizer_config.json", config);
    return TextEncoder(directory_, {}).Pieces(std::string(100, 'a') + " b" + std::string(90, 'c')).size();
  };
  EXPECT_EQ(pieces(R"({"tokenizer_class": "BertTokenizer", "model_max_length": 20})"), 20U);
  EXPECT_EQ(pieces(R"({"tokenizer_class": "BertTokenizer", "model_max_length": 5000})"), 64U);
  EXPECT_EQ(pieces(R"({"tokenizer_class": "BertTokenizer", "model_max_length": 1000000000000000019884624838656})"),
            64U);
  try {
    (void)pieces(R"({"tokenizer_class": "BertTokenizer", "model_max_length": 2})");
    FAIL() << "a limit without room was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(std::string(error.what()).find("leaves no room for text"), std::string::npos) << error.what();
  }
}

TEST_F(EncoderRerankerTest, TheLayerIsTheRecommendedOneOfAKnownModel) {
  EXPECT_EQ(Make({}).layer(), 2);  // the last: nothing is known
  const auto known = parent_ / "bert_uncased_L-2_H-128_A-2";
  std::filesystem::rename(directory_, known);
  directory_ = known;
  EXPECT_EQ(Make({}).layer(), 1);
  EXPECT_EQ(Make({.layer = -1}).layer(), 2);
  EXPECT_EQ(Make({.ranking = EncoderRanking::kCosine}).layer(), 2);
  const auto large = parent_ / "roberta-large";  // by its name alone; it has no layer 17
  std::filesystem::rename(directory_, large);
  directory_ = large;
  EXPECT_EQ(Make({}).layer(), 2);
}

TEST_F(EncoderRerankerTest, IdentityChangesWithWhateverScoresDependOn) {
  std::set<std::string> identities;
  const auto add = [&](const EncoderRankingOptions& options, const TextEncoderOptions& encoder = {}) {
    return identities.insert(Make(options, encoder).identity()).second;
  };
  EXPECT_TRUE(add({}));
  EXPECT_FALSE(add({.references = {"not read"}, .state_bytes = 1}, {.batch_pieces = 1}));
  EXPECT_FALSE(add({.layer = 2}));
  EXPECT_TRUE(add({.layer = 1}));
  EXPECT_TRUE(add({.measure = BertScoreMeasure::kRecall}));
  EXPECT_TRUE(add({.max_text_words = 10}));
  EXPECT_TRUE(add({.ranking = EncoderRanking::kCosine}));
  EXPECT_TRUE(add({.ranking = EncoderRanking::kBertScoreIdf, .references = {"a b"}}));
  EXPECT_TRUE(add({.ranking = EncoderRanking::kBertScoreIdf, .references = {"a", "b"}}));
  EXPECT_TRUE(add({}, {.precision = "int8"}));
  test::WriteTinyEncoder(directory_, /*seed=*/8);
  EXPECT_TRUE(add({}));
}

TEST_F(EncoderRerankerTest, RefusesWhatItCannotScore) {
  const std::vector<Candidate> bad = {{.text = "fine"}, {.text = "not \xff utf"}}, good = {{.text = "fine"}};
  EncoderReranker reranker = Make({});
  const RerankRequest request{"a sentence", bad};
  try {
    (void)reranker.Score({&request, 1});
    FAIL() << "invalid UTF-8 was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_NE(std::string(error.what()).find("not UTF-8 at byte 4"), std::string::npos) << error.what();
  }
  const RerankRequest next{"a sentence", good};  // the failure leaves nothing behind
  EXPECT_EQ(reranker.Score({&next, 1}), Make({}).Score({&next, 1}));
  const auto code_of = [&](const std::string& directory, const LoadOptions& load,
                           const EncoderRankingOptions& options) {
    try {
      (void)api::LoadReranker(directory, load, options);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code_of(directory_, {}, {.layer = 3}), ErrorCode::kUsage);
  EXPECT_EQ(code_of(parent_ / "missing", {}, {}), ErrorCode::kNoInput);
  EXPECT_EQ(code_of(directory_, {.precision = "fp16"}, {}), ErrorCode::kConfig);
  EXPECT_EQ(code_of(directory_, {.device = "cuda"}, {}), ErrorCode::kConfig);
  std::filesystem::remove(directory_ / "vocab.txt");
  EXPECT_EQ(code_of(directory_, {}, {}), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace clner
