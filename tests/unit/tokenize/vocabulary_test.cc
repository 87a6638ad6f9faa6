#include "tokenize/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_directory.h"

namespace clner {
namespace {

using test::ReportOf;
using test::TempDirectory;
using testing::ElementsAre;
using testing::HasSubstr;

class Vocabulary : public testing::Test {
 protected:
  std::vector<std::string> Read(std::string_view text) { return ReadVocabulary(directory_.Write("vocab.txt", text)); }
  std::string Report(std::string_view text) {
    return ReportOf(ErrorCode::kCorrupt, [&] { (void)Read(text); });
  }
  TempDirectory directory_;
};

TEST_F(Vocabulary, ReadsOnePieceALine) {
  EXPECT_THAT(Read("a\nb\n"), ElementsAre("a", "b"));
  EXPECT_THAT(Read("a\nb"), ElementsAre("a", "b"));
}

TEST_F(Vocabulary, AcceptsCrlfAndAByteOrderMark) {
  EXPECT_THAT(Read("a\r\nb\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(Read("\xEF\xBB\xBF"
                   "a\nb\n"),
              ElementsAre("a", "b"));
}

TEST_F(Vocabulary, KeepsBlanksAndExoticSpacesInPieces) {
  EXPECT_THAT(Read(" a\n\xC2\xA0\nb \n"), ElementsAre(" a", "\xC2\xA0", "b "));
}

TEST_F(Vocabulary, RefusesAnEmptyFile) {
  EXPECT_THAT(Report(""), HasSubstr("the vocabulary is empty"));
  EXPECT_THAT(Report("\xEF\xBB\xBF"), HasSubstr("the vocabulary is empty"));
}

TEST_F(Vocabulary, RefusesDuplicatesWithBothLines) {
  std::string report = Report("a\nb\nc\nb\n");
  EXPECT_THAT(report, HasSubstr("duplicate piece 'b', first on line 2"));
  EXPECT_THAT(report, HasSubstr("vocab.txt:4"));
}

TEST_F(Vocabulary, RefusesEmptyLines) {
  std::string report = Report("a\n\nb\n\n");
  EXPECT_THAT(report, HasSubstr("empty line in the vocabulary"));
  EXPECT_THAT(report, HasSubstr("vocab.txt:2"));
  EXPECT_THAT(report, HasSubstr("vocab.txt:4"));
}

TEST_F(Vocabulary, RefusesInvalidUtf8WithLineAndByte) {
  for (const char* bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xE4\xB8"}) {
    std::string report = Report(std::string("a\nb") + bad + "\n");
    EXPECT_THAT(report, HasSubstr("invalid UTF-8 at byte 1 of the line"));
    EXPECT_THAT(report, HasSubstr("vocab.txt:2"));
  }
}

TEST_F(Vocabulary, RefusesNulAndCarriageReturnsInside) {
  EXPECT_THAT(Report(std::string_view("a\nb\0c\n", 6)), HasSubstr("NUL in a piece"));
  EXPECT_THAT(Report("a\rb\n"), HasSubstr("carriage return inside a line"));
}

TEST_F(Vocabulary, RefusesOversizedPieces) {
  EXPECT_EQ(Read(std::string(kMaxPieceBytes, 'x') + "\n").size(), 1u);
  EXPECT_THAT(Report("a\n" + std::string(200000, 'x') + "\n"),
              HasSubstr("a piece of 200000 bytes; at most 1024 are allowed"));
}

TEST_F(Vocabulary, RefusesOversizedFilesWithoutReadingThem) {
  std::filesystem::path path = directory_.Write("vocab.txt", "a\n");
  std::filesystem::resize_file(path, kMaxVocabularyBytes + 1);
  EXPECT_THAT(ReportOf(ErrorCode::kCorrupt, [&] { (void)ReadVocabulary(path); }),
              HasSubstr("more than 67108864 bytes"));
}

TEST_F(Vocabulary, RefusesTooManyPieces) {
  std::string text;
  for (size_t i = 0; i <= kMaxVocabularySize; ++i) text += std::to_string(i) + '\n';
  EXPECT_THAT(Report(text), HasSubstr("more than 2000000 pieces"));
}

}  // namespace
}  // namespace clner
