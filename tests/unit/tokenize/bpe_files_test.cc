// LoadTokenizer on byte-level BPE directories: which file decides what, and every error of the files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clner/error.h"
#include "core/json.h"
#include "core/random.h"
#include "core/utf8.h"
#include "tokenize/byte_alphabet.h"
#include "tokenizer_directory.h"

namespace clner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Special tokens 0-4, the bytes from 5 on, then what `more` lists.
Json Vocabulary(const std::vector<std::string>& more = {"ab",
                                                        "\xC4\xA0"
                                                        "ab"}) {
  Json vocabulary = {{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}, {"<mask>", 4}};
  for (size_t byte = 0; byte < 256; ++byte) {
    std::string piece;
    AppendUtf8(bpe::CharacterOfByte(static_cast<unsigned char>(byte)), &piece);
    vocabulary[piece] = vocabulary.size();
  }
  for (const std::string& piece : more) vocabulary[piece] = vocabulary.size();
  return vocabulary;
}

constexpr const char* kMerges = "#version: 0.2\na b\n\xC4\xA0 ab\n";

/// tokenizer.json as transformers writes it for RoBERTa.
Json TokenizerJson() {
  return {{"version", "1.0"},
          {"added_tokens", Json::array({{{"id", 4}, {"content", "<mask>"}, {"lstrip", true}, {"special", true}}})},
          {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}}},
          {"post_processor",
           {{"type", "RobertaProcessing"}, {"sep", {"</s>", 2}}, {"cls", {"<s>", 0}}, {"trim_offsets", true}}},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", ""},
            {"end_of_word_suffix", ""},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"vocab", Vocabulary()},
            {"merges", {"a b", "\xC4\xA0 ab"}}}}};
}

class BpeFilesTest : public test::TokenizerDirectory {
 protected:
  void WritePair(const Json& vocabulary, std::string_view merges) {
    directory_.Write("vocab.json", vocabulary.dump());
    directory_.Write("merges.txt", merges);
  }
  void WriteTokenizer(const Json& tokenizer) { directory_.Write("tokenizer.json", tokenizer.dump()); }
  /// The report on tokenizer.json after `pointer` is set to `value`.
  std::string ReportWith(const std::string& pointer, const Json& value) {
    Json tokenizer = TokenizerJson();
    tokenizer[Json::json_pointer(pointer)] = value;
    WriteTokenizer(tokenizer);
    return Report();
  }
};

TEST_F(BpeFilesTest, VocabularyAndMergesAreEnough) {
  WritePair(Vocabulary(), kMerges);
  EXPECT_THAT(Ids("ab"), ElementsAre(262));
  auto tokenizer = LoadTokenizer(directory_.path());
  EXPECT_EQ(tokenizer->special().begin, 0);
  EXPECT_EQ(tokenizer->special().separator, 2);
  EXPECT_EQ(tokenizer->special().mask, 4);
  EXPECT_THAT(TokenizerFiles(directory_.path()), ElementsAre("vocab.json", "merges.txt"));
}

TEST_F(BpeFilesTest, TokenizerJsonAloneIsEnough) {
  WriteTokenizer(TokenizerJson());
  EXPECT_THAT(Ids("ab"), ElementsAre(262));
  Json tokenizer = TokenizerJson();
  tokenizer["model"]["merges"] = Json::array({Json::array({"a", "b"}), Json::array({"\xC4\xA0", "ab"})});
  WriteTokenizer(tokenizer);
  EXPECT_THAT(Ids("ab"), ElementsAre(262));
  tokenizer["pre_tokenizer"]["use_regex"] = false;
  tokenizer["model"].erase("type");
  tokenizer.erase("post_processor");
  WriteTokenizer(tokenizer);
  EXPECT_THAT(Ids("ab"), ElementsAre(262));
}

TEST_F(BpeFilesTest, ByteOrderMarkCrLfAndMissingHeaderAreAccepted) {
  WritePair(Vocabulary(), "\xEF\xBB\xBF#version: 0.2\r\na b\r\n\xC4\xA0 ab");
  EXPECT_THAT(Ids("ab"), ElementsAre(262));
  WritePair(Vocabulary(), "a b\n\xC4\xA0 ab\n");
  EXPECT_THAT(Ids("ab"), ElementsAre(262));
  WritePair(Vocabulary(), "#version: 0.2");
  EXPECT_EQ(Ids("ab").size(), 3u);
  WritePair(Vocabulary({"##"}), "# #\n");
  EXPECT_EQ(Ids("##").size(), 2u);
}

TEST_F(BpeFilesTest, NamesOfSpecialTokensComeFromProcessorThenConfig) {
  Json tokenizer = TokenizerJson();
  tokenizer["post_processor"]["cls"] = {"<pad>", 1};
  WriteTokenizer(tokenizer);
  EXPECT_EQ(LoadTokenizer(directory_.path())->special().begin, 1);
  directory_.Write("tokenizer_config.json", R"({"cls_token": "<mask>", "mask_token": {"content": "a"}})");
  EXPECT_EQ(LoadTokenizer(directory_.path())->special().begin, 4);
  EXPECT_EQ(LoadTokenizer(directory_.path())->special().mask, 5 + 'a');
}

TEST_F(BpeFilesTest, AddedTokensExtendTheVocabulary) {
  WritePair(Vocabulary(), kMerges);
  directory_.Write("added_tokens.json", R"({"<e>":263})");
  EXPECT_EQ(LoadTokenizer(directory_.path())->vocabulary_size(), 264);
  EXPECT_EQ(Ids("<e>").size(), 4u);
}

TEST_F(BpeFilesTest, BadLinesOfMergesAreNamedTogether) {
  WritePair(Vocabulary(), "#version: 0.2\na b\na  b\nab\n\na b c\n\xFF a\na xy\nb a\na b\n");
  const std::string report = Report();
  EXPECT_THAT(report, HasSubstr("a merge is two pieces with one blank between them, not 'a  b'"));
  for (const char* place : {"merges.txt:3", "merges.txt:4", "merges.txt:5", "merges.txt:6"})
    EXPECT_THAT(report, HasSubstr(place));
  EXPECT_THAT(report, HasSubstr("invalid UTF-8 at byte 0 of the line"));
  EXPECT_THAT(report, HasSubstr("piece 'xy' of a merge is not in the vocabulary"));
  EXPECT_THAT(report, HasSubstr("piece 'ba' of a merge is not in the vocabulary"));
  EXPECT_THAT(report, HasSubstr("merges.txt:9"));
  EXPECT_THAT(report, HasSubstr("duplicate merge 'a b', first at "));
  EXPECT_THAT(report, HasSubstr("merges.txt:10"));
  EXPECT_THAT(report, Not(HasSubstr("at: " + (directory_.path() / "merges.txt:2\n").string())));
}

TEST_F(BpeFilesTest, BadMergesOfTokenizerJsonAreNamedTogether) {
  const std::string report = ReportWith(
      "/model/merges", Json::array({"a b", 7, "a", Json::array({"a"}), Json::array({"a", 1}), "a b", "zz a"}));
  EXPECT_THAT(report, HasSubstr("a merge is \"a b\" or [\"a\", \"b\"], not 7"));
  for (const char* place : {"merges[1]", "merges[2]", "merges[3]", "merges[4]", "merges[5]", "merges[6]"})
    EXPECT_THAT(report, HasSubstr(place));
  EXPECT_THAT(ReportWith("/model/merges", nullptr), HasSubstr("there is no 'merges' array"));
}

TEST_F(BpeFilesTest, BadVocabulariesAreRefused) {
  const auto report = [&](const std::string& text) {
    directory_.Write("vocab.json", text);
    directory_.Write("merges.txt", "");
    return Report();
  };
  EXPECT_THAT(report("{}"), HasSubstr("the vocabulary is empty"));
  EXPECT_THAT(report("[1]"), HasSubstr("the file must hold a JSON object"));
  EXPECT_THAT(report(R"({"a":0,"b":0})"), HasSubstr("pieces 'a' and 'b' have the same id 0"));
  EXPECT_THAT(report(R"({"a":0,"b":2})"), HasSubstr("piece 'b' has the id 2 of 2 pieces"));
  EXPECT_THAT(report(R"({"a":0,"a":1})"), HasSubstr("duplicate key 'a'"));
  EXPECT_THAT(report(R"({"a":"0"})"), HasSubstr("an id must be a number"));
  EXPECT_THAT(report("{\"\xFF\":0}"), HasSubstr("vocab.json"));
  EXPECT_THAT(report("{\"" + std::string(200000, 'a') + "\":0}"), HasSubstr("a piece of 200000 bytes"));
  EXPECT_THAT(report("{\"a\":0"), HasSubstr("vocab.json"));
  const std::string missing = report(R"({"a":0})");
  EXPECT_THAT(missing, HasSubstr("the vocabulary has no piece '\xC4\x80' for the byte 0x00"));
  EXPECT_THAT(missing, HasSubstr("255"));
}

TEST_F(BpeFilesTest, MissingSpecialTokensAreRefused) {
  Json vocabulary = Vocabulary();
  Json renamed = Json::object();
  for (const auto& [piece, id] : vocabulary.items()) renamed[piece == "</s>" ? "</S>" : piece] = id;
  WritePair(renamed, kMerges);
  EXPECT_THAT(Report(), HasSubstr("the sep token '</s>' is not in the vocabulary"));
}

TEST_F(BpeFilesTest, WhatIsStatedTwiceMustAgree) {
  WritePair(Vocabulary(), kMerges);
  WriteTokenizer(TokenizerJson());
  EXPECT_THAT(Ids("ab"), ElementsAre(262));
  directory_.Write("merges.txt", "a b\n");
  EXPECT_THAT(Report(), HasSubstr("merges.txt and tokenizer.json differ from merge 2 on"));
  directory_.Write("vocab.json", Vocabulary({"ab"}).dump());
  EXPECT_THAT(Report(), HasSubstr("vocab.json and tokenizer.json differ: id 262 is 'nothing'"));
}

TEST_F(BpeFilesTest, OtherPartsThanThoseOfRobertaAreNamed) {
  EXPECT_THAT(ReportWith("/model/unk_token", "<unk>"), HasSubstr("'model.unk_token' is \"<unk>\", which is not supp"));
  EXPECT_THAT(ReportWith("/model/dropout", 0.1), HasSubstr("'model.dropout' is 0.1"));
  EXPECT_THAT(ReportWith("/model/continuing_subword_prefix", "##"), HasSubstr("'model.continuing_subword_prefix'"));
  EXPECT_THAT(ReportWith("/model/end_of_word_suffix", "</w>"), HasSubstr("'model.end_of_word_suffix'"));
  EXPECT_THAT(ReportWith("/model/byte_fallback", true), HasSubstr("'model.byte_fallback' is true"));
  EXPECT_THAT(ReportWith("/model/ignore_merges", true), HasSubstr("'model.ignore_merges' is true"));
  EXPECT_THAT(ReportWith("/normalizer", {{"type", "Nmt"}}),
              HasSubstr("normalizer 'Nmt' is not supported with byte-level BPE"));
  EXPECT_THAT(ReportWith("/pre_tokenizer", {{"type", "Sequence"}}), HasSubstr("'pretokenizers' must be a list"));
  EXPECT_THAT(ReportWith("/pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", Json::array()}}),
              HasSubstr("pre-tokenizer 'Sequence' is not supported with byte-level BPE"));
  EXPECT_THAT(ReportWith("/pre_tokenizer", {{"type", "Digits"}}),
              HasSubstr("pre-tokenizer 'Digits' is not supported with byte-level BPE"));
  EXPECT_THAT(ReportWith("/pre_tokenizer", nullptr), HasSubstr("there is no pre-tokenizer; ByteLevel is needed"));
  EXPECT_THAT(ReportWith("/post_processor/type", "ByteLevel"), HasSubstr("'post_processor.type' is 'ByteLevel'"));
}

TEST_F(BpeFilesTest, DamagedFilesLoadOrAreRefused) {
  const uint64_t seed = 36;
  SCOPED_TRACE(seed);
  Random random(seed);
  const std::pair<std::string, std::string> files[] = {
      {"vocab.json", Vocabulary().dump()}, {"merges.txt", kMerges}, {"tokenizer.json", TokenizerJson().dump()}};
  size_t refused = 0;
  for (int round = 0; round < 300; ++round) {
    for (const auto& [name, text] : files) directory_.Write(name, text);
    auto [name, text] = files[random.Below(3)];
    const size_t at = random.Below(text.size());
    switch (random.Below(3)) {
      case 0:
        text.resize(at);
        break;
      case 1:
        text[at] = static_cast<char>(random.Below(256));
        break;
      default:
        text.erase(at, 1 + random.Below(20));
    }
    directory_.Write(name, text);
    if (name != "tokenizer.json" && random.Below(2) == 0) std::filesystem::remove(directory_.path() / "tokenizer.json");
    try {
      std::vector<int32_t> ids;
      EXPECT_TRUE(LoadTokenizer(directory_.path())->EncodeWord("ab\xC3\xA9's 1", SIZE_MAX, &ids));
      EXPECT_FALSE(ids.empty());
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(ErrorCode::kCorrupt)) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 150u);
}

TEST_F(BpeFilesTest, HugeFilesAreRefusedBeforeTheyAreRead) {
  WritePair(Vocabulary(), kMerges);
  for (const char* name : {"vocab.json", "merges.txt"}) {
    const auto path = directory_.path() / name;
    std::filesystem::rename(path, directory_.path() / "kept");
    directory_.Write(name, "");
    std::filesystem::resize_file(path, (64 << 20) + 1);
    EXPECT_THAT(Report(), HasSubstr("the vocabulary has more than 67108864 bytes"));
    EXPECT_THAT(Report(), HasSubstr(name));
    std::filesystem::rename(directory_.path() / "kept", path);
  }
  directory_.Write("merges.txt", std::string(2'000'001, '\n'));
  EXPECT_THAT(Report(), HasSubstr("more than 2000000 pieces"));
}

TEST_F(BpeFilesTest, WrongTypesAreRefused) {
  EXPECT_THAT(ReportWith("/pre_tokenizer/use_regex", "yes"), HasSubstr("'use_regex' must be true or false"));
  EXPECT_THAT(ReportWith("/pre_tokenizer/type", 1), HasSubstr("'pre_tokenizer.type' must be a string, not 1"));
  EXPECT_THAT(ReportWith("/post_processor/sep", "</s>"), HasSubstr("'sep' must be a token and its id"));
  EXPECT_THAT(ReportWith("/post_processor/cls", {"<s>", 7}),
              HasSubstr("token '<s>' does not have the id 7 in the vocabulary"));
  EXPECT_THAT(ReportWith("/post_processor/cls", {"<s>", -7}), HasSubstr("an id must be a number"));
  EXPECT_THAT(ReportWith("/model/vocab", Json::array()), HasSubstr("there is no 'vocab' object"));
}

}  // namespace
}  // namespace clner
