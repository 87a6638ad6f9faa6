// The ids of the Python tokenizers library for RoBERTa, from scripts/golden/bpe_golden.py.
#include <gtest/gtest.h>

#include <bit>
#include <ctime>
#include <unordered_set>

#include "core/files.h"
#include "core/json.h"
#include "core/sha256.h"
#include "core/utf8.h"
#include "support/shared_data.h"
#include "tokenize/bpe_pretokenizer.h"
#include "tokenize/tokenizer.h"

namespace clner {
namespace {

Json ReadJson(const std::string& name) {
  const std::string path = std::string(CLNER_SOURCE_DIR) + "/tests/unit/tokenize/" + name;
  return ParseJson(ReadFile(path), path, ErrorCode::kCorrupt);
}

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
  const Json golden_ = ReadJson("golden_bpe.json");
  std::unique_ptr<Tokenizer> tokenizer_;
};

/// Ids closed by -1, as the script hashes them.
void Update(std::vector<int32_t> ids, Sha256* digest) {
  static_assert(std::endian::native == std::endian::little);
  ids.push_back(-1);
  digest->Update(std::as_bytes(std::span(ids)));
}

TEST_F(BpeGolden, NastyWordsHaveTheIdsOfTransformers) {
  const Json words = ReadJson("nasty_words.json");
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
    const std::vector<int32_t> ids = Ids(word);
    EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC) << entry;
    EXPECT_EQ(ids.size(), entry.at("pieces").get<size_t>()) << entry;
    Sha256 digest;
    Update(ids, &digest);
    EXPECT_EQ(digest.HexDigest(), entry.at("sha256").get<std::string>()) << entry;
  }
}

TEST(BpeSplitter, AgreesWithTheTokenizersLibraryOnEveryCodePoint) {
  const Json golden = ReadJson("golden_bpe.json");
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

/// Fields between blanks, tabs, CR and LF, each once, in order of first appearance.
std::vector<std::string_view> DistinctWords(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string_view> words;
  std::unordered_set<std::string_view> seen;
  while (true) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == text.npos) return words;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
    text.remove_prefix(word.size());
    if (seen.insert(word).second) words.push_back(word);
  }
}

TEST_F(BpeGolden, EveryWordOfTheSharedDataHasTheIdsOfTransformers) {
  for (const Json& entry : golden_.at("files")) {
    const std::filesystem::path path = test::DataDir() / entry.at("file").get<std::string>();
    if (!std::filesystem::exists(path)) continue;
    const std::string text = ReadFile(path);
    Sha256 digest;
    size_t pieces = 0, words = 0;
    for (std::string_view word : DistinctWords(text)) {
      std::vector<int32_t> ids = Ids(word);
      pieces += ids.size();
      ++words;
      Update(std::move(ids), &digest);
    }
    EXPECT_EQ(words, entry.at("words").get<size_t>()) << path;
    EXPECT_EQ(pieces, entry.at("pieces").get<size_t>()) << path;
    EXPECT_EQ(digest.HexDigest(), entry.at("sha256").get<std::string>()) << path;
  }
}

}  // namespace
}  // namespace clner
