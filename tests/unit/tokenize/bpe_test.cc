#include "tokenize/bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/random.h"
#include "core/utf8.h"
#include "temp_directory.h"
#include "tokenize/bpe_pretokenizer.h"
#include "tokenize/byte_alphabet.h"

namespace clner {
namespace {

using test::ReportOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Tokens(std::string_view text) {
  std::vector<std::string> tokens;
  bpe::Splitter splitter(text);
  while (splitter.Next()) tokens.emplace_back(splitter.token());
  return tokens;
}

TEST(BpeSplitter, TakesRunsOfOneClassWithTheBlankBefore) {
  EXPECT_THAT(Tokens(" ab12?!"), ElementsAre(" ab", "12", "?!"));
  EXPECT_THAT(Tokens(" 12 ab ?!"), ElementsAre(" 12", " ab", " ?!"));
  EXPECT_THAT(Tokens("\xC3\xA9\xC2\xB2\xE2\x82\xAC"), ElementsAre("\xC3\xA9", "\xC2\xB2", "\xE2\x82\xAC"));
  EXPECT_THAT(Tokens(""), IsEmpty());
}

TEST(BpeSplitter, TakesEnglishEndingsOnlyWhereATokenBegins) {
  EXPECT_THAT(Tokens("it's"), ElementsAre("it", "'s"));
  EXPECT_THAT(Tokens("we'restate"), ElementsAre("we", "'re", "state"));
  EXPECT_THAT(Tokens("'ve'll'd'm't"), ElementsAre("'ve", "'ll", "'d", "'m", "'t"));
  EXPECT_THAT(Tokens("IT'S"), ElementsAre("IT", "'", "S"));
  EXPECT_THAT(Tokens("!'s 's"), ElementsAre("!'", "s", " '", "s"));
  EXPECT_THAT(Tokens("'r'"), ElementsAre("'", "r", "'"));
}

TEST(BpeSplitter, LeavesTheLastBlankOfARunToTheWord) {
  EXPECT_THAT(Tokens("   a"), ElementsAre("  ", " a"));
  EXPECT_THAT(Tokens("  \ta"), ElementsAre("  ", "\t", "a"));
  EXPECT_THAT(Tokens("a  "), ElementsAre("a", "  "));
  EXPECT_THAT(Tokens("\xE3\x80\x80\xC2\xA0z"), ElementsAre("\xE3\x80\x80", "\xC2\xA0", "z"));
  EXPECT_THAT(Tokens(" "), ElementsAre(" "));
}

TEST(ByteAlphabet, IsABijectionOfTheBytes) {
  std::string all, bytes;
  for (int byte = 0; byte < 256; ++byte) {
    AppendUtf8(bpe::CharacterOfByte(static_cast<unsigned char>(byte)), &all);
    bytes += static_cast<char>(byte);
  }
  EXPECT_EQ(bpe::BytesOfPiece(all), bytes);
  EXPECT_EQ(bpe::CharacterOfByte(' '), U'\u0120');
  EXPECT_EQ(bpe::BytesOfPiece("a b"), std::nullopt);
  EXPECT_EQ(bpe::BytesOfPiece("\xE4\xB8\xAD"), std::nullopt);
}

TEST(PieceTable, FindsWhatWasAdded) {
  PieceTable table;
  EXPECT_EQ(table.Find("a"), -1);
  std::vector<std::string> texts;
  for (int i = 0; i < 5000; ++i) texts.push_back(std::string(static_cast<size_t>(i % 23), 'x') + std::to_string(i));
  for (size_t i = 0; i < texts.size(); ++i) table.Add(texts[i], static_cast<int32_t>(i));
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(table.Find(texts[i]), static_cast<int32_t>(i));
    EXPECT_EQ(table.Find(texts[i] + "?"), -1);
  }
  EXPECT_EQ(table.Find(""), -1);
}

/// Ids of the bytes in a toy vocabulary.
std::array<int32_t, 256> OwnIds() {
  std::array<int32_t, 256> ids = {};
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i);
  return ids;
}

/// The definition: the merge of lowest rank, leftmost first, one at a time.
std::vector<int32_t> MergeOneByOne(const std::vector<bpe::Merge>& merges, std::string_view token) {
  std::vector<int32_t> ids;
  for (char c : token) ids.push_back(static_cast<unsigned char>(c));
  while (true) {
    size_t best = merges.size(), at = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      for (size_t rank = 0; rank < best; ++rank) {
        if (merges[rank].left == ids[i] && merges[rank].right == ids[i + 1]) {
          best = rank;
          at = i;
        }
      }
    }
    if (best == merges.size()) return ids;
    ids[at] = merges[best].merged;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

TEST(BpeMerges, AgreeWithTheDefinitionOnRandomMergesAndTokensOfAnyLength) {
  const uint64_t seed = 20261126;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> pieces;
    std::map<std::string, int32_t> id_of;
    for (char c = 'a'; c < 'd'; ++c) pieces.emplace_back(1, c);
    for (const std::string& piece : pieces) id_of[piece] = piece[0];
    std::vector<bpe::Merge> merges;
    for (int tries = 0; tries < 40; ++tries) {
      const std::string left = pieces[random.Below(pieces.size())], right = pieces[random.Below(pieces.size())];
      const bool known = std::any_of(merges.begin(), merges.end(), [&](const bpe::Merge& merge) {
        return merge.left == id_of[left] && merge.right == id_of[right];
      });
      if (known) continue;
      auto [merged, added] = id_of.emplace(left + right, 256 + static_cast<int32_t>(pieces.size()));
      if (added) pieces.push_back(left + right);
      merges.push_back({id_of[left], id_of[right], merged->second});
    }
    const bpe::Merges table(merges, OwnIds());
    for (size_t length : {0, 1, 2, 3, 17, 47, 48, 49, 50, 200}) {
      std::string token;
      while (token.size() < length) token += static_cast<char>('a' + random.Below(3));
      std::vector<int32_t> ids;
      table.Apply(token, &ids);
      ASSERT_EQ(ids, MergeOneByOne(merges, token)) << token;
    }
  }
}

/// A vocabulary of the special tokens, the bytes from 5 on, and "ab", " ab", " abc", "bc", "'s" from 261 on.
BpeSpec ToySpec() {
  BpeSpec spec;
  spec.vocabulary = {"<s>", "<pad>", "</s>", "<unk>", "<mask>"};
  for (size_t byte = 0; byte < 256; ++byte) {
    spec.byte_ids[byte] = static_cast<int32_t>(spec.vocabulary.size());
    AppendUtf8(bpe::CharacterOfByte(static_cast<unsigned char>(byte)), &spec.vocabulary.emplace_back());
  }
  for (const char* piece : {"ab",
                            "\xC4\xA0"
                            "ab",
                            "\xC4\xA0"
                            "abc",
                            "bc", "'s"})
    spec.vocabulary.emplace_back(piece);
  const int32_t a = spec.byte_ids['a'], b = spec.byte_ids['b'], c = spec.byte_ids['c'], blank = spec.byte_ids[' '];
  spec.merges = {{a, b, 261}, {blank, 261, 262}, {b, c, 264}, {262, c, 263}};
  return spec;
}

std::vector<int32_t> Ids(const BpeTokenizer& tokenizer, std::string_view word) {
  std::vector<int32_t> ids;
  EXPECT_TRUE(tokenizer.EncodeWord(word, SIZE_MAX, &ids));
  return ids;
}

int32_t Byte(int byte) { return byte + 5; }

TEST(BpeTokenizer, EveryWordGetsABlankUnlessItHasOne) {
  const BpeTokenizer tokenizer(ToySpec(), "toy");
  EXPECT_THAT(Ids(tokenizer, "ab"), ElementsAre(262));
  EXPECT_THAT(Ids(tokenizer, " ab"), ElementsAre(262));
  EXPECT_THAT(Ids(tokenizer, "  ab"), ElementsAre(Byte(' '), 262));
  EXPECT_THAT(Ids(tokenizer, "\tab"), ElementsAre(Byte(' '), Byte('\t'), 261));
  EXPECT_THAT(Ids(tokenizer, ""), IsEmpty());
}

TEST(BpeTokenizer, PiecesThatMergesDoNotReachAreNotUsed) {
  const BpeTokenizer tokenizer(ToySpec(), "toy");
  EXPECT_THAT(Ids(tokenizer, "abc"), ElementsAre(263));
  EXPECT_THAT(Ids(tokenizer, "x's"), ElementsAre(Byte(' '), Byte('x'), Byte('\''), Byte('s')));
}

TEST(BpeTokenizer, SpecialTokenTextIsOrdinaryText) {
  const BpeTokenizer tokenizer(ToySpec(), "toy");
  EXPECT_THAT(Ids(tokenizer, "<s>"), ElementsAre(Byte(' '), Byte('<'), Byte('s'), Byte('>')));
}

TEST(BpeTokenizer, MergesCrossTokensOnlyWithoutSplitting) {
  BpeSpec spec = ToySpec();
  spec.vocabulary.emplace_back("b1");
  spec.merges.insert(spec.merges.begin(), {spec.byte_ids['b'], spec.byte_ids['1'], 266});
  const BpeTokenizer split(spec, "toy");
  EXPECT_THAT(Ids(split, "ab1"), ElementsAre(262, Byte('1')));
  spec.split_words = false;
  const BpeTokenizer whole(spec, "toy");
  EXPECT_THAT(Ids(whole, "ab1"), ElementsAre(Byte(' '), Byte('a'), 266));
  EXPECT_THAT(Ids(whole, "ab"), ElementsAre(262));
}

TEST(BpeTokenizer, CutsAtMaxPieces) {
  const BpeTokenizer tokenizer(ToySpec(), "toy");
  std::vector<int32_t> ids = {7};
  EXPECT_FALSE(tokenizer.EncodeWord("xyz", 2, &ids));
  EXPECT_THAT(ids, ElementsAre(7, Byte(' '), Byte('x')));
  EXPECT_TRUE(tokenizer.EncodeWord("ab", 1, &ids));
  EXPECT_FALSE(tokenizer.EncodeWord("ab", 0, &ids));
  EXPECT_FALSE(tokenizer.EncodeWord("ab1?", 2, &ids));
  EXPECT_THAT(ids, ElementsAre(7, Byte(' '), Byte('x'), 262, 262, Byte('1')));
}

TEST(BpeTokenizer, KnowsItsSpecialTokens) {
  const BpeTokenizer tokenizer(ToySpec(), "toy");
  EXPECT_EQ(tokenizer.special().begin, 0);
  EXPECT_EQ(tokenizer.special().pad, 1);
  EXPECT_EQ(tokenizer.special().separator, 2);
  EXPECT_EQ(tokenizer.special().unknown, 3);
  EXPECT_EQ(tokenizer.special().mask, 4);
  EXPECT_EQ(tokenizer.vocabulary_size(), 266);
  EXPECT_EQ(tokenizer.PieceText(262),
            "\xC4\xA0"
            "ab");
  BpeSpec spec = ToySpec();
  spec.vocabulary[2] = "</S>";
  EXPECT_THAT(ReportOf(ErrorCode::kCorrupt, [&] { BpeTokenizer(spec, "toy.json"); }),
              HasSubstr("the sep token '</s>' is not in the vocabulary"));
}

}  // namespace
}  // namespace clner
