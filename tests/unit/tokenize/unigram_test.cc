// Unigram: best paths, unknown text, chunks, and the files of a tokenizer directory.
#include "tokenize/unigram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spm_bytes.h"
#include "temp_directory.h"

namespace clner {
namespace {

using test::Piece;
using test::ReportOf;
using test::SmallPieces;
using test::Specs;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kVocabulary =
    R"([["<s>",0],["</s>",0],["<unk>",0],["▁",-3],["▁a",-2],["b",-2.5],["ab",-4],["<0x7A>",-9]])";
constexpr const char* kMetaspace = R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"always"})";

class UnigramTest : public testing::Test {
 protected:
  std::vector<int32_t> Ids(std::string_view word, size_t max_pieces = SIZE_MAX) {
    std::vector<int32_t> ids;
    whole_ = LoadTokenizer(directory_.path())->EncodeWord(word, max_pieces, &ids);
    return ids;
  }
  std::string Report() {
    return ReportOf(ErrorCode::kCorrupt, [&] { (void)LoadTokenizer(directory_.path()); });
  }
  void WriteJson(const std::string& normalizer, const std::string& pre_tokenizer = kMetaspace,
                 const std::string& vocabulary = kVocabulary, const std::string& more = R"(,"unk_id":2)") {
    directory_.Write("tokenizer.json", R"({"added_tokens":[{"id":1,"content":"</s>","special":true}],"normalizer":)" +
                                           normalizer + R"(,"pre_tokenizer":)" + pre_tokenizer +
                                           R"(,"model":{"type":"Unigram","vocab":)" + vocabulary + more + "}}");
  }
  test::TempDirectory directory_;
  bool whole_ = true;
};

TEST_F(UnigramTest, TakesTheMostProbablePieces) {
  WriteJson("null");
  EXPECT_THAT(Ids("ab"), ElementsAre(4, 5));
  EXPECT_THAT(Ids(""), ElementsAre());
  EXPECT_THAT(Ids("xyz"), ElementsAre(3, 2));  // unknown characters side by side are one piece
  EXPECT_THAT(Ids("x</s>"), ElementsAre(3, 2));
}

TEST_F(UnigramTest, LimitOfPiecesHolds) {
  WriteJson("null");
  EXPECT_THAT(Ids("abbbb", 3), ElementsAre(4, 5, 5));
  EXPECT_FALSE(whole_);
  EXPECT_EQ(Ids(std::string(200'000, 'b'), 64).size(), 64u);
}

TEST_F(UnigramTest, UnknownTextBecomesBytesWhenAllAreThere) {
  WriteJson("null", kMetaspace, kVocabulary, R"(,"unk_id":2,"byte_fallback":true)");
  EXPECT_THAT(Ids("zz"), ElementsAre(3, 7, 7));
  EXPECT_THAT(Ids("zy"), ElementsAre(3, 2));
}

TEST_F(UnigramTest, NormalizerAndMetaspaceFollowTheFile) {
  WriteJson(R"({"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"String":"c"},"content":"b"},
                {"type":"Strip","strip_left":false,"strip_right":true},
                {"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}]})");
  EXPECT_THAT(Ids("ac   a  "), ElementsAre(4, 5, 4));
  WriteJson("null",
            R"({"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},)" + std::string(kMetaspace) + "]}");
  EXPECT_THAT(Ids("\xE3\x80\x80"
                  "a\ta"),
              ElementsAre(4, 4));
  WriteJson("null", R"({"type":"Metaspace","replacement":"▁","add_prefix_space":false})");
  EXPECT_THAT(Ids("b a"), ElementsAre(5, 4));
}

TEST_F(UnigramTest, WhatIsNotUnderstoodIsNamed) {
  WriteJson(R"({"type":"ByteLevel"})");
  EXPECT_THAT(Report(), HasSubstr("normalizer 'ByteLevel' is not supported with Unigram"));
  EXPECT_THAT(Report(), HasSubstr("supported are BertNormalizer, Lowercase, NFC,"));
  WriteJson(R"({"type":"Replace","pattern":{"Regex":"a+"},"content":""})");
  EXPECT_THAT(Report(), HasSubstr("the regular expression 'a+' is not supported, only ' {2,}'"));
  WriteJson(R"({"type":"Precompiled","precompiled_charsmap":"AB!="})");
  EXPECT_THAT(Report(), HasSubstr("the base 64 text has a wrong character at 2"));
  WriteJson(R"({"type":"Precompiled","precompiled_charsmap":"AAA"})");
  EXPECT_THAT(Report(), HasSubstr("the base 64 text has the wrong length"));
  WriteJson("null", R"({"type":"ByteLevel"})");
  EXPECT_THAT(Report(), HasSubstr("pre-tokenizer 'ByteLevel' is not supported with Unigram"));
  EXPECT_THAT(Report(), HasSubstr("supported are Metaspace, alone or behind BertPreTokenizer, Digits,"));
  WriteJson("null", R"({"type":"Sequence","pretokenizers":[]})");
  EXPECT_THAT(Report(), HasSubstr("pre-tokenizer 'Sequence' is not supported with Unigram"));
  WriteJson("null", "null");
  EXPECT_THAT(Report(), HasSubstr("there is no pre-tokenizer; Metaspace is needed"));
}

TEST_F(UnigramTest, BadVocabulariesAreRefused) {
  WriteJson("null", kMetaspace, R"([["<s>",0],["</s>",0],["<unk>",0],["a",-1],["a",-2]])");
  EXPECT_THAT(Report(), HasSubstr("duplicate piece 'a'"));
  WriteJson("null", kMetaspace, R"([["<s>"]])");
  EXPECT_THAT(Report(), HasSubstr("entry 0 must be [piece, score]"));
  WriteJson("null", kMetaspace, R"([["",0]])");
  EXPECT_THAT(Report(), HasSubstr("a piece of 0 bytes"));
  WriteJson("null", kMetaspace, kVocabulary, R"(,"unk_id":8)");
  EXPECT_THAT(Report(), HasSubstr("'unk_id' is 8, but there are 8 pieces"));
  WriteJson("null", kMetaspace, kVocabulary, R"(,"unk_id":null)");
  EXPECT_THAT(Report(), HasSubstr("there is no unknown piece"));
}

TEST_F(UnigramTest, ModelAloneIsReadAsXlmRoberta) {
  directory_.Write("sentencepiece.bpe.model", SmallPieces() + Specs());
  const auto tokenizer = LoadTokenizer(directory_.path());
  EXPECT_EQ(tokenizer->vocabulary_size(), 10);
  EXPECT_EQ(tokenizer->special().mask, 9);
  EXPECT_EQ(tokenizer->special().unknown, 3);
  EXPECT_THAT(Ids("ab"), ElementsAre(5, 6));
  EXPECT_THAT(TokenizerFiles(directory_.path()), ElementsAre("sentencepiece.bpe.model"));
}

TEST_F(UnigramTest, ClassDecidesOnTheIds) {
  directory_.Write("sentencepiece.bpe.model", SmallPieces() + Specs());
  directory_.Write("tokenizer_config.json",
                   R"({"tokenizer_class":"CamembertTokenizer","model_max_length":1000000000000000019884624838656})");
  EXPECT_EQ(LoadTokenizer(directory_.path())->special().begin, 5);
  EXPECT_THAT(Ids("ab"), ElementsAre(8, 9));
  directory_.Write("tokenizer_config.json", R"({"tokenizer_class":"AlbertTokenizerFast"})");
  EXPECT_THAT(Report(), HasSubstr("the rules of tokenizer class 'AlbertTokenizer' are not known"));
}

TEST_F(UnigramTest, UnsupportedModelsAreRefused) {
  directory_.Write("sentencepiece.bpe.model", Piece("<unk>", 0, 2) + Piece("a", -1) + Piece("b", -1) + Specs());
  EXPECT_THAT(Report(), HasSubstr("the model must begin with the unknown piece and 2 control pieces"));
  directory_.Write("sentencepiece.bpe.model", SmallPieces() + test::Bytes(2, test::Number(24, 1)) + Specs());
  EXPECT_THAT(Report(), HasSubstr("treat_whitespace_as_suffix = true is not supported"));
  directory_.Write("sentencepiece.bpe.model", SmallPieces() + Specs() + test::Bytes(3, test::Number(5, 0)));
  EXPECT_THAT(Report(), HasSubstr("escape_whitespaces = false is not supported"));
}

}  // namespace
}  // namespace clner
