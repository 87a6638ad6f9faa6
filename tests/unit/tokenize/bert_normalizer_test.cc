#include "tokenize/bert_normalizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "core/files.h"
#include "core/json.h"
#include "core/sha256.h"
#include "core/utf8.h"

namespace clner::bert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Tokens(std::string_view word, NormalizerOptions options = {}, size_t limit = 100) {
  std::vector<std::string> tokens;
  TokenStream stream(options, word, limit);
  while (stream.Next()) tokens.emplace_back(stream.token());
  return tokens;
}

constexpr NormalizerOptions kCased = {.strip_accents = false, .lowercase = false};

TEST(TokenStream, SplitsAtPunctuationAndWhiteSpace) {
  EXPECT_THAT(Tokens("AT&T"), ElementsAre("at", "&", "t"));
  EXPECT_THAT(Tokens("a b\tc\xC2\xA0"
                     "d\xE3\x80\x80"
                     "e"),
              ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(Tokens("..."), ElementsAre(".", ".", "."));
  EXPECT_THAT(Tokens("\xC2\xBFqu\xC3\xA9?"), ElementsAre("\xC2\xBF", "que", "?"));
}

TEST(TokenStream, AsciiSymbolsArePunctuationOthersAreLetters) {
  EXPECT_THAT(Tokens("5$"), ElementsAre("5", "$"));
  EXPECT_THAT(Tokens("5\xE2\x82\xAC"), ElementsAre("5\xE2\x82\xAC"));
}

TEST(TokenStream, DropsControlCharactersSoThatAWordMayVanish) {
  EXPECT_THAT(Tokens(std::string("a\0b\x07\xC2\x92\xEF\xBF\xBD\xE2\x80\x8B\xEE\x80\x80", 14)), ElementsAre("ab"));
  EXPECT_THAT(Tokens("\xE2\x80\x8B"), IsEmpty());
  EXPECT_THAT(Tokens("   "), IsEmpty());
  EXPECT_THAT(Tokens(""), IsEmpty());
}

TEST(TokenStream, KeepsControlCharactersWithoutCleaning) {
  EXPECT_THAT(Tokens("a\x07", {.clean_text = false}), ElementsAre("a\x07"));
  EXPECT_THAT(Tokens("a\x0B"
                     "b",
                     {.clean_text = false}),
              ElementsAre("a", "b"));  // vertical tab: dropped by cleaning, white space otherwise
  EXPECT_THAT(Tokens("a\x0B"
                     "b"),
              ElementsAre("ab"));
}

TEST(TokenStream, IsolatesChineseCharactersOnRequest) {
  EXPECT_THAT(Tokens("x\xE4\xB8\xAD\xE5\x9B\xBDy"), ElementsAre("x", "\xE4\xB8\xAD", "\xE5\x9B\xBD", "y"));
  EXPECT_THAT(Tokens("x\xE4\xB8\xAD\xE5\x9B\xBDy", {.handle_chinese_chars = false}),
              ElementsAre("x\xE4\xB8\xAD\xE5\x9B\xBDy"));
  EXPECT_TRUE(IsChinese(U'\u4E00'));
  EXPECT_FALSE(IsChinese(U'\u3042'));
}

TEST(TokenStream, StripsAccentsOfBothForms) {
  EXPECT_THAT(Tokens("Caf\xC3\xA9"), ElementsAre("cafe"));
  EXPECT_THAT(Tokens("Cafe\xCC\x81"), ElementsAre("cafe"));
  EXPECT_THAT(Tokens("Caf\xC3\xA9", {.strip_accents = false, .lowercase = true}), ElementsAre("caf\xC3\xA9"));
  EXPECT_THAT(Tokens("Caf\xC3\xA9", {.strip_accents = true, .lowercase = false}), ElementsAre("Cafe"));
  EXPECT_THAT(Tokens("Caf\xC3\xA9", kCased), ElementsAre("Caf\xC3\xA9"));
}

TEST(TokenStream, LowersLettersThatGrow) {
  EXPECT_THAT(Tokens("\xC4\xB0", {.strip_accents = false, .lowercase = true}), ElementsAre("i\xCC\x87"));
  EXPECT_THAT(Tokens("\xC4\xB0"), ElementsAre("i"));
  EXPECT_THAT(Tokens("\xCE\xA3\xCE\x91\xCE\xA3"), ElementsAre("\xCF\x83\xCE\xB1\xCF\x83"));  // no final sigma
}

TEST(TokenStream, SortsSpacingMarksCanonically) {
  // U+302E (class 224) behind U+1D165 (class 216) and a stripped mark (class 230) between them.
  EXPECT_THAT(Tokens("\xE3\x80\xAE\xCC\x81\xF0\x9D\x85\xA5"), ElementsAre("\xF0\x9D\x85\xA5\xE3\x80\xAE"));
}

TEST(TokenStream, LongTokensAreCutAndReported) {
  TokenStream stream(kCased, "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9.ab", 2);
  ASSERT_TRUE(stream.Next());
  EXPECT_EQ(stream.code_points(), 3u);
  EXPECT_EQ(stream.token(), "\xC3\xA9\xC3\xA9\xC3\xA9");
  ASSERT_TRUE(stream.Next());
  EXPECT_EQ(stream.token(), ".");
  ASSERT_TRUE(stream.Next());
  EXPECT_EQ(stream.code_points(), 2u);
  EXPECT_FALSE(stream.Next());
  EXPECT_FALSE(stream.Next());
}

TEST(TokenStream, TakesAWordOf300000CharactersInLessThanASecond) {
  for (const char* unit : {"x", "\xC3\xA9", "\xE3\x80\xAE", "\xCC\x81", "\xE2\x80\x8B", "."}) {
    std::string word;
    for (int i = 0; i < 300000; ++i) word += unit;
    const std::clock_t start = std::clock();
    size_t tokens = Tokens(word).size();
    EXPECT_LE(tokens, 300000u);
    EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC) << unit;
  }
}

/// SHA-256 over the tokens of "a" + c + "b" for every code point c, as in scripts/golden/tokenizer_golden.py.
std::string CodePointHash(const NormalizerOptions& options) {
  Sha256 digest;
  std::string word, line;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    word = "a";
    AppendUtf8(c, &word);
    word += 'b';
    TokenStream stream(options, word, 100);
    while (stream.Next()) {
      if (!line.empty()) line += '\x1f';
      line += stream.token();
    }
    line += '\n';
    digest.Update(line);
    line.clear();
  }
  return digest.HexDigest();
}

TEST(TokenStream, AgreesWithTheTokenizersLibraryOnEveryCodePoint) {
  const std::string path = std::string(CLNER_SOURCE_DIR) + "/tests/unit/tokenize/golden.json";
  const Json golden = ParseJson(ReadFile(path), path, ErrorCode::kCorrupt);
  ASSERT_GE(golden.at("code_points").size(), 6u);
  for (const Json& entry : golden.at("code_points")) {
    NormalizerOptions options = {.clean_text = entry.at("clean_text"),
                                 .handle_chinese_chars = entry.at("handle_chinese_chars"),
                                 .strip_accents = entry.at("strip_accents"),
                                 .lowercase = entry.at("lowercase")};
    EXPECT_EQ(CodePointHash(options), entry.at("sha256").get<std::string>()) << DumpJson(entry);
  }
}

}  // namespace
}  // namespace clner::bert
