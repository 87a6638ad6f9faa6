#include "core/sha256.h"

#include "core/random.h"
#include "core/sha256_blocks.h"
#include "support.h"

namespace clner {
namespace {

using test::Get;
using test::Put;
using test::TempDir;

// Vectors of FIPS 180-4 (examples) and of the NIST short message tests.
TEST(Sha256, MatchesPublishedVectors) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
                      "mnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, BothCompressionFunctionsAgree) {
  const internal::Sha256Compress hardware = internal::Sha256CompressHardware();
  if (hardware == nullptr) GTEST_SKIP() << "this processor has no SHA instructions";
  Random random(1);
  for (size_t blocks = 0; blocks < 20; ++blocks) {
    std::vector<uint8_t> data(blocks * 64 + 1);
    for (uint8_t& byte : data) byte = static_cast<uint8_t>(random.Next());
    uint32_t a[8], b[8];
    for (int i = 0; i < 8; ++i) a[i] = b[i] = static_cast<uint32_t>(random.Next());
    internal::Sha256CompressPortable(a, data.data() + 1, blocks);
    hardware(b, data.data() + 1, blocks);
    EXPECT_THAT(a, testing::ElementsAreArray(b)) << blocks;
  }
}

// The one-block message "abc" with its padding, so that the fallback is held against FIPS 180-4 on every machine.
TEST(Sha256, PortableCompressionMatchesThePublishedVector) {
  uint8_t block[64] = {'a', 'b', 'c', 0x80};
  block[63] = 24;
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  internal::Sha256CompressPortable(state, block, 1);
  EXPECT_THAT(state, testing::ElementsAre(0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c,
                                          0xb410ff61, 0xf20015ad));
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
  Random random(2);
  std::string text;
  for (int i = 0; i < 700; ++i) text += static_cast<char>(random.Below(256));
  for (int round = 0; round < 200; ++round) {
    const size_t size = random.Below(text.size() + 1);
    Sha256 sha;
    for (size_t at = 0; at < size;) {
      const size_t piece = std::min<size_t>(size - at, random.Below(150));
      sha.Update(std::string_view(text).substr(at, piece));
      at += piece;
    }
    ASSERT_EQ(sha.HexDigest(), Sha256Hex(text.substr(0, size))) << size;
  }
}

TEST(Sha256, HashesAFile) {
  const TempDir dir;
  const std::string text(3'000'001, 'x');
  Put(dir / "f", text);
  EXPECT_EQ(Sha256OfFile(dir / "f"), Sha256Hex(text));
  EXPECT_ERROR((void)Sha256OfFile(dir / "none"), ErrorCode::kNoInput, "No such file");
}

class Checksums : public testing::Test {
 protected:
  Checksums() {
    Put(dir_ / "b.txt", "beta");
    Put(dir_ / "a.txt", "alpha");
    std::filesystem::create_directory(dir_ / "sub");
    Put(dir_ / "sub" / "c.txt", "");
    WriteChecksums(dir_.path());
  }
  TempDir dir_;
};

TEST_F(Checksums, AreSortedAndInTheFormOfSha256sum) {
  EXPECT_EQ(Get(dir_ / "SHA256SUMS"),
            Sha256Hex("alpha") + "  a.txt\n" + Sha256Hex("beta") + "  b.txt\n" + Sha256Hex("") + "  sub/c.txt\n");
  EXPECT_NO_THROW(VerifyChecksums(dir_.path()));
}

TEST_F(Checksums, NameADamagedFile) {
  Put(dir_ / "b.txt", "Beta");
  EXPECT_ERROR(VerifyChecksums(dir_.path()), ErrorCode::kCorrupt, "file 'b.txt' is damaged");
}

TEST_F(Checksums, ReportMissingDamagedAndUnlistedFilesTogether) {
  std::filesystem::remove(dir_ / "a.txt");
  Put(dir_ / "b.txt", "?");
  Put(dir_ / "new.txt", "new");
  try {
    VerifyChecksums(dir_.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_EQ(error.total(), 3u);
    EXPECT_THAT(error.what(), testing::HasSubstr("file 'a.txt' is missing"));
    EXPECT_THAT(error.what(), testing::HasSubstr("file 'new.txt' is not in the checksum list"));
  }
}

TEST_F(Checksums, LeaveOutHiddenNames) {
  Put(dir_ / ".gitattributes", "x");
  std::filesystem::create_directory(dir_ / ".git");
  Put(dir_ / ".git" / "HEAD", "x");
  EXPECT_NO_THROW(VerifyChecksums(dir_.path()));
  WriteChecksums(dir_.path());
  EXPECT_THAT(Get(dir_ / "SHA256SUMS"), testing::Not(testing::HasSubstr("git")));
}

TEST_F(Checksums, RefuseAMissingEmptyCutOrMalformedList) {
  const std::string good = Get(dir_ / "SHA256SUMS");
  Put(dir_ / "SHA256SUMS", "");
  EXPECT_ERROR(VerifyChecksums(dir_.path()), ErrorCode::kCorrupt, "the checksum list is empty");
  for (const std::string& bad :
       {good.substr(0, good.size() - 1), good + good, "x" + good, good + "\n", std::string("abc  a.txt\n"),
        std::string(64, 'G') + "  a.txt\n", std::string(64, 'a') + " a.txt\n", std::string(64, 'a') + "  \n"}) {
    Put(dir_ / "SHA256SUMS", bad);
    EXPECT_ERROR(VerifyChecksums(dir_.path()), ErrorCode::kCorrupt, "is cut, malformed or doubled");
  }
  std::filesystem::remove(dir_ / "SHA256SUMS");
  EXPECT_ERROR(VerifyChecksums(dir_.path()), ErrorCode::kCorrupt, "the checksum list 'SHA256SUMS' is missing");
  EXPECT_ERROR(VerifyChecksums(dir_ / "none"), ErrorCode::kNoInput, "No such file");
}

TEST_F(Checksums, DoNotFollowNamesOutOfTheDirectory) {
  for (const std::string& name : {std::string("../x"), std::string("/etc/passwd"), std::string("sub/../../x")}) {
    Put(dir_ / "SHA256SUMS", std::string(64, 'a') + "  " + name + "\n");
    EXPECT_ERROR(VerifyChecksums(dir_.path()), ErrorCode::kCorrupt, "outside the model directory");
  }
}

TEST_F(Checksums, RefuseANameWithALineBreak) {
  Put(dir_ / "a\nb", "x");
  EXPECT_ERROR(WriteChecksums(dir_.path()), ErrorCode::kOutput, "holds a line break");
}

}  // namespace
}  // namespace clner
