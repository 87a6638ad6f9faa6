#include "retrieval/collection.h"

#include <gmock/gmock.h>

#include "retrieval/clean_text.h"
#include "retrieval/passages.h"
#include "support/process.h"
#include "unit/core/support.h"

namespace clner {
namespace {

using test::Put;
using test::TempDir;
using ::testing::ElementsAre;

/// "id|title|text" of every document.
std::vector<std::string> Read(const std::filesystem::path& path, const CollectionOptions& options = {}) {
  std::vector<std::string> rows;
  CollectionReader reader(path.string(), options);
  for (Document document; reader.Next(&document);)
    rows.push_back(document.id + "|" + document.title + "|" + document.text);
  return rows;
}

/// The file packed by `tool`, or "" when the tool is not there.
std::filesystem::path Packed(const std::string& tool, const std::filesystem::path& path, const std::string& ending) {
  const bool done = test::RunProcess({tool, "-k", "-q", path.string()}).exit_code == 0;
  return done ? std::filesystem::path(path.string() + ending) : std::filesystem::path();
}

TEST(Collection, ReadsOneTextALine) {
  const TempDir dir;
  Put(dir / "a.txt",
      "\xEF\xBB\xBF"
      "first\ttext\r\n\n  \nsecond");
  EXPECT_THAT(Read(dir / "a.txt"), ElementsAre("1||first\ttext", "4||second"));
}

TEST(Collection, ReadsTsvByTheNumberOfColumns) {
  const TempDir dir;
  Put(dir / "one.tsv", "text a\ntext b\n");
  Put(dir / "two.tsv", "7\ttext a\n");
  Put(dir / "three.tsv", "id\ttext\ttitle\n7\ttext a\tTitle\n");
  Put(dir / "four.tsv", "good\t7\tTitle\ttext a\n");
  EXPECT_THAT(Read(dir / "one.tsv"), ElementsAre("1||text a", "2||text b"));
  EXPECT_THAT(Read(dir / "two.tsv"), ElementsAre("7||text a"));
  EXPECT_THAT(Read(dir / "three.tsv"), ElementsAre("7|Title|text a"));
  EXPECT_THAT(Read(dir / "four.tsv"), ElementsAre("7|Title|text a"));
}

TEST(Collection, TagsGoOnRequest) {
  const TempDir dir;
  Put(dir / "a.tsv", "7\t<p>Caf&eacute; a <b</p>\t<i>Title</i>\n8\t<br/>\tEmpty\n");
  EXPECT_THAT(Read(dir / "a.tsv"), ElementsAre("7|<i>Title</i>|<p>Caf&eacute; a <b</p>", "8|Empty|<br/>"));
  const std::vector<std::string> rows = Read(dir / "a.tsv", {.strip_html = true});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], "7|Title|\nCaf\xC3\xA9 a <b\n");
  EXPECT_TRUE(CutPassages("\n", PassageUnit::kParagraph).empty());  // what is left of document 8
}

TEST(Collection, FieldsNameColumnsAndKeys) {
  const TempDir dir;
  Put(dir / "a.tsv", "text a\tx\tTitle\ty\tz\n");
  Put(dir / "a.jsonl", R"({"body": "text a", "name": "Title", "key": 12})"
                       "\n");
  EXPECT_THAT(Read(dir / "a.tsv", {.fields = {"text", "-", "title", "-", "id"}}), ElementsAre("z|Title|text a"));
  EXPECT_THAT(Read(dir / "a.jsonl", {.fields = {"text=body", "id=key"}}), ElementsAre("12|Title|text a"));
  EXPECT_ERROR(Read(dir / "a.tsv"), ErrorCode::kData, "5 columns have no usual meaning");
  EXPECT_ERROR(Read(dir / "a.tsv", {.fields = {"id", "titel"}}), ErrorCode::kUsage, "'titel' is not a column");
  EXPECT_ERROR(Read(dir / "a.tsv", {.fields = {"id", "-"}}), ErrorCode::kUsage, "no column 'text'");
  EXPECT_ERROR(Read(dir / "a.tsv", {.fields = {"text", "text"}}), ErrorCode::kUsage, "'text' twice");
  EXPECT_ERROR(Read(dir / "a.jsonl", {.fields = {"body"}}), ErrorCode::kUsage, "'body' does not map");
  EXPECT_ERROR(Read(dir / "a.jsonl", {.fields = {"text=a", "text=b"}}), ErrorCode::kUsage, "'text' twice");
  EXPECT_ERROR(Read(dir / "a.tsv", {.format = CollectionFormat::kText, .fields = {"text"}}), ErrorCode::kUsage,
               "no fields");
}

TEST(Collection, ReadsWikiextractorAndCirrusSearch) {
  const TempDir dir;
  Put(dir / "wiki_00", R"({"id": "5", "url": "u", "title": "Title", "text": "one\ntwo"})"
                       "\n"
                       R"({"id": "6", "title": "Empty", "text": ""})"
                       "\n");
  Put(dir / "dump.json", R"({"index":{"_type":"page","_id":"5"}})"
                         "\n"
                         R"({"title":"Title","text":"one","opening_text":"opening"})"
                         "\n");
  EXPECT_THAT(Read(dir / "wiki_00"), ElementsAre("5|Title|one\ntwo"));
  EXPECT_THAT(Read(dir / "dump.json"), ElementsAre("5|Title|one"));
  EXPECT_THAT(Read(dir / "dump.json", {.fields = {"text=opening_text"}}), ElementsAre("5|Title|opening"));
  Put(dir / "cut.json", R"({"index":{"_id":"5"}})"
                        "\n");
  EXPECT_ERROR(Read(dir / "cut.json"), ErrorCode::kData, "the last action has no document");
  Put(dir / "odd.json", R"({"index":{"_id":"5"}})"
                        "\n"
                        R"({"text":"one"})"
                        "\n"
                        R"({"text":"two"})"
                        "\n");
  EXPECT_ERROR(Read(dir / "odd.json"), ErrorCode::kData, "the line is not an action");
}

TEST(Collection, ReadsGzipAndZstdAsThePlainFile) {
  const TempDir dir;
  std::string text;
  for (int i = 0; i < 30000; ++i) text += std::to_string(i) + "\tdocument number " + std::to_string(i * 7919) + "\n";
  Put(dir / "a.tsv", text);
  const std::vector<std::string> plain = Read(dir / "a.tsv");
  ASSERT_EQ(plain.size(), 30000U);
  for (const auto& [tool, ending] : {std::pair{"gzip", ".gz"}, {"zstd", ".zst"}}) {
    const std::filesystem::path packed = Packed(tool, dir / "a.tsv", ending);
    if (packed.empty()) GTEST_SKIP() << "needs " << tool;
    EXPECT_EQ(Read(packed), plain) << tool;
    const std::string bytes = test::Get(packed);
    Put(packed, bytes + bytes);  // two members
    EXPECT_EQ(Read(packed).size(), 60000U) << tool;
    Put(packed, bytes.substr(0, bytes.size() / 2));
    EXPECT_ERROR(Read(packed), ErrorCode::kData, "it ends in the middle");
    std::string damaged = bytes;
    for (size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i) damaged[i] = static_cast<char>(~damaged[i]);
    Put(packed, damaged);
    const CollectionOptions lenient = {.replace_invalid_utf8 = true, .skip_bad_documents = true};
    EXPECT_ERROR(Read(packed, lenient), ErrorCode::kData, "is a damaged ");
  }
}

TEST(Collection, NamesBadDocumentsOrSkipsThem) {
  const TempDir dir;
  Put(dir / "a.jsonl", "{\"text\": \"a\"}\n{\"text\": \n{\"txt\": \"b\"}\n{\"text\": 1.5}\n[1]\n{\"text\": \"c\"}\n");
  EXPECT_ERROR(Read(dir / "a.jsonl"), ErrorCode::kData, "a.jsonl:2");
  EXPECT_THAT(Read(dir / "a.jsonl", {.skip_bad_documents = true}), ElementsAre("1||a", "6||c"));
  Put(dir / "b.tsv", "1\ta\n2\n");
  EXPECT_ERROR(Read(dir / "b.tsv"), ErrorCode::kData, "1 columns instead of 2");
  Put(dir / "c.txt", "good\nbad \xC3(\n");
  EXPECT_ERROR(Read(dir / "c.txt"), ErrorCode::kData, "invalid UTF-8 at byte offset 9 (byte 0xC3)");
  EXPECT_THAT(Read(dir / "c.txt", {.replace_invalid_utf8 = true}), ElementsAre("1||good", "2||bad \xEF\xBF\xBD("));
  Put(dir / "d.txt", std::string(17 << 20, 'x') + "\nshort\n");
  EXPECT_ERROR(Read(dir / "d.txt"), ErrorCode::kData, "line is longer than 16777216 bytes");
  EXPECT_THAT(Read(dir / "d.txt", {.skip_bad_documents = true}), ElementsAre("2||short"));
  Put(dir / "e.txt", "PK\x03\x04 and more binary");
  EXPECT_ERROR(Read(dir / "e.txt"), ErrorCode::kData, "a zip archive");
}

TEST(Collection, GoesOnBehindLinesThatAreTheSame) {
  const TempDir dir;
  Put(dir / "a.tsv", "id\ttext\n1\ta\n2\tb\n3\tc\n");
  CollectionReader first((dir / "a.tsv").string(), {});
  Document document;
  ASSERT_TRUE(first.Next(&document) && first.Next(&document));
  CollectionReader second((dir / "a.tsv").string(), {});
  ASSERT_TRUE(second.Skip(first.lines(), first.lines_digest()));
  ASSERT_TRUE(second.Next(&document));
  EXPECT_EQ(document.text, "c");
  Put(dir / "a.tsv", "id\ttext\n1\tA\n2\tb\n3\tc\n");
  CollectionReader changed((dir / "a.tsv").string(), {});
  EXPECT_FALSE(changed.Skip(first.lines(), first.lines_digest()));
}

TEST(Collection, DirectoriesStandForTheirFiles) {
  const TempDir dir;
  std::filesystem::create_directories(dir / "AA");
  Put(dir / "AA/wiki_01", "x");
  Put(dir / "AA/wiki_00", "x");
  EXPECT_THAT(CollectionFiles({"-", (dir / "AA").string()}),
              ElementsAre("-", (dir / "AA/wiki_00").string(), (dir / "AA/wiki_01").string()));
  std::filesystem::create_directories(dir / "empty");
  EXPECT_ERROR((void)CollectionFiles({(dir / "empty").string()}), ErrorCode::kData, "holds no files");
  EXPECT_ERROR((void)ParseCollectionFormat("jsnl"), ErrorCode::kUsage, "did you mean 'jsonl'?");
}

TEST(CleanText, LeavesOneHarmlessLine) {
  EXPECT_EQ(CleanText(" a\tb\r\n\x01 c \xC2\x85"
                      "d\xE2\x80\xA8 "),
            "a b c d");
  EXPECT_EQ(CleanText("x\xE2\x80\xAE"
                      "y\xE2\x81\xA6z\xEF\xBB\xBF" +
                      std::string(1, '\0') + "w"),
            "xyzw");
  EXPECT_EQ(CleanText("\xD9\x85\xE2\x80\x8C\xD9\x85"), "\xD9\x85\xE2\x80\x8C\xD9\x85");  // zero-width non-joiner
  EXPECT_EQ(CleanText(" \t\n"), "");
}

TEST(Passages, AreSentencesParagraphsOrDocuments) {
  const std::string text = "Jane Doe lives here. She works.\n\n--\nAnother paragraph.";
  EXPECT_THAT(CutPassages(text, PassageUnit::kSentence),
              ElementsAre("Jane Doe lives here.", "She works.", "Another paragraph."));
  EXPECT_THAT(CutPassages(text, PassageUnit::kParagraph),
              ElementsAre("Jane Doe lives here. She works.", "Another paragraph."));
  EXPECT_THAT(CutPassages(text, PassageUnit::kDocument),
              ElementsAre("Jane Doe lives here. She works. -- Another paragraph."));
}

TEST(Passages, LongOnesAreCutBetweenWordsOrCharacters) {
  std::string words;
  for (int i = 0; i < 9000; ++i) words += "word" + std::to_string(i) + " ";
  std::string joined;
  for (const std::string& passage : CutPassages(words, PassageUnit::kDocument)) {
    EXPECT_LE(passage.size(), kMaxPassageBytes);
    joined += passage + " ";
  }
  EXPECT_EQ(joined, words);
  std::string han;
  for (int i = 0; i < 9000; ++i) han += "\xE4\xB8\xAD";
  size_t bytes = 0;
  for (const std::string& passage : CutPassages(han, PassageUnit::kDocument)) {
    EXPECT_EQ(passage.size() % 3, 0U);
    bytes += passage.size();
  }
  EXPECT_EQ(bytes, han.size());
}

}  // namespace
}  // namespace clner
