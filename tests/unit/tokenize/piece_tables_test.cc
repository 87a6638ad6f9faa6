#include "tokenize/piece_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/stop.h"
#include "temp_directory.h"

namespace clner {
namespace {

using test::ReportOf;
using test::TempDirectory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kKey(64, '0');

/// A word has a piece for every byte, its value; "" has none.
class ByteTokenizer final : public Tokenizer {
 public:
  bool EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const override {
    ++calls;
    for (const char byte : word.substr(0, max_pieces)) ids->push_back(static_cast<unsigned char>(byte));
    return word.size() <= max_pieces;
  }
  [[nodiscard]] int32_t vocabulary_size() const override { return 256; }
  [[nodiscard]] std::string PieceText(int32_t id) const override { return std::to_string(id); }
  [[nodiscard]] const SpecialIds& special() const override { return special_; }
  mutable int calls = 0;

 private:
  SpecialIds special_ = {.begin = 1, .separator = 2};
};

const std::vector<std::string_view> kTypes = {"ab", "", "c"};

PieceTables Make(const ByteTokenizer& tokenizer = {}) {
  return PieceTables(std::vector<WordRuns>{{2, 1}, {0, 0}, {1, 3}}, std::vector<uint32_t>{0, 1, 2, 2, 0, 0, 1}, kTypes,
                     tokenizer);
}

void ExpectTheTables(const PieceTables& tables) {
  ASSERT_EQ(tables.sentences(), 3u);
  EXPECT_EQ(tables.words(), 7u);
  EXPECT_EQ(tables.pieces(), 8u);
  EXPECT_THAT(tables.own(0).ids, ElementsAre('a', 'b'));
  EXPECT_THAT(tables.own(0).counts, ElementsAre(2, 0));
  EXPECT_THAT(tables.context(0).ids, ElementsAre('c'));
  EXPECT_THAT(tables.context(0).counts, ElementsAre(1));
  EXPECT_THAT(tables.own(1).ids, IsEmpty());
  EXPECT_THAT(tables.own(1).counts, IsEmpty());
  EXPECT_THAT(tables.own(2).ids, ElementsAre('c'));
  EXPECT_THAT(tables.context(2).ids, ElementsAre('a', 'b', 'a', 'b'));
  EXPECT_THAT(tables.context(2).counts, ElementsAre(2, 2, 0));
  EXPECT_EQ(tables.runs(2).own, 1u);
  EXPECT_EQ(tables.runs(2).context, 3u);
}

TEST(PieceTables, HoldThePiecesOfWordsAndContexts) { ExpectTheTables(Make()); }

TEST(PieceTables, TokeniseEveryDistinctWordOnce) {
  const ByteTokenizer tokenizer;
  (void)Make(tokenizer);
  EXPECT_EQ(tokenizer.calls, 3);
}

TEST(PieceTables, ComeBackFromAFileThatOutlivesNobody) {
  const TempDirectory dir;
  PieceTables mapped;
  EXPECT_EQ(mapped.sentences(), 0u);
  {
    const PieceTables tables = Make();
    TableWriter writer(kKey);
    writer.Add(std::span<const char>());
    tables.AddTo(&writer);
    writer.Write(dir.path() / "t");
    mapped = PieceTables(std::make_shared<const TableFile>(dir.path() / "t", kKey), 1, 256);
  }
  std::filesystem::remove(dir.path() / "t");
  ExpectTheTables(mapped);
}

TEST(PieceTables, CutWordsThatNoEncoderTakes) {
  const std::string monster(100'000, 'x');
  const PieceTables tables(std::vector<WordRuns>{{1, 0}}, std::vector<uint32_t>{0},
                           std::vector<std::string_view>{monster}, ByteTokenizer());
  EXPECT_THAT(tables.own(0).counts, ElementsAre(PieceTables::kMaxPiecesPerWord));
  EXPECT_EQ(tables.own(0).ids.size(), PieceTables::kMaxPiecesPerWord);
}

TEST(PieceTables, StopOnRequest) {
  RequestStop("a test");
  const std::string report = ReportOf(ErrorCode::kInterrupted, [] { (void)Make(); });
  ClearStop();
  EXPECT_THAT(report, HasSubstr("stopped by a test while tokenising"));
}

/// What is wrong with tables that have right hashes and these rows, counts and ids.
std::string ProblemOf(const std::vector<uint32_t>& rows, const std::vector<uint16_t>& counts,
                      const std::vector<int32_t>& ids) {
  const TempDirectory dir;
  TableWriter writer(kKey);
  writer.Add(std::span(rows));
  writer.Add(std::span(counts));
  writer.Add(std::span(ids));
  writer.Write(dir.path() / "t");
  const auto file = std::make_shared<const TableFile>(dir.path() / "t", kKey);
  return ReportOf(ErrorCode::kCorrupt, [&] { (void)PieceTables(file, 0, 100); });
}

TEST(PieceTables, ContradictionsAreNamed) {
  const std::string place = "the place of sentence ";
  EXPECT_THAT(ProblemOf({}, {}, {}), HasSubstr("the table of sentences is empty"));
  EXPECT_THAT(ProblemOf({0, 0, 1, 1, 1, 1, 1, 1}, {1, 1}, {5}), HasSubstr("the tables of pieces differ in length"));
  EXPECT_THAT(ProblemOf({0, 0, 1, 1, 1, 1, 1, 1}, {1}, {5, 6}), HasSubstr("the tables of pieces differ in length"));
  EXPECT_THAT(ProblemOf({1, 0, 1, 1, 1, 1, 1, 1}, {1}, {5}), HasSubstr(place + "0 is wrong"));
  EXPECT_THAT(ProblemOf({0, 0, 2, 1, 1, 1, 1, 1}, {1}, {5}), HasSubstr(place + "0 is wrong"));
  EXPECT_THAT(ProblemOf({0, 0, 1, UINT32_MAX, 1, 1, 1, 1}, {1}, {5}), HasSubstr(place + "0 is wrong"));
  EXPECT_THAT(ProblemOf({0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1}, {1}, {5}), HasSubstr(place + "1 is wrong"));
  EXPECT_THAT(ProblemOf({0, 0, 1, 1, 1, 1, 2, 1}, {1}, {5}), HasSubstr(place + "1 is wrong"));
  for (const int32_t id : {100, -1, INT32_MIN, INT32_MAX}) {
    for (const size_t at : {size_t{0}, size_t{17}, size_t{39}}) {
      std::vector<int32_t> ids(40, 99);
      ids[at] = id;
      EXPECT_THAT(ProblemOf({0, 0, 1, 40, 1, 40, 1, 40}, {40}, ids), HasSubstr("a piece is not in the vocabulary"));
    }
  }
}

}  // namespace
}  // namespace clner
