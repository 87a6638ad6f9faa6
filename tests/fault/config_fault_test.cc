// Rows 1-9 of the fault matrix: wrong, hostile and conflicting configurations.
#include "core/json.h"
#include "fault.h"

namespace clner::test {
namespace {

class ConfigFault : public Scratch {
 protected:
  [[nodiscard]] ProcessResult Check(const std::string& text, std::vector<std::string> more = {}) const {
    WriteText(Path("c.yaml"), text);
    std::vector<std::string> arguments = {"config", "check", "--no-files", "-c", Path("c.yaml")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  }
  [[nodiscard]] Json Show(const std::vector<std::string>& more, const ProcessOptions& options = {}) const {
    std::vector<std::string> arguments = {"config", "show", "--json", "-c", Path("c.yaml")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult result = RunClner(arguments, options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? ParseJson(result.out, "out", ErrorCode::kData) : Json();
  }
};

// Row 1.
TEST_F(ConfigFault, UnknownKeysAreListedTogetherWithPlaceAndNearestName) {
  ExpectFailure(Check("format: 1\ntrainig:\n  lr: 1e-5\ntrain:\n  epoch: 3\nmodel:\n  head: {typ: crf}\n"), 78,
                {"'trainig' (did you mean 'train'?)", "c.yaml:2:1", "'train.epoch' (did you mean 'epochs'?)",
                 "c.yaml:5:3", "'model.head.typ' (did you mean 'type'?)", "c.yaml:7:"});
  ExpectFailure(Check("format: 1\n", {"--set", "trainig.lr=1"}), 78, {"trainig", "did you mean 'train'", "--set"});
}

// Row 1.
TEST_F(ConfigFault, FillAndShowRefuseUnknownKeysAndLeaveNoFile) {
  WriteText(Path("c.yaml"), "trainig: {lr: 1}\n");
  ExpectFailure(RunClner({"config", "fill", Path("c.yaml"), "-o", Path("out.yaml")}), 78, {"trainig"});
  ExpectFailure(RunClner({"config", "show", "-c", Path("c.yaml")}), 78, {"trainig"});
  EXPECT_EQ(Tree(directory_), std::vector<std::string>{"c.yaml"});
}

// Row 2.
TEST_F(ConfigFault, WrongTypesAndRangesNameKeyValueAndRange) {
  ExpectFailure(Check("train:\n  lr: fast\n  epochs: -1\nmodel:\n  encoder: {dropout: 1.5}\n"), 78,
                {"train.lr", "'fast'", "c.yaml:2:7", "train.epochs", "'-1'", "1000000", "c.yaml:3:11",
                 "model.encoder.dropout", "'1.5'", "c.yaml:5:"});
  for (const char* value : {".nan", "nan", "NaN", ".inf", "-.inf", "1e400"}) {
    ExpectFailure(Check("train: {lr: " + std::string(value) + "}\n"), 78, {"train.lr", value, "0", "100"});
    ExpectFailure(Check("format: 1\n", {"--set", "train.lr=" + std::string(value)}), 78, {"train.lr", value, "--set"});
  }
  ExpectFailure(Check("train: {epochs: 1.5}\n"), 78, {"train.epochs", "'1.5'"});
  ExpectFailure(Check("train: {epochs: 99999999999999999999}\n"), 78, {"train.epochs", "99999999999999999999"});
  ExpectFailure(Check("train: [1, 2]\n"), 78, {"train", "a list"});
  ExpectFailure(Check("train: {batching: sortd}\n"), 78, {"train.batching", "did you mean 'sorted'", "random", "file"});
}

// Row 3.
TEST_F(ConfigFault, DuplicateKeysNameBothLines) {
  ExpectFailure(Check("train:\n  lr: 1e-5\n  epochs: 3\n  lr: 2e-5\n"), 78, {"'lr'", "lines 2 and 4", "c.yaml:4:3"});
  ExpectFailure(Check("train: {lr: 1}\nmodel: {}\ntrain: {lr: 2}\n"), 78, {"'train'", "lines 1 and 3"});
}

struct HostileText {
  const char* name;
  std::function<std::string()> text;
  std::string rule;
};

void PrintTo(const HostileText& text, std::ostream* out) { *out << text.name; }

class HostileConfig : public ConfigFault, public ::testing::WithParamInterface<HostileText> {};

std::string AliasBomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 9; ++i) {
    const std::string previous = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + previous + Repeat(", " + previous, 8) + "]\n";
  }
  return text;
}

std::string DeepSections() {
  std::string text;
  for (size_t i = 0; i < 1000; ++i) text += std::string(i, ' ') + "a:\n";
  return text;
}

// Row 4.
TEST_P(HostileConfig, IsRefusedWithin1SecondAnd100Megabytes) {
  WriteText(Path("c.yaml"), GetParam().text());
  for (const char* command : {"config check --no-files -c", "config show -c", "config fill"}) {
    const std::string script = "\"$clner\" " + std::string(command) + " '" + Path("c.yaml") + "'";
    ExpectFailure(RunBounded(script, 1, 100), 78, {GetParam().rule, Path("c.yaml")});
  }
}

INSTANTIATE_TEST_SUITE_P(
    Traps, HostileConfig,
    ::testing::Values(HostileText{"Merge", [] { return "a: &x {b: 1}\nc:\n  <<: *x\n"; }, "<<"},
                      HostileText{"SelfAlias", [] { return "train: &a [*a]\n"; }, "alias"},
                      HostileText{"AliasBomb", AliasBomb, "100000 values"},
                      HostileText{"DeepFlow", [] { return Repeat("[", 100000); }, "64 levels"},
                      HostileText{"DeepFlowMap", [] { return Repeat("{a: ", 100000); }, "64 levels"},
                      HostileText{"DeepDashes", [] { return Repeat("- ", 100000); }, "64 levels"},
                      HostileText{"DeepSections", DeepSections, "64 levels"},
                      HostileText{"FiftyMegabytes", [] { return std::string(50U << 20, '#'); }, "1048576 bytes"}),
    [](const auto& tested) { return tested.param.name; });

// Row 5.
TEST_F(ConfigFault, ByteOrderMarkAndCarriageReturnsChangeNothing) {
  const std::string lines = "format: 1\nname: toy\ntrain:\n  lr: 1e-5\n", comment = "# x\n";
  std::string dos = lines;
  for (size_t at = 0; (at = dos.find('\n', at)) != std::string::npos; at += 2) dos.replace(at, 1, "\r\n");
  WriteText(Path("c.yaml"), lines);
  const Json expected = Show({});
  for (const std::string& text : {"\xEF\xBB\xBF" + lines, dos, "\xEF\xBB\xBF" + dos, comment + lines}) {
    WriteText(Path("c.yaml"), text);
    EXPECT_EQ(Show({}), expected);
  }
}

// Row 5.
TEST_F(ConfigFault, TabIndentAndInvalidUtf8NameTheLine) {
  ExpectFailure(Check("format: 1\ntrain:\n\tlr: 1e-5\n"), 78, {"tab", "c.yaml:3"});
  ExpectFailure(Check("format: 1\nname: \xff\xfe\n"), 78, {"UTF-8", "c.yaml:2"});
  ExpectFailure(Check("format: 1\nname: \xed\xa0\x80\n"), 78, {"UTF-8", "c.yaml:2"});
  ExpectFailure(Check(std::string("format: 1\nname: a\0b\n", 21)), 78, {"U+0000", "c.yaml:2"});
  ExpectFailure(Check("f\0o\0r\0m\0a\0t\0"), 78, {"c.yaml"});
}

// Row 6: YAML 1.1 reads NO, on and 010 as false, true and 8.
TEST_F(ConfigFault, LabelsStayTextsAndNumbersStayDecimal) {
  WriteText(Path("c.yaml"),
            "name: 010\ndata:\n  comment: 1e-5\n  label_map: {NO: O, ON: 010, y: NO, 1.50: B-ON}\ntrain:\n"
            "  lr: 1e-5\n  epochs: 10\n");
  const Json config = Show({}).at("config");
  EXPECT_EQ(config.at("name"), "010");
  EXPECT_EQ(config.at("data").at("comment"), "1e-5");
  const Json labels = config.at("data").at("label_map");
  EXPECT_EQ(labels.at("NO"), "O");
  EXPECT_EQ(labels.at("ON"), "010");
  EXPECT_EQ(labels.at("y"), "NO");
  EXPECT_EQ(labels.at("1.50"), "B-ON");
  EXPECT_EQ(config.at("train").at("lr"), 1e-5);
  EXPECT_EQ(config.at("train").at("epochs"), 10);
  // An octal or a decimal number: it is not guessed which one was meant.
  ExpectFailure(Check("train: {epochs: 010}\n"), 78, {"train.epochs", "'010'"});
  WriteText(Path("c.yaml"), "format: 1\n");
  EXPECT_EQ(Show({"--set", "data.label_map.NO=on"}).at("config").at("data").at("label_map").at("NO"), "on");
}

// Row 7.
TEST_F(ConfigFault, PathsThatCannotBeReadAre66WithTheReason) {
  std::filesystem::create_directories(Path("sub"));
  const auto check = [&](const std::string& path) {
    WriteText(Path("sub/c.yaml"), "data: {train: {sentences: \"" + path + "\"}}\n");
    return RunClner({"config", "check", "-c", Path("sub/c.yaml")});
  };
  WriteText(Path("data.conll"), "a O\n");
  EXPECT_EQ(check("../data.conll").exit_code, 0);
  ExpectFailure(check("../none.conll"), 66, {"data.train.sentences", "none.conll", "No such file or directory"});
  ExpectFailure(check(directory_.string()), 66, {"data.train.sentences", "Is a directory"});
  ExpectFailure(check("../data.conll/x"), 66, {"data.train.sentences", "data.conll/x"});
  ExpectFailure(check("/etc/\u202Epasswd"), 66, {"data.train.sentences"});
  ProcessOptions options;
  options.environment = {{"HOME", directory_.string()}};
  WriteText(Path("sub/c.yaml"), "data: {train: {sentences: ~/data.conll}}\n");
  EXPECT_EQ(RunClner({"config", "check", "-c", Path("sub/c.yaml")}, options).exit_code, 0);
  options.environment = {{"HOME", std::nullopt}};
  ExpectFailure(RunClner({"config", "check", "-c", Path("sub/c.yaml")}, options), 78, {"~", "HOME"});
}

// Row 7.
TEST_F(ConfigFault, UnreadableFileNamesThePermission) {
  std::string run = "\"$clner\" ";
  if (geteuid() == 0) {
    run = "setpriv --reuid=65534 --regid=65534 --clear-groups " + run;
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    if (RunClnerShell(run + "--version").exit_code != 0)
      GTEST_SKIP() << "root reads everything, and the program cannot be run as another user";
  }
  WriteText(Path("c.yaml"), "format: 1\n");
  std::filesystem::permissions(Path("c.yaml"), std::filesystem::perms::none);
  ExpectFailure(RunClnerShell(run + "config check -c '" + Path("c.yaml") + "'"), 66, {"Permission denied"});
  WriteText(Path("d.yaml"), "data: {train: {sentences: c.yaml}}\n");
  ExpectFailure(RunClnerShell(run + "config check -c '" + Path("d.yaml") + "'"), 66,
                {"data.train.sentences", "Permission denied"});
}

// Row 7.
TEST_F(ConfigFault, FifoDoesNotHang) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  ProcessOptions options;
  options.timeout_seconds = 20;
  const ProcessResult empty = RunClner({"config", "check", "-c", Path("fifo")}, options);
  EXPECT_FALSE(empty.timed_out);
  ExpectFailure(empty, 66, {Path("fifo")});
  const ProcessResult named = Check("data: {train: {sentences: '" + Path("fifo") + "'}}\n", {"--files"});
  EXPECT_FALSE(named.timed_out);
  ExpectFailure(named, 66, {"data.train.sentences", "FIFO"});
  const ProcessResult piped = RunClnerShell("\"$clner\" config check --no-files -c <(echo 'train: {lr: 1e-5}')");
  EXPECT_EQ(piped.exit_code, 0) << piped.err;
}

// Row 8.
TEST_F(ConfigFault, ConflictingOptionsNameBoth) {
  ExpectFailure(Check("train: {batch_sentences: 8, batch_pieces: 512}\n"), 78,
                {"train.batch_sentences", "train.batch_pieces"});
  ExpectFailure(Check("data: {train_with_dev: true, dev: {sentences: d}}\ntrain: {patience: 3}\n"), 78,
                {"train.patience", "data.train_with_dev"});
  ExpectFailure(Check("data: {train: {contexts: c.txt}}\n"), 78, {"data.train.contexts", "data.train.sentences"});
  ExpectFailure(Check("data: {columns: {text: 1, ner: 1}}\n"), 78, {"data.columns.text", "data.columns.ner"});
  ExpectFailure(Check("model: {encoder: {max_pieces: 64, window_overlap: 62}}\n"), 78,
                {"model.encoder.window_overlap", "model.encoder.max_pieces"});
}

// Row 9.
TEST_F(ConfigFault, LastOfTheHighestSourceWinsAndTheOriginIsShown) {
  WriteText(Path("base.yaml"), "train: {lr: 1, epochs: 2, keep_last: 3, clip_norm: 4}\n");
  WriteText(Path("c.yaml"), "include: [base.yaml]\ntrain: {lr: 5, epochs: 6, keep_last: 7}\n");
  ProcessOptions options;
  options.environment = {{"CLNER_SET", "train.lr=8;train.epochs=9"}};
  const Json shown = Show({"--origin", "--set", "train.lr=1e-5", "--set", "train.lr=2"}, options);
  const Json train = shown.at("config").at("train"), origin = shown.at("origin");
  EXPECT_EQ(train.at("lr"), 2);
  EXPECT_EQ(train.at("epochs"), 9);
  EXPECT_EQ(train.at("keep_last"), 7);
  EXPECT_EQ(train.at("clip_norm"), 4);
  EXPECT_EQ(train.at("accumulate"), 1);
  const auto from = [&](const char* key) { return origin.at(key).get<std::string>(); };
  EXPECT_THAT(from("train.lr"), ::testing::HasSubstr("--set"));
  EXPECT_THAT(from("train.epochs"), ::testing::HasSubstr("CLNER_SET"));
  EXPECT_THAT(from("train.keep_last"), ::testing::HasSubstr("c.yaml:2"));
  EXPECT_THAT(from("train.clip_norm"), ::testing::HasSubstr("base.yaml:1"));
  EXPECT_EQ(from("train.accumulate"), "default");
}

}  // namespace
}  // namespace clner::test
