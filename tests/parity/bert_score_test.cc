// BERTScore against the package bert-score (scripts/golden/bert_score_golden.py).
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "core/files.h"
#include "core/json.h"
#include "model/encoder_reranker.h"
#include "support/shared_data.h"

namespace clner {
namespace {

TEST(BertScoreParity, EqualsThePackageForMiniLm) {
  CLNER_NEEDS(test::MiniLmDir() / "model.safetensors");
  at::set_num_threads(1);
  const std::string path = std::string(CLNER_SOURCE_DIR) + "/tests/parity/bert_score_golden.json";
  const Json golden = ParseJson(ReadFile(path), path, ErrorCode::kData);
  const auto sentences = golden["sentences"].get<std::vector<std::string>>();
  std::vector<std::vector<Candidate>> candidates;
  std::vector<RerankRequest> requests;
  for (size_t i = 0; i < sentences.size(); ++i) {
    std::vector<Candidate>& list = candidates.emplace_back();
    for (const Json& text : golden["texts"][i]) list.push_back({.text = text.get<std::string>()});
    list.push_back({.text = ""});
    list.push_back({.text = golden["long_text"].get<std::string>()});
  }
  for (size_t i = 0; i < sentences.size(); ++i) requests.push_back({sentences[i], candidates[i]});
  for (const Json& item : golden["cases"]) {
    const bool idf = item["idf"].get<bool>();
    EncoderReranker reranker(test::MiniLmDir(),
                             {.ranking = idf ? EncoderRanking::kBertScoreIdf : EncoderRanking::kBertScore,
                              .layer = item["layer"].get<int64_t>(),
                              .max_text_words = 0,
                              .references = sentences},
                             {});
    double worst = 0;
    size_t pair = 0;
    for (const std::vector<BertScore>& scores : reranker.Match(requests)) {
      for (const BertScore& score : scores) {
        const auto expected = item["scores"].at(pair++).get<std::vector<double>>();
        worst = std::max({worst, std::abs(score.precision - expected[0]), std::abs(score.recall - expected[1]),
                          std::abs(score.f1 - expected[2])});
      }
    }
    EXPECT_EQ(pair, item["scores"].size());
    EXPECT_LT(worst, 1e-4) << "layer " << item["layer"] << ", idf " << idf;
  }
}

}  // namespace
}  // namespace clner
