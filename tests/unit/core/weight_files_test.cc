#include "core/weight_files.h"

#include "core/json.h"
#include "support.h"
#include "support/torch_writer.h"

namespace clner {
namespace {

using namespace test::pickle;  // NOLINT(google-build-using-namespace)
using test::Put;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

class Weights : public testing::Test {
 protected:
  // One tensor of one value for every name.
  void Safetensors(const std::string& file, const std::vector<std::string>& names) {
    std::vector<TensorInfo> tensors;
    for (const std::string& name : names)
      tensors.push_back({name, DType::kF32, {1}, std::as_bytes(std::span(&value_, 1))});
    WriteSafetensors(dir_ / file, tensors, {});
  }
  void Torch(const std::string& file, const std::vector<std::string>& names) {
    std::vector<std::string> entries = {Text("step"), Int(1)};
    for (const std::string& name : names) {
      entries.push_back(Text(name));
      entries.push_back(Tensor(Storage("FloatStorage", "0", 1), 0, {1}, {1}));
    }
    Put(dir_ / file, test::TorchZip(Dict(entries), {{"0", test::LittleEndian(value_)}}));
  }
  void Index(const std::string& kind, const std::map<std::string, std::string>& files) {
    Put(dir_ / (kind + ".index.json"), DumpJson({{"metadata", {{"total_size", 8}}}, {"weight_map", files}}));
  }
  static std::vector<std::string> NamesOf(const WeightFiles& weights) {
    std::vector<std::string> names;
    for (const TensorInfo& tensor : weights.tensors()) names.push_back(tensor.name);
    return names;
  }
  float value_ = 1.5F;
  TempDir dir_;
};

TEST_F(Weights, AreFoundInTheOrderOfTransformers) {
  EXPECT_EQ(FindWeights(dir_.path()), std::nullopt);
  EXPECT_ERROR((void)OpenWeights(dir_.path()), ErrorCode::kNoInput, "neither model.safetensors nor pytorch_model.bin");
  Torch("part.bin", {"d"});
  Index("pytorch_model.bin", {{"d", "part.bin"}});
  EXPECT_THAT(NamesOf(OpenWeights(dir_.path())), ElementsAre("d"));
  Torch("pytorch_model.bin", {"c"});
  EXPECT_THAT(NamesOf(OpenWeights(dir_.path())), ElementsAre("c"));
  Safetensors("part.safetensors", {"b"});
  Index("model.safetensors", {{"b", "part.safetensors"}});
  EXPECT_THAT(NamesOf(OpenWeights(dir_.path())), ElementsAre("b"));
  Safetensors("model.safetensors", {"a"});
  EXPECT_THAT(NamesOf(OpenWeights(dir_.path())), ElementsAre("a"));
}

TEST_F(Weights, OfSeveralFilesAreOneList) {
  Safetensors("model-1.safetensors", {"x", "y"});
  Safetensors("model-2.safetensors", {"w"});
  Index("model.safetensors",
        {{"w", "model-2.safetensors"}, {"x", "model-1.safetensors"}, {"y", "model-1.safetensors"}});
  WeightFiles opened = OpenWeights(dir_.path());
  const WeightFiles weights = std::move(opened);
  EXPECT_THAT(NamesOf(weights), ElementsAre("x", "y", "w"));
  ASSERT_NE(weights.Find("w"), nullptr);
  EXPECT_EQ(weights.FileOf(*weights.Find("w")), dir_ / "model-2.safetensors");
  EXPECT_EQ(weights.Find("z"), nullptr);
  EXPECT_EQ(weights.path(), dir_ / "model.safetensors.index.json");
  EXPECT_THAT(weights.Files(), ElementsAre(dir_ / "model.safetensors.index.json", dir_ / "model-1.safetensors",
                                           dir_ / "model-2.safetensors"));
}

TEST_F(Weights, EntriesThatAreNoTensorsAreNamed) {
  Torch("pytorch_model.bin", {"a"});
  EXPECT_THAT(OpenWeights(dir_.path()).Skipped(), ElementsAre("step"));
}

TEST_F(Weights, AllMissingFilesAreListed) {
  Safetensors("model-2.safetensors", {"b"});
  Index("model.safetensors",
        {{"a", "model-1.safetensors"}, {"b", "model-2.safetensors"}, {"c", "model-3.safetensors"}});
  EXPECT_ERROR((void)OpenWeights(dir_.path()), ErrorCode::kNoInput,
               "file 'model-1.safetensors' of the weights is missing");
  EXPECT_ERROR((void)OpenWeights(dir_.path()), ErrorCode::kNoInput,
               "file 'model-3.safetensors' of the weights is missing");
  EXPECT_ERROR((void)OpenWeights(dir_.path()), ErrorCode::kNoInput,
               "fix: copy or download all files of the model again");
}

TEST_F(Weights, TensorsMustBeWhereTheIndexSays) {
  Safetensors("model-1.safetensors", {"a", "b", "twice"});
  Safetensors("model-2.safetensors", {"c", "twice"});
  Index("model.safetensors", {{"a", "model-1.safetensors"},
                              {"b", "model-2.safetensors"},
                              {"c", "model-2.safetensors"},
                              {"none", "model-2.safetensors"}});
  for (const char* what : {"tensor 'b' is not in file 'model-2.safetensors' but in 'model-1.safetensors'",
                           "tensor 'none' is not in file 'model-2.safetensors' nor in another",
                           "tensor 'twice' is in 'model-1.safetensors' and in 'model-2.safetensors'"})
    EXPECT_ERROR((void)OpenWeights(dir_.path()), ErrorCode::kCorrupt, what);
}

TEST_F(Weights, IndexIsCheckedBeforeAFileIsOpened) {
  const auto refused = [&](const std::string& text, const std::string& rule) {
    Put(dir_ / "pytorch_model.bin.index.json", text);
    EXPECT_ERROR((void)OpenWeights(dir_.path()), ErrorCode::kCorrupt, rule);
  };
  refused("[]", "'weight_map' is missing or not an object");
  refused("{", "bad JSON");
  refused(R"({"weight_map": []})", "'weight_map' is missing or not an object");
  refused(R"({"weight_map": {"a": null}})", "'weight_map' names no file for tensor 'a'");
  for (const char* name : {"../a.bin", "/a.bin", "", "a/../../b.bin"})
    refused(R"({"weight_map": {"a": ")" + std::string(name) + "\"}}", "is outside the model directory");
  for (const char* name : {".", "parts/a.bin", "a.bin/"})
    refused(R"({"weight_map": {"a": ")" + std::string(name) + "\"}}", "is not a plain file name");
  std::filesystem::create_symlink("/etc/passwd", dir_ / "link.bin");
  refused(R"({"weight_map": {"a": "link.bin"}})", "is outside the model directory");
  std::string many = R"({"weight_map": {)";
  for (int i = 0; i <= 1000; ++i)
    many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"" + std::to_string(i) + ".bin\"";
  refused(many + "}}", "names more than 1000 files");
}

}  // namespace
}  // namespace clner
