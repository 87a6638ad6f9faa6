#include "data/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/log.h"
#include "data/stats.h"
#include "data/unicode_class.h"
#include "support/shared_data.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A clean file: three sentences, enough entities for the limit used here.
constexpr const char* kClean =
    "Jane B-PER\nDoe I-PER\nleft O\n\nAcme B-ORG\ngrew O\n\nBob B-PER\nmet O\nAcme B-ORG\n\n";
const ValidateOptions kOptions = {.long_sentence_words = 20, .rare_label = 2};

std::set<std::string> Codes(const ValidateReport& report) {
  std::set<std::string> codes;
  for (const Finding& finding : report.findings) codes.insert(finding.code);
  return codes;
}

class Checked {
 public:
  /// Files are named 0, 1, ...; roles train, dev, test.
  explicit Checked(const std::vector<std::string>& texts, const ValidateOptions& options = kOptions,
                   const std::string& contexts = "") {
    const char* roles[] = {"train", "dev", "test"};
    std::vector<ValidateInput> inputs;
    for (size_t i = 0; i < texts.size(); ++i) inputs.push_back({roles[i], dir_.Write(std::to_string(i), texts[i])});
    if (!contexts.empty()) inputs[0].contexts = dir_.Write("contexts", contexts);
    report = Validate(inputs, options);
  }
  [[nodiscard]] const Finding& Only(const std::string& code) const {
    EXPECT_EQ(Codes(report), std::set<std::string>{code});
    return report.findings.at(0);
  }
  [[nodiscard]] const Finding* Find(const std::string& code) const {
    for (const Finding& finding : report.findings) {
      if (finding.code == code) return &finding;
    }
    return nullptr;
  }
  ValidateReport report;

 private:
  TempDir dir_;
};

TEST(Validate, CleanDataHaveNoFindings) { EXPECT_TRUE(Checked({kClean}).report.findings.empty()); }

TEST(Validate, BadRowsAreAFindingAndTheRestIsChecked) {
  const Checked checked({std::string(kClean) + "lonely\n\nx b-PER\n\nA\xFF O\n\n\x07 O\n"});
  const Finding* bad = checked.Find("bad-input");
  ASSERT_NE(bad, nullptr);
  EXPECT_EQ(bad->severity, Severity::kError);
  EXPECT_EQ(bad->count, 2) << "rows come before tags";
  EXPECT_THAT(bad->places[0].where, HasSubstr("0:12"));
  EXPECT_NE(checked.Find("control-characters"), nullptr);
  EXPECT_EQ(checked.report.corpora[0].sentences.size(), 4U);
  EXPECT_EQ(checked.report.Count(Severity::kError), 1);
}

TEST(Validate, FilesWithoutSentencesAreAFinding) {
  EXPECT_EQ(Checked({"\n"}).Only("bad-input").places[0].what, "no sentences");
}

TEST(Validate, MissingAndForeignFilesAreErrors) {
  const TempDir dir;
  EXPECT_EQ(ErrorOf([&] {
              (void)Validate({{"data", (dir.path() / "none").string(), ""}}, {});
            }).code(),
            ErrorCode::kNoInput);
  const std::string gz = dir.Write("a.gz", "\x1F\x8B\x08");
  EXPECT_THAT(ErrorOf([&] { (void)Validate({{"data", gz, ""}}, {}); }).problems()[0].what, HasSubstr("gzip"));
}

TEST(Validate, IllFormedTagsHavePlaces) {
  const Checked checked({std::string(kClean) + "a O\nb I-PER\n\nc I-ORG\n"});
  const Finding& finding = checked.Only("ill-formed-tags");
  EXPECT_EQ(finding.count, 2);
  EXPECT_THAT(finding.places[0].what, HasSubstr("from 'O' to 'I-PER'"));
  EXPECT_THAT(finding.places[0].where, HasSubstr(":13"));
}

TEST(Validate, DuplicatesAndConflictsInAFile) {
  EXPECT_EQ(Checked({std::string(kClean) + "Acme B-ORG\ngrew O\n"}).Only("duplicate-sentences").count, 1);
  const Checked checked({std::string(kClean) + "Acme O\ngrew O\n"});
  EXPECT_THAT(checked.Only("conflicting-labels").places[0].what, HasSubstr("'Acme grew' as in line 5"));
}

TEST(Validate, OverlapOfSplitsIsCounted) {
  const Checked checked({kClean, "Acme B-ORG\ngrew O\n\nnew O\nBob B-PER\n\n", "other O\nBob B-PER\nAcme B-ORG\n"});
  const Finding& finding = checked.Only("overlap");
  EXPECT_EQ(finding.count, 1);
  EXPECT_THAT(finding.places[0].where, HasSubstr("/1:1"));
  EXPECT_THAT(finding.places[0].what, AllOf(HasSubstr("'Acme grew'"), HasSubstr("/0:5")));
}

TEST(Validate, LabelsAreComparedWithTheTrainingData) {
  const Checked unknown({kClean, "x B-PER\ny B-ORG\nz B-LOC\n"});
  EXPECT_THAT(unknown.Only("label-not-in-train").places[0].what, HasSubstr("'LOC' has 1 entity"));
  const Checked missing({kClean, "x B-PER\n"});
  EXPECT_EQ(missing.Only("label-missing").places[0].what, "'ORG'");
  const Checked rare({kClean}, {.rare_label = 3});
  EXPECT_EQ(rare.Only("rare-label").count, 2);
  EXPECT_THAT(rare.report.findings[0].places[1].what, HasSubstr("'PER' has 2 entities"));
  const Checked letters({std::string(kClean) + "x B-Per\ny O\nz B-Per\n"});
  EXPECT_EQ(letters.Only("label-case").places[0].what, "'PER' and 'Per'");
}

TEST(Validate, OverAThousandLabelsAreReported) {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += "w" + std::to_string(i) + " B-T" + std::to_string(i) + "\n\n";
  EXPECT_EQ(Checked({text}, {.rare_label = 0}).Only("many-labels").count, 1001);
}

TEST(Validate, OddEntitiesAreReported) {
  EXPECT_EQ(Checked({std::string(kClean) + "--- B-ORG\nx O\n"}).Only("punctuation-entity").count, 1);
  const std::string nbsp = "\xC2\xA0";
  const Checked blank({std::string(kClean) + nbsp + " B-ORG\nx O\n"});
  EXPECT_NE(blank.Find("blank-entity"), nullptr);
  EXPECT_NE(blank.Find("invisible-words"), nullptr);
  EXPECT_NE(Checked({std::string(kClean) + nbsp + " B-ORG\nx I-ORG\n"}).Find("entity-edge-blank"), nullptr);
  EXPECT_NE(Checked({std::string(kClean) + "x B-ORG\n" + nbsp + " I-ORG\n"}).Find("entity-edge-blank"), nullptr);
}

TEST(Validate, LongSentencesAreSuspected) {
  std::string plain = kClean, joined = kClean;
  for (int i = 0; i < 21; ++i) {
    plain += "w" + std::to_string(i) + " O\n";
    joined += (i % 4 == 0 ? "." : "w" + std::to_string(i)) + " O\n";
  }
  EXPECT_EQ(Checked({plain}).Only("long-sentence").count, 1);
  EXPECT_THAT(Checked({joined}).Only("missing-blank-line").places[0].what, HasSubstr("21 words"));
}

TEST(Validate, OddWordsAndSeparatorsAreReported) {
  EXPECT_EQ(Checked({std::string(kClean) + "a\x14 O\nb O\n"}).Only("control-characters").count, 1);
  EXPECT_EQ(Checked({std::string(kClean) + "a\xEF\xBF\xBD O\nb O\n"}).Only("replacement-characters").count, 1);
  EXPECT_EQ(Checked({std::string(kClean) + "\xE2\x80\x8B O\nb O\n"}).Only("invisible-words").count, 1);
  EXPECT_EQ(Checked({std::string(kClean) + "a O\n<EOS> O\nb B-PER\n"}).Only("context-leftover").count, 1);
  EXPECT_EQ(Checked({std::string(kClean) + "a O\n\t\nb O\n"}).Only("blank-separators").count, 1);
}

TEST(Validate, DataWithoutEntitiesAreAnErrorInTraining) {
  const Checked checked({"a O\nb O\n", "c O\nd O\n"});
  ASSERT_EQ(checked.report.findings.size(), 2U);
  EXPECT_EQ(checked.report.findings[0].code, "no-entities");
  EXPECT_EQ(checked.report.findings[0].severity, Severity::kError);
  EXPECT_EQ(checked.report.findings[1].severity, Severity::kWarning);
}

TEST(Validate, DataWithoutTagsAreAnErrorInTraining) {
  for (const char* text : {"a\nb\n\nc", "a,O\nb,B-P\n\nc,O\n"}) {
    const Finding finding = Checked({text}).Only("no-tags");
    EXPECT_EQ(finding.severity, Severity::kError);
    EXPECT_EQ(finding.what, "no sentence has tags");
    EXPECT_EQ(finding.count, 2) << "sentences";
    EXPECT_EQ(finding.places.size(), 1U);
    EXPECT_THAT(finding.places[0].what, ::testing::StartsWith("first word 'a"));
    EXPECT_THAT(finding.places[0].where, HasSubstr("/0:1"));
    EXPECT_THAT(finding.fix, AllOf(HasSubstr("not by commas"), HasSubstr("--unlabelled")));
  }
  EXPECT_TRUE(Checked({"a\nb\n"}, {.read = {.tag_column = std::nullopt}}).report.findings.empty()) << "unlabelled data";
  EXPECT_EQ(Checked({kClean, "a\nb\n"}).Only("no-tags").severity, Severity::kError) << "training refuses them as dev";
}

TEST(Validate, OtherDataWithoutTagsAreAWarning) {
  const TempDir dir;
  const ValidateReport report =
      Validate({{"data", dir.Write("a", kClean), ""}, {"data", dir.Write("b", "a\nb\n"), ""}}, kOptions);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].code, "no-tags");
  EXPECT_EQ(report.findings[0].severity, Severity::kWarning);
}

TEST(Validate, JsonLinesAreRead) {
  const TempDir dir;
  const std::string text = "{\"tokens\":[\"a\",\"b\"],\"tags\":[0,1]}\n{\"tokens\":[\"c\"],\"tags\":[1]}\n";
  for (const char* name : {"a.jsonl", "a.txt"}) {
    ValidateOptions options = kOptions;
    options.labels = {"O", "B-P"};
    const ValidateReport report = Validate({{"train", dir.Write(name, text), ""}}, options);
    EXPECT_TRUE(report.findings.empty()) << report.findings[0].what;
    EXPECT_EQ(report.corpora[0].sentences.size(), 2U);
    EXPECT_EQ(report.corpora[0].entities, 2);
  }
  const ValidateReport ill = Validate(
      {{"train", dir.Write("b.jsonl", "{\"tokens\":[\"a\",\"b\",\"c\"],\"tags\":[\"B-P\",\"O\",\"I-P\"]}\n"), ""}},
      kOptions);
  EXPECT_EQ(ill.findings[0].code, "ill-formed-tags");
  EXPECT_THAT(ill.findings[0].places.at(0).where, HasSubstr("b.jsonl:1"));
}

TEST(Validate, WhatIsAFindingIsNoWarning) {
  const size_t warnings = WarningCount();
  EXPECT_NE(Checked({std::string(kClean) + "a O\nb I-PER\n"}).Find("ill-formed-tags"), nullptr);
  EXPECT_EQ(WarningCount(), warnings);
}

TEST(Validate, NamesOfTheLabelMapThatNoFileHasAreWarnedAbout) {
  ValidateOptions options = kOptions;
  options.read.label_map = {{"LOC", "PER"}};
  const size_t warnings = WarningCount();
  (void)Checked({kClean, "x B-PER\ny B-LOC\nz B-ORG\n"}, options);
  EXPECT_EQ(WarningCount(), warnings) << "one file has it";
  (void)Checked({kClean}, options);
  EXPECT_EQ(WarningCount(), warnings + 1);
}

TEST(Validate, MixedSchemesAreReported) {
  EXPECT_THAT(Checked({kClean, "x S-PER\ny S-ORG\nz O\n"}).Only("mixed-schemes").places[0].what, "BIO and BIOES");
}

TEST(Validate, ContextsAreAlignedAndSearchedForLeaks) {
  const std::string good =
      "Jane B-PER\nDoe I-PER\nleft O\n<EOS> B-X\nx B-X\n\nAcme B-ORG\ngrew O\n\nBob B-PER\nmet O\nAcme B-ORG\n\n";
  EXPECT_TRUE(Checked({kClean}, kOptions, good).report.findings.empty());
  EXPECT_EQ(Checked({kClean}, kOptions, good).report.corpora[0].with_context, 1);
  std::string shifted = good;
  shifted.replace(shifted.find("left O"), 6, "right O");
  const Finding misaligned = Checked({kClean}, kOptions, shifted).Only("context-misaligned");
  EXPECT_EQ(misaligned.severity, Severity::kError);
  EXPECT_THAT(misaligned.places[0].what, AllOf(HasSubstr("sentence 1"), HasSubstr("'left'"), HasSubstr("'right'")));

  ValidateOptions options = kOptions;
  options.leak_words = 3;
  std::string leak = good;
  leak.replace(leak.find("x B-X\n"), 6, "so B-X\njane B-X\nDOE B-X\nleft B-X\n B-X\n");
  EXPECT_THAT(Checked({kClean}, options, leak).Only("context-leak").places[0].what, HasSubstr("'Jane Doe left'"));
  EXPECT_TRUE(Checked({kClean}, kOptions, leak).report.findings.empty()) << "shorter than leak_words";
  std::string part = good;
  part.replace(part.find("x B-X\n"), 6, "Jane B-X\nDoe B-X\nlefty B-X\n");
  EXPECT_TRUE(Checked({kClean}, options, part).report.findings.empty()) << "only whole words count";
}

TEST(Validate, PlacesAreLimitedAndCountsAreNot) {
  std::string text = kClean;
  for (int i = 0; i < 9; ++i) text += "Acme B-ORG\ngrew O\n\n";
  const Checked checked({text});
  EXPECT_EQ(checked.Only("duplicate-sentences").count, 9);
  EXPECT_EQ(checked.report.findings[0].places.size(), kMaxPlaces);
}

TEST(Validate, JsonHoldsTheFindings) {
  const Json json = ToJson(Checked({std::string(kClean) + "a O\nb I-PER\n"}).report);
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["errors"], 0);
  EXPECT_EQ(json["warnings"], 1);
  EXPECT_EQ(json["files"][0]["sentences"], 4);
  EXPECT_EQ(json["findings"][0]["code"], "ill-formed-tags");
  EXPECT_EQ(json["findings"][0]["severity"], "warning");
  EXPECT_EQ(json["findings"][0]["count"], 1);
  EXPECT_THAT(json["findings"][0]["places"][0]["where"].get<std::string>(), HasSubstr(":13"));
}

TEST(Validate, Wnut17ContextsHoldTheirOwnSentences) {
  const std::filesystem::path dir = test::DataDir();
  const std::filesystem::path contexts = dir / "clner_contexts/wnut17_bertscore_eos_doc_full/test.txt";
  CLNER_NEEDS(contexts);
  const ValidateReport report =
      Validate({{"test", (dir / "wnut17/emerging.test.annotated").string(), contexts.string()}}, {});
  int64_t leaks = 0, words = 0;
  for (const Finding& finding : report.findings) {
    if (finding.code == "context-leak") leaks += finding.count;
    if (finding.code == "context-words") words += finding.count;
    EXPECT_NE(finding.code, "context-misaligned");
  }
  EXPECT_EQ(leaks, 74);
  EXPECT_GE(words, 9);
}

TEST(UnicodeClass, KnowsLettersBlanksAndControls) {
  EXPECT_TRUE(HasLetterOrDigit("\xE8\xB5\x84") && HasLetterOrDigit("-1") && HasLetterOrDigit("\xC3\xA9"));
  EXPECT_FALSE(HasLetterOrDigit("...") || HasLetterOrDigit("\xE3\x80\x82") || HasLetterOrDigit(""));
  EXPECT_TRUE(IsInvisible("") && IsInvisible(" \xC2\xA0\xE3\x80\x80\xE2\x80\x8B\xEF\xB8\x8F\x07"));
  EXPECT_FALSE(IsInvisible("\xE2\x80\x8B.") || IsInvisible("\xEE\x90\x9C"));
  EXPECT_TRUE(HasControl("a\x14") && HasControl("\xC2\x92"));
  EXPECT_FALSE(HasControl("a\xC2\xA0"));
  EXPECT_EQ(LowerCase("\xC3\x89"
                      "A\xD0\x96"),
            "\xC3\xA9"
            "a\xD0\xB6");
}

TEST(Stats, CountsLengthsAndContexts) {
  const TempDir dir;
  const DataStats stats = ComputeStats(ReadCorpus(
      dir.Write(
          "a",
          "-DOCSTART- O\n\nJane B-PER\nDoe I-PER\nleft O\n<EOS> B-X\nx B-X\n B-X\n\nJane B-PER\nDoe I-PER\n\nleft O\n"),
      {}));
  EXPECT_EQ(stats.sentences, 3);
  EXPECT_EQ(stats.words, 6);
  EXPECT_EQ(stats.vocabulary, 3);
  EXPECT_EQ(stats.documents, 1);
  EXPECT_EQ(stats.entities, 2);
  EXPECT_EQ(stats.entity_words, 4);
  EXPECT_EQ(stats.sentences_with_entities, 2);
  EXPECT_EQ(stats.types.at("PER").surfaces, 1);
  EXPECT_EQ(stats.sentence_words.min, 1);
  EXPECT_EQ(stats.sentence_words.median, 2);
  EXPECT_EQ(stats.sentence_words.max, 3);
  EXPECT_DOUBLE_EQ(stats.sentence_words.mean, 2.0);
  EXPECT_EQ(stats.with_context, 1);
  EXPECT_EQ(stats.empty_context_words, 1);
  EXPECT_EQ(stats.words_of_context.max, 2);
  EXPECT_EQ(stats.words_of_view.max, 5);
  const Json json = ToJson(stats);
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["scheme"], "BIO");
  EXPECT_DOUBLE_EQ(json["entity_density"].get<double>(), 4.0 / 6.0);
  EXPECT_DOUBLE_EQ(json["context"]["share"].get<double>(), 1.0 / 3.0);
  EXPECT_EQ(json["types"]["PER"]["mean_words"], 2.0);
}

TEST(Stats, UnlabelledDataHaveNoScheme) {
  const TempDir dir;
  const DataStats stats = ComputeStats(ReadCorpus(dir.Write("a", "a\nb\n"), {.tags_optional = true}));
  EXPECT_FALSE(stats.labelled);
  EXPECT_TRUE(ToJson(stats)["scheme"].is_null());
  EXPECT_EQ(stats.words_of_entity.max, 0);
}

}  // namespace
}  // namespace clner
