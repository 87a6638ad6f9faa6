// `clner model info`.
#include "model_command.h"

namespace clner::test {
namespace {

TEST_F(ModelCommand, InfoShowsConfigurationLabelsAndTensors) {
  TinyModel().Write(Path("m"));
  const ProcessResult result = RunClner({"model", "info", Path("m")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* text : {"trained model", "hidden_size", "PER", "12", "tag scheme BIO, 3 tags", "crf.transitions",
                           "[3, 3]", "window_overlap"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << "\n" << result.out;
  }
}

TEST_F(ModelCommand, InfoJsonHoldsEverything) {
  TinyModel().Write(Path("m"));
  const ProcessResult result = RunClner({"model", "info", Path("m"), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("trained"), true);
  EXPECT_EQ(json.at("config").at("hidden_size"), 4);
  EXPECT_EQ(json.at("clner").at("labels").at("tags").size(), 3U);
  int64_t sum = 0;
  for (const Json& tensor : json.at("tensors")) sum += tensor.at("values").get<int64_t>();
  EXPECT_EQ(json.at("parameters"), sum);
  // 7*4 + 16*4 + 2*4 + 2*4 embeddings; 4*(16+4) + 2*4 attention; 6*4+6 + 4*6+4 + 2*4 feed-forward; 12+3 classifier;
  // 9+3+3 CRF.
  EXPECT_EQ(sum, 108 + 88 + 66 + 15 + 15);
}

TEST_F(ModelCommand, InfoOfAnEncoderSaysThatItIsNotTrained) {
  TinyModel().Write(Path("m"), false);
  EXPECT_NE(RunClner({"model", "info", Path("m")}).out.find("encoder without a trained head"), std::string::npos);
}

TEST_F(ModelCommand, MissingDirectoryIs66) {
  ExpectFailure(RunClner({"model", "info", Path("none")}), 66, {"is not a directory", "fix: give a model directory"});
  std::filesystem::create_directories(Path("empty"));
  ExpectFailure(RunClner({"model", "verify", Path("empty")}), 66, {"is not a model directory (no config.json)"});
}

TEST_F(ModelCommand, ModelWithoutWeightsIs66) {
  TinyModel().Write(Path("m"), false);
  std::filesystem::remove(Path("m/model.safetensors"));
  ExpectFailure(RunClner({"model", "info", Path("m")}), 66, {"model.safetensors"});
}

}  // namespace
}  // namespace clner::test
