// Rows 10-33, 36-38, 50 and 51 of the fault matrix through `clner predict`, which needs LibTorch.
#include <limits>

#include "train_fixture.h"

namespace clner::test {
namespace {

class PredictFault : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    LetterTagger().Write(Path("m"));
  }
  [[nodiscard]] ProcessResult Predict(const std::string& text, std::vector<std::string> more = {}) const {
    WriteText(Path("in"), text);
    std::vector<std::string> arguments = {"predict", "-q", "--threads", "1", "-m", Path("m"), Path("in")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  }
  /// Refused, with nothing on standard output and no file where the output was to go.
  void ExpectRefused(const std::string& text, int exit_code, const std::vector<std::string>& names,
                     std::vector<std::string> more = {}) const {
    WriteText(Path("in"), text);
    const auto before = Tree(directory_);
    more.insert(more.end(), {"-o", Path("out")});
    ExpectFailure(Predict(text, more), exit_code, names);
    EXPECT_EQ(Tree(directory_), before);
  }
  void ExpectModelRefused(int exit_code, const std::vector<std::string>& names,
                          const std::vector<std::string>& more = {}) const {
    ExpectRefused("anna O\n", exit_code, names, more);
  }
};

/// The lines of a text.
std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Row 10.
TEST_F(PredictFault, EmptyInputGivesEmptyOutput) {
  for (const char* text : {"", "-DOCSTART- O\n\n \n"}) {
    const ProcessResult result = Predict(text);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out.find_first_not_of(text), std::string::npos) << result.out;
  }
  const ProcessResult json = Predict("\n", {"--input-format", "jsonl", "-o", Path("out")});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_EQ(ReadText(Path("out")), "");
}

// Rows 11 and 14.
TEST_F(PredictFault, BadRowsAndBytesNameTheLineAndCanBeSkipped) {
  const std::string good = "anna O\nsaw O\n\n";
  ExpectRefused(good + "bert\n\n", 65, {Path("in") + ":4", "'bert'"});
  ExpectFailure(Predict(good + "bert\n\n"), 65, {Path("in") + ":4", "'bert'"});
  ExpectRefused(good + "be\xffrt O\n\n", 65, {Path("in") + ":4:3", "byte offset 16"});
  const ProcessResult skipped = Predict(good + "bert\n\n" + good, {"--on-error", "skip"});
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_EQ(Lines(skipped.out).size(), 6U);
  EXPECT_NE(skipped.err.find(Path("in") + ":4"), std::string::npos) << skipped.err;
  const ProcessResult replaced = Predict(good + "be\xffrt O\n\n", {"--encoding-errors", "replace"});
  EXPECT_EQ(replaced.exit_code, 0) << replaced.err;
  EXPECT_EQ(Lines(replaced.out).size(), 5U);
}

// Rows 12, 13 and 15.
TEST_F(PredictFault, LineEndsAndBlanksDoNotChangeTheTags) {
  const std::vector<std::string> expected = Lines(Predict("anna\nsaw\n\nbert\n").out);
  ASSERT_EQ(expected.size(), 5U);
  for (const char* text : {"anna\r\nsaw\r\n\r\nbert\r\n", "anna\rsaw\r\rbert",
                           "\xEF\xBB\xBF"
                           "anna\nsaw\n\nbert",
                           "anna\nsaw\n \t\nbert\n\n"}) {
    const std::vector<std::string> lines = Lines(Predict(text).out);
    ASSERT_EQ(lines.size(), expected.size()) << text;
    for (size_t i : {0, 1, 3}) EXPECT_EQ(lines[i], expected[i]) << text;
  }
}

// Rows 17 and 18.
TEST_F(PredictFault, LongWordsAndSentencesGetATagForEveryWordAndAWarning) {
  const ProcessResult word = Predict("anna\n" + Repeat(".", 300000) + "\nsaw\n");
  EXPECT_EQ(word.exit_code, 0) << word.err;
  EXPECT_EQ(Lines(word.out).size(), 4U);
  EXPECT_NE(word.err.find("1 of 3 words cut to 6"), std::string::npos) << word.err;  // 64, or what fits
  WriteText(Path("in"), Repeat("anna\nsaw\n", 22000));
  const ProcessResult sentence =
      RunBounded("\"$clner\" predict -q --threads 1 -m '" + Path("m") + "' '" + Path("in") + "'", 20, 800);
  EXPECT_EQ(sentence.exit_code, 0) << sentence.err;
  EXPECT_EQ(Lines(sentence.out).size(), 44001U);
  EXPECT_NE(sentence.err.find("overlapping windows"), std::string::npos) << sentence.err;
  EXPECT_NE(sentence.err.find("blank line"), std::string::npos) << sentence.err;
}

// Row 19.
TEST_F(PredictFault, LineOfAGigabyteIsRefusedInLittleMemory) {
  for (const char* format : {"conll", "jsonl"}) {
    const ProcessResult result = RunBounded("head -c 1000000000 /dev/zero | tr '\\0' a | \"$clner\" predict -q -m '" +
                                                Path("m") + "' --format jsonl --input-format " + format + " -",
                                            3, 500);
    ExpectFailure(result, 65, {"16", "<stdin>:1"});
  }
}

// Rows 20 and 21.
TEST_F(PredictFault, WordsWithoutPiecesAndControlTextGetOneTagEach) {
  const std::string text = "\u200B\n\uFE0F\n\u00A0\n[SEP]\n</s>\n<mask>\n[PAD]\nanna\n<EOS>\n\n\u200B\n\n<EOS>\nanna\n";
  const ProcessResult together = Predict(text);
  ASSERT_EQ(together.exit_code, 0) << together.err;
  const std::vector<std::string> lines = Lines(together.out), words = Lines(text);
  ASSERT_EQ(lines.size(), words.size() + 1);
  for (size_t i = 0; i < words.size(); ++i) {
    EXPECT_EQ(lines[i].substr(0, words[i].size()), words[i]);
    const std::string tag = lines[i].substr(words[i].size());
    EXPECT_TRUE(words[i].empty() ? tag.empty() : tag == "\tO" || tag == "\tB-PER" || tag == "\tI-PER") << lines[i];
  }
  const ProcessResult alone = Predict(text, {"--batch-pieces", "1"});
  EXPECT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_EQ(alone.out, together.out);
}

// What is written in a format of an annotation tool says the same as JSON lines, and can be tagged again.
TEST_F(PredictFault, AnnotationFormatsHoldTheSameEntitiesAndTexts) {
  const std::string text = "anna saw \U0001F600 bert.\n\nbert  met\tanna \n";
  const auto tags = [&](const std::string& jsonl) {
    std::vector<std::string> all;
    for (const std::string& line : Lines(jsonl)) {
      const Json record = Json::parse(line);
      for (const auto& tag : record.at(record.contains("tags") ? "tags" : "ner_tags")) all.push_back(tag);
    }
    return all;
  };
  std::vector<std::string> expected;
  for (const std::string& line : Lines(Predict(text, {"--format", "text"}).out)) {
    const Json record = Json::parse(line);
    for (const Json& sentence : record.at("sentences")) {
      for (const auto& tag : sentence.at("tags")) expected.push_back(tag);
    }
  }
  ASSERT_EQ(expected.size(), 8U);
  for (const std::string format : {"prodigy", "spacy", "doccano", "labelstudio", "adaseq"}) {
    const ProcessResult written = Predict(text, {"--input-format", "text", "--format", format, "-o", Path("out")});
    ASSERT_EQ(written.exit_code, 0) << format << written.err;
    const ProcessResult read = RunClner(
        {"convert", "-q", "--from", format, "--words", "text", Path("out"), "-", "--to", "jsonl", "--scheme", "BIO"});
    ASSERT_EQ(read.exit_code, 0) << format << read.err;
    EXPECT_EQ(tags(read.out), expected) << format;
    const ProcessResult again = RunClner({"predict", "-q", "-m", Path("m"), Path("out"), "--input-format", format});
    EXPECT_EQ(again.exit_code, 0) << format << again.err;
    EXPECT_NE(ReadText(Path("out")).find(format == "adaseq" ? "anna" : "met\\tanna"), std::string::npos) << format;
    if (format == "prodigy") {
      EXPECT_EQ(again.out, ReadText(Path("out")));
    }
  }
  const ProcessResult pair = Predict(text, {"--input-format", "text", "--format", "brat", "-o", Path("out.ann")});
  ASSERT_EQ(pair.exit_code, 0) << pair.err;
  EXPECT_EQ(ReadText(Path("out.txt")), "anna saw \U0001F600 bert.\n\nbert  met\tanna \n");
  const ProcessResult read = RunClner({"convert", "-q", "--words", "text", Path("out.ann"), "-", "--to", "jsonl"});
  EXPECT_EQ(tags(read.out), expected) << read.err;
  std::filesystem::create_directory(Path("pairs"));
  for (const char* name : {"out.ann", "out.txt"}) std::filesystem::rename(Path(name), Path("pairs") + "/" + name);
  EXPECT_EQ(RunClner({"predict", "-q", "-m", Path("m"), Path("pairs"), "-o", Path("again")}).exit_code, 0);
  for (const char* name : {"/out.ann", "/out.txt"})
    EXPECT_EQ(ReadText(Path("again") + name), ReadText(Path("pairs") + name)) << name;
  ExpectFailure(RunClner({"predict", "-q", "-m", Path("m"), Path("pairs"), "-o", Path("again")}), 73,
                {"exists already"});
  ExpectRefused(text, 73, {"exists already", "new directory"}, {"--input-format", "text", "--format", "brat"});
  ExpectRefused("{\"text\": 3}\n", 65, {Path("in") + ":1"}, {"--input-format", "doccano"});
}

// Rows 10, 14, 17 and 19 for plain text.
TEST_F(PredictFault, PlainTextIsReadLineByLineOrRefused) {
  const std::vector<std::string> text = {"--format", "text"};
  EXPECT_EQ(Predict("", text).out, "");
  EXPECT_EQ(Lines(Predict("\n \n", text).out).size(), 2U);
  ExpectRefused("anna saw bert.\nbe\xffrt\n", 65, {Path("in") + ":2:3", "byte offset 17", "--encoding-errors replace"},
                text);
  ExpectRefused(std::string("an\0na\n", 6), 65, {Path("in") + ":1:3", "NUL"}, text);
  const ProcessResult replaced = Predict("be\xffrt\nanna", {"--format", "text", "--encoding-errors", "replace"});
  EXPECT_EQ(replaced.exit_code, 0) << replaced.err;
  EXPECT_NE(replaced.out.find("\"text\":\"be\uFFFDrt\""), std::string::npos) << replaced.out;
  EXPECT_NE(replaced.err.find("1 invalid byte became U+FFFD"), std::string::npos) << replaced.err;
  const ProcessResult skipped = Predict("be\xffrt\nanna", {"--format", "text", "--marks", "--on-error", "skip"});
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_EQ(Lines(skipped.out).size(), 2U);
  EXPECT_NE(skipped.err.find(Path("in") + ":1:3"), std::string::npos) << skipped.err;
  for (const std::string& part : {std::string("anna saw. Bert "), std::string("a")}) {
    WriteText(Path("in"), Repeat(part, 200000 / part.size()) + "\nanna\n");
    const ProcessResult result = RunBounded(
        "\"$clner\" predict -q --threads 1 --format text -m '" + Path("m") + "' '" + Path("in") + "'", 20, 800);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(Lines(result.out).size(), 2U);
  }
  ExpectFailure(RunBounded("head -c 1000000000 /dev/zero | tr '\\0' a | \"$clner\" predict -q -m '" + Path("m") +
                               "' --format text -",
                           3, 500),
                65, {"16", "<stdin>:1"});
}

// Row 27.
TEST_F(PredictFault, BadJsonLinesNameTheLine) {
  const std::string good = "{\"tokens\":[\"anna\"]}\n";
  const std::vector<std::string> json = {"--input-format", "jsonl"};
  for (const auto& [line, names] : std::vector<std::pair<std::string, std::string>>{
           {"{\"tokens\":[\"a\"", "JSON"},
           {"{\"text\":\"anna ran\"}", "tokens"},
           {"{\"tokens\":[\"\xff\"]}", "UTF-8"},
           {"{\"tokens\":" + Repeat("[", 100000) + Repeat("]", 100000) + "}", "64"}}) {
    ExpectRefused(good + line + "\n", 65, {names, Path("in") + ":2"}, json);
  }
  const ProcessResult bom = Predict("\xEF\xBB\xBF" + good + "{\"tokens\":[]}\r\n", json);
  EXPECT_EQ(bom.exit_code, 0) << bom.err;
  EXPECT_EQ(Lines(bom.out).size(), 2U);
}

// Row 28.
TEST_F(PredictFault, FileThatIsCutWhileItIsReadIs74) {
  for (const auto& [row, format] :
       {std::pair<std::string, std::string>{"anna\n\n", "conll"}, {"{\"tokens\":[\"anna\"]}\n", "jsonl"}}) {
    WriteText(Path("in"), Repeat(row, 400000 / row.size() * 6));
    // The reader of the output cuts the input at the first byte that it sees; the program is then held back by the
    // full pipe, far from the end of its input.
    const std::string script = "cd '" + directory_.string() +
                               "'; \"$clner\" predict -q --threads 1 -m m --input-format " + format +
                               " in > >(head -c 1 > first; truncate -s 1000 in; cat > out); code=$?; wait; exit $code";
    const ProcessResult result = RunClnerShell(script);
    EXPECT_EQ(result.exit_code, 74) << format << "\n" << result.err;
    EXPECT_NE(result.err.find("changed while it was read"), std::string::npos) << format << "\n" << result.err;
  }
}

// Row 29.
TEST_F(PredictFault, ForeignFormatsAreRecognised) {
  WriteText(Path("plain"), "anna O\nsaw O\n");
  ASSERT_EQ(RunClnerShell("cd '" + directory_.string() + "' && gzip -k plain && iconv -f UTF-8 -t UTF-16 plain > wide")
                .exit_code,
            0);
  for (const char* format : {"conll", "jsonl"}) {
    for (const auto& [name, fix] : {std::pair<std::string, std::string>{"plain.gz", "gzip -dc"},
                                    {"wide", "iconv -f UTF-16"},
                                    {"m", "name a file"}}) {
      SCOPED_TRACE(format + (" " + name));
      ExpectFailure(
          RunClner({"predict", "-q", "-m", Path("m"), "--format", "jsonl", "--input-format", format, Path(name)}), 65,
          {name, fix});
    }
  }
}

// Row 23.
TEST_F(PredictFault, TypesThatTheModelDoesNotKnowAreNamedWithTheWayToRenameThem) {
  WriteText(Path("in"), "anna B-person\nsaw O\nrome B-PER\n");
  const ProcessResult other = RunClner({"eval", "--threads", "1", "-m", Path("m"), Path("in")});
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_NE(other.err.find("the model does not know the type 'person'"), std::string::npos) << other.err;
  EXPECT_NE(other.err.find("--label-map 'person="), std::string::npos) << other.err;
  EXPECT_EQ(other.err.find("the type 'PER'"), std::string::npos) << other.err;
  const ProcessResult renamed =
      RunClner({"eval", "--threads", "1", "-m", Path("m"), Path("in"), "--label-map", "person=PER"});
  ASSERT_EQ(renamed.exit_code, 0) << renamed.err;
  EXPECT_EQ(renamed.err.find("does not know"), std::string::npos) << renamed.err;
}

// Row 31.
TEST_F(PredictFault, FlippedBitIsFoundAtLoadUnlessNotVerified) {
  const std::string expected = Predict("anna\nsaw\n").out, path = Path("m/model.safetensors");
  std::string weights = ReadText(path);
  weights[weights.size() - 4] = static_cast<char>(weights[weights.size() - 4] ^ 1);
  WriteText(path, weights);
  ExpectModelRefused(76, {"model.safetensors", "SHA-256"});
  ExpectFailure(RunClner({"inspect", "marginals", "-m", Path("m"), Path("in")}), 76, {"model.safetensors"});
  ExpectFailure(RunClner({"eval", "-m", Path("m"), Path("in")}), 76, {"model.safetensors"});
  const ProcessResult result = Predict("anna\nsaw\n", {"--no-verify"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Lines(result.out).size(), Lines(expected).size());
}

// Rows 30, 32 and 33.
TEST_F(PredictFault, DamagedWeightsAreRefusedWithoutChecksumsToo) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    TinyModel model = LetterTagger();
    model.Tensor("crf.transitions").values[4] = bad;
    model.Write(Path("m"));
    ExpectModelRefused(76, {"non-finite value in tensor 'crf.transitions'"});
    ExpectModelRefused(76, {"non-finite value in tensor 'crf.transitions'"}, {"--no-verify"});
  }
  TinyModel shape = LetterTagger();
  shape.Tensor("classifier.weight").shape = {8, 3};
  shape.Tensor("crf.end").name = "crf.ende";
  shape.Write(Path("m"));
  ExpectModelRefused(76, {"'classifier.weight' has shape [8, 3]", "[3, 8]", "'crf.end' is missing"});
  TinyModel more = LetterTagger();
  more.Add("extra", {1});
  more.Write(Path("m"));
  ExpectModelRefused(76, {"unexpected tensor 'extra'"});
  TinyModel labels = LetterTagger();
  labels.card["labels"]["tags"] = {"O", "B-PER"};
  labels.Write(Path("m"));
  ExpectModelRefused(76, {"[3, 8]", "[2, 8]"});
  std::filesystem::resize_file(Path("m/model.safetensors"), 5000);
  ExpectModelRefused(76, {"model.safetensors", "file cut"}, {"--no-verify"});
}

// Rows 36, 37 and 38.
TEST_F(PredictFault, TokenizerPositionsAndModelTypeMustFit) {
  TinyModel vocabulary = LetterTagger();
  vocabulary.vocabulary += "extra\n";
  vocabulary.Write(Path("m"));
  ExpectModelRefused(76, {"vocabulary", "embedding rows"});
  TinyModel positions = LetterTagger();
  positions.card["view"]["max_pieces"] = 65;
  positions.Write(Path("m"));
  ExpectModelRefused(76, {"max_pieces", "positions"});
  TinyModel type = LetterTagger();
  type.config["model_type"] = "deberta-v2";
  type.Write(Path("m"));
  ExpectModelRefused(76, {"'deberta-v2'", "supported model types: bert"});
  TinyModel format = LetterTagger();
  format.card["format"] = 99;
  format.Write(Path("m"));
  ExpectModelRefused(76, {"model format 99 is newer"});
  LetterTagger().Write(Path("m"));
  std::filesystem::remove(Path("m/clner.json"));
  ExpectModelRefused(76, {"without a trained head"});
}

// Row 50.
TEST_F(PredictFault, FullDiskIsReportedAtTheLatestAtTheEnd) {
  ProcessOptions full;
  full.stdout_path = "/dev/full";
  WriteText(Path("in"), "anna\n");
  ExpectFailure(RunClner({"predict", "-q", "-m", Path("m"), Path("in")}, full), 74, {"No space left on device"});
  WriteText(Path("in"), Repeat("anna\n\n", 5000));
  ExpectFailure(RunClner({"predict", "-q", "-m", Path("m"), Path("in"), "-o", "/dev/full"}), 74,
                {"/dev/full", "No space left on device"});
  const SmallDisk disk(Path("disk"), "size=16k");
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a small file system (needs root)";
  WriteText(Path("disk/out"), "old");
  ExpectFailure(RunClner({"predict", "-q", "-m", Path("m"), Path("in"), "-o", Path("disk/out")}), 74,
                {Path("disk/out"), "No space left on device"});
  EXPECT_EQ(Tree(Path("disk")), std::vector<std::string>{"out"});
  EXPECT_EQ(ReadText(Path("disk/out")), "old");
}

// Row 51.
TEST_F(PredictFault, InterruptedAndShortCallsLoseNothingAndErrorsLeaveTheOldFile) {
  const std::string text = Repeat("anna\nsaw\n\n", 1500);
  const std::string expected = Predict(text).out;
  WriteText(Path("out"), "old");
  ProcessOptions options;
  const auto run = [&](const std::string& plan, const std::string& output) {
    options.environment = {{"CLNER_FAULT", plan}};
    return RunClner({"predict", "-q", "--threads", "1", "-m", Path("m"), Path("in"), "-o", output}, options);
  };
  EXPECT_TRUE(run("error@write:1=EINTR,short@write:2+,error@open:2=EINTR,error@fsync:1=EINTR", "-").out == expected);
  for (const auto& [plan, reason] : {std::pair<std::string, std::string>{"error@write:1=EIO", "Input/output error"},
                                     {"error@fsync:1=EIO", "Input/output error"},
                                     {"error@close:1=EDQUOT", "quota"},
                                     {"error@rename:1=EIO", "Input/output error"}}) {
    ExpectFailure(run(plan, Path("out")), 74, {Path("out"), reason});
    EXPECT_EQ(ReadText(Path("out")), "old") << plan;
  }
  EXPECT_EQ(Tree(directory_).size(), Tree(Path("m")).size() + 3);  // m, in, out
  EXPECT_EQ(run("short@write:1+", Path("out")).exit_code, 0);
  EXPECT_TRUE(ReadText(Path("out")) == expected);
}

// Row 46: tagging saves no state, but a stopped run does not look complete.
TEST_F(PredictFault, StoppedRunLeavesNoOutputAndNeverExitsWith0) {
  WriteText(Path("in"), Repeat("anna\nsaw\n\n", 200000));
  for (const int number : {SIGINT, SIGTERM}) {
    Background program({CLNER_PROGRAM, "predict", "--threads", "1", "-m", Path("m"), Path("in"), "-o", Path("out")});
    ASSERT_TRUE(program.WaitUntil([&] { return Tree(directory_).size() > Tree(Path("m")).size() + 2; }));
    program.Signal(number);
    const ProcessResult result = program.Wait();
    EXPECT_NE(result.exit_code, 0);
    EXPECT_FALSE(std::filesystem::exists(Path("out")));
    EXPECT_EQ(Tree(directory_).size(), Tree(Path("m")).size() + 2) << "a half-written file is left";
  }
}

}  // namespace
}  // namespace clner::test
