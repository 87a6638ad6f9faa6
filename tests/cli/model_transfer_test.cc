// `clner model import | export` on made-up models.
#include "program.h"
#include "tiny_model_files.h"

namespace clner::test {
namespace {

class ModelTransfer : public Scratch {
 protected:
  /// A token classifier as transformers writes it: no clner.json, no CRF.
  [[nodiscard]] static TinyModel Classifier() {
    TinyModel model;
    std::erase_if(model.tensors, [](const auto& tensor) { return tensor.name.starts_with("crf."); });
    return model;
  }
  ProcessResult Import(const TinyModel& model) const {
    model.Write(Path("hf"), false);
    return RunClner({"model", "import", Path("hf"), "-o", Path("out")});
  }
  void ExpectImportRefused(const TinyModel& model, const std::vector<std::string>& texts) const {
    ExpectFailure(Import(model), 76, texts);
    EXPECT_FALSE(std::filesystem::exists(Path("out")));
    std::filesystem::remove_all(Path("hf"));
  }
};

TEST_F(ModelTransfer, ImportedClassifierIsASoundModelWithASoftmaxHead) {
  const ProcessResult result = Import(Classifier());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("bert with 3 tags (BIO): PER"), std::string::npos) << result.out;
  EXPECT_EQ(RunClner({"model", "verify", Path("out")}).exit_code, 0);
  const Json card = Json::parse(ReadText(Path("out/clner.json")));
  EXPECT_EQ(card.at("head").at("type"), "softmax");
  EXPECT_EQ(card.at("labels").at("tags"), Json({"O", "B-PER", "I-PER"}));
}

TEST_F(ModelTransfer, WhatIsNoTokenClassifierIsRefused) {
  TinyModel no_names = Classifier();
  no_names.config.erase("id2label");
  ExpectImportRefused(no_names, {"'id2label' is missing", "config.json"});
  TinyModel plain = Classifier();
  plain.config["id2label"] = {{"0", "LABEL_0"}, {"1", "LABEL_1"}, {"2", "O"}};
  ExpectImportRefused(plain, {"labels without a prefix of a tag scheme: 'LABEL_0', 'LABEL_1'"});
  TinyModel gap = Classifier();
  gap.config["id2label"] = {{"0", "O"}, {"2", "B-PER"}, {"3", "I-PER"}};
  ExpectImportRefused(gap, {"none of the id 1"});
  TinyModel twice = Classifier();
  twice.config["id2label"] = {{"0", "O"}, {"1", "B-PER"}, {"2", "B-PER"}};
  ExpectImportRefused(twice, {"holds 'B-PER' twice"});
  TinyModel outside = Classifier();
  outside.config["id2label"] = {{"0", "I-LOC"}, {"1", "B-PER"}, {"2", "I-PER"}};
  ExpectImportRefused(outside, {"has no 'O'"});
  TinyModel other = Classifier();
  other.config["id2label"] = {{"0", "O"}, {"1", "B-PER"}};
  ExpectImportRefused(other, {"tensor 'classifier.weight' has shape [3, 4], the configuration asks for [2, 4]"});
  TinyModel headless = Classifier();
  std::erase_if(headless.tensors, [](const auto& tensor) { return tensor.name.starts_with("classifier."); });
  ExpectImportRefused(headless, {"tensor 'classifier.weight' is missing", "tensor 'classifier.bias' is missing"});
}

TEST_F(ModelTransfer, ExistingOutputIsLeftAlone) {
  std::filesystem::create_directory(Path("out"));
  ExpectFailure(Import(Classifier()), 73, {"exists already"});
  EXPECT_TRUE(std::filesystem::is_empty(Path("out")));
}

TEST_F(ModelTransfer, ExportedModelHasTheSameTensorsAndSaysHowToUseIt) {
  TinyModel().Write(Path("m"));
  const ProcessResult result = RunClner({"model", "export", Path("m"), "-o", Path("out")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(RunClner({"model", "verify", Path("out")}).exit_code, 0);
  EXPECT_EQ(ReadText(Path("out/clner.json")), ReadText(Path("m/clner.json")));
  EXPECT_NE(ReadText(Path("out/README.md")).find("crf.transitions"), std::string::npos);
  const Json diff = Json::parse(RunClner({"model", "diff", Path("m"), Path("out"), "--json"}).out);
  EXPECT_TRUE(diff.at("tensors").empty());
}

TEST_F(ModelTransfer, WhatPythonHasNoClassForIsNotExported) {
  TinyModel().Write(Path("encoder"), false);
  ExpectFailure(RunClner({"model", "export", Path("encoder"), "-o", Path("out")}), 64, {"without a trained head"});
  TinyModel mean;
  mean.card["encoder"]["pool"] = "mean";
  mean.Write(Path("m"));
  ExpectFailure(RunClner({"model", "export", Path("m"), "-o", Path("out")}), 64, {"first piece of the last layer"});
  EXPECT_FALSE(std::filesystem::exists(Path("out")));
}

}  // namespace
}  // namespace clner::test
