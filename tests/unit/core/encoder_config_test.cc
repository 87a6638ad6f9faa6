#include "core/encoder_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "core/layer_selection.h"

namespace clner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json Sizes(const std::string& type) {
  if (type == "distilbert") {
    return {{"model_type", type},
            {"vocab_size", 50},
            {"dim", 8},
            {"n_layers", 2},
            {"n_heads", 2},
            {"hidden_dim", 16},
            {"max_position_embeddings", 20}};
  }
  return {{"model_type", type},
          {"vocab_size", 50},
          {"hidden_size", 8},
          {"num_hidden_layers", 2},
          {"num_attention_heads", 2},
          {"intermediate_size", 16},
          {"max_position_embeddings", 20},
          {"type_vocab_size", 1}};
}

EncoderConfig Parse(const Json& json) {
  ProblemList problems;
  std::optional<EncoderConfig> config = ParseEncoderConfig(json, "config.json", &problems);
  problems.ThrowIfAny();
  return std::move(*config);
}

std::string Refusal(const Json& json) {
  try {
    (void)Parse(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    return error.what();
  }
  return "no error";
}

TEST(EncoderConfig, EveryFamilyHasItsPrefixAndPositions) {
  for (const auto& [type, prefix, positions] :
       std::vector<std::tuple<std::string, std::string, int64_t>>{{"bert", "bert", 20},
                                                                  {"roberta", "roberta", 18},
                                                                  {"xlm-roberta", "roberta", 18},
                                                                  {"camembert", "roberta", 18},
                                                                  {"distilbert", "distilbert", 20},
                                                                  {"electra", "electra", 20}}) {
    const EncoderConfig config = Parse(Sizes(type));
    EXPECT_EQ(config.family->prefix, prefix);
    EXPECT_EQ(config.max_pieces(), positions) << type;
    EXPECT_EQ(config.hidden_size, 8);
    EXPECT_EQ(config.layers, 2);
  }
  EXPECT_EQ(EncoderFamilies().size(), 6U);
}

TEST(EncoderConfig, PaddingMovesTheFirstPositionOfRobertaOnly) {
  Json roberta = Sizes("roberta"), bert = Sizes("bert");
  roberta["pad_token_id"] = bert["pad_token_id"] = 3;
  EXPECT_EQ(Parse(roberta).position_offset, 4);
  EXPECT_EQ(Parse(bert).position_offset, 0);
  roberta["pad_token_id"] = 19;
  EXPECT_THAT(Refusal(roberta), HasSubstr("leaves no row"));
}

TEST(EncoderConfig, TensorsOfTheFamilies) {
  const auto names = [](const EncoderConfig& config) {
    std::set<std::string> found;
    for (const ExpectedTensor& tensor : ExpectedEncoderTensors(config)) found.insert(tensor.name);
    return found;
  };
  const auto bert = names(Parse(Sizes("bert")));
  EXPECT_EQ(bert.size(), 5U + 2 * 16);
  EXPECT_TRUE(bert.contains("encoder.layer.1.attention.self.query.weight"));
  const auto distil = names(Parse(Sizes("distilbert")));
  EXPECT_EQ(distil.size(), 4U + 2 * 16);
  EXPECT_TRUE(distil.contains("transformer.layer.1.ffn.lin2.bias"));
  Json electra = Sizes("electra");
  electra["embedding_size"] = 4;
  const EncoderConfig narrow = Parse(electra);
  EXPECT_TRUE(narrow.projects_embeddings());
  EXPECT_TRUE(names(narrow).contains("embeddings_project.weight"));
  EXPECT_FALSE(names(Parse(Sizes("electra"))).contains("embeddings_project.weight"));
}

TEST(EncoderConfig, StoredNamesAreUnderstood) {
  const EncoderConfig bert = Parse(Sizes("bert")), distil = Parse(Sizes("distilbert"));
  for (const char* prefix :
       {"", "bert.", "bert.bert.", "module.bert.", "model.", "0.auto_model.", "base_model.model."}) {
    EXPECT_EQ(EncoderTensorName(bert, std::string(prefix) + "encoder.layer.0.output.LayerNorm.gamma"),
              "encoder.layer.0.output.LayerNorm.weight")
        << prefix;
  }
  EXPECT_EQ(EncoderTensorName(bert, "embeddings.LayerNorm.beta"), "embeddings.LayerNorm.bias");
  for (const char* unused : {"bert.pooler.dense.weight", "cls.predictions.bias", "bert.embeddings.position_ids",
                             "classifier.weight", "roberta.embeddings.LayerNorm.bias", "encoder.layers.0.weight"})
    EXPECT_EQ(EncoderTensorName(bert, unused), "") << unused;
  EXPECT_EQ(EncoderTensorName(distil, "distilbert.transformer.layer.0.attention.q_lin.bias"),
            "transformer.layer.0.attention.q_lin.bias");
}

TEST(EncoderConfig, OtherModelsAreRefusedWithTheList) {
  EXPECT_THAT(Refusal(Sizes("deberta-v2")), HasSubstr("model_type 'deberta-v2' is not supported"));
  EXPECT_THAT(Refusal(Sizes("xlm_roberta")), HasSubstr("did you mean 'xlm-roberta'?"));
  EXPECT_THAT(Refusal(Sizes("gpt2")),
              HasSubstr("supported model types: bert, roberta, xlm-roberta, camembert, distilbert, electra"));
  Json decoder = Sizes("roberta");
  decoder["is_decoder"] = true;
  EXPECT_THAT(Refusal(decoder), HasSubstr("'is_decoder' is true"));
  Json relative = Sizes("bert");
  relative["position_embedding_type"] = "relative_key";
  EXPECT_THAT(Refusal(relative), HasSubstr("supported: absolute"));
}

TEST(LayerSelection, ListsAndRanges) {
  const auto selected = [](const char* text) { return SelectedLayers(text, 6, ErrorCode::kConfig, "place"); };
  EXPECT_THAT(selected("-1"), ElementsAre(6));
  EXPECT_THAT(selected("-4:-1"), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(selected("all"), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(selected("6,0,2:3"), ElementsAre(0, 2, 3, 6));
  for (const char* wrong : {"7", "-8", "1,1", "2:1", "", "a", "1:", ",", "1,,2", "1:2:3", "99999999999999999999"}) {
    EXPECT_THROW((void)selected(wrong), Error) << wrong;
  }
  EXPECT_TRUE(IsLayerList("all") && IsLayerList("-4:-1") && IsLayerList("0,6,12"));
  EXPECT_FALSE(IsLayerList("last") || IsLayerList("") || IsLayerList("1;2"));
}

}  // namespace
}  // namespace clner
