#include "core/file_digests.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "core/sha256.h"
#include "support.h"

namespace clner {
namespace {

using test::Names;
using test::Put;
using test::TempDir;

constexpr int64_t kSecondNs = 1'000'000'000;

TEST(FileStamp, IsRacyForTwoSecondsBehindAChange) {
  const FileStamp stamp = {.modified_ns = 50 * kSecondNs, .changed_ns = 100 * kSecondNs};
  EXPECT_TRUE(stamp.IsRacy(100 * kSecondNs));
  EXPECT_TRUE(stamp.IsRacy(102 * kSecondNs));
  EXPECT_FALSE(stamp.IsRacy(102 * kSecondNs + 1));
  EXPECT_TRUE(stamp.IsRacy(99 * kSecondNs));  // a clock that was set back
}

TEST(FileStamp, OnlyRegularFilesHaveOne) {
  const TempDir dir;
  Put(dir / "a", "12345");
  ASSERT_TRUE(StampOf(dir / "a").has_value());
  EXPECT_EQ(StampOf(dir / "a")->size, 5u);
  EXPECT_FALSE(StampOf(dir.path()).has_value());
  EXPECT_FALSE(StampOf(dir / "none").has_value());
  EXPECT_FALSE(StampOf("/dev/null").has_value());
}

TEST(FileDigests, FreshFilesAreReadEveryTime) {
  const TempDir dir, memory;
  const FileDigests digests(memory.path(), true);
  for (const char* text : {"one", "two", "abc"}) {
    Put(dir / "a", text);
    EXPECT_EQ(digests.Sha256Of(dir / "a"), Sha256Hex(text));
  }
  EXPECT_TRUE(Names(memory.path()).empty()) << "a change within the resolution of the clock would stay unseen";
  EXPECT_ERROR((void)digests.Sha256Of(dir / "none"), ErrorCode::kNoInput, "cannot read");
}

/// Sets size, inode and modification time of `path` back to what they were; only the time of change tells.
void RewriteInSecret(const std::filesystem::path& path, std::string_view text) {
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  ASSERT_EQ(static_cast<size_t>(info.st_size), text.size());
  Put(path, text);
  const timespec times[2] = {info.st_atim, info.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(FileDigests, RemembersUntilTheStampChanges) {
  const TempDir dir, memory;
  Put(dir / "a", "first text");
  std::this_thread::sleep_for(std::chrono::milliseconds(2050));
  const FileDigests digests(memory.path(), true);
  const std::string digest = digests.Sha256Of(dir / "a");
  EXPECT_EQ(digest, Sha256Hex("first text"));
  ASSERT_EQ(Names(memory.path()).size(), 1u);
  const std::filesystem::path record = memory / Names(memory.path()).front();

  // Not a single byte of the file is read again.
  {
    int reads = 0;
    const test::HookGuard guard([&reads](const char* op) { return reads += std::string_view(op) == "open", 0; });
    EXPECT_EQ(digests.Sha256Of(dir / "a"), digest);
    EXPECT_EQ(reads, 1) << "the record only";
  }
  const std::string text = test::Get(record);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    Put(record, damaged);
    EXPECT_EQ(digests.Sha256Of(dir / "a"), digest) << "byte " << i;
  }
  RewriteInSecret(dir / "a", "other text");
  EXPECT_EQ(digests.Sha256Of(dir / "a"), Sha256Hex("other text"));
}

TEST(FileDigests, ContentIsReadWhenStampsAreNotTrustedOrNothingCanBeWritten) {
  const TempDir dir, memory;
  Put(dir / "a", "text");
  const FileDigests none({}, true), missing(dir / "no/such/place", true), strict(memory.path(), false);
  for (const FileDigests* digests : {&none, &missing, &strict})
    EXPECT_EQ(digests->Sha256Of(dir / "a"), Sha256Hex("text"));
}

}  // namespace
}  // namespace clner
