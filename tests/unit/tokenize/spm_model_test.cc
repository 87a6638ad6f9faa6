// SentencePiece files: what is read of good ones, and that bad ones end in an error with their byte.
#include "tokenize/spm_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "spm_bytes.h"
#include "temp_directory.h"
#include "tokenize/unigram.h"

namespace clner {
namespace {

using test::Bytes;
using test::Number;
using test::Piece;
using test::SmallPieces;
using test::Specs;
using testing::HasSubstr;

std::string Report(const std::string& bytes) {
  return test::ReportOf(ErrorCode::kCorrupt, [&] { (void)ParseSpmModel(bytes, "m.model"); });
}

TEST(SpmModel, ReadsPiecesAndSpecifications) {
  const SpmModel model = ParseSpmModel(SmallPieces() + Bytes(2, Number(3, 1) + Number(35, 1) + Number(24, 1)) +
                                           Bytes(3, Bytes(2, "map") + Number(3, 0) + Number(4, 0) + Number(5, 0)) +
                                           Bytes(99, "unknown field"),
                                       "m.model");
  ASSERT_EQ(model.pieces.size(), 8u);
  EXPECT_EQ(model.pieces[5].text, "b");
  EXPECT_EQ(model.pieces[5].score, -2.5F);
  EXPECT_EQ(model.pieces[1].type, SpmPieceType::kControl);
  EXPECT_EQ(model.unknown_id, 0u);
  EXPECT_TRUE(model.byte_fallback && model.treat_whitespace_as_suffix);
  EXPECT_FALSE(model.add_dummy_prefix || model.remove_extra_whitespaces || model.escape_whitespaces);
  EXPECT_EQ(model.precompiled_charsmap, "map");
}

TEST(SpmModel, RefusesBadPieces) {
  EXPECT_THAT(Report(Piece("a", std::numeric_limits<float>::quiet_NaN())), HasSubstr("score of a piece is not finite"));
  EXPECT_THAT(Report(Piece("a", -std::numeric_limits<float>::infinity())), HasSubstr("not finite"));
  EXPECT_THAT(Report(Piece(std::string(200'000, 'a'), 0)),
              HasSubstr("a piece of 200000 bytes; at most 1024 are allowed"));
  EXPECT_THAT(Report(Piece("", 0)), HasSubstr("an empty piece"));
  EXPECT_THAT(Report(Piece("a\xFF", 0)), HasSubstr("invalid UTF-8 at byte 1 of a piece"));
  EXPECT_THAT(Report(Piece(std::string("a\0b", 3), 0)), HasSubstr("NUL in a piece"));
  EXPECT_THAT(Report(Piece("a", 0, 7)), HasSubstr("piece type 7 is unknown"));
  EXPECT_THAT(Report(SmallPieces() + Piece("b", -9) + Specs()), HasSubstr("duplicate piece 'b'"));
  EXPECT_THAT(Report(SmallPieces() + Piece("u", 0, 2) + Specs()), HasSubstr("a second unknown piece 'u'"));
  EXPECT_THAT(Report(Piece("a", 0) + Specs()), HasSubstr("there is no unknown piece"));
  EXPECT_THAT(Report(Piece("a", 0) + Piece("u", 0, 2) + Specs()),
              HasSubstr("the unknown piece has the id 1, but the trainer says 0"));
}

TEST(SpmModel, NamesTheByte) {
  const std::string good = SmallPieces();
  EXPECT_THAT(Report(good + Piece("b", -9) + Specs()), HasSubstr("m.model (byte " + std::to_string(good.size()) + ")"));
}

TEST(SpmModel, RefusesOtherModels) {
  EXPECT_THAT(Report(SmallPieces() + Specs("", 2)),
              HasSubstr("a SentencePiece model of type 2 (BPE) is not supported, only Unigram"));
  EXPECT_THAT(Report(SmallPieces() + Specs("", 77)), HasSubstr("type 77 (?)"));
  EXPECT_THAT(Report(""), HasSubstr("this is not a SentencePiece model"));
  EXPECT_THAT(Report("[PAD]\n[UNK]\n"), HasSubstr("m.model (byte "));
}

TEST(SpmModel, RefusesBrokenFraming) {
  EXPECT_THAT(Report("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), HasSubstr("the file is cut off"));
  EXPECT_THAT(Report("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), HasSubstr("a number of more than 10 bytes"));
  EXPECT_THAT(Report("\x0B\x0C"), HasSubstr("wire type 3 is not allowed"));
  EXPECT_THAT(Report(std::string(1'000'000, '\x0B')), HasSubstr("wire type 3 is not allowed"));
  EXPECT_THAT(Report(std::string(2, '\0')), HasSubstr("a field number out of range"));
  EXPECT_THAT(Report(test::Varint(1 << 3) + "x"), HasSubstr("field 1 has wire type 0 instead of 2"));
  EXPECT_THAT(Report(SmallPieces() + Bytes(2, Number(40, 1ULL << 40))), HasSubstr("id of the unknown piece"));
}

TEST(SpmModel, MessagesInsideMessagesAreNotFollowed) {
  std::string nested = "x";
  for (int depth = 0; depth < 10'000; ++depth) nested = Bytes(4, nested);
  EXPECT_EQ(ParseSpmModel(SmallPieces() + Specs() + nested, "m.model").pieces.size(), 8u);
}

TEST(SpmModel, EveryTruncationIsRefused) {
  const std::string bytes = SmallPieces() + Specs(test::CharsMap("A", "a"));
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW((void)ParseSpmModel(std::string_view(bytes).substr(0, length), "m.model"), Error) << length;
  }
  EXPECT_NO_THROW((void)ParseSpmModel(bytes, "m.model"));
}

TEST(SpmModel, FlippedBitsGiveAModelThatWorksOrAnError) {
  const std::string bytes = SmallPieces() + Specs(test::CharsMap("A", "a"));
  std::mt19937 random(20);
  size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = bytes;
    for (auto flips = 1 + random() % 3; flips > 0; --flips)
      damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    try {
      const SpmModel model = ParseSpmModel(damaged, "m.model");
      std::string out;
      SpmCharsMap(model.precompiled_charsmap, "m.model").Append("A\xCC\x81z \xE4\xB8\xAD", &out);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 500u);
}

TEST(SpmModel, MissingFileIsNoInput) {
  EXPECT_THAT(test::ReportOf(ErrorCode::kNoInput, [] { (void)ReadSpmModel("/nonexistent/x.model"); }),
              HasSubstr("x.model"));
}

}  // namespace
}  // namespace clner
