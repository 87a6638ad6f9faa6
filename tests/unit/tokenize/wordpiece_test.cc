#include "tokenize/wordpiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "temp_directory.h"

namespace clner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

WordPieceSpec SmallSpec() {
  WordPieceSpec spec;
  spec.vocabulary = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un",  "##aff", "##able",
                     "##a",   "aff",   ".",     "[",     "]",      "sep", "a",     "##\xC3\xA9"};
  return spec;
}
enum Id : int32_t {
  kPad,
  kUnk,
  kCls,
  kSep,
  kMask,
  kUn,
  kAff,
  kAble,
  kA,
  kWordAff,
  kDot,
  kOpen,
  kClose,
  kWordSep,
  kWordA,
  kAccent
};

std::vector<int32_t> Ids(const Tokenizer& tokenizer, std::string_view word) {
  std::vector<int32_t> ids;
  EXPECT_TRUE(tokenizer.EncodeWord(word, SIZE_MAX, &ids));
  return ids;
}

TEST(WordPiece, TakesTheLongestPieceFromTheLeft) {
  WordPieceTokenizer tokenizer(SmallSpec(), "test");
  EXPECT_THAT(Ids(tokenizer, "unaffable"), ElementsAre(kUn, kAff, kAble));
  EXPECT_THAT(Ids(tokenizer, "UNaffa."), ElementsAre(kUn, kAff, kA, kDot));
  EXPECT_THAT(Ids(tokenizer, "affa"), ElementsAre(kWordAff, kA));
}

TEST(WordPiece, ATokenThatDoesNotComeOutEvenIsOneUnknownPiece) {
  WordPieceTokenizer tokenizer(SmallSpec(), "test");
  EXPECT_THAT(Ids(tokenizer, "unaffx"), ElementsAre(kUnk));
  EXPECT_THAT(Ids(tokenizer, "unaffx.un"), ElementsAre(kUnk, kDot, kUn));
  EXPECT_THAT(Ids(tokenizer, "able"), ElementsAre(kUnk));  // only a continuation
}

TEST(WordPiece, WordsMayHaveNoPiece) {
  WordPieceTokenizer tokenizer(SmallSpec(), "test");
  EXPECT_THAT(Ids(tokenizer, "\xE2\x80\x8B"), IsEmpty());
  EXPECT_THAT(Ids(tokenizer, ""), IsEmpty());
}

TEST(WordPiece, SpecialTokenTextIsTakenLiterally) {
  WordPieceTokenizer tokenizer(SmallSpec(), "test");
  EXPECT_THAT(Ids(tokenizer, "[SEP]"), ElementsAre(kOpen, kWordSep, kClose));
  EXPECT_THAT(Ids(tokenizer, "a[SEP]a"), ElementsAre(kWordA, kOpen, kWordSep, kClose, kWordA));
}

TEST(WordPiece, TokensOverTheCharacterLimitAreUnknown) {
  WordPieceSpec spec = SmallSpec();
  spec.max_input_chars_per_word = 3;
  spec.normalizer = {.strip_accents = false, .lowercase = false};
  WordPieceTokenizer tokenizer(spec, "test");
  EXPECT_THAT(Ids(tokenizer, "aff"), ElementsAre(kWordAff));
  EXPECT_THAT(Ids(tokenizer, "affa"), ElementsAre(kUnk));
  EXPECT_THAT(Ids(tokenizer, "a\xC3\xA9\xC3\xA9"), ElementsAre(kWordA, kAccent, kAccent));  // characters, not bytes
}

TEST(WordPiece, LongWordsAreCutAndReported) {
  WordPieceTokenizer tokenizer(SmallSpec(), "test");
  std::vector<int32_t> ids = {7};
  constexpr size_t kMost = 64;
  EXPECT_TRUE(tokenizer.EncodeWord(std::string(kMost, '.'), kMost, &ids));
  EXPECT_EQ(ids.size(), 1 + kMost);
  ids.resize(1);
  EXPECT_FALSE(tokenizer.EncodeWord(std::string(kMost + 1, '.'), kMost, &ids));
  EXPECT_EQ(ids.size(), 1 + kMost);
  ids.resize(1);
  EXPECT_FALSE(tokenizer.EncodeWord("un" + std::string(98, 'a'), kMost, &ids));  // cut inside one token
  EXPECT_EQ(ids.size(), 1 + kMost);
  EXPECT_EQ(ids[1], kUn);
}

TEST(WordPiece, EncodeKeepsTheWordOfEveryPiece) {
  WordPieceTokenizer tokenizer(SmallSpec(), "test");
  const std::vector<std::string> words = {"unaff", "\xE2\x80\x8B", "a.", "zzz"};
  Pieces pieces = tokenizer.Encode(words);
  EXPECT_THAT(pieces.ids, ElementsAre(kUn, kAff, kWordA, kDot, kUnk));
  EXPECT_THAT(pieces.word_of_piece, ElementsAre(0, 0, 2, 2, 3));
}

TEST(WordPiece, AddedTokensCountButAreNotSearchedFor) {
  WordPieceSpec spec = SmallSpec();
  spec.searched_pieces = spec.vocabulary.size();
  spec.vocabulary.push_back("affa");
  WordPieceTokenizer tokenizer(spec, "test");
  EXPECT_EQ(tokenizer.vocabulary_size(), kAccent + 2);
  EXPECT_EQ(tokenizer.PieceText(kAccent + 1), "affa");
  EXPECT_THAT(Ids(tokenizer, "affa"), ElementsAre(kWordAff, kA));
}

TEST(WordPiece, FindsSpecialIdsAndToleratesMissingPadAndMask) {
  WordPieceSpec spec = SmallSpec();
  spec.vocabulary[kPad] = "x";
  spec.vocabulary[kMask] = "y";
  WordPieceTokenizer tokenizer(spec, "test");
  EXPECT_EQ(tokenizer.special().begin, kCls);
  EXPECT_EQ(tokenizer.special().separator, kSep);
  EXPECT_EQ(tokenizer.special().unknown, kUnk);
  EXPECT_EQ(tokenizer.special().pad, -1);
  EXPECT_EQ(tokenizer.special().mask, -1);
}

TEST(WordPiece, MissingSpecialTokenIsNamedWithASuggestion) {
  WordPieceSpec spec = SmallSpec();
  spec.vocabulary[kSep] = "[SEQ]";
  std::string report = test::ReportOf(ErrorCode::kCorrupt, [&] { WordPieceTokenizer(spec, "dir/vocab.txt"); });
  EXPECT_THAT(report, HasSubstr("the sep token '[SEP]' is not in the vocabulary (did you mean '[SEQ]'?)"));
  EXPECT_THAT(report, HasSubstr("dir/vocab.txt"));
}

TEST(WordPiece, IdsOutsideTheVocabularyHaveNoText) {
  WordPieceTokenizer tokenizer(SmallSpec(), "test");
  EXPECT_EQ(tokenizer.PieceText(kAble), "##able");
  EXPECT_THROW((void)tokenizer.PieceText(-1), Error);
  EXPECT_THROW((void)tokenizer.PieceText(tokenizer.vocabulary_size()), Error);
}

TEST(WordPiece, ThreadsShareOneTokenizer) {
  const WordPieceTokenizer tokenizer(SmallSpec(), "test");
  std::vector<std::thread> threads;
  std::vector<int> right(4, 0);
  for (size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&tokenizer, &count = right[t]] {
      for (int i = 0; i < 500; ++i)
        count += Ids(tokenizer, "unaff\xC3\xA9.") == std::vector<int32_t>{kUnk, kDot} ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, testing::Each(500));
}

}  // namespace
}  // namespace clner
