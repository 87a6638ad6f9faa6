// `clner eval` on the formats of annotation tools: recognised, mixed, and refused with the place.
#include <nlohmann/json.hpp>

#include "program.h"

namespace clner::test {
namespace {

using nlohmann::json;

class EvalFormats : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("gold.conll"), "Jane\tB-PER\nDoe's\tI-PER\nU.S.\tB-LOC\n\nno\tO\n");
  }
  double F1(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"eval", "--json"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const ProcessResult result = RunClner(command);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? json::parse(result.out)["micro"]["f1"].get<double>() : -1;
  }
};

TEST_F(EvalFormats, EachFileIsRecognisedAndTheirWordsAreThoseOfTheOther) {
  std::vector<std::string> files = {Path("gold.conll")};
  for (const std::string name : {"prodigy.jsonl", "spacy.jsonl", "doccano.jsonl", "labelstudio.json", "cluener.json",
                                 "adaseq.jsonl", "brat.ann", "autoner.ck", "jsonl.jsonl"}) {
    files.push_back(Path(name));
    const ProcessResult result = RunClner({"convert", files[0], files.back(), "--to", name.substr(0, name.find('.'))});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  for (const std::string& file : files) {
    EXPECT_EQ(F1({files[0], file}), 1) << file;
    EXPECT_EQ(F1({file, files[0]}), 1) << file;
  }
}

TEST_F(EvalFormats, OptionsOfStatsAndValidateCount) {
  WriteText(Path("pred"), "{\"text\":\"\xF0\x9F\x98\x80 Ann's\",\"label\":[[3,6,\"person\"]]}\n");
  WriteText(Path("gold"), "\xF0\x9F\x98\x80 O\nAnn's B-PER\n");
  const std::vector<std::string> files = {Path("gold"), Path("pred")};
  ExpectFailure(RunClner({"eval", files[0], files[1]}), 65,
                {Path("pred") + ":1 (label[0])", "inside the word 'Ann's'"});
  EXPECT_EQ(F1({files[0], files[1], "--offset-unit", "utf16", "--on-misaligned", "widen", "--label-map", "person=PER"}),
            1);
  EXPECT_EQ(F1({files[0], files[1], "--offset-unit", "utf16", "--on-misaligned", "widen"}), 0);
  WriteText(Path("numbers"), "{\"tokens\":[\"a\",\"b\"],\"ner_tags\":[0,1]}\n");
  ExpectFailure(RunClner({"eval", Path("numbers"), Path("numbers")}), 65, {"--labels O,B-PER"});
  EXPECT_EQ(F1({Path("numbers"), Path("numbers"), "--labels", "O,B-PER"}), 1);
}

TEST_F(EvalFormats, AFormatIsNamedWhereTheFileDoesNotTell) {
  WriteText(Path("text"), "{\"text\":\"no\"}\n");
  WriteText(Path("one.conll"), "no O\n");
  ExpectFailure(RunClner({"eval", Path("one.conll"), Path("text")}), 65,
                {"could be of several formats", "--from prodigy"});
  ExpectFailure(RunClner({"eval", Path("one.conll"), Path("text"), "--pred-from", "doccano"}), 65,
                {"no sentence has labels"});
  ExpectFailure(RunClner({"eval", Path("one.conll"), Path("text"), "--pred-from", "docano"}), 64,
                {"unknown data format 'docano'", "doccano"});
  ExpectFailure(RunClner({"eval", Path("one.conll"), Path("one.conll"), "--from", "jsonl"}), 65, {"one.conll:1"});
}

TEST_F(EvalFormats, TrainingDataMayBeOfAnyFormat) {
  ASSERT_EQ(RunClner({"convert", Path("gold.conll"), Path("train.json"), "--to", "labelstudio"}).exit_code, 0);
  const ProcessResult result = RunClner(
      {"eval", "--json", Path("gold.conll"), Path("gold.conll"), "--train", Path("train.json"), "--words", "blanks"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["seen"]["surface"]["seen"]["gold"], 2) << result.out;
}

}  // namespace
}  // namespace clner::test
