// `clner model verify`: which files there must be, and every byte of them.
#include "model_command.h"
#include "support/torch_writer.h"

namespace clner::test {
namespace {

TEST_F(ModelCommand, WholeModelVerifies) {
  const ProcessResult result = Verify(TinyModel());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find(": ok\n"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("every file as written"), std::string::npos) << result.out;
}

TEST_F(ModelCommand, VerifyJsonCountsTensors) {
  TinyModel().Write(Path("m"));
  const Json json = ParseJson(RunClner({"model", "verify", Path("m"), "--json"}).out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("ok"), true);
  EXPECT_EQ(json.at("checksums"), true);
  EXPECT_EQ(json.at("tensors"), 26);
}

TEST_F(ModelCommand, EncoderVerifiesWithoutChecksumsAndListsUnusedTensors) {
  TinyModel model;
  model.Add("pooler.dense.weight", {4, 4});
  const ProcessResult result = Verify(model, false);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("SHA256SUMS   absent"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("pooler.dense.weight"), std::string::npos) << result.out;
}

TEST_F(ModelCommand, EveryFlippedBitOfTheWeightsIsFound) {
  TinyModel().Write(Path("m"));
  const std::string whole = ReadText(Path("m/model.safetensors"));
  for (size_t i = 0; i < whole.size(); i += whole.size() / 12) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    WriteText(Path("m/model.safetensors"), damaged);
    ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"model.safetensors"});
  }
}

TEST_F(ModelCommand, DamagedSmallFileIsNamed) {
  TinyModel().Write(Path("m"));
  WriteText(Path("m/vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\njane\nd0e\n");
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"vocab.txt"});
}

TEST_F(ModelCommand, MissingFileOfTheChecksumListIs76) {
  for (const char* name : {"config.json", "model.safetensors"}) {
    TinyModel().Write(Path("m"));
    std::filesystem::remove(Path("m") + "/" + name);
    const std::string what = "file '" + std::string(name) + "' is missing";
    const ProcessResult result = RunClner({"model", "verify", Path("m")});
    ExpectFailure(result, 76, {what, Path("m") + "/" + name});
    EXPECT_EQ(result.err.find(what), result.err.rfind(what)) << "named twice:\n" << result.err;
    ExpectFailure(RunClner({"model", "info", Path("m")}), 76, {what, "fix: copy the model again"});
  }
}

TEST_F(ModelCommand, IndexOfSeveralWeightFilesIsNotTrusted) {
  TinyModel().Write(Path("m"), false);
  const auto index = [&](const std::string& text) {
    WriteText(Path("m/model.safetensors.index.json"), text);
    return RunClner({"model", "verify", Path("m")});
  };
  ExpectFailure(index(R"({"weight_map": {"a": "../../etc/passwd"}})"), 76,
                {"file name '../../etc/passwd' is outside the model directory"});
  ExpectFailure(index(R"({"weight_map": {"a": "/etc/passwd"}})"), 76, {"outside the model directory"});
  ExpectFailure(index(R"({"weight_map": {"a": "parts/a.safetensors"}})"), 76, {"not a plain file name"});
  ExpectFailure(index(R"({"weight_map": {"a": 1}})"), 76, {"'weight_map' names no file for tensor 'a'"});
  ExpectFailure(index("{}"), 76, {"'weight_map' is missing or not an object"});
  const std::string inside = R"({"weight_map": {"a": "model-00001-of-00002.safetensors"}})";
  EXPECT_EQ(index(inside).exit_code, 0);  // model.safetensors comes first
  std::filesystem::create_symlink("/etc", Path("m/link"));
  ExpectFailure(index(R"({"weight_map": {"a": "link/passwd"}})"), 76, {"outside the model directory"});
  std::filesystem::remove(Path("m/link"));
  std::filesystem::remove(Path("m/model.safetensors"));
  ExpectFailure(index(inside), 66, {"file 'model-00001-of-00002.safetensors' of the weights is missing"});
}

TEST_F(ModelCommand, EncoderOfPyTorchVerifiesAndEqualsItsSafetensors) {
  TinyModel model;
  model.Write(Path("safe"), false);
  model.Write(Path("torch"), false);
  std::filesystem::remove(Path("torch/model.safetensors"));
  std::vector<std::string> entries = {pickle::Text("epoch"), pickle::Int(3)};
  Storages storages;
  for (const TensorData& tensor : model.tensors) {
    std::vector<int64_t> strides(tensor.shape.size(), 1);
    for (size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * tensor.shape[i];
    const auto count = static_cast<int64_t>(tensor.values.size());
    const std::string key = std::to_string(storages.size());
    entries.push_back(pickle::Text(tensor.name));
    entries.push_back(pickle::Tensor(pickle::Storage("FloatStorage", key, count), 0, tensor.shape, strides));
    storages.emplace_back(key,
                          std::string(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * 4));
  }
  for (const std::string& bytes :
       {TorchZip(pickle::Dict(entries), storages), TorchOld(pickle::Dict(entries), storages)}) {
    WriteText(Path("torch/pytorch_model.bin"), bytes);
    const ProcessResult verified = RunClner({"model", "verify", Path("torch")});
    EXPECT_EQ(verified.exit_code, 0) << verified.err;
    EXPECT_NE(verified.out.find("no tensors   epoch"), std::string::npos) << verified.out;
    const ProcessResult compared = RunClner({"model", "diff", Path("safe"), Path("torch")});
    EXPECT_EQ(compared.exit_code, 0) << compared.out << compared.err;
  }
  const Json info = ParseJson(RunClner({"model", "info", Path("torch"), "--json"}).out, "out", ErrorCode::kData);
  EXPECT_EQ(info.at("weights"), Json({"pytorch_model.bin"}));
  WriteText(Path("torch/pytorch_model.bin"), TorchZip(pickle::Global("os", "system") + ")R", {}));
  ExpectFailure(RunClner({"model", "verify", Path("torch")}), 76,
                {"this file wants to run 'os.system'; nothing of it was executed", "fix: if you trust it, convert it"});
}

TEST_F(ModelCommand, TrainedModelNeedsItsSafetensors) {
  TinyModel().Write(Path("m"));
  std::filesystem::rename(Path("m/model.safetensors"), Path("m/pytorch_model.bin"));
  ExpectFailure(RunClner({"model", "info", Path("m")}), 76, {"file 'model.safetensors' is missing"});
}

TEST_F(ModelCommand, FailuresAreAnsweredInJson) {
  TinyModel model;
  model.card["format"] = 99;
  model.config["num_attention_heads"] = 3;
  model.Write(Path("m"));
  const ProcessResult result = RunClner({"model", "verify", Path("m"), "--json"});
  EXPECT_EQ(result.exit_code, 76);
  EXPECT_NE(result.err.find("model format 99"), std::string::npos) << result.err;
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("ok"), false);
  EXPECT_EQ(json.at("total_problems"), 2);
  EXPECT_EQ(json.at("problems")[1].at("what"), "model format 99 is newer than this program's 1");
  EXPECT_EQ(json.at("problems")[1].at("where"), Path("m/clner.json"));
  EXPECT_EQ(json.at("problems")[1].at("fix"), "use a newer clner");
  EXPECT_EQ(json.at("problems")[1].at("code"), 76);
}

TEST_F(ModelCommand, MissingAndUnlistedFilesAreNamed) {
  TinyModel().Write(Path("m"));
  WriteText(Path("m/extra.txt"), "x");
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"extra.txt"});
  std::filesystem::remove(Path("m/extra.txt"));
  std::filesystem::remove(Path("m/tokenizer_config.json"));
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"tokenizer_config.json"});
}

TEST_F(ModelCommand, TrainedModelNeedsChecksums) {
  TinyModel().Write(Path("m"));
  std::filesystem::remove(Path("m/SHA256SUMS"));
  ExpectFailure(RunClner({"model", "verify", Path("m")}), 76, {"SHA256SUMS"});
}

TEST_F(ModelCommand, MalformedJsonIsNamedWithItsPlace) {
  TinyModel().Write(Path("m"), false);
  WriteText(Path("m/config.json"), "{\"model_type\": \n");
  ExpectFailure(RunClner({"model", "info", Path("m")}), 76, {"config.json:"});
  WriteText(Path("m/config.json"), "[]");
  ExpectFailure(RunClner({"model", "info", Path("m")}), 76, {"the file is not a JSON object"});
}

}  // namespace
}  // namespace clner::test
