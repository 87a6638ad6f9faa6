// Rows 10-21 of the fault matrix: damaged, odd and hostile column files, read by the commands that need no LibTorch.
#include "cli/tiny_model_files.h"
#include "core/json.h"
#include "fault.h"

namespace clner::test {
namespace {

class DataFault : public Scratch {
 protected:
  /// The JSON lines that `clner convert` makes of a column file.
  [[nodiscard]] std::string Converted(const std::string& text, std::vector<std::string> more = {}) const {
    WriteText(Path("in"), text);
    std::vector<std::string> arguments = {"convert", "-q", "--to", "jsonl", Path("in"), "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult result = RunClner(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }
  /// Runs every command that reads column files on `text`; all must refuse it alike and leave nothing behind.
  void ExpectRefused(const std::string& text, const std::vector<std::string>& names) const {
    WriteText(Path("in"), text);
    WriteText(Path("good"), "a O\n");
    const auto before = Contents(directory_);
    ExpectFailure(RunClner({"stats", Path("in")}), 65, names);
    ExpectFailure(RunClner({"convert", Path("in"), Path("out.jsonl")}), 65, names);
    ExpectFailure(RunClner({"convert", Path("in"), "-"}), 65, names);
    ExpectFailure(RunClner({"eval", Path("in"), Path("in")}), 65, names);
    ExpectFailure(RunClner({"eval", "--conll", Path("in")}), 65, names);
    ExpectFailure(RunClner({"eval", Path("in"), Path("good"), "--errors", Path("errors.tsv"), "--html", Path("x")}), 65,
                  names);
    EXPECT_EQ(Contents(directory_), before);
  }
  /// The findings of `clner validate`, which must exit with 1.
  [[nodiscard]] Json Findings(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {"validate", "--json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProcessResult result = RunClner(all);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    return ParseJson(result.out, "out", ErrorCode::kData).at("findings");
  }
  [[nodiscard]] Json Stats(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {"stats", "--json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProcessResult result = RunClner(all);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ParseJson(result.out, "out", ErrorCode::kData);
  }
  /// The objects of `clner inspect tokens` on `text`, one a sentence.
  [[nodiscard]] std::vector<Json> Tokens(const TinyModel& model, const std::string& text) const {
    model.Write(Path("m"), false);
    WriteText(Path("in"), text);
    const ProcessResult result = RunClner({"inspect", "tokens", "-m", Path("m"), Path("in")});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<Json> lines;
    std::istringstream stream(result.out);
    for (std::string line; std::getline(stream, line);) lines.push_back(ParseJson(line, "out", ErrorCode::kData));
    return lines;
  }
};

// Row 10.
TEST_F(DataFault, FilesWithoutSentencesAre65) {
  for (const char* text : {"", "\n", "\n \n\t\n\r\n", "-DOCSTART- -X- O O\n\n", "\xEF\xBB\xBF"}) {
    ExpectRefused(text, {"no sentences", Path("in")});
    EXPECT_EQ(Findings({Path("in")}).at(0).at("places").at(0).at("what"), "no sentences");
  }
}

// Row 11.
TEST_F(DataFault, RaggedRowsNameLineAndRow) {
  ExpectRefused("Jane\tB-PER\nDoe\tI-PER\nsaw\n\nAcme Corp x B-ORG\n", {Path("in") + ":3", "'saw'"});
  WriteText(Path("in"), "Jane\tB-PER\n\nDoe\tB-PER\nsaw\n\nAcme x y z B-ORG\n");
  ExpectFailure(RunClner({"stats", Path("in")}), 65,
                {Path("in") + ":4", "'saw'", Path("in") + ":6", "'Acme x y z B-ORG'"});
  EXPECT_EQ(Findings({Path("in")}).at(0).at("count"), 2);
}

// Row 11.
TEST_F(DataFault, SkippingDropsWholeSentencesAndCountsThem) {
  WriteText(Path("in"), "Doe B-PER\nran O\n\nJane B-PER\nsaw\n\nAcme x B-ORG\n\nBye O\n");
  const ProcessResult result =
      RunClner({"convert", "--on-error", "skip", Path("in"), Path("out.jsonl"), "--to", "jsonl", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json report = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(report.at("skipped_sentences"), 2);
  EXPECT_EQ(report.at("sentences"), 2);
  EXPECT_EQ(ReadText(Path("out.jsonl")),
            "{\"tokens\":[\"Doe\",\"ran\"],\"tags\":[\"B-PER\",\"O\"]}\n{\"tokens\":[\"Bye\"],\"tags\":[\"O\"]}\n");
  EXPECT_NE(result.err.find(Path("in") + ":5"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(Path("in") + ":7"), std::string::npos) << result.err;
}

// Row 11: as many rows of the first sentence are bad as are good.
TEST_F(DataFault, BadRowOfAShortFirstSentenceDoesNotBlameTheRestOfTheFile) {
  const std::string text = "Jane B-PER\nsaw\n\n" + Repeat("Doe B-PER\nran O\n\n", 50);
  WriteText(Path("in"), text);
  const ProcessResult result = RunClner({"stats", Path("in")});
  ExpectFailure(result, 65, {Path("in") + ":2", "'saw'"});
  EXPECT_EQ(Count(result.err, "clner: error: "), 1U) << result.err;
  EXPECT_EQ(Stats({"--on-error", "skip", Path("in")}).at("sentences"), 50);
}

// Row 12.
TEST_F(DataFault, OnlyTheDelimiterSplits) {
  const std::string plain = "{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\",\"B-X1\"]}\n";
  EXPECT_EQ(Converted("a O\nb B-X1\n"), plain);
  EXPECT_EQ(Converted("a \t  O\t \nb\t\tB-X1  \n"), plain);
  const std::string nbsp = "a\u00A0b", ideographic = "\u3000";
  EXPECT_EQ(Converted(nbsp + " O\n" + ideographic + " O\n"),
            "{\"tokens\":[\"" + nbsp + "\",\"" + ideographic + "\"],\"tags\":[\"O\",\"O\"]}\n");
  EXPECT_EQ(Converted("New York\tB-LOC\n\u2028\tO\n", {"--delimiter", "tab"}),
            "{\"tokens\":[\"New York\",\"\u2028\"],\"tags\":[\"B-LOC\",\"O\"]}\n");
  EXPECT_EQ(Converted("New York B-LOC\n  O\n x O\n", {"--delimiter", "last"}),
            "{\"tokens\":[\"New York\",\" \",\" x\"],\"tags\":[\"B-LOC\",\"O\",\"O\"]}\n");
}

// Row 12: CLNER's files hold rows such as " B-X".
TEST_F(DataFault, EmptyContextWordIsKeptAndCounted) {
  WriteText(Path("in"), "Jane B-PER\n<EOS> B-X\nshe B-X\n B-X\n\nBye O\n");
  const Json context = Stats({Path("in")}).at("context");
  EXPECT_EQ(context.at("sentences"), 1);
  EXPECT_EQ(context.at("words"), 2);
  EXPECT_EQ(context.at("empty_words"), 1);
}

// Row 13.
TEST_F(DataFault, CarriageReturnsAndByteOrderMarkChangeNothing) {
  const std::string lf = "-DOCSTART- O\n\nJane B-PER\nDoe I-PER\n\nleft O\n";
  const auto with = [&](const std::string& end) {
    std::string text;
    for (const char byte : lf) text += byte == '\n' ? end : std::string(1, byte);
    return text;
  };
  WriteText(Path("lf"), lf);
  const std::string expected = Converted(lf);
  for (const std::string& text :
       {with("\r\n"), with("\r"), "\xEF\xBB\xBF" + lf, "\xEF\xBB\xBF" + with("\r\n"), with("\r\n") + "\r\n\r\n"}) {
    EXPECT_EQ(Converted(text), expected);
    Json stats = Stats({Path("in")}), plain = Stats({Path("lf")});
    stats.erase("path");
    plain.erase("path");
    EXPECT_EQ(stats, plain);
    EXPECT_EQ(RunClner({"eval", "--json", Path("lf"), Path("in")}).out,
              RunClner({"eval", "--json", Path("lf"), Path("lf")}).out);
  }
}

// Row 14.
TEST_F(DataFault, InvalidBytesNameLineAndOffsetAndReplacingKeepsTheTokens) {
  const std::vector<std::string> bad = {"\xff",    "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", std::string(1, '\0'),
                                        "\xe2\x82"};
  for (const std::string& bytes : bad) {
    SCOPED_TRACE(bytes);
    const std::string text = "Jane B-PER\nD" + bytes + "e I-PER\nleft O\n";
    ExpectRefused(text, {Path("in") + ":2:2", "byte offset 12"});
    const Json stats = Stats({Path("in"), "--encoding-errors", "replace"});
    EXPECT_EQ(stats.at("words"), 3);
    EXPECT_EQ(stats.at("entities"), 1);
    EXPECT_EQ(RunClner({"eval", "--encoding-errors", "replace", Path("in"), Path("in")}).exit_code, 0);
    EXPECT_EQ(Count(Converted(text, {"--encoding-errors", "replace"}), "\uFFFD"), bytes.size() == 2 ? 2U : bytes.size())
        << "one for every byte, as Python does for what starts no sequence";
  }
  ExpectRefused("Jane B-PER\nleft O\xe2\x82", {Path("in") + ":2", "byte offset 17"});
}

// Row 15.
TEST_F(DataFault, LastSentenceNeedsNoNewline) {
  const std::string expected = Converted("a O\n\nb B-P\nc I-P\n\n");
  for (const char* end : {"", "\n", "\r\n", "\n\n\n", " ", "\n \n"}) {
    EXPECT_EQ(Converted(std::string("a O\n\nb B-P\nc I-P") + end), expected);
  }
}

// Row 16.
TEST_F(DataFault, LineOfBlanksEndsTheSentenceWithOneWarning) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += i % 2 == 0 ? "a O\n \t \n" : "a O\n\t\r\n";
  WriteText(Path("in"), text);
  const ProcessResult result = RunClner({"stats", "--json", Path("in")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ParseJson(result.out, "out", ErrorCode::kData).at("sentences"), 50);
  EXPECT_EQ(Count(result.err, "clner: warning: "), 1U) << result.err;
  EXPECT_NE(result.err.find("50"), std::string::npos) << result.err;
  EXPECT_EQ(RunClner({"stats", "--strict", Path("in")}).exit_code, 1);
}

// Row 17: the encoder gets a part of the word and a warning says so (see the tests of predict); what is inspected is
// whole, or says that it is not.
TEST_F(DataFault, WordOf300000CharactersIsReadInAboutASecondAndNeverCutSilently) {
  TinyModel().Write(Path("m"), false);
  for (const std::string& part : {std::string("a"), std::string("."), std::string("\u4E2D"), std::string("e\u0301")}) {
    WriteText(Path("in"), "jane O\n" + Repeat(part, 300000) + " O\ndoe O\n");
    const ProcessResult result =
        RunBounded("\"$clner\" inspect tokens -m '" + Path("m") + "' '" + Path("in") + "'", 1, 120);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const Json words = ParseJson(result.out, "out", ErrorCode::kData).at("word_of_piece");
    const auto pieces = std::count(words.begin(), words.end(), 1);
    EXPECT_GE(pieces, 1) << part;
    EXPECT_EQ(words.at(1), 0);
    EXPECT_EQ(words.at(words.size() - 2), 2);
    if (part == "." && pieces < 300000) {
      EXPECT_NE(result.err.find("clner: warning: "), std::string::npos) << "cut silently to " << pieces << " pieces";
    }
    EXPECT_EQ(RunBounded("\"$clner\" stats '" + Path("in") + "'", 1, 60).exit_code, 0);
  }
}

// Row 18.
TEST_F(DataFault, SentenceOf44000WordsSuggestsAMissingBlankLine) {
  WriteText(Path("in"), Repeat("jane B-PER\ndoe I-PER\n", 22000));
  const ProcessResult result = RunBounded("\"$clner\" stats --json '" + Path("in") + "'", 1, 80);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ParseJson(result.out, "out", ErrorCode::kData).at("sentence_words").at("max"), 44000);
  EXPECT_NE(result.err.find("44000 words"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("blank line"), std::string::npos) << result.err;
  EXPECT_EQ(Tokens(TinyModel(), ReadText(Path("in"))).at(0).at("words").size(), 44000U);
}

// Row 19. The writer is much faster than this, so a reader that went on after the limit would not be noticed by time
// alone; the pipe breaks when the program ends.
TEST_F(DataFault, LineOfAGigabyteIsRefusedAfter16MebibytesInLittleMemory) {
  const std::string line = "head -c 1000000000 /dev/zero | tr '\\0' a | ";
  for (const char* command : {"stats -", "convert - -", "convert --from jsonl - -", "eval --conll -", "validate -"}) {
    SCOPED_TRACE(command);
    const ProcessResult result = RunBounded(line + "\"$clner\" " + command, 1.5, 100);
    const bool finding = std::string(command) == "validate -";
    EXPECT_EQ(result.exit_code, finding ? 1 : 65) << result.err;
    const std::string& text = finding ? result.out : result.err;
    EXPECT_NE(text.find("16777216 bytes"), std::string::npos) << text;
    EXPECT_NE(text.find("<stdin>:1"), std::string::npos) << text;
    if (!finding) {
      EXPECT_EQ(result.out, "");
    }
  }
}

// Row 19.
TEST_F(DataFault, LineOfAGigabyteIsSkippedInLittleMemory) {
  const ProcessResult result = RunBounded(
      "(printf 'a O\\n\\n'; head -c 1000000000 /dev/zero | tr '\\0' a; printf '\\n\\nb O\\n') | \"$clner\" convert -q "
      "--on-error skip --to jsonl - -",
      8, 100);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "{\"tokens\":[\"a\"],\"tags\":[\"O\"]}\n{\"tokens\":[\"b\"],\"tags\":[\"O\"]}\n");
}

// Row 20.
TEST_F(DataFault, WordsWithoutPiecesKeepTheirPlace) {
  const std::string zero_width = "\u200B", selector = "\uFE0F", nbsp = "\u00A0";
  const std::vector<Json> lines =
      Tokens(TinyModel(), "jane O\n" + zero_width + " O\n" + selector + " O\n" + nbsp + " O\ndoe O\n");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("words").size(), 5U);
  EXPECT_EQ(lines[0].at("words").at(1), zero_width);
  EXPECT_EQ(lines[0].at("word_of_piece").at(1), 0);
  EXPECT_EQ(lines[0].at("word_of_piece").at(lines[0].at("word_of_piece").size() - 2), 4);
}

// Row 21.
TEST_F(DataFault, TextOfControlTokensIsTakenLiterally) {
  TinyModel model;
  model.vocabulary += "[\n]\nse\n##p\n";
  model.config["vocab_size"] = 11;
  const std::vector<Json> lines = Tokens(
      model, "[SEP] O\n[CLS] O\n[MASK] O\n[PAD] O\n</s> O\n<mask> O\n<EOS> O\njane B-PER\n\n<EOS> O\ndoe B-PER\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("words"), Json({"[SEP]", "[CLS]", "[MASK]", "[PAD]", "</s>", "<mask>", "<EOS>", "jane"}));
  const Json ids = lines[0].at("ids");
  for (size_t i = 1; i + 1 < ids.size(); ++i) {
    EXPECT_NE(ids.at(i), 0) << i;
    EXPECT_NE(ids.at(i), 2) << i;
    EXPECT_NE(ids.at(i), 3) << i;
    EXPECT_NE(ids.at(i), 4) << i;
  }
  EXPECT_EQ(lines[1].at("words"), Json({"<EOS>", "doe"}));
}

}  // namespace
}  // namespace clner::test
