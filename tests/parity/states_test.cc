// States of the real encoder against those of transformers (scripts/golden/states_golden.py).
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "api/entry.h"
#include "core/files.h"
#include "core/json.h"
#include "model/weights.h"
#include "support/shared_data.h"
#include "support/tiny_model.h"

namespace clner {
namespace {

TEST(StatesParity, LastLayerOfMiniLmEqualsTransformers) {
  CLNER_NEEDS(test::MiniLmDir() / "model.safetensors");
  const std::string path = std::string(CLNER_SOURCE_DIR) + "/tests/parity/states_golden.json";
  const Json golden = ParseJson(ReadFile(path), path, ErrorCode::kData);
  std::vector<Sentence> sentences;
  for (const Json& words : golden["words"]) sentences.emplace_back().words = words.get<std::vector<std::string>>();
  ASSERT_EQ(sentences.size(), 40U);
  const test::TempDir dir;
  const std::string out = (dir / "states.safetensors").string();
  api::WriteStates(test::MiniLmDir().string(), sentences, {}, {}, out);
  const SafetensorsFile file(out);
  ASSERT_EQ(file.tensors().size(), sentences.size());
  double worst = 0;
  for (size_t i = 0; i < sentences.size(); ++i) {
    const TensorInfo* info = file.Find(std::to_string(i));
    ASSERT_NE(info, nullptr);
    const at::Tensor states = AsTensor(*info);
    ASSERT_EQ(states.size(0), static_cast<int64_t>(sentences[i].words.size()));
    ASSERT_EQ(states.size(1), 384);
    for (size_t w = 0; w < sentences[i].words.size(); ++w) {
      for (size_t c = 0; c < golden["columns"].size(); ++c) {
        const double ours = states[static_cast<int64_t>(w)][golden["columns"][c].get<int64_t>()].item<double>();
        worst = std::max(worst, std::abs(ours - golden["states"][i][w][c].get<double>()));
      }
    }
  }
  EXPECT_LT(worst, 1e-4);
}

}  // namespace
}  // namespace clner
