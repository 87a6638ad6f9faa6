// Exit codes and messages of the commands that read data, configurations and models; contents are tested with the
// libraries.
#include "core/json.h"
#include "core/utf8.h"
#include "program.h"
#include "tiny_model_files.h"

namespace clner::test {
namespace {

constexpr const char* kGold = "Jane B-PER\nDoe I-PER\nleft O\n\nAcme B-ORG\nwon O\n";
constexpr const char* kPredicted = "Jane B-PER\nDoe I-PER\nleft O\n\nAcme O\nwon O\n";

class Commands : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    WriteText(Path("gold"), kGold);
    WriteText(Path("pred"), kPredicted);
  }
  /// Runs a command on a path that does not exist (66), and on a directory (data readers recognise it: 65).
  void ExpectInputErrors(const std::vector<std::string>& before, const std::vector<std::string>& after = {},
                         int directory_code = 65) {
    for (const auto& [path, code] :
         {std::pair<std::string, int>{Path("none"), 66}, {directory_.string(), directory_code}}) {
      std::vector<std::string> arguments = before;
      arguments.push_back(path);
      arguments.insert(arguments.end(), after.begin(), after.end());
      ExpectFailure(RunClner(arguments), code, {path});
    }
  }
};

TEST_F(Commands, MissingInputIs66) {
  ExpectInputErrors({"stats"});
  ExpectInputErrors({"validate"});
  ExpectInputErrors({"convert"}, {"-"});
  ExpectInputErrors({"eval", Path("gold")});
  ExpectInputErrors({"eval", "--conll"});
  ExpectInputErrors({"config", "check", "-c"}, {}, 66);
}

TEST_F(Commands, UnreadableInputIs66) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  std::filesystem::permissions(Path("gold"), std::filesystem::perms::none);
  ExpectFailure(RunClner({"stats", Path("gold")}), 66, {"Permission denied"});
}

TEST_F(Commands, BadDataIs65WithItsPlace) {
  WriteText(Path("bad"), "Jane B-PER\nD\xffoe I-PER\n");
  ExpectFailure(RunClner({"stats", Path("bad")}), 65, {Path("bad") + ":2"});
  WriteText(Path("empty"), "");
  ExpectFailure(RunClner({"stats", Path("empty")}), 65, {"no sentences"});
  ExpectFailure(RunClner({"eval", Path("gold"), Path("empty")}), 65, {Path("empty")});
}

TEST_F(Commands, EvalPrintsScoresAndFailsUnder) {
  const ProcessResult result = RunClner({"eval", "--json", Path("gold"), Path("pred")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("micro").at("gold"), 2);
  EXPECT_EQ(json.at("micro").at("correct"), 1);
  EXPECT_EQ(RunClner({"eval", Path("gold"), Path("pred"), "--fail-under", "0.5"}).exit_code, 0);
  const ProcessResult under = RunClner({"eval", Path("gold"), Path("pred"), "--fail-under", "0.9"});
  EXPECT_EQ(under.exit_code, 1);
  EXPECT_NE(under.err.find("clner: error: "), std::string::npos) << under.err;
}

TEST_F(Commands, EvalWithDifferentLengthsIs65WithoutScores) {
  WriteText(Path("short"), "Jane B-PER\nDoe I-PER\n\nAcme O\nwon O\n");
  ExpectFailure(RunClner({"eval", Path("gold"), Path("short")}), 65, {Path("short")});
}

TEST_F(Commands, EvalUsageErrorsAre64) {
  ExpectFailure(RunClner({"eval"}), 64, {"fix: "});
  ExpectFailure(RunClner({"eval", Path("gold")}), 64, {"fix: "});
  ExpectFailure(RunClner({"eval", Path("gold"), Path("pred"), "--mode", "strickt"}), 64,
                {"strickt", "did you mean 'strict'"});
}

TEST_F(Commands, StatsReadsStandardInputInEveryLocale) {
  ProcessOptions options;
  options.input = "Caf\xc3\xa9 B-ORG\nopened O\n";
  const ProcessResult plain = RunClner({"stats", "-", "--json"}, options);
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  options.environment = {{"LC_ALL", "C"}, {"HOME", std::nullopt}};
  EXPECT_EQ(RunClner({"stats", "-", "--json"}, options).out, plain.out);
}

TEST_F(Commands, ClosedStandardInputIsAnError) {
  ProcessOptions options;
  options.close_stdin = true;
  const ProcessResult result = RunClner({"stats", "-"}, options);
  EXPECT_TRUE(result.exit_code == 66 || result.exit_code == 74) << result.exit_code << result.err;
  EXPECT_NE(result.err.find("clner: error: "), std::string::npos) << result.err;
}

TEST_F(Commands, FullDiskIs74) {
  ProcessOptions options;
  options.stdout_path = "/dev/full";
  ExpectFailure(RunClner({"stats", Path("gold")}, options), 74, {"No space left on device"});
  ExpectFailure(RunClner({"eval", Path("gold"), Path("pred")}, options), 74, {"No space left on device"});
  ExpectFailure(RunClner({"convert", Path("gold"), "-", "--to", "jsonl"}, options), 74, {"No space left on device"});
  ExpectFailure(RunClner({"config", "init"}, options), 74, {"No space left on device"});
}

TEST_F(Commands, ReaderThatGoesAwayEndsConvertQuietly) {
  std::string large;
  for (int i = 0; i < 20000; ++i) large += kGold + std::string("\n");
  WriteText(Path("large"), large);
  const ProcessResult result =
      RunClnerShell("\"$clner\" convert -q '" + Path("large") + "' - --to jsonl | head -1 | cut -c1-1");
  EXPECT_EQ(result.exit_code, 141) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, "{\n");
}

TEST_F(Commands, OutputThatCannotBeCreatedIs73) {
  ExpectFailure(RunClner({"convert", Path("gold"), Path("none/out.jsonl")}), 73, {Path("none")});
  ExpectFailure(RunClner({"convert", Path("gold"), Path("gold")}), 73, {"is the input"});
  EXPECT_EQ(ReadText(Path("gold")), kGold);
}

TEST_F(Commands, OutputsThatAreAnInputOrEachOtherAre73) {
  const std::string gold = Path("gold"), predicted = Path("pred"), link = Path("link");
  std::filesystem::create_symlink(gold, link);
  TinyModel().Write(Path("m"));
  for (const std::vector<std::string>& command : {std::vector<std::string>{"eval", gold, predicted, "--html", gold},
                                                  {"eval", gold, predicted, "--errors", predicted},
                                                  {"eval", gold, predicted, "--errors", link},
                                                  {"eval", "--conll", gold, "--html", gold},
                                                  {"eval", gold, predicted, "--train", link, "--html", gold},
                                                  {"convert", gold, link},
                                                  {"inspect", "tokens", "-m", Path("m"), gold, "-o", gold},
                                                  {"predict", "-m", Path("m"), gold, "-o", gold}})
    ExpectFailure(RunClner(command), 73, {"is the input", "fix: write to another file"});
  ExpectFailure(RunClner({"eval", gold, predicted, "--errors", Path("new"), "--html", Path("m/../new")}), 73,
                {"new' is that of two options", "fix: write to two files"});
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"convert", gold, "/"}, {"eval", gold, predicted, "--html", directory_.string()}})
    ExpectFailure(RunClner(command), 73, {"is a directory", "fix: name a file"});
  ExpectFailure(RunClnerShell("\"$clner\" convert - '" + gold + "' < '" + gold + "'"), 73, {"is the input"});
  EXPECT_EQ(ReadText(gold), kGold);
  EXPECT_EQ(ReadText(predicted), kPredicted);
  EXPECT_EQ(RunClner({"eval", gold, predicted, "--errors", "/dev/null", "--html", "/dev/null"}).exit_code, 0);
}

TEST_F(Commands, RefusedInputLeavesNoOutput) {
  WriteText(Path("bad"), "Jane B-PER\n\xff I-PER\n");
  EXPECT_EQ(RunClner({"convert", Path("bad"), Path("out.jsonl")}).exit_code, 65);
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_)) ++files;
  EXPECT_EQ(files, 3U);  // gold, pred, bad
}

TEST_F(Commands, ValidateWithFindingsIs1AndPrintsThem) {
  const ProcessResult result = RunClner({"validate", Path("gold"), "--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(ParseJson(result.out, "out", ErrorCode::kData).at("schema_version"), 1);
}

TEST_F(Commands, ValidateReportsEachThingOnce) {
  WriteText(Path("ill"), "Jane I-PER\nleft O\n\nDoe B-PER\nAcme B-ORG\n");
  const ProcessResult result = RunClner({"validate", "--rare-label", "0", Path("ill")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("\n0 kinds of errors, 1 kind of warning\n"), std::string::npos) << result.out;
}

TEST_F(Commands, ValidateRefusesFilesWithoutTagsUnlessMeant) {
  WriteText(Path("words"), "a\nb\n\nc");
  const ProcessResult result = RunClner({"validate", Path("words")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.out.find("error: no-tags (2): "), std::string::npos) << result.out;
  EXPECT_EQ(RunClner({"validate", "--unlabelled", Path("words")}).exit_code, 0);
  const std::string stats = RunClner({"stats", Path("words")}).out;
  const size_t tags = stats.find("\ntags ");
  ASSERT_NE(tags, std::string::npos) << stats;
  EXPECT_EQ(stats.find(" none\n", tags), stats.find('\n', tags + 1) - 5) << stats;
}

TEST_F(Commands, JsonLinesAreReadByStatsAndValidate) {
  WriteText(Path("numbers.jsonl"), "{\"tokens\":[\"Jane\",\"left\"],\"ner_tags\":[1,0]}\n");
  WriteText(Path("plain"), "{\"tokens\":[\"Jane\",\"left\"],\"tags\":[\"B-PER\",\"O\"]}\n");
  for (const std::vector<std::string>& input :
       {std::vector<std::string>{Path("numbers.jsonl"), "--labels", "O,B-PER"}, {Path("plain"), "--json"}}) {
    std::vector<std::string> stats = {"stats", "--json", input[0], "--labels", "O,B-PER"};
    EXPECT_EQ(ParseJson(RunClner(stats).out, "out", ErrorCode::kData).at("entities"), 1) << input[0];
    EXPECT_EQ(RunClner({"validate", "--rare-label", "0", input[0], "--labels", "O,B-PER"}).exit_code, 0) << input[0];
  }
  ExpectFailure(RunClner({"stats", Path("numbers.jsonl")}), 65, {"tags are numbers", "--labels O,B-PER"});
}

TEST_F(Commands, UnknownSchemesAre64) {
  ExpectFailure(RunClner({"convert", Path("gold"), "-", "--scheme", "BIOSE"}), 64,
                {"unknown tag scheme 'BIOSE' (did you mean", "at: --scheme", "use one of BIO"});
  ExpectFailure(RunClner({"stats", Path("gold"), "--read-scheme", "foo"}), 64,
                {"unknown tag scheme 'foo'", "at: --read-scheme"});
}

TEST_F(Commands, LabelMapsThatCannotBeReadBackAre64) {
  ExpectFailure(RunClner({"convert", Path("gold"), "-", "--label-map", "PER=X"}), 64,
                {"--label-map 'PER=X': the type 'X' is that of context words", "choose another new name"});
  ExpectFailure(RunClner({"stats", Path("gold"), "--label-map", "PER=A,B-C"}), 64, {"joins several tags"});
  const ProcessResult typo = RunClner({"convert", Path("gold"), "-", "--label-map", "PRE=person"});
  EXPECT_EQ(typo.exit_code, 0);
  EXPECT_NE(typo.err.find("no tag has the type 'PRE' of the label map (did you mean 'PER'?)"), std::string::npos);
}

TEST_F(Commands, FixesNameOptionsOfTheCommand) {
  TinyModel().Write(Path("m"));
  WriteText(Path("ragged"), "Jane B-PER\nleft\nDoe B-PER\n");
  WriteText(Path("bytes"), "Jane B-PER\nle\xff O\n");
  const std::vector<std::string> inspect = {"inspect", "tokens", "-m", Path("m")};
  const auto with = [&](std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  };
  ExpectFailure(with(inspect, {Path("ragged")}), 65, {"--on-error skip"});
  EXPECT_EQ(with(inspect, {Path("ragged"), "--on-error", "skip"}).out, "");
  EXPECT_EQ(with(inspect, {Path("bytes"), "--encoding-errors", "replace"}).exit_code, 0);
  const ProcessResult eval = RunClner({"eval", Path("ragged"), Path("ragged")});
  ExpectFailure(eval, 65, {"correct the row"});
  EXPECT_EQ(eval.err.find("--on-error"), std::string::npos) << eval.err;
}

TEST_F(Commands, StandardInputHasOneName) {
  ProcessOptions options;
  options.input = "Jane B-PER\n";
  ExpectFailure(RunClner({"eval", "-", Path("pred")}, options), 65,
                {"1 word in '<stdin>' but 3", "at: <stdin>:2 and "});
  ExpectFailure(RunClner({"eval", Path("gold"), "-"}, options), 65, {"but 1 in '<stdin>'"});
  options.input = "left\n";
  ExpectFailure(RunClner({"stats", "-", "--column", "1"}, options), 64, {});
  const ProcessResult validate = RunClner({"validate", "-"}, options);
  EXPECT_NE(validate.out.find("   in: <stdin>\n   at: <stdin>:1: "), std::string::npos) << validate.out;
  options.input = "Jane NNP B-PER\n";
  const ProcessResult convert = RunClner({"convert", "-", Path("out.jsonl")}, options);
  EXPECT_NE(convert.err.find("not written: columns (1)\n   at: <stdin>\n"), std::string::npos) << convert.err;
  EXPECT_NE(convert.err.find("wrote 1 sentence, 1 word, 1 entity"), std::string::npos) << convert.err;
  options.input = "\x1f\x8b\x08 and so on";
  ExpectFailure(RunClner({"stats", "-"}, options), 65, {"'<stdin>' is gzip", "gzip -dc FILE | clner ... -"});
  options.input = "Jane B-PER\nle\xff O\n";
  ExpectFailure(RunClner({"stats", "-"}, options), 65, {"iconv -f ISO-8859-1 -t UTF-8 FILE | clner ... - (name"});
}

TEST_F(Commands, MissingColumnNamesTheFile) {
  TinyModel().Write(Path("m"));
  ExpectFailure(RunClner({"inspect", "tokens", "-m", Path("m"), Path("gold"), "--column", "7"}), 65,
                {"no text column 7", "at: " + Path("gold") + ":1"});
}

TEST_F(Commands, ConfigurationErrorsAre78WithPlaceAndSuggestion) {
  WriteText(Path("c.yaml"), "trian:\n  epochs: 1\n");
  ExpectFailure(RunClner({"config", "check", "-c", Path("c.yaml")}), 78,
                {"trian", "did you mean 'train'", Path("c.yaml") + ":1"});
}

TEST_F(Commands, ConfigInitValidatesAsItIs) {
  const ProcessResult init = RunClner({"config", "init"});
  ASSERT_EQ(init.exit_code, 0) << init.err;
  ProcessOptions options;
  options.input = init.out;
  const ProcessResult check = RunClner({"config", "check", "--no-files", "-c", "-"}, options);
  EXPECT_EQ(check.exit_code, 0) << check.err;
}

TEST_F(Commands, TrainAndPredictUsageErrorsAre64) {
  ExpectFailure(RunClner({"train"}), 64, {"--config is missing"});
  ExpectFailure(RunClner({"train", "-c", "x", "--seed", "1", "--seeds", "1,2"}), 64,
                {"'--seed' and '--seeds' exclude each other"});
  ExpectFailure(RunClner({"predict"}), 64, {"option '--model' is missing", "give -m, --model DIR"});
  ExpectFailure(RunClner({"inspect", "states", "-m", "x", Path("gold")}), 64, {"give -o FILE.safetensors"});
  ExpectFailure(RunClner({"predict", "-m", "x", "--format", "conl"}), 64, {"did you mean 'conll'?"});
}

TEST_F(Commands, TextOptionsOfPredictMustFitTogether) {
  const auto predict = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"predict", "-m", "x", Path("gold")});
    return RunClner(options);
  };
  ExpectFailure(predict({"--format", "text", "--input-format", "conll"}), 64,
                {"--format text reads plain text, not conll", "leave out --input-format"});
  for (const char* input : {"text", "jsonl"})
    ExpectFailure(predict({"--format", "conll", "--input-format", input}), 64, {"--format conll needs column input"});
  ExpectFailure(predict({"--marks"}), 64, {"--marks needs plain text", "give --format text"});
  ExpectFailure(predict({"--tokenized", "--format", "jsonl"}), 64, {"--tokenized needs plain text"});
  ExpectFailure(predict({"--offset-unit", "utf16"}), 64, {"--offset-unit needs plain text"});
  ExpectFailure(predict({"--input-format", "text", "--format", "jsonl", "--marks"}), 64,
                {"--marks and --format jsonl exclude each other"});
}

TEST_F(Commands, TokensAreInspectedWithoutTorch) {
  TinyModel().Write(Path("m"));
  const ProcessResult result = RunClner({"inspect", "tokens", "-m", Path("m"), Path("gold")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json first = ParseJson(result.out.substr(0, result.out.find('\n')), "out", ErrorCode::kData);
  EXPECT_EQ(first.at("ids"), Json({2, 5, 6, 1, 3}));
  EXPECT_EQ(first.at("word_of_piece"), Json({-1, 0, 1, 2, -1}));
}

bool HasTorch() {
  return std::filesystem::exists(std::filesystem::path(CLNER_PROGRAM).parent_path() / "../lib/libclner.so");
}

TEST_F(Commands, MissingModelOrLibraryIsNamed) {
  ExpectFailure(RunClner({"predict", "-m", Path("none"), Path("gold")}), HasTorch() ? 66 : 69,
                {HasTorch() ? Path("none") : "needs LibTorch"});
}

TEST_F(Commands, PredictCountsAllWordsAndCopiesAllLines) {
  if (!HasTorch()) GTEST_SKIP() << "needs LibTorch";
  TinyModel().Write(Path("m"));
  WriteText(Path("in"), "# 1\njane\ndoe\n\njane\n\n# tail\n");
  const ProcessResult result =
      RunClner({"predict", "-m", Path("m"), Path("in"), "-o", Path("out"), "--comment", "# ", "--threads", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("predict: 3 words in "), std::string::npos) << result.err;
  const std::string text = ReadText(Path("out"));
  EXPECT_EQ(text.substr(0, 9), "# 1\njane\t") << text;
  EXPECT_EQ(text.substr(text.find_last_of('\t')).substr(2), "\n\n# tail\n") << text;
}

TEST_F(Commands, PredictReadsJsonLinesAsTheOtherCommandsDo) {
  if (!HasTorch()) GTEST_SKIP() << "needs LibTorch";
  TinyModel().Write(Path("m"));
  WriteText(Path("in.jsonl"), "\xEF\xBB\xBF{\"tokens\":[\"jane\"]}\r\n\r\n{\"words\":[\"doe\"],\"id\":\"x\"}");
  const ProcessResult result = RunClner({"predict", "-q", "-m", Path("m"), Path("in.jsonl"), "--threads", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2);
  WriteText(Path("in.jsonl"), "\x1f\x8b\x08 and so on");
  ExpectFailure(RunClner({"predict", "-m", Path("m"), Path("in.jsonl")}), 65, {"gzip -dc"});
}

/// Code points `begin`..`end` of a text.
std::string Part(const std::string& text, const Json& begin, const Json& end) {
  const std::u32string code_points = DecodeUtf8(text);
  return EncodeUtf8(std::u32string_view(code_points).substr(begin, end.get<size_t>() - begin.get<size_t>()));
}

TEST_F(Commands, PredictGivesOneRecordForEveryLineOfText) {
  if (!HasTorch()) GTEST_SKIP() << "needs LibTorch";
  TinyModel().Write(Path("m"));
  const std::vector<std::string> lines = {"jane doe ran. She won \U0001F600 in \u00FCber!", "", " \t", "doe"};
  WriteText(Path("in"), "\xEF\xBB\xBF" + lines[0] + "\r\n" + lines[1] + "\n" + lines[2] + "\n" + lines[3]);
  for (const std::vector<std::string>& form :
       std::vector<std::vector<std::string>>{{"--format", "text"},
                                             {"--input-format", "text", "--format", "jsonl"},
                                             {"--format", "text", "--tokenized"}}) {
    std::vector<std::string> arguments = {"predict", "-q", "-m", Path("m"), Path("in"), "--threads", "1"};
    arguments.insert(arguments.end(), form.begin(), form.end());
    const ProcessResult result = RunClner(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    std::istringstream out(result.out);
    std::string line;
    for (size_t i = 0; i < lines.size(); ++i) {
      ASSERT_TRUE(std::getline(out, line)) << i;
      const Json record = ParseJson(line, "out", ErrorCode::kData);
      EXPECT_EQ(record.at("id"), i);
      EXPECT_EQ(record.at("text"), lines[i]);
      EXPECT_EQ(record.at("sentences").empty(), i == 1 || i == 2);
      for (const Json& entity : record.at("entities"))
        EXPECT_EQ(entity.at("text"), Part(lines[i], entity.at("begin"), entity.at("end")));
      for (const Json& sentence : record.at("sentences")) {
        const Json& words = sentence.at("words");
        ASSERT_EQ(words.size(), sentence.at("offsets").size());
        EXPECT_EQ(words.size(), sentence.at("tags").size());
        for (size_t w = 0; w < words.size(); ++w)
          EXPECT_EQ(words[w], Part(lines[i], sentence["offsets"][w][0], sentence["offsets"][w][1]));
      }
    }
    EXPECT_FALSE(std::getline(out, line)) << line;
  }
}

TEST_F(Commands, PredictWritesMarksAndCountsUtf16) {
  if (!HasTorch()) GTEST_SKIP() << "needs LibTorch";
  TinyModel().Write(Path("m"));
  WriteText(Path("in"), "\U0001F600 [x] \\ jane\n\njane\n");
  const ProcessResult marked = RunClner({"predict", "-q", "-m", Path("m"), Path("in"), "--format", "text", "--marks"});
  ASSERT_EQ(marked.exit_code, 0) << marked.err;
  EXPECT_EQ(std::count(marked.out.begin(), marked.out.end(), '\n'), 3);
  EXPECT_NE(marked.out.find("\\["), std::string::npos) << marked.out;
  const ProcessResult utf16 =
      RunClner({"predict", "-q", "-m", Path("m"), Path("in"), "--format", "text", "--offset-unit", "utf16"});
  ASSERT_EQ(utf16.exit_code, 0) << utf16.err;
  const Json record = ParseJson(utf16.out.substr(0, utf16.out.find('\n')), "out", ErrorCode::kData);
  EXPECT_EQ(record.at("sentences").at(0).at("offsets"), Json::parse("[[0,2],[3,4],[4,5],[5,6],[7,8],[9,13]]"));
}

TEST_F(Commands, StrictMakesWarningsErrors) {
  // Words that differ between the files are a warning.
  WriteText(Path("other"), "Jane B-PER\nDoe I-PER\nstayed O\n\nAcme O\nwon O\n");
  EXPECT_EQ(RunClner({"eval", Path("gold"), Path("other")}).exit_code, 0);
  EXPECT_NE(RunClner({"eval", "--strict", Path("gold"), Path("other")}).exit_code, 0);
}

}  // namespace
}  // namespace clner::test
