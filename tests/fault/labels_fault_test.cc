// Rows 22-29 of the fault matrix: tags, splits, contexts, predictions, JSON lines, and files that change or are no
// text.
#include "cli/tiny_model_files.h"
#include "core/json.h"
#include "fault.h"

namespace clner::test {
namespace {

class LabelsFault : public Scratch {
 protected:
  [[nodiscard]] Json RunJson(const std::vector<std::string>& arguments, int exit_code = 0) const {
    const ProcessResult result = RunClner(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return result.exit_code == exit_code ? ParseJson(result.out, "out", ErrorCode::kData) : Json();
  }
  /// The finding with this code of `clner validate`, which must exit with 1.
  [[nodiscard]] Json Finding(const std::vector<std::string>& arguments, const std::string& code) const {
    std::vector<std::string> all = {"validate", "--json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Json report = RunJson(all, 1);
    for (const Json& finding : report.at("findings")) {
      if (finding.at("code") == code) return finding;
    }
    ADD_FAILURE() << "no finding '" << code << "' in " << report.dump();
    return Json();
  }
  [[nodiscard]] std::string Converted(const std::string& from, const std::string& scheme) const {
    const ProcessResult result = RunClner({"convert", "-q", "--scheme", scheme, from, "-"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }
};

// Row 22.
TEST_F(LabelsFault, EverySchemeIsDetectedPrintedAndConvertedBackToTheSameBytes) {
  WriteText(Path("bio"), "a B-P\nb I-P\nc I-P\nd O\ne B-Q\nf B-P\ng B-P\nh I-P\n\ni O\n\nj B-Q\nk I-Q\n\n");
  for (const char* scheme : {"IOB1", "BIOES", "BMES", "BILOU", "BIO"}) {
    const std::string text = Converted(Path("bio"), scheme);
    WriteText(Path("other"), text);
    const Json stats = RunJson({"stats", "--json", Path("other")});
    EXPECT_EQ(stats.at("scheme"), scheme) << text;
    EXPECT_EQ(stats.at("entities"), 5) << text;
    EXPECT_EQ(stats.at("repaired_tags"), 0) << text;
    EXPECT_NE(RunClner({"stats", Path("other")}).out.find(scheme), std::string::npos);
    EXPECT_EQ(Converted(Path("other"), "BIO"), ReadText(Path("bio"))) << text;
    const Json scores = RunJson({"eval", "--json", Path("bio"), Path("other")});
    EXPECT_EQ(scores.at("micro").at("correct"), 5) << text;
  }
}

// Row 22.
TEST_F(LabelsFault, IllegalTransitionsAreCountedAndRepairedByTheDocumentedRule) {
  WriteText(Path("in"), "a O\nb I-PER\nc I-LOC\nd B-LOC\n\ne I-PER\nf B-PER\ng I-PER\n");
  const ProcessResult result =
      RunClner({"convert", "--json", "--scheme", "BIO", "--read-scheme", "BIO", Path("in"), Path("out")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ParseJson(result.out, "out", ErrorCode::kData).at("repaired_tags"), 3);
  EXPECT_NE(result.err.find("3 ill-formed"), std::string::npos) << result.err;
  EXPECT_EQ(ReadText(Path("out")), "a O\nb B-PER\nc B-LOC\nd B-LOC\n\ne B-PER\nf B-PER\ng I-PER\n\n");
  EXPECT_EQ(Finding({"--read-scheme", "BIO", Path("in")}, "ill-formed-tags").at("count"), 3);
  ExpectFailure(RunClner({"convert", "--strict", "--read-scheme", "BIO", Path("in"), Path("strict")}), 65,
                {"'I-PER'", Path("in") + ":2"});
  EXPECT_FALSE(std::filesystem::exists(Path("strict")));
}

// Row 22.
TEST_F(LabelsFault, WrongSpellingsOfTagsNameTheRightOne) {
  for (const auto& [tag, fix] : {std::pair<std::string, std::string>{"B_PER", "'B-PER'"},
                                 {"b-per", "'B-per'"},
                                 {"PER", "'B-PER'"},
                                 {"PER-B", "'B-PER'"},
                                 {"0", "'O'"},
                                 {"B-", "B-"},
                                 {"B-PER|I-ORG", "several tags"}}) {
    WriteText(Path("in"), "a O\nb B-LOC\nc " + tag + "\n");
    for (const std::vector<std::string>& command : {std::vector<std::string>{"stats", Path("in")},
                                                    {"convert", Path("in"), "-"},
                                                    {"eval", Path("in"), Path("in")}})
      ExpectFailure(RunClner(command), 65, {"'" + tag + "'", fix, Path("in") + ":3"});
    EXPECT_EQ(Finding({Path("in")}, "bad-input").at("places").at(0).at("where"), Path("in") + ":3");
  }
  WriteText(Path("in"), "a O\nb PER\nc PER\n");  // no prefix anywhere is a scheme of its own
  EXPECT_EQ(RunJson({"stats", "--json", Path("in")}).at("scheme"), "IO");
}

// Row 23.
TEST_F(LabelsFault, LabelOfOneSplitIsReportedAndCountsAsAnError) {
  WriteText(Path("train"), "a B-PER\nb B-LOC\n");
  WriteText(Path("dev"), "c B-PER\nd B-NEW\n");
  const Json finding = Finding({"--train", Path("train"), "--dev", Path("dev")}, "label-not-in-train");
  EXPECT_NE(finding.dump().find("NEW"), std::string::npos);
  WriteText(Path("pred"), "c B-PER\nd B-GUESS\n");
  const Json scores = RunJson({"eval", "--json", Path("dev"), Path("pred")});
  EXPECT_EQ(scores.at("micro").at("correct"), 1);
  EXPECT_EQ(scores.at("types").at("NEW").at("gold"), 1);
  EXPECT_EQ(scores.at("types").at("NEW").at("f1"), 0);
  EXPECT_EQ(scores.at("types").at("GUESS").at("gold"), 0);
  EXPECT_EQ(scores.at("types").at("GUESS").at("predicted"), 1);
  const std::string table = RunClner({"eval", Path("dev"), Path("pred")}).out;
  EXPECT_NE(table.find("NEW"), std::string::npos) << table;
  EXPECT_NE(table.find("GUESS"), std::string::npos) << table;
}

// Row 23.
TEST_F(LabelsFault, RareLabelsAndOverAThousandLabelsAreReported) {
  std::string text;
  for (int i = 0; i < 1500; ++i) text += "w B-T" + std::to_string(i) + "\n" + (i % 10 == 9 ? "\n" : "");
  WriteText(Path("in"), text);
  EXPECT_NE(Finding({Path("in")}, "many-labels").dump().find("1500"), std::string::npos);
  EXPECT_EQ(Finding({"--rare-label", "2", Path("in")}, "rare-label").at("count"), 1500);
  EXPECT_EQ(RunJson({"stats", "--json", Path("in")}).at("types").size(), 1500U);
  EXPECT_EQ(RunJson({"eval", "--json", Path("in"), Path("in")}).at("micro").at("correct"), 1500);
}

// Row 24.
TEST_F(LabelsFault, OverlapDuplicatesAndDataWithoutEntitiesAreCounted) {
  const std::string shared = "Jane B-PER\nsaw O\nthe O\nold O\nman O\n\n", own = "Bob B-PER\nran O\n\n";
  WriteText(Path("train"), shared + own + own + own);
  WriteText(Path("dev"), shared + "x O\n\n");
  WriteText(Path("test"), shared + shared);
  const std::vector<std::string> splits = {"--train", Path("train"), "--dev", Path("dev"), "--test", Path("test")};
  EXPECT_GE(Finding(splits, "overlap").at("count"), 1);
  EXPECT_EQ(Finding({Path("train")}, "duplicate-sentences").at("count"), 2);
  WriteText(Path("none"), "a O\nb O\n\nc O\n");
  EXPECT_EQ(Finding({"--fail-on", "error", Path("none")}, "no-entities").at("severity"), "error");
}

// Row 25.
TEST_F(LabelsFault, MisalignedContextsNameSentenceAndBothTokens) {
  WriteText(Path("data"), "Jane B-PER\nran O\n\nAcme B-ORG\nwon O\n\n");
  const std::string first = "Jane B-PER\nran O\n<EOS> B-X\nshe B-X\n\n";
  const auto check = [&](const std::string& contexts) {
    WriteText(Path("contexts"), contexts);
    return Finding({Path("data"), "--context-file", Path("contexts")}, "context-misaligned").dump();
  };
  const std::string shifted = check(first + "won B-ORG\nAcme O\n<EOS> B-X\nit B-X\n\n");
  for (const char* text : {"sentence 2", "'Acme'", "'won'"}) {
    EXPECT_NE(shifted.find(text), std::string::npos) << text << " is not in " << shifted;
  }
  EXPECT_NE(check(first + "Acme B-ORG\n<EOS> B-X\nit B-X\n\n").find("sentence 2"), std::string::npos);
  EXPECT_NE(check(first).find("2 sentences, the contexts 1"), std::string::npos);
  const std::string retagged = check(first + "Acme B-PER\nwon O\n<EOS> B-X\nit B-X\n\n");
  for (const char* text : {"sentence 2", "ORG", "PER"}) {
    EXPECT_NE(retagged.find(text), std::string::npos) << text << " is not in " << retagged;
  }
  WriteText(Path("contexts"), first + "Acme B-X\nwon O\n\n");
  EXPECT_NE(Finding({Path("data"), "--context-file", Path("contexts")}, "bad-input").dump().find("B-X"),
            std::string::npos);
  WriteText(Path("contexts"), first + "Acme\u200B B-ORG\nwon O\n<EOS> B-X\nit B-X\n\n");
  EXPECT_EQ(Finding({Path("data"), "--context-file", Path("contexts")}, "context-words").at("severity"), "warning");
}

// Row 26.
TEST_F(LabelsFault, PredictionsOfOtherLengthNameTheFirstDifferentLinesAndGiveNoScore) {
  WriteText(Path("gold"), "a B-P\nb O\n\nc O\nd B-P\n\n");
  for (const auto& [text, gold_line, line] : {std::tuple<std::string, int, int>{"a B-P\nb O\n\nd B-P\n\n", 4, 4},
                                              {"a B-P\nb O\n\n", 4, 3},
                                              {"a B-P\nb O\nc O\nd B-P\n\n", 3, 3},
                                              {"a B-P\nb O\n\nc O\nd B-P\n\ne O\n", 6, 7}}) {
    WriteText(Path("pred"), text);
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--json"}, {"--report", "conlleval"}}) {
      std::vector<std::string> arguments = {"eval", Path("gold"), Path("pred")};
      arguments.insert(arguments.end(), more.begin(), more.end());
      ExpectFailure(RunClner(arguments), 65,
                    {Path("gold") + ":" + std::to_string(gold_line), Path("pred") + ":" + std::to_string(line)});
    }
  }
}

// Row 26.
TEST_F(LabelsFault, PredictionsOfOtherWordsAreCountedAndAnErrorWhenStrict) {
  WriteText(Path("gold"), "a B-P\nb O\n\nc O\n");
  WriteText(Path("pred"), "a B-P\nx O\n\ny O\n");
  const ProcessResult result = RunClner({"eval", Path("gold"), Path("pred")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("2 of 3 words differ"), std::string::npos) << result.err;
  ExpectFailure(RunClner({"eval", "--strict", Path("gold"), Path("pred")}), 65, {"2 of 3 words differ", "'b'", "'x'"});
}

// Row 27.
TEST_F(LabelsFault, BadJsonLinesAreListedWithTheirLines) {
  const std::string good = "{\"tokens\":[\"a\"],\"tags\":[\"O\"]}\n";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"{\"tokens\":[\"a\"", "JSON"},
      {"[1, 2]", "object"},
      {"{\"tags\":[\"O\"]}", "'tokens' is missing"},
      {"{\"text\":\"Jane ran\",\"spans\":[[0,4,\"PER\"]]}", "'tokens' is missing"},
      {"{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\"]}", "2 tokens but 1 tag"},
      {"{\"tokens\":\"a\",\"tags\":[\"O\"]}", "'tokens' is not a list"},
      {"{\"tokens\":[1],\"tags\":[\"O\"]}", "not a string"},
      {"{\"tokens\":[\"a\"],\"tags\":[0]}", "--labels"},
      {"{\"tokens\":[\"a\"],\"tokens\":[\"b\"],\"tags\":[\"O\"]}", "duplicate"},
      {"{\"tokens\":[\"\xff\"],\"tags\":[\"O\"]}", "UTF-8"},
      {"{\"tokens\":[\"\\ud83d\"],\"tags\":[\"O\"]}", "JSON"},
      {"{\"tokens\":" + Repeat("[", 100000) + Repeat("]", 100000) + "}", "64"}};
  std::string all = good;
  for (const auto& [line, names] : bad) {
    WriteText(Path("in.jsonl"), good + line + "\n" + good);
    ExpectFailure(RunClner({"convert", Path("in.jsonl"), Path("out.conll")}), 65, {names, Path("in.jsonl") + ":2"});
    all += line + "\n";
  }
  WriteText(Path("in.jsonl"), all);
  const ProcessResult result = RunClner({"convert", Path("in.jsonl"), Path("out.conll")});
  EXPECT_EQ(Count(result.err, "clner: error: "), bad.size()) << result.err;
  EXPECT_EQ(Tree(directory_), std::vector<std::string>{"in.jsonl"});
}

// Row 28: the reader is far behind the end when the file is cut, because the other side delivers slowly.
TEST_F(LabelsFault, FileThatIsCutOrGrowsWhileItIsReadIs74) {
  const std::string half = Repeat("word O\n\n", 100000);
  for (const char* change : {"truncate -s 900000 gold", "echo 'more O' >> gold"}) {
    WriteText(Path("half"), half);
    WriteText(Path("gold"), half + half);
    const std::string feed = "<(cat half; " + std::string(change) + "; cat half)";
    const ProcessResult result = RunClnerShell("cd '" + directory_.string() + "'; \"$clner\" eval gold " + feed);
    ExpectFailure(result, 74, {"'gold' changed while it was read"});
    EXPECT_LT(result.exit_code, 128);
  }
}

// Row 28: a short file is cut between the two times it is read, or while the program reads it; never a signal.
TEST_F(LabelsFault, FileThatIsCutAtARandomMomentNeverEndsTheProgramBySignal) {
  const std::string text = Repeat("word B-PER\nword O\n\n", 200000);
  for (int i = 0; i < 6; ++i) {
    WriteText(Path("in"), text);
    Background program({CLNER_PROGRAM, "convert", "-q", "--to", "jsonl", Path("in"), Path("out.jsonl")});
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + 15 * i));
    std::filesystem::resize_file(Path("in"), 100);
    const ProcessResult result = program.Wait();
    if (result.exit_code == 0) {
      EXPECT_EQ(Count(ReadText(Path("out.jsonl")), "\n"), 200000U) << "half of the data were taken for the whole";
      std::filesystem::remove(Path("out.jsonl"));
    } else if (result.exit_code != 65) {  // 65: the cut came before the file was opened and left half a row
      ExpectFailure(result, 74, {"changed while it was read"});
    }
    EXPECT_EQ(Tree(directory_), std::vector<std::string>{"in"});
  }
}

// Row 29.
TEST_F(LabelsFault, ForeignFormatsAreRecognisedAndTheConversionIsNamed) {
  const std::string text = "Jane B-PER\nran O\n";
  WriteText(Path("gold"), text);
  TinyModel().Write(Path("m"), false);
  ASSERT_EQ(RunClnerShell("cd '" + directory_.string() +
                          "' && gzip -k gold && iconv -f UTF-8 -t UTF-16 gold > gold.utf16 && iconv -f UTF-8 -t "
                          "UTF-16LE gold > gold.bare")
                .exit_code,
            0);
  WriteText(Path("gold.parquet"), std::string("PAR1\x15\x04\x15\x10\0\0", 10) + text + "PAR1");
  const auto before = Contents(directory_);
  for (const auto& [name, fix] : {std::pair<std::string, std::string>{"gold.gz", "gzip -dc"},
                                  {"gold.utf16", "iconv -f UTF-16"},
                                  {"gold.bare", "iconv -f UTF-16LE"},
                                  {"gold.parquet", "read_parquet"},
                                  {"m", "name a file"}}) {
    const std::string path = Path(name);
    for (const std::vector<std::string>& command : {std::vector<std::string>{"stats", path},
                                                    {"validate", path},
                                                    {"convert", path, Path("out")},
                                                    {"convert", "--from", "jsonl", path, Path("out")},
                                                    {"eval", path, Path("gold")},
                                                    {"eval", Path("gold"), path},
                                                    {"eval", "--conll", path},
                                                    {"inspect", "tokens", "-m", Path("m"), path}})
      ExpectFailure(RunClner(command), 65, {name, fix});
  }
  EXPECT_EQ(Contents(directory_), before);
}

}  // namespace
}  // namespace clner::test
