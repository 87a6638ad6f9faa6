// Rows 7-38 of the fault matrix through `clner train`, which needs LibTorch: what it refuses, it refuses before the run
// directory exists.
#include <limits>

#include "train_fixture.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;

class TrainInput : public TrainFault {
 protected:
  /// Refused, with nothing printed and nothing changed.
  void ExpectRefused(int exit_code, const std::vector<std::string>& names,
                     const std::vector<std::string>& more = {}) const {
    const auto before = Tree(directory_);
    ExpectFailure(Train("run", more), exit_code, names);
    EXPECT_EQ(Tree(directory_), before);
  }
  [[nodiscard]] Json Report() const {
    return ParseJson(ReadText(Path("run/report.json")), "report.json", ErrorCode::kData);
  }
};

// Rows 1, 2 and 7.
TEST_F(TrainInput, WrongConfigurationsAndMissingFilesAreRefused) {
  ExpectRefused(78, {"trainig.lr", "did you mean 'train'"}, {"--set", "trainig.lr=1"});
  ExpectRefused(66, {"model.encoder.path", "No such file"}, {"--set", "model.encoder.path=none"});
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  ExpectRefused(66, {"data.dev.sentences", "FIFO"}, {"--set", "data.dev.sentences=" + Path("fifo")});
  ExpectRefused(78, {"model.encoder.path", "training needs it"}, {"--set", "model.encoder.path="});
}

// Rows 10, 11, 14 and 29.
TEST_F(TrainInput, BadTrainingDataAreRefused) {
  const std::string path = Path("train.conll"), good = ReadText(path);
  for (const auto& [text, names] : std::vector<std::pair<std::string, std::string>>{
           {"\n \n-DOCSTART- O\n\n", "no sentences"},
           {good + "anna\n", "'anna'"},
           {good + "an\xffna\tO\n", "byte offset " + std::to_string(good.size() + 2)},
           {"\x1f\x8b\x08" + good, "gzip -dc"}}) {
    WriteText(path, text);
    ExpectRefused(65, {names, path});
  }
  WriteText(path, good + "anna\n\n" + good + "anna\tO\tO\n\n");
  const ProcessResult result = Train("run", {"--set", "data.on_error=skip"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Count(result.err, "sentence left out"), 2U) << result.err;
}

// Row 22.
TEST_F(TrainInput, SchemeIsPrintedAndIllegalTransitionsAreCounted) {
  WriteText(Path("train.conll"), "anna O\nsaw I-PER\nrome B-LOC\nin I-PER\n\n" + Repeat("anna B-PER\nsaw O\n\n", 8));
  const ProcessResult result = RunProcess(Talking("run", {"--set", "train.accumulate=1"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr(", BIO  (" + Path("train.conll")));
  EXPECT_THAT(result.err, HasSubstr("2 ill-formed"));
  std::filesystem::remove_all(Path("run"));
  ExpectRefused(65, {"'I-PER'", Path("train.conll") + ":2"}, {"--set", "data.strict=true"});
}

// Row 23.
TEST_F(TrainInput, LabelsWithoutTrainingDataCountAsMissed) {
  WriteText(Path("dev.conll"), "anna\tB-PER\nsaw\tO\nrome\tB-NEW\n\n");
  const ProcessResult result = Train("run");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("type 'NEW' (1 entities) does not occur in the training data"));
  EXPECT_THAT(result.err, HasSubstr("fix: rename it: data.label_map, as in {NEW: "));
  const Json types = Report().at("dev").at("types");
  EXPECT_EQ(types.at("NEW").at("gold"), 1);
  EXPECT_EQ(types.at("NEW").at("correct"), 0);
  std::filesystem::remove_all(Path("run"));
  std::string many;
  for (int i = 0; i < 300; ++i) many += "w\tB-T" + std::to_string(i) + "\n\n";
  WriteText(Path("train.conll"), many);
  ExpectRefused(65, {"1201 tags, at most 1024"});
}

// Row 24.
TEST_F(TrainInput, DataWithoutEntitiesAreRefused) {
  WriteText(Path("train.conll"), "anna O\nsaw O\n\n");
  ExpectRefused(65, {"every tag is O", Path("train.conll"), "--force"});
}

// Row 25.
TEST_F(TrainInput, MisalignedContextsAreRefused) {
  WriteText(Path("train.conll"), "anna B-PER\nsaw O\n\nrome B-LOC\nin O\n\n");
  const std::string first = "anna B-PER\nsaw O\n<EOS> B-X\nhe B-X\n\n";
  const std::vector<std::string> more = {"--set", "data.train.contexts=" + Path("contexts")};
  WriteText(Path("contexts"), first + "in B-LOC\nrome O\n<EOS> B-X\nit B-X\n\n");
  ExpectRefused(65, {"sentence 2", "'rome'", "'in'"}, more);
  WriteText(Path("contexts"), first);
  ExpectRefused(65, {"2 sentences, the contexts 1"}, more);
  WriteText(Path("contexts"), first + "rome B-PER\nin O\n<EOS> B-X\nit B-X\n\n");
  ExpectRefused(65, {"sentence 2", "LOC", "PER"}, more);
}

// Rows 30, 32 and 33.
TEST_F(TrainInput, DamagedEncoderWeightsAreRefused) {
  TinyModel missing = LetterEncoder();
  missing.Tensor("bert.encoder.layer.0.output.dense.bias").name = "bert.encoder.layer.0.output.dense.bia";
  missing.Tensor("bert.embeddings.position_embeddings.weight").shape = {8, 64};
  missing.Write(Path("encoder"), false);
  ExpectRefused(76, {"'encoder.layer.0.output.dense.bias' is missing",
                     "'bert.embeddings.position_embeddings.weight' has shape [8, 64]", "[64, 8]"});
  TinyModel bad = LetterEncoder();
  bad.Tensor("bert.embeddings.LayerNorm.bias").values[1] = std::numeric_limits<float>::quiet_NaN();
  bad.Write(Path("encoder"), false);
  ExpectRefused(76, {"non-finite value in tensor 'bert.embeddings.LayerNorm.bias'"});
  std::filesystem::resize_file(Path("encoder/model.safetensors"), 3000);
  ExpectRefused(76, {Path("encoder/model.safetensors"), "file cut"});
}

// Rows 36, 37 and 38.
TEST_F(TrainInput, TokenizerPositionsAndModelTypeMustFit) {
  ExpectRefused(78, {"model.encoder.max_pieces is 65", "64 positions"}, {"--set", "model.encoder.max_pieces=65"});
  TinyModel vocabulary = LetterEncoder();
  vocabulary.vocabulary += "extra\n";
  vocabulary.Write(Path("encoder"), false);
  ExpectRefused(76, {"vocabulary", "embedding rows"});
  TinyModel type = LetterEncoder();
  type.config["model_type"] = "deberta-v9";
  type.Write(Path("encoder"), false);
  ExpectRefused(76, {"'deberta-v9'", "supported model types: bert"});
  LetterEncoder().Write(Path("encoder"), false);
  std::filesystem::remove(Path("encoder/vocab.txt"));
  ExpectRefused(76, {"no tokenizer", "vocab.txt"});
}

}  // namespace
}  // namespace clner::test
