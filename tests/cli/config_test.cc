// `clner config`: relative paths, suggestions, JSON of failures and differences.
#include "core/json.h"
#include "program.h"

namespace clner::test {
namespace {

class ConfigCommand : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    std::filesystem::create_directories(Path("sub"));
    WriteText(Path("sub/train.conll"), "Jane B-PER\n");
    WriteText(Path("sub/p.yaml"), "data: {train: {sentences: train.conll}}\n");
    options_.directory = directory_;
  }
  [[nodiscard]] ProcessResult Run(const std::vector<std::string>& arguments) const {
    return RunClner(arguments, options_);
  }
  ProcessOptions options_;
};

TEST_F(ConfigCommand, FillKeepsTheMeaningOfRelativePaths) {
  const std::string absolute = "sentences: " + Path("sub/train.conll");
  ASSERT_EQ(Run({"config", "fill", "sub/p.yaml", "-o", "filled.yaml"}).exit_code, 0);
  EXPECT_NE(ReadText(Path("filled.yaml")).find(absolute), std::string::npos) << ReadText(Path("filled.yaml"));
  EXPECT_EQ(Run({"config", "check", "-c", "filled.yaml"}).exit_code, 0);
  EXPECT_NE(Run({"config", "fill", "sub/p.yaml"}).out.find(absolute), std::string::npos);

  // In the same directory the text stays, so that the directory can be moved.
  ASSERT_EQ(Run({"config", "fill", "sub/p", "-o", "./sub/../sub/filled.yaml"}).exit_code, 0);
  EXPECT_NE(ReadText(Path("sub/filled.yaml")).find("sentences: train.conll\n"), std::string::npos);
  EXPECT_EQ(Run({"config", "check", "-c", "sub/filled.yaml"}).exit_code, 0);

  ProcessOptions from_stdin = options_;
  from_stdin.input = "data: {train: {sentences: sub/train.conll}}\n";
  ASSERT_EQ(RunClner({"config", "fill", "-", "-o", "sub/stdin.yaml"}, from_stdin).exit_code, 0);
  EXPECT_NE(ReadText(Path("sub/stdin.yaml")).find(absolute), std::string::npos);
  EXPECT_EQ(Run({"config", "fill", ""}).exit_code, 0);
}

TEST_F(ConfigCommand, CheckAnswersFailuresInJson) {
  WriteText(Path("bad.yaml"), "trian: 1\ntrain: {epochs: -1}\n");
  const ProcessResult result = Run({"config", "check", "-c", "bad.yaml", "--json"});
  EXPECT_EQ(result.exit_code, 78);
  EXPECT_NE(result.err.find("clner: error: unknown key 'trian'"), std::string::npos) << result.err;
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("valid"), false);
  EXPECT_EQ(json.at("total_problems"), 2);
  ASSERT_EQ(json.at("problems").size(), 2U);
  EXPECT_EQ(json.at("problems")[0].at("what"), "unknown key 'trian' (did you mean 'train'?)");
  EXPECT_EQ(json.at("problems")[0].at("where"), "bad.yaml:1:1 (trian)");
  EXPECT_NE(json.at("problems")[0].at("fix"), "");
  EXPECT_EQ(json.at("problems")[1].at("code"), 78);

  WriteText(Path("missing.yaml"), "data: {train: {sentences: none.conll}}\n");
  const ProcessResult missing = Run({"config", "check", "-c", "missing.yaml", "--json"});
  EXPECT_EQ(missing.exit_code, 66);
  EXPECT_EQ(ParseJson(missing.out, "out", ErrorCode::kData).at("problems")[0].at("code"), 66);

  const Json valid = ParseJson(Run({"config", "check", "-c", "sub/p", "--json"}).out, "out", ErrorCode::kData);
  EXPECT_EQ(valid.at("valid"), true);
  EXPECT_EQ(valid.at("problems"), Json::array());
}

TEST_F(ConfigCommand, OpenQuotesAreRefused) {
  WriteText(Path("open.yaml"), "data:\n  comment: \"#\n  strict: true\n  on_error: skip\n");
  ExpectFailure(Run({"config", "check", "-c", "open.yaml"}), 78,
                {"the text \"# has no closing quote", "at: open.yaml:2:12", "fix: end it with \""});
}

TEST_F(ConfigCommand, KeysOfAListElementKeepItsIndex) {
  const std::string element = Run({"config", "keys", "train.groups.0"}).out;
  EXPECT_EQ(element.rfind("train.groups.0.match\n", 0), 0U) << element;
  EXPECT_EQ(element.find(".N."), std::string::npos) << element;
  const std::string list = Run({"config", "keys", "train.groups"}).out;
  EXPECT_EQ(list.rfind("train.groups\n", 0), 0U) << list;
  EXPECT_NE(list.find("train.groups.N.match\n"), std::string::npos) << list;
}

TEST_F(ConfigCommand, SeveralCorporaAreCheckedByName) {
  WriteText(Path("two.yaml"),
            "data:\n  corpora:\n    one: {train: {sentences: sub/train.conll}}\n    two:\n      trian: {sentences: x}\n"
            "      test: {sentences: sub/train.conll}\n  upsample: eqal\n");
  ExpectFailure(Run({"config", "check", "-c", "two.yaml"}), 78,
                {"unknown key 'data.corpora.two.trian' (did you mean 'train'?)", "two.yaml:5:7",
                 "data.upsample must be one of none, equal, smoothed, factor, not 'eqal' (did you mean 'equal'?)"});
  WriteText(Path("two.yaml"),
            "data:\n  corpora:\n    one: {train: {sentences: sub/train.conll}}\n"
            "    two: {dev: {sentences: none.conll}}\n");
  ExpectFailure(Run({"config", "check", "-c", "two.yaml"}), 66,
                {"cannot read data.corpora.two.dev.sentences", "two.yaml:4:28 (data.corpora.two.dev.sentences)"});
  ExpectFailure(Run({"config", "check", "-c", "two.yaml", "--set", "data.test.sentences=sub/train.conll"}), 78,
                {"data.test.sentences and data.corpora are both set"});
  const ProcessResult good = Run({"config", "check", "-c", "two.yaml", "--set",
                                  "data.corpora.two.dev.sentences="
                                  "sub/train.conll"});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  const std::string show = Run({"config", "show", "-c", "two.yaml", "--origin"}).out;
  EXPECT_NE(show.find("    two:\n      train:\n        sentences: \"\"  # default\n"), std::string::npos) << show;
  const std::string keys = Run({"config", "keys", "data.corpora"}).out;
  EXPECT_NE(keys.find("data.corpora.NAME.train.sentences\n"), std::string::npos) << keys;
  EXPECT_NE(Run({"config", "keys", "data.corpora.two.train"}).out.find("data.corpora.two.train.contexts\n"),
            std::string::npos);
}

TEST_F(ConfigCommand, SectionsAreSuggested) {
  ExpectFailure(Run({"config", "keys", "train.optimiser"}), 64,
                {"unknown key 'train.optimiser' (did you mean 'train.optimizer'?)"});
}

// The original's form with what it needs; `model` is a further line of the tagger.
std::string OriginalText(const std::string& model) {
  return "ModelFinetuner:\n  sentence_level_batch: true\ninterpolation: 0.5\nembeddings:\n"
         "  TransformerWordEmbeddings-0: {model: bert-base-cased, layers: '-1', fine_tune: true}\n"
         "model:\n  FastSequenceTagger:\n    use_rnn: false\n    locked_dropout: 0.0\n    " +
         model +
         "\nner:\n  Corpus: ColumnCorpus-A\n  ColumnCorpus-A:\n    column_format: {0: text, 1: ner}\n"
         "    data_folder: sub\n    tag_to_bioes: ner\n"
         "targets: ner\ntrain: {fine_tune_mode: true, mini_batch_size: 2, learning_rate: 5.0e-06, lr_rate: 10000}\n";
}

TEST_F(ConfigCommand, ImportWritesAConfigurationThatPassesTheCheck) {
  WriteText(Path("original.yaml"), OriginalText("hidden_size: 256"));
  const ProcessResult result = Run({"config", "import", "original.yaml", "-o", "ours.yaml"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  const std::string dead = "original.yaml:3: interpolation has no effect: it acts under distill_mode only\n";
  EXPECT_NE(result.err.find("note: " + dead), std::string::npos) << result.err;
  const std::string ours = ReadText(Path("ours.yaml"));
  EXPECT_NE(ours.find("# " + dead), std::string::npos) << ours;
  EXPECT_NE(ours.find("# original.yaml:10: model.FastSequenceTagger.hidden_size has no effect"), std::string::npos)
      << ours;
  EXPECT_NE(ours.find("sentences: " + Path("sub/train.conll")), std::string::npos) << ours;
  const ProcessResult check = Run({"config", "check", "-c", "ours.yaml", "--no-files"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_EQ(check.out, "ours.yaml: valid\n");
  ExpectFailure(Run({"config", "import", "original.yaml", "-o", "ours.yaml"}), 73, {"'ours.yaml' exists"});

  ProcessOptions from_stdin = options_;
  from_stdin.input = OriginalText("hidden_size: 256");
  const ProcessResult piped = RunClner({"config", "import", "-"}, from_stdin);
  EXPECT_EQ(piped.exit_code, 0) << piped.err;
  EXPECT_NE(piped.out.find("# Imported from standard input.\nformat: 1\ndata:\n"), std::string::npos) << piped.out;
}

TEST_F(ConfigCommand, ImportRefusesWhatItCannotCarryOver) {
  WriteText(Path("original.yaml"), OriginalText("use_mfvi: true"));
  ExpectFailure(Run({"config", "import", "original.yaml"}), 78,
                {"model.FastSequenceTagger.use_mfvi is 'true', which is not supported", "at: original.yaml:10:5",
                 "fix: our head is a linear layer"});
  ExpectFailure(Run({"config", "import", "sub/p.yaml"}), 78,
                {"not a configuration of the original CLNER", "at: sub/p.yaml"});
  ExpectFailure(Run({"config", "import", "none.yaml"}), 66, {"none.yaml"});
}

TEST_F(ConfigCommand, DiffGivesJsonValues) {
  WriteText(Path("a.yaml"), "train: {lr: 1e-3, epochs: 3, groups: [{match: x, lr: 0.5}]}\ndata: {strict: true}\n");
  const Json json = ParseJson(Run({"config", "diff", "a.yaml", "--json"}).out, "out", ErrorCode::kData);
  const auto row = [&json](const std::string& key) {
    for (const Json& difference : json.at("differences")) {
      if (difference.at("key") == key) return difference;
    }
    return Json();
  };
  EXPECT_EQ(row("train.lr"), Json({{"key", "train.lr"}, {"left", 5e-5}, {"right", 1e-3}}));
  EXPECT_EQ(row("train.epochs").at("right"), 3);
  EXPECT_EQ(row("data.strict").at("right"), true);
  EXPECT_EQ(row("train.groups").at("left"), Json::array());
  EXPECT_EQ(row("train.groups.0.match"), Json({{"key", "train.groups.0.match"}, {"left", nullptr}, {"right", "x"}}));
  EXPECT_NE(Run({"config", "diff", "a.yaml"}).out.find("train.lr: 5e-5 -> 0.001\n"), std::string::npos);
}

}  // namespace
}  // namespace clner::test
