#include "data/column_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "core/log.h"
#include "core/random.h"
#include "data/foreign_format.h"
#include "data/line_reader.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Fields = std::vector<std::string>;
using namespace std::string_view_literals;

std::vector<ColumnSentence> ReadAll(const std::string& path, const ColumnFileOptions& options = {},
                                    ColumnFileStats* stats = nullptr) {
  ColumnReader reader(path, options);
  std::vector<ColumnSentence> sentences;
  while (std::optional<ColumnSentence> sentence = reader.Next()) sentences.push_back(std::move(*sentence));
  EXPECT_FALSE(reader.Next().has_value()) << "the end is final";
  if (stats != nullptr) *stats = reader.stats();
  return sentences;
}

std::vector<ColumnSentence> ReadText(std::string_view text, const ColumnFileOptions& options = {},
                                     ColumnFileStats* stats = nullptr) {
  const TempDir dir;
  return ReadAll(dir.Write("a.conll", text), options, stats);
}

std::vector<std::vector<Fields>> FieldsOf(const std::vector<ColumnSentence>& sentences) {
  std::vector<std::vector<Fields>> all;
  for (const ColumnSentence& sentence : sentences) {
    std::vector<Fields>& rows = all.emplace_back();
    for (const ColumnRow& row : sentence.rows) rows.push_back(row.fields);
  }
  return all;
}

Error ReadError(std::string_view text, const ColumnFileOptions& options = {}) {
  const TempDir dir;
  const std::string path = dir.Write("a.conll", text);
  return ErrorOf([&] { (void)ReadAll(path, options); });
}

const ColumnFileOptions kTab = {.delimiter = ColumnDelimiter::kTab};
const ColumnFileOptions kLast = {.delimiter = ColumnDelimiter::kLast};

TEST(ColumnFile, SplitsAtRunsOfSpacesAndTabsMixedInOneFile) {
  const auto fields = FieldsOf(ReadText("Jane\tB-PER\nDoe  \t I-PER  \n  ran O\n\nx O\n"));
  EXPECT_THAT(fields, ElementsAre(ElementsAre(Fields{"Jane", "B-PER"}, Fields{"Doe", "I-PER"}, Fields{"ran", "O"}),
                                  ElementsAre(Fields{"x", "O"})));
}

TEST(ColumnFile, ExoticBlanksStayInsideTheWord) {
  const std::string nbsp =
                        "a\xC2\xA0"
                        "b",
                    ideographic = "\xE3\x80\x80";
  EXPECT_THAT(FieldsOf(ReadText(nbsp + " O\n" + ideographic + " O\n")),
              ElementsAre(ElementsAre(Fields{nbsp, "O"}, Fields{ideographic, "O"})));
}

TEST(ColumnFile, TabDelimiterKeepsSpacesInsideFields) {
  EXPECT_THAT(FieldsOf(ReadText("New York\tB-LOC \n \tO\t\n", kTab)),
              ElementsAre(ElementsAre(Fields{"New York", "B-LOC"}, Fields{" ", "O"})));
}

TEST(ColumnFile, LastDelimiterDoesNotStripTheWord) {
  EXPECT_THAT(FieldsOf(ReadText("  O\r\n\xC2\xA0 B-X\r\na b\tO\r\n", kLast)),
              ElementsAre(ElementsAre(Fields{" ", "O"}, Fields{"\xC2\xA0", "B-X"}, Fields{"a b", "O"})));
}

TEST(ColumnFile, LineEndsAndBomGiveTheSameRows) {
  const std::string lf = "a O\nb O\n\nc O\n\n\n-DOCSTART- O\n\nd B-X\n";
  const auto expected = FieldsOf(ReadText(lf));
  ASSERT_EQ(expected.size(), 3U);
  for (const char* end : {"\r\n", "\r"}) {
    std::string text = "\xEF\xBB\xBF";
    for (const char c : lf) text += c == '\n' ? std::string(end) : std::string(1, c);
    EXPECT_EQ(FieldsOf(ReadText(text)), expected);
  }
}

TEST(ColumnFile, CarriageReturnAndLineFeedSplitAcrossBuffersAreOneLineEnd) {
  // The reader's buffer has 2^18 bytes: put CR at every position around its end.
  for (const size_t at : {262141U, 262142U, 262143U, 262144U}) {
    std::string text(at - 2, 'x');
    text += " O\r\nb O\r\n";
    const auto sentences = ReadText(text);
    ASSERT_EQ(sentences.size(), 1U);
    ASSERT_EQ(sentences[0].rows.size(), 2U);
    EXPECT_EQ(sentences[0].rows[0].fields[0].size(), at - 2);
    EXPECT_EQ(sentences[0].rows[1].line, 2);
  }
}

TEST(ColumnFile, LastLineNeedsNoEndAndNoBlankLine) {
  EXPECT_EQ(ReadText("a O\n\nb O").size(), 2U);
  EXPECT_EQ(ReadText("a O\n\nb O\n").size(), 2U);
  EXPECT_EQ(ReadText("a O\n\nb O\n\n").size(), 2U);
}

TEST(ColumnFile, EmptyBlankAndDocumentOnlyFilesHaveNoSentence) {
  for (const char* text : {"", "\n\n", "\t\n \n", "-DOCSTART- O\n\n", "\xEF\xBB\xBF"})
    EXPECT_TRUE(ReadText(text).empty());
}

TEST(ColumnFile, WhitespaceLinesEndSentencesAndAreCounted) {
  ColumnFileStats stats;
  const size_t warnings = WarningCount();
  EXPECT_EQ(ReadText("a O\n\t\nb O\n  \nc O\n\n", {}, &stats).size(), 3U);
  EXPECT_EQ(stats.whitespace_separators, 2);
  EXPECT_EQ(stats.sentences, 3);
  EXPECT_EQ(WarningCount(), warnings + 1) << "one warning a file";
}

TEST(ColumnFile, DocumentMarksCountAndAreNoSentences) {
  ColumnFileStats stats;
  const auto sentences = ReadText("-DOCSTART- -X- -X- O\n\na b c O\n-DOCSTART- -X- -X- O\nd e f O\n\n", {}, &stats);
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_EQ(sentences[0].document, 1);
  EXPECT_EQ(sentences[1].document, 2);
  EXPECT_EQ(stats.docstart_lines, 2);
  EXPECT_THAT(sentences[0].before, ElementsAre("-DOCSTART- -X- -X- O", ""));
  EXPECT_THAT(sentences[1].before, ElementsAre("-DOCSTART- -X- -X- O"));
  EXPECT_EQ(sentences[1].rows[0].line, 5);
}

TEST(ColumnFile, NumberSignIsAWordUnlessCommentsAreOn) {
  EXPECT_EQ(ReadText("#tag O\n# O\n")[0].rows.size(), 2U);
  const auto sentences = ReadText("# id 1\na O\n# inside\nb O\n\n# id 2\nc O\n", {.comment = "# "});
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_EQ(sentences[0].rows.size(), 2U);
  EXPECT_THAT(sentences[0].before, ElementsAre("# id 1", "# inside"));
  EXPECT_THAT(sentences[1].before, ElementsAre("# id 2"));
}

TEST(ColumnFile, RowsKeepTheirBytes) {
  const auto sentences = ReadText("a  \tO \n b\tO\n");
  EXPECT_EQ(sentences[0].rows[0].text, "a  \tO ");
  EXPECT_EQ(sentences[0].rows[1].text, " b\tO");
}

TEST(ColumnFile, OneToFourColumnsAreRead) {
  for (size_t columns = 1; columns <= 4; ++columns) {
    std::string row = "w";
    for (size_t i = 1; i < columns; ++i) row += " c";
    ColumnFileStats stats;
    EXPECT_EQ(ReadText(row + "\n" + row + "\n", {}, &stats)[0].rows[1].fields.size(), columns);
    EXPECT_EQ(stats.min_fields, columns);
    EXPECT_EQ(stats.max_fields, columns);
    EXPECT_EQ(stats.words, 2);
  }
}

TEST(ColumnFile, RaggedRowsAreCollectedWithPlaceAndRow) {
  std::string text = "a O\nb O\n\n";
  for (int i = 0; i < 25; ++i) text += "x y O\nz O\n\nlonely\n\n";
  const Error error = ReadError(text);
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_EQ(error.total(), 50U);
  EXPECT_EQ(error.problems().size(), 20U);
  EXPECT_EQ(error.problems()[0].what, "row has 3 columns, expected 2: 'x y O'");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:4"));
  EXPECT_EQ(error.problems()[1].what, "row has 1 column, expected 2: 'lonely'");
  EXPECT_THAT(error.problems()[1].where, HasSubstr("a.conll:7"));
  EXPECT_THAT(error.problems()[0].fix, HasSubstr("delimiter 'last'"));
  EXPECT_THAT(error.problems()[1].fix, HasSubstr("--on-error skip"));
}

TEST(ColumnFile, MostRowsOfTheFirstSentenceDecideTheColumns) {
  const Error error = ReadError("a b O\nc O\nd O\n\ne O\n");
  EXPECT_EQ(error.total(), 1U);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("'a b O'"));
}

TEST(ColumnFile, ARaggedFirstSentenceIsTheOnlyBadOne) {
  std::string text = "bad\n\n";
  for (int i = 0; i < 50; ++i) text += "w O\nx B-PER\n\n";
  const Error error = ReadError(text);
  EXPECT_EQ(error.total(), 1U);
  EXPECT_EQ(error.problems()[0].what, "row has 1 column, expected 2: 'bad'");
  ColumnFileStats stats;
  EXPECT_EQ(ReadText(text, {.skip_bad_sentences = true}, &stats).size(), 50U);
  EXPECT_EQ(stats.skipped_sentences, 1);
}

TEST(ColumnFile, TheFirstHundredSentencesDecideTheColumns) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "w O\n\n";
  for (int i = 0; i < 150; ++i) text += "w N O\n\n";
  const Error error = ReadError(text);
  EXPECT_EQ(error.total(), 150U);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("row has 3 columns, expected 2"));
}

TEST(ColumnFile, TheLargerNumberOfColumnsWinsTies) {
  for (const char* text : {"saw\nJane B-PER\n", "saw\n\nJane B-PER\n", "Jane B-PER\n\nsaw\n"}) {
    const Error error = ReadError(text);
    EXPECT_EQ(error.total(), 1U);
    EXPECT_EQ(error.problems()[0].what, "row has 1 column, expected 2: 'saw'");
  }
}

TEST(ColumnFile, FixesNameOnlyWhatTheCommandHas) {
  ColumnFileOptions options;
  options.skip_option = options.replace_option = "";
  for (const char* text : {"a O\nb\nc O\n", "a O\nb c O\nd O\n", "a O\nb\xFF O\n"}) {
    EXPECT_THAT(ReadError(text).problems()[0].fix, HasSubstr("--")) << text;
    EXPECT_THAT(ReadError(text, options).problems()[0].fix, ::testing::Not(HasSubstr("--o"))) << text;
    EXPECT_THAT(ReadError(text, options).problems()[0].fix, ::testing::Not(HasSubstr("--e"))) << text;
  }
  options.skip_option = "data.on_error: skip";
  EXPECT_THAT(ReadError("a O\nb\nc O\n", options).problems()[0].fix, HasSubstr("with data.on_error: skip"));
  EXPECT_EQ(ReadError("a O\nb\0 O\n"sv, {.replace_option = ""}).problems()[0].fix, "remove the byte");
}

TEST(ColumnFile, WordsWithSpacesBetweenTabsAreHinted) {
  EXPECT_THAT(ReadError("a\tO\nNew York\tB-LOC\nc\tO\n").problems()[0].fix, HasSubstr("delimiter 'tab'"));
}

TEST(ColumnFile, BadSentencesAreSkippedAndCountedOnRequest) {
  ColumnFileStats stats;
  const auto sentences =
      ReadText("a O\n\nb\n\nc O\n\nd e O\nf O\n\n\xFFg O\n\nh O\n", {.skip_bad_sentences = true}, &stats);
  EXPECT_THAT(FieldsOf(sentences),
              ElementsAre(ElementsAre(Fields{"a", "O"}), ElementsAre(Fields{"c", "O"}), ElementsAre(Fields{"h", "O"})));
  EXPECT_EQ(stats.skipped_sentences, 3);
  EXPECT_EQ(stats.sentences, 3);
}

TEST(ColumnFile, InvalidUtf8NamesLineAndByteOffset) {
  for (const char* bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    const Error error = ReadError("ab O\nc" + std::string(bad) + " O\n");
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_THAT(error.problems()[0].what, HasSubstr("invalid UTF-8 at byte offset 6"));
    EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:2:2"));
    EXPECT_THAT(error.problems()[0].fix, HasSubstr("iconv"));
  }
  EXPECT_THAT(ReadError("ab O\nc\xE2\x82").problems()[0].what, HasSubstr("byte offset 6")) << "cut at the end";
  EXPECT_THAT(ReadError("\xEF\xBB\xBF"
                        "ab O\n\xFF O\n")
                  .problems()[0]
                  .what,
              HasSubstr("byte offset 8"))
      << "the BOM counts";
}

TEST(ColumnFile, NulIsRefusedWithByteOffset) {
  const Error error = ReadError("ab O\nc\0d O\n"sv);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("NUL byte at byte offset 6"));
  EXPECT_THAT(error.problems()[0].where, HasSubstr(":2:2"));
}

TEST(ColumnFile, ReplacingInvalidBytesKeepsTheTokenCount) {
  ColumnFileStats stats;
  const auto sentences = ReadText("a\xFF O\n\xC0\xAF O\nc\0d O\n"sv, {.replace_invalid_utf8 = true}, &stats);
  ASSERT_EQ(sentences.size(), 1U);
  ASSERT_EQ(sentences[0].rows.size(), 3U);
  EXPECT_EQ(sentences[0].rows[0].fields[0], "a\xEF\xBF\xBD");
  EXPECT_EQ(sentences[0].rows[2].fields[0],
            "c\xEF\xBF\xBD"
            "d");
  EXPECT_EQ(stats.replaced_bytes, 4);
}

TEST(ColumnFile, OverlongLineIsRefused) {
  const ColumnFileOptions options = {.max_line_bytes = 1000};
  const Error error = ReadError("a O\n" + std::string(1001, 'x') + "\nb O\n", options);
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_EQ(error.problems()[0].what, "line is longer than 1000 bytes");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:2"));
  EXPECT_EQ(ReadText(std::string(1000, 'x') + "\n", options)[0].rows[0].text.size(), 1000U);
}

TEST(ColumnFile, SkippingReadsOnBehindAnOverlongLine) {
  ColumnFileStats stats;
  const auto sentences = ReadText("a O\n\n" + std::string(600'000, 'x') + "\n\nb O\n",
                                  {.skip_bad_sentences = true, .max_line_bytes = 1000}, &stats);
  EXPECT_EQ(sentences.size(), 2U);
  EXPECT_EQ(sentences[1].rows[0].line, 5);
  EXPECT_EQ(stats.skipped_sentences, 1);
}

TEST(ColumnFile, EndlessLineIsRefusedWithBoundedMemory) {
  rusage before = {}, after = {};
  getrusage(RUSAGE_SELF, &before);
  const Error error = ErrorOf([] { (void)ReadAll("/dev/zero"); });
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("line is longer than 16777216 bytes"));
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 200 * 1024) << "KiB";
}

TEST(ColumnFile, LongWordAndLongSentenceAreRead) {
  EXPECT_EQ(ReadText(std::string(300'000, 'a') + " O\n")[0].rows[0].fields[0].size(), 300'000U);
  std::string text;
  for (int i = 0; i < 44'000; ++i) text += "w O\n";
  EXPECT_EQ(ReadText(text)[0].rows.size(), 44'000U);
}

TEST(ColumnFile, ForeignFilesAreNamedWithTheConvertingCommand) {
  const TempDir dir;
  using namespace std::string_view_literals;
  const struct {
    const char* name;
    std::string_view bytes;
    const char* what;
    const char* fix;
  } cases[] = {
      {"train.conll.gz", "\x1F\x8B\x08\0\0\0\0\0"sv, "gzip-compressed", "gzip -dc"},
      {"a.bz2", "BZh91AY&SY\x01\x02"sv, "bzip2-compressed", "bzip2 -dc"},
      {"a.xz", "\xFD\x37zXZ\0\0\x04"sv, "xz-compressed", "xz -dc"},
      {"a.zst", "\x28\xB5\x2F\xFD\x04"sv, "zstd-compressed", "zstd -dc"},
      {"a.zip", "PK\x03\x04\x14\0"sv, "zip archive", "unzip -p"},
      {"a.parquet", "PAR1\x15\x04\x15\x10"sv, "parquet", "read_parquet"},
      {"a.txt",
       "\xFF\xFE"
       "a\0 \0O\0\n\0"sv,
       "UTF-16", "iconv -f UTF-16 -t UTF-8"},
      {"b.txt", "\xFE\xFF\0a\0 \0O\0\n"sv, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
      {"c.txt", "a\0b\0 \0O\0\n\0c\0 \0O\0\n\0"sv, "UTF-16", "iconv -f UTF-16LE -t UTF-8"},
      {"d.txt", "\0a\0b\0 \0O\0\n\0c\0 \0O"sv, "UTF-16", "iconv -f UTF-16BE -t UTF-8"},
      {"e.txt", "\xFF\xFE\0\0a\0\0\0"sv, "UTF-32", "iconv -f UTF-32 -t UTF-8"},
      {"a.db", "SQLite format 3\0"sv, "SQLite", "sqlite3"},
  };
  for (const auto& c : cases) {
    const std::string path = dir.Write(c.name, c.bytes);
    const Error error = ErrorOf([&] { (void)ReadAll(path); });
    EXPECT_EQ(error.code(), ErrorCode::kData) << c.name;
    EXPECT_THAT(error.problems()[0].what, AllOf(HasSubstr(c.what), HasSubstr(c.name)));
    EXPECT_THAT(error.problems()[0].fix, AllOf(HasSubstr(c.fix), HasSubstr(c.name)));
  }
}

TEST(ColumnFile, Utf32WithoutAMarkIsNamed) {
  const TempDir dir;
  const std::string_view little("a\0\0\0 \0\0\0O\0\0\0\n\0\0\0", 16), big("\0\0\0a\0\0\0 \0\0\0O\0\0\0\n", 16);
  for (const auto& [bytes, encoding] : {std::pair(little, "UTF-32LE"), std::pair(big, "UTF-32BE")}) {
    const std::string path = dir.Write(encoding, bytes);
    const Problem problem = ErrorOf([&] { (void)ReadAll(path); }).problems()[0];
    EXPECT_THAT(problem.what, HasSubstr("is UTF-32 text, not UTF-8 text"));
    EXPECT_THAT(problem.fix, HasSubstr("iconv -f " + std::string(encoding) + " -t UTF-8"));
  }
}

TEST(ForeignFormat, StandardInputIsConvertedByAPipe) {
  EXPECT_EQ(InputName("-"), "<stdin>");
  EXPECT_EQ(InputName("a"), "a");
  const auto fix = [](std::string_view head, const std::string& path) { return ForeignFormat(head, path)->fix; };
  EXPECT_EQ(fix("\x1F\x8B", "<stdin>"), "convert it: gzip -dc FILE | clner ... -");
  EXPECT_EQ(fix("\x1F\x8B", "train.conll.gz"), "convert it: gzip -dc train.conll.gz > train.conll");
  EXPECT_EQ(fix("\xFF\xFE"
                "a",
                "<stdin>"),
            "convert it: iconv -f UTF-16 -t UTF-8 FILE | clner ... -");
  EXPECT_EQ(fix("PK\x05\x06", "a.zip"), "convert it: unzip -l a.zip");
  EXPECT_THAT(fix("PAR1\x15\x04", "<stdin>"), ::testing::EndsWith(" FILE > FILE.txt.jsonl"));
  EXPECT_THAT(fix("PAR1\x15\x04", "a.parquet"), ::testing::EndsWith(" a.parquet > a.jsonl"));
  EXPECT_EQ(ConvertingCommand("iconv -f ISO-8859-1 -t UTF-8 {}", ".utf8", "<stdin>"),
            "iconv -f ISO-8859-1 -t UTF-8 FILE | clner ... -");
}

TEST(ColumnFile, WordsThatLookLikeMagicAreText) {
  EXPECT_EQ(ReadText("PAR1 O\nBZh O\n").size(), 1U);
  EXPECT_EQ(ReadText("BZh9 O\n").size(), 1U);
}

TEST(ColumnFile, NamesInCommandsAreQuoted) {
  const TempDir dir;
  const std::string path = dir.Write("it's $(here).gz", "\x1F\x8B\x08");
  EXPECT_THAT(ErrorOf([&] { (void)ReadAll(path); }).problems()[0].fix, HasSubstr("'\\''s $(here).gz'"));
}

TEST(ColumnFile, DirectoryNamesFilesInside) {
  const TempDir dir;
  EXPECT_THAT(ErrorOf([&] { (void)ReadAll(dir.path()); }).problems()[0].fix, HasSubstr("name a file"));
  (void)dir.Write("train.conll", "a O\n");
  const Error error = ErrorOf([&] { (void)ReadAll(dir.path()); });
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("is a directory"));
  EXPECT_THAT(error.problems()[0].fix, HasSubstr("train.conll'"));
}

TEST(ColumnFile, MissingFileIsNamedWithTheNearestOne) {
  const TempDir dir;
  (void)dir.Write("emerging.dev.conll", "a O\n");
  const Error error = ErrorOf([&] { (void)ReadAll((dir.path() / "emergin.dev.conll").string()); });
  EXPECT_EQ(error.code(), ErrorCode::kNoInput);
  EXPECT_THAT(error.problems()[0].what, AllOf(HasSubstr("emergin.dev.conll"), HasSubstr("No such file")));
  EXPECT_THAT(error.problems()[0].fix, AllOf(HasSubstr("did you mean"), HasSubstr("emerging.dev.conll")));
}

TEST(ColumnFile, FileCutWhileItIsReadIsAnIoError) {
  const TempDir dir;
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "word O\n\n";
  const std::string path = dir.Write("a.conll", text);
  ColumnReader reader(path, {});
  ASSERT_TRUE(reader.Next().has_value());
  std::filesystem::resize_file(path, text.size() / 2);
  const Error error = ErrorOf([&] {
    while (reader.Next().has_value()) {
    }
  });
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("changed while it was read"));
}

TEST(ColumnFile, FileRewrittenWhileItIsReadIsAnIoError) {
  const TempDir dir;
  const std::string path = dir.Write("a.conll", "a O\n\nb O\n");
  ColumnReader reader(path, {});
  ASSERT_TRUE(reader.Next().has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  (void)dir.Write("a.conll", "a O\n\nb O\n\nc O\n");
  EXPECT_EQ(ErrorOf([&] {
              while (reader.Next().has_value()) {
              }
            }).code(),
            ErrorCode::kIo);
}

TEST(ColumnFile, PipesAreReadAsStreams) {
  const TempDir dir;
  const std::string path = (dir.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] {
    const int fd = ::open(path.c_str(), O_WRONLY);
    for (const char byte : std::string_view("a O\n\nb O\n")) ASSERT_EQ(::write(fd, &byte, 1), 1);
    ::close(fd);
  });
  EXPECT_EQ(ReadAll(path).size(), 2U);
  writer.join();
}

TEST(ColumnFile, AStreamStopsAtTheFirstBadSentence) {
  const TempDir dir;
  const std::string path = (dir.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int keep_open = ::open(path.c_str(), O_RDWR);  // a producer that never ends
  const std::string_view text = "a O\n\nb\n\n";
  ASSERT_EQ(::write(keep_open, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ColumnReader reader(path, {});
  EXPECT_TRUE(reader.Next().has_value());
  EXPECT_EQ(ErrorOf([&] { (void)reader.Next(); }).code(), ErrorCode::kData);
  ::close(keep_open);
}

TEST(ColumnFile, AStreamTakesTheColumnsOfItsFirstSentence) {
  const TempDir dir;
  const std::string path = (dir.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int keep_open = ::open(path.c_str(), O_RDWR);  // a producer that never ends
  const std::string_view text = "a\n\nb O\n\n";
  ASSERT_EQ(::write(keep_open, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ColumnReader reader(path, {});
  EXPECT_TRUE(reader.Next().has_value());
  EXPECT_THAT(ErrorOf([&] { (void)reader.Next(); }).problems()[0].what, HasSubstr("expected 1: 'b O'"));
  ::close(keep_open);
}

TEST(ColumnFile, LinesBehindTheLastSentenceAreKept) {
  const TempDir dir;
  for (const auto& [text, trailing] :
       {std::pair<std::string, Fields>{"a O\n\n# tail\n-DOCSTART- O\n\n", {"# tail", "-DOCSTART- O", ""}},
        {"a O\n-DOCSTART- O\n", {"-DOCSTART- O"}},
        {"a O\n\n", {}},
        {"# only\n", {"# only"}}}) {
    ColumnReader reader(dir.Write("a.conll", text), {.comment = "# "});
    while (reader.Next().has_value()) {
    }
    EXPECT_EQ(reader.trailing(), trailing) << text;
  }
}

TEST(ColumnFile, SentencesKnowWhetherABlankLineEndsThem) {
  const auto sentences = ReadText("a O\n\nb O\n-DOCSTART- O\nc O\n \nd O\n");
  ASSERT_EQ(sentences.size(), 4U);
  EXPECT_TRUE(sentences[0].blank_line_behind);
  EXPECT_FALSE(sentences[1].blank_line_behind) << "a document mark";
  EXPECT_TRUE(sentences[2].blank_line_behind);
  EXPECT_FALSE(sentences[3].blank_line_behind) << "the end of the file";
}

TEST(ColumnFile, LabelsInContextRowsAreRefused) {
  const std::string text = "a O\nb B-PER\n<EOS> B-X\nq B-X\nr B-PER\n\nc O\n";
  const Error error = ReadError(text);
  EXPECT_EQ(error.code(), ErrorCode::kData);
  EXPECT_EQ(error.total(), 1U);
  EXPECT_EQ(error.problems()[0].what, "row of a context has the tag 'B-PER': 'r B-PER'");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("a.conll:5"));
  EXPECT_EQ(error.problems()[0].fix,
            "put a blank line in front of the sentence that the row belongs to, or tag context words 'B-X'");
  EXPECT_EQ(ReadText(text, {.skip_bad_sentences = true}).size(), 1U);
  EXPECT_EQ(ReadText(text, {.any_context_tag = true}).size(), 2U) << "predictions";
}

TEST(ColumnFile, ContextStartsAtTheMarkLine) {
  const auto own = [](std::string_view text, const ColumnFileOptions& options = {}) {
    return OwnRows(ReadText(text, options)[0].rows);
  };
  EXPECT_EQ(own("a\tO\nb\tO\n<EOS> B-X\nc B-X\nd X\n"), 2U);
  EXPECT_EQ(own("a O\n<EOS> O\nc O\n"), 1U) << "AdaSeq tags contexts O";
  EXPECT_EQ(own("a\n<EOS>\nc\n"), 1U) << "no tags at all";
  EXPECT_EQ(own("a O\n<EOS> B-X\n"), 1U) << "an empty context";
  EXPECT_EQ(own("a P N O\n<EOS> B-X B-X B-X\nc B-X\nd\n"), 1U) << "context rows may have fewer columns";
  EXPECT_EQ(own("a O\n<EOS> B-X\nc B-X\n<EOS> B-X\nd B-X\n"), 1U);
  EXPECT_EQ(own("a\tO\n<EOS> B-X\nc d B-X\n", kTab), 1U);
  EXPECT_EQ(own("a O\nb O\n"), 2U);
}

TEST(ColumnFile, OtherEosRowsAreOrdinaryWords) {
  const auto own = [](std::string_view text) { return OwnRows(ReadText(text)[0].rows); };
  EXPECT_EQ(own("<EOS> O\na O\n"), 2U) << "nothing stands before it";
  EXPECT_EQ(own("a O\n<EOS> O\n"), 2U) << "nothing stands behind it";
  EXPECT_EQ(own("a O\n<EOS> O\nJane B-PER\n"), 3U) << "entities stand behind it";
  EXPECT_EQ(own("a O\n</s> O\n[SEP] O\n<mask> O\n"), 4U);
}

TEST(ColumnFile, EmptyContextWordsAreKept) {
  const auto rows = ReadText("a\tO\n<EOS> B-X\n B-X\nb B-X\n")[0].rows;
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[2].fields, (Fields{"", "B-X"}));
}

TEST(ColumnFile, ContextRowsWithTooManyColumnsAreRagged) {
  EXPECT_THAT(ReadError("a O\n<EOS> B-X\nb c B-X\n").problems()[0].what,
              HasSubstr("row has 3 columns, expected at most 2: 'b c B-X'"));
}

TEST(ColumnFile, RandomRowsComeBack) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::string alphabet[] = {"a", "#",    "\xC2\xA0",        "\xE3\x80\x80", "\xE2\x80\x8B", "\xEF\xBF\xBD",
                                    "1", "\x07", "\xF0\x9F\x98\x80"};
    const char* ends[] = {"\n", "\r\n", "\r"};
    const char* gaps[] = {" ", "\t", "  ", "\t "};
    const std::string end = ends[random.Below(3)];
    std::vector<std::vector<Fields>> expected;
    std::string text;
    const size_t columns = 1 + random.Below(4);
    for (uint64_t s = 0, sentences = random.Below(6); s < sentences; ++s) {
      auto& rows = expected.emplace_back();
      for (uint64_t r = 0, count = 1 + random.Below(5); r < count; ++r) {
        Fields& fields = rows.emplace_back();
        for (size_t c = 0; c < columns; ++c) {
          std::string field;
          for (uint64_t k = 0, size = 1 + random.Below(4); k < size; ++k) field += alphabet[random.Below(9)];
          text += (c > 0 ? gaps[random.Below(4)] : "") + field;
          fields.push_back(field);
        }
        text += end;
      }
      for (uint64_t blank = 0, blanks = 1 + random.Below(2); blank < blanks; ++blank)
        text += (random.Below(3) == 0 ? "\t" : "") + end;
    }
    EXPECT_EQ(FieldsOf(ReadText(text)), expected);
  }
}

}  // namespace
}  // namespace clner
