// LoadTokenizer: which file decides what, and every error of the tokenizer files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log.h"
#include "tokenizer_directory.h"

namespace clner {
namespace {

using test::ReportOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kUncased = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nab\n\xC3\xA9\n";
constexpr const char* kCased = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nAb\n\xC3\xA9\n";
constexpr const char* kEntries = R"({"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"a":5,"##b":6,"ab":7,"é":8})";

class LoadTokenizerTest : public test::TokenizerDirectory {
 protected:
  void WriteJson(const std::string& normalizer, const std::string& vocabulary = kEntries, const std::string& more = "",
                 const std::string& rest = "") {
    directory_.Write("tokenizer.json", R"({"normalizer":)" + normalizer + R"(,"model":{"type":"WordPiece","vocab":)" +
                                           vocabulary + more + "}" + rest + "}");
  }
};

TEST_F(LoadTokenizerTest, VocabularyWithoutCapitalsIsUncased) {
  directory_.Write("vocab.txt", kUncased);
  EXPECT_THAT(Ids("AB"), ElementsAre(7));
  EXPECT_THAT(Ids("\xC3\x89"), ElementsAre(1));  // the accent is stripped with the case
}

TEST_F(LoadTokenizerTest, VocabularyWithCapitalsIsCasedWithAWarning) {
  directory_.Write("vocab.txt", kCased);
  size_t before = WarningCount();
  EXPECT_THAT(Ids("Ab"), ElementsAre(7));
  EXPECT_EQ(WarningCount(), before + 1);
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(Ids("Ab"), ElementsAre(7));
  EXPECT_EQ(WarningCount(), before + 1);
}

TEST_F(LoadTokenizerTest, ConfigDecidesCaseAccentsAndChinese) {
  directory_.Write("vocab.txt", std::string(kUncased) + "\xE4\xB8\xAD\n");
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": true, "strip_accents": false})");
  EXPECT_THAT(Ids("\xC3\x89"), ElementsAre(8));
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": false, "strip_accents": null})");
  EXPECT_THAT(Ids("AB"), ElementsAre(1));
  EXPECT_THAT(Ids("\xC3\xA9"), ElementsAre(8));
  EXPECT_THAT(Ids("a\xE4\xB8\xAD"), ElementsAre(5, 9));
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": true, "tokenize_chinese_chars": false})");
  EXPECT_THAT(Ids("a\xE4\xB8\xAD"), ElementsAre(1));
}

TEST_F(LoadTokenizerTest, TokenizerJsonAloneIsEnough) {
  WriteJson(
      R"({"type":"BertNormalizer","lowercase":true,"strip_accents":false,"clean_text":true,"handle_chinese_chars":true})");
  EXPECT_THAT(Ids("ABb\xC3\x89"), ElementsAre(1));
  EXPECT_THAT(Ids("ABb"), ElementsAre(7, 6));
  EXPECT_THAT(Ids("\xC3\x89"), ElementsAre(8));
  EXPECT_EQ(LoadTokenizer(directory_.path())->special().mask, 4);
}

TEST_F(LoadTokenizerTest, TokenizerJsonFillsWhatTheConfigLeavesOpen) {
  directory_.Write("vocab.txt", kUncased);
  WriteJson(R"({"type":"BertNormalizer","lowercase":false,"clean_text":false})");
  EXPECT_THAT(Ids("AB"), ElementsAre(1));
  EXPECT_THAT(Ids("a\x07"), ElementsAre(1));
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": true})");
  EXPECT_THAT(Ids("AB"), ElementsAre(7));
}

TEST_F(LoadTokenizerTest, ModelOptionsOfTokenizerJsonHold) {
  WriteJson("null", R"({"[PAD]":0,"<u>":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"a":5,"@@b":6})",
            R"(,"unk_token":"<u>","continuing_subword_prefix":"@@","max_input_chars_per_word":2)");
  EXPECT_THAT(Ids("ab"), ElementsAre(5, 6));
  EXPECT_THAT(Ids("abb"), ElementsAre(1));
}

TEST_F(LoadTokenizerTest, NamesOfSpecialTokensComeFromConfigThenMap) {
  directory_.Write("vocab.txt", "<pad>\n<unk>\n<s>\n</s>\n[SEP]\na\n");
  directory_.Write("special_tokens_map.json",
                   R"({"cls_token":"<s>","sep_token":"[SEP]","unk_token":{"content":"<unk>","lstrip":false}})");
  EXPECT_EQ(LoadTokenizer(directory_.path())->special().separator, 4);
  directory_.Write("tokenizer_config.json",
                   R"({"sep_token":{"content":"</s>"},"pad_token":"<pad>","mask_token":null})");
  auto tokenizer = LoadTokenizer(directory_.path());
  EXPECT_EQ(tokenizer->special().separator, 3);
  EXPECT_EQ(tokenizer->special().begin, 2);
  EXPECT_EQ(tokenizer->special().unknown, 1);
  EXPECT_EQ(tokenizer->special().pad, 0);
  EXPECT_EQ(tokenizer->special().mask, -1);
}

TEST_F(LoadTokenizerTest, AddedTokensExtendTheVocabulary) {
  directory_.Write("vocab.txt", kUncased);
  directory_.Write("added_tokens.json", R"({"<e>":9})");
  directory_.Write("tokenizer_config.json",
                   R"({"added_tokens_decoder":{"0":{"content":"[PAD]"},"10":{"content":"<f>"}}})");
  auto tokenizer = LoadTokenizer(directory_.path());
  EXPECT_EQ(tokenizer->vocabulary_size(), 11);
  EXPECT_EQ(tokenizer->PieceText(9), "<e>");
  EXPECT_EQ(tokenizer->PieceText(10), "<f>");
}

TEST_F(LoadTokenizerTest, CopiedFilesLoadTheSameTokenizer) {
  directory_.Write("vocab.txt", kUncased);
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": false})");
  directory_.Write("model.safetensors", "no tokenizer file");
  EXPECT_THAT(TokenizerFiles(directory_.path()), ElementsAre("vocab.txt", "tokenizer_config.json"));
  test::TempDirectory copy;
  for (const std::string& name : TokenizerFiles(directory_.path()))
    std::filesystem::copy(directory_.path() / name, copy.path() / name);
  std::vector<int32_t> ids;
  LoadTokenizer(copy.path())->EncodeWord("AB", SIZE_MAX, &ids);
  EXPECT_EQ(ids, Ids("AB"));
}

TEST_F(LoadTokenizerTest, DirectoryWithoutTokenizerIsRefused) {
  std::string report = Report();
  EXPECT_THAT(
      report,
      HasSubstr("no tokenizer: none of 'tokenizer.json', 'vocab.txt', 'sentencepiece.bpe.model', 'spiece.model', "
                "'tokenizer.model', 'vocab.json' with 'merges.txt' is there"));
  EXPECT_THAT(report, HasSubstr(directory_.path().string()));
  EXPECT_THAT(ReportOf(ErrorCode::kCorrupt, [&] { (void)TokenizerFiles(directory_.path() / "absent"); }),
              HasSubstr("no tokenizer"));
}

TEST_F(LoadTokenizerTest, BadJsonIsRefused) {
  directory_.Write("vocab.txt", kUncased);
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": tru})");
  EXPECT_THAT(Report(), HasSubstr("tokenizer_config.json"));
  directory_.Write("tokenizer_config.json", "[1]");
  EXPECT_THAT(Report(), HasSubstr("the file must hold a JSON object"));
}

TEST_F(LoadTokenizerTest, WrongTypesOfOptionsAreRefused) {
  directory_.Write("vocab.txt", kUncased);
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": "yes"})");
  EXPECT_THAT(Report(), HasSubstr("'do_lower_case' must be true or false, not \"yes\""));
  directory_.Write("tokenizer_config.json", R"({"cls_token": 7})");
  EXPECT_THAT(Report(), HasSubstr("'cls_token' must be a string, not 7"));
}

TEST_F(LoadTokenizerTest, OtherTokenizerModelsAreRefused) {
  directory_.Write("tokenizer.json", R"({"model":{"type":"WordLevel","vocab":{"a":0}}})");
  EXPECT_THAT(Report(), HasSubstr("tokenizer model 'WordLevel' is not supported"));
  directory_.Write("tokenizer.json", R"({"version":"1.0"})");
  EXPECT_THAT(Report(), HasSubstr("there is no 'model' object"));
  directory_.Write("tokenizer.json", R"({"model":{"type":"WordPiece"}})");
  EXPECT_THAT(Report(), HasSubstr("there is no 'vocab' object"));
}

TEST_F(LoadTokenizerTest, OtherNormalizersThanBertsAreSteps) {
  WriteJson(R"({"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"}]})");
  EXPECT_THAT(Ids("\xC3\x81 b"), ElementsAre(5, 1));
  WriteJson("null");
  EXPECT_THAT(Ids("\xC3\xA9"), ElementsAre(8));
  EXPECT_THAT(Ids("AB"), ElementsAre(1));
}

TEST_F(LoadTokenizerTest, OtherPreTokenizersThanBertsAreSteps) {
  const auto write = [&](const std::string& pre_tokenizer) {
    WriteJson(R"({"type":"BertNormalizer"})", kEntries, "", R"(,"pre_tokenizer":)" + pre_tokenizer);
  };
  write(R"({"type":"BertPreTokenizer"})");
  EXPECT_THAT(Ids("AB!ab"), ElementsAre(7, 1, 7));
  write(R"({"type":"WhitespaceSplit"})");
  EXPECT_THAT(Ids("AB!ab"), ElementsAre(1));
  write("null");
  EXPECT_THAT(Ids("ab a"), ElementsAre(1));
  write(R"({"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{"type":"Digits","individual_digits":true}]})");
  EXPECT_THAT(Ids("a12 ab"), ElementsAre(5, 1, 1, 7));
}

TEST_F(LoadTokenizerTest, NormalizersCannotMakeAWordEndlesslyLong) {
  const std::string twice = R"({"type":"Replace","pattern":{"String":"a"},"content":"aa"})";
  std::string steps = twice;
  for (int i = 1; i < 40; ++i) steps += "," + twice;
  WriteJson(R"({"type":"Sequence","normalizers":[)" + steps + "]}");
  const auto tokenizer = LoadTokenizer(directory_.path());
  std::vector<int32_t> ids;
  EXPECT_THAT(ReportOf(ErrorCode::kCorrupt, [&] { (void)tokenizer->EncodeWord("a", SIZE_MAX, &ids); }),
              HasSubstr("the normalizer of the tokenizer makes 8192 bytes of a word of 1"));
  WriteJson(R"({"type":"Replace","pattern":{"String":"a"},"content":")" + std::string(65, 'b') + "\"}");
  EXPECT_THAT(Report(), HasSubstr("a replacement of 65 bytes for 1; at most 64 times as many are allowed"));
}

TEST_F(LoadTokenizerTest, StepsThatAreNotUnderstoodAreListed) {
  WriteJson(R"({"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Nmt"}]})");
  EXPECT_THAT(Report(), HasSubstr("normalizer 'Nmt' is not supported with WordPiece"));
  EXPECT_THAT(Report(), HasSubstr("supported are BertNormalizer, Lowercase, NFC,"));
  WriteJson(R"({"type":"Sequence"})");
  EXPECT_THAT(Report(), HasSubstr("'normalizers' must be a list"));
  WriteJson(R"({"type":"Prepend"})");
  EXPECT_THAT(Report(), HasSubstr("'prepend' is missing"));
  const auto report = [&](const std::string& pre_tokenizer) {
    WriteJson(R"({"type":"BertNormalizer"})", kEntries, "", R"(,"pre_tokenizer":)" + pre_tokenizer);
    return Report();
  };
  EXPECT_THAT(report(R"({"type":"ByteLevel"})"),
              HasSubstr("pre-tokenizer 'ByteLevel' is not supported with WordPiece"));
  EXPECT_THAT(report(R"({"type":"ByteLevel"})"), HasSubstr("supported are BertPreTokenizer, Digits, Punctuation,"));
  EXPECT_THAT(report(R"({"type":"Punctuation","behavior":"Removed"})"),
              HasSubstr("Punctuation with 'Removed' is not supported"));
  EXPECT_THAT(report("[]"), HasSubstr("a pre_tokenizer has no 'type'"));
  EXPECT_THAT(report(R"({"type":3})"), HasSubstr("'pre_tokenizer.type' must be a string, not 3"));
}

TEST_F(LoadTokenizerTest, BadVocabulariesOfTokenizerJsonAreRefused) {
  WriteJson("null", "{}");
  EXPECT_THAT(Report(), HasSubstr("the vocabulary is empty"));
  WriteJson("null", R"({"a":0,"b":0})");
  EXPECT_THAT(Report(), HasSubstr("pieces 'a' and 'b' have the same id 0"));
  WriteJson("null", R"({"a":0,"b":5})");
  EXPECT_THAT(Report(), HasSubstr("piece 'b' has the id 5 of 2 pieces"));
  WriteJson("null", R"({"a":-1})");
  EXPECT_THAT(Report(), HasSubstr("an id must be a number from 0 to 1999999, not -1"));
  WriteJson("null", R"({"":0})");
  EXPECT_THAT(Report(), HasSubstr("a piece of 0 bytes; 1 to 1024 are allowed"));
  WriteJson("null", R"({"a":0,"a":1})");
  EXPECT_THAT(Report(), HasSubstr("tokenizer.json"));
}

TEST_F(LoadTokenizerTest, DifferentVocabulariesAreRefused) {
  directory_.Write("vocab.txt", kUncased);
  WriteJson("null", R"({"[PAD]":0,"[UNK]":1,"[SEP]":2})");
  EXPECT_THAT(Report(), HasSubstr("vocab.txt and tokenizer.json differ: id 2 is '[CLS]' and '[SEP]'"));
  directory_.Write("vocab.txt", "[PAD]\n[UNK]\n");
  EXPECT_THAT(Report(), HasSubstr("vocab.txt and tokenizer.json differ: id 2 is 'nothing' and '[SEP]'"));
}

TEST_F(LoadTokenizerTest, BadAddedTokensAreRefused) {
  directory_.Write("vocab.txt", kUncased);
  directory_.Write("added_tokens.json", R"({"<e>":10})");
  EXPECT_THAT(Report(), HasSubstr("added token '<e>' has the id 10, the next free one is 9"));
  directory_.Write("added_tokens.json", R"({"<e>":5})");
  EXPECT_THAT(Report(), HasSubstr("id 5 is both 'a' and '<e>'"));
  directory_.Write("added_tokens.json", R"({"":9})");
  EXPECT_THAT(Report(), HasSubstr("an added token is empty or too long"));
  directory_.Write("added_tokens.json", "{}");
  directory_.Write("tokenizer_config.json", R"({"added_tokens_decoder":{"x":{"content":"<e>"}}})");
  EXPECT_THAT(Report(), HasSubstr("'x' is not an id"));
  directory_.Write("tokenizer_config.json", R"({"added_tokens_decoder":{"9":{}}})");
  EXPECT_THAT(Report(), HasSubstr("an added token has no content"));
  directory_.Write("tokenizer_config.json", "{}");
  WriteJson("null", kEntries, "", R"(,"added_tokens":[{"content":"<e>"}])");
  EXPECT_THAT(Report(), HasSubstr("an added token has no id"));
}

}  // namespace
}  // namespace clner
