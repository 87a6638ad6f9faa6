#include "core/table_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "support.h"

namespace clner {
namespace {

using test::Get;
using test::Put;
using test::TempDir;
using testing::ElementsAre;

const std::string kKey(64, 'k');

struct Row {
  int64_t a = 0;
  int32_t b = 0, c = 0;
};

std::filesystem::path WriteTables(const TempDir& dir, const std::vector<uint16_t>& numbers,
                                  const std::vector<Row>& rows) {
  TableWriter writer(kKey);
  writer.Add(std::span(numbers));
  writer.Add(std::span(rows));
  writer.Add(std::span<const char>());
  writer.Write(dir / "t");
  EXPECT_EQ(writer.size(), std::filesystem::file_size(dir / "t"));
  return dir / "t";
}

TEST(TableFile, GivesBackTheTables) {
  const TempDir dir;
  std::vector<uint16_t> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), uint16_t{7});
  const TableFile file(WriteTables(dir, numbers, {{1, 2, 3}, {-4, 5, 6}}), kKey);
  EXPECT_TRUE(std::ranges::equal(file.Table<uint16_t>(0), numbers));
  const std::span<const Row> rows = file.Table<Row>(1);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].a, -4);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(rows.data()) % 64, 0u);
  EXPECT_TRUE(file.Table<char>(2).empty());
}

TEST(TableFile, TablesStayValidWhenTheFileIsMovedOrReplaced) {
  const TempDir dir;
  TableFile file(WriteTables(dir, {1, 2, 3}, {}), kKey);
  const std::span<const uint16_t> numbers = file.Table<uint16_t>(0);
  const TableFile moved = std::move(file);
  WriteTables(dir, {9, 9, 9, 9}, {});
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3));
}

TEST(TableFile, RefusesWhatItWasNotAskedFor) {
  const TempDir dir;
  const std::filesystem::path path = WriteTables(dir, {1, 2, 3}, {{}});
  EXPECT_ERROR(TableFile(path, std::string(64, 'x')), ErrorCode::kCorrupt, "the file was made from something else");
  const TableFile file(path, kKey);
  EXPECT_ERROR((void)file.Table<char>(3), ErrorCode::kCorrupt, "table 3 is missing");
  EXPECT_ERROR((void)file.Table<Row>(0), ErrorCode::kCorrupt, "table 0 has a place outside of the file");
  EXPECT_ERROR(TableFile(dir / "none", kKey), ErrorCode::kNoInput, "cannot read");
  Put(dir / "empty", "");
  EXPECT_ERROR(TableFile(dir / "empty", kKey), ErrorCode::kCorrupt, "cut: it has 0 bytes");
  Put(dir / "other", std::string(200, 'x'));
  EXPECT_ERROR(TableFile(dir / "other", kKey), ErrorCode::kCorrupt, "not a file of tables");
}

/// True if a file with these bytes is refused, or gives the tables that were written.
bool IsSafe(const std::filesystem::path& path, const std::string& bytes, std::span<const uint16_t> numbers) {
  Put(path, bytes);
  try {
    const TableFile file(path, kKey);
    const std::span<const uint16_t> read = file.Table<uint16_t>(0);
    const std::span<const Row> rows = file.Table<Row>(1);
    return std::ranges::equal(read, numbers) && rows.size() == 1 && rows[0].a == 1 && rows[0].b == 2 && rows[0].c == 3;
  } catch (const Error& error) {
    return error.code() == ErrorCode::kCorrupt;
  }
}

TEST(TableFile, NoChangedBitAndNoCutIsBelieved) {
  const TempDir dir;
  const std::vector<uint16_t> numbers = {1, 2, 3, 4, 5};
  const std::string bytes = Get(WriteTables(dir, numbers, {{1, 2, 3}}));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    EXPECT_TRUE(IsSafe(dir / "x", changed, numbers)) << "byte " << i;
    EXPECT_TRUE(IsSafe(dir / "x", bytes.substr(0, i), numbers)) << "cut to " << i;
  }
  EXPECT_TRUE(IsSafe(dir / "x", bytes + "more", numbers));
}

TEST(TableFile, FailedWritesLeaveTheOldFile) {
  const TempDir dir;
  WriteTables(dir, {1, 2, 3}, {});
  const test::HookGuard guard(test::FaultAt("write", 1, ENOSPC));
  const std::vector<uint16_t> other = {4};
  TableWriter writer(kKey);
  writer.Add(std::span(other));
  EXPECT_ERROR(writer.Write(dir / "t"), ErrorCode::kIo, "No space left on device");
  EXPECT_THAT(TableFile(dir / "t", kKey).Table<uint16_t>(0), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace clner
