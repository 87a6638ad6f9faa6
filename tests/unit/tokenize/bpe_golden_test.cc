// The ids of the Python tokenizers library for RoBERTa, from scripts/golden/bpe_golden.py.
#include <gtest/gtest.h>

#include <ctime>

#include "core/utf8.h"
#include "golden.h"
#include "support/shared_data.h"
#include "tokenize/bpe_pretokenizer.h"
#include "tokenize/tokenizer.h"

namespace clner {
namespace {

class BpeGolden : public testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path directory = test::TokenizerDir() / "roberta-base";
    CLNER_NEEDS(directory / "vocab.json");
    tokenizer_ = LoadTokenizer(directory);
  }
  std::vector<int32_t> Ids(std::string_view word) const {
    std::vector<int32_t> ids;
    EXPECT_TRUE(tokenizer_->EncodeWord(word, SIZE_MAX, &ids));
    return ids;
  }
  const Json golden_ = test::ReadJson("golden_bpe.json");
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(BpeGolden, NastyWordsHaveTheIdsOfTransformers) {
  const Json words = test::ReadJson("nasty_words.json");
  ASSERT_EQ(words.size(), golden_.at("nasty").size());
  ASSERT_GE(words.size() + golden_.at("words").size(), 500u);
  for (size_t i = 0; i < words.size(); ++i) {
    EXPECT_EQ(Ids(words[i].get<std::string>()), golden_["nasty"][i].get<std::vector<int32_t>>())
        << i << ": " << words[i];
  }
  for (const Json& entry : golden_.at("words"))
    EXPECT_EQ(Ids(entry[0].get<std::string>()), entry[1].get<std::vector<int32_t>>()) << entry[0];
}

TEST_F(BpeGolden, OnlySpecialTokenTextDiffersFromTransformers) {
  for (const Json& entry : golden_.at("special_text")) {
    const std::string word = entry[0];
    bool special = false;
    for (const char* token : {"<s>", "</s>", "<pad>", "<unk>", "<mask>"}) special |= word.find(token) != word.npos;
    EXPECT_TRUE(special) << word;
    EXPECT_NE(Ids(word), entry[1].get<std::vector<int32_t>>()) << word;
  }
  EXPECT_EQ(golden_.at("special_text").size(), 13u);
}

TEST_F(BpeGolden, LongWordsHaveTheIdsOfTransformersInLessThanASecond) {
  for (const Json& entry : golden_.at("long")) {
    std::string word;
    for (size_t i = 0; i < entry.at("count").get<size_t>(); ++i) word += entry.at("unit").get<std::string>();
    const std::clock_t start = std::clock();
    test::IdDigest digest;
    digest.Add(*tokenizer_, word);
    EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC) << entry;
    EXPECT_EQ(digest.pieces(), entry.at("pieces").get<size_t>()) << entry;
    EXPECT_EQ(digest.Hex(), entry.at("sha256").get<std::string>()) << entry;
  }
}

TEST(BpeSplitter, AgreesWithTheTokenizersLibraryOnEveryCodePoint) {
  const Json golden = test::ReadJson("golden_bpe.json");
  const std::string pattern = golden.at("code_points").at("pattern");
  Sha256 digest;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string character, text;
    AppendUtf8(c, &character);
    for (std::string_view rest = pattern; !rest.empty();) {
      const bool here = rest.starts_with("{c}");
      text += here ? std::string_view(character) : rest.substr(0, 1);
      rest.remove_prefix(here ? 3 : 1);
    }
    std::string line;
    bpe::Splitter splitter(text);
    while (splitter.Next()) line += (line.empty() ? "" : ",") + std::to_string(splitter.token().size());
    digest.Update(line + "\n");
  }
  EXPECT_EQ(digest.HexDigest(), golden["code_points"].at("sha256").get<std::string>());
}

TEST_F(BpeGolden, EveryWordOfTheSharedDataHasTheIdsOfTransformers) {
  for (const Json& entry : golden_.at("files")) {
    const std::filesystem::path path = test::DataDir() / entry.at("file").get<std::string>();
    if (!std::filesystem::exists(path)) continue;
    test::IdDigest digest;
    for (const std::string& word : test::DistinctWords(ReadFile(path))) digest.Add(*tokenizer_, word);
    EXPECT_EQ(digest.words(), entry.at("words").get<size_t>()) << path;
    EXPECT_EQ(digest.pieces(), entry.at("pieces").get<size_t>()) << path;
    EXPECT_EQ(digest.Hex(), entry.at("sha256").get<std::string>()) << path;
  }
}

}  // namespace
}  // namespace clner
