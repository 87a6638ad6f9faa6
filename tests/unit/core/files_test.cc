#include "core/files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "support.h"

namespace clner {
namespace {

using test::FaultAt;
using test::Get;
using test::HookGuard;
using test::InChild;
using test::Put;
using test::TempDir;
using testing::HasSubstr;

std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 2654435761u >> 13);
  return text;
}

TEST(ReadFile, ReadsEmptySmallAndLargeFiles) {
  const TempDir dir;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65535}, size_t{65536}, size_t{65537}, size_t{3'000'000}}) {
    Put(dir / "f", Pattern(size));
    EXPECT_EQ(ReadFile(dir / "f"), Pattern(size)) << size;
  }
  EXPECT_FALSE(ReadFile("/proc/self/status").empty());
}

TEST(ReadFile, NamesPathAndReasonWhenItCannotRead) {
  const TempDir dir;
  EXPECT_ERROR((void)ReadFile(dir / "none"), ErrorCode::kNoInput, "none': No such file or directory");
  EXPECT_ERROR((void)ReadFile(dir.path()), ErrorCode::kNoInput, "Is a directory");
  Put(dir / "file", "x");
  EXPECT_ERROR((void)ReadFile(dir / "file" / "below"), ErrorCode::kNoInput, "Not a directory");
  std::filesystem::create_symlink("loop", dir / "loop");
  EXPECT_ERROR((void)ReadFile(dir / "loop"), ErrorCode::kNoInput, "symbolic links");
  EXPECT_ERROR((void)ReadFile(dir / std::string(300, 'n')), ErrorCode::kNoInput, "File name too long");
  EXPECT_ERROR((void)ReadFile(""), ErrorCode::kNoInput, "No such file or directory");
}

TEST(ReadFile, NamesMissingPermission) {
  const TempDir dir;
  Put(dir / "secret", "x");
  std::filesystem::permissions(dir / "secret", std::filesystem::perms::none);
  if (test::IsRoot()) {
    const HookGuard hook(FaultAt("open", 1, EACCES));
    EXPECT_ERROR((void)ReadFile(dir / "secret"), ErrorCode::kNoInput, "Permission denied");
  } else {
    EXPECT_ERROR((void)ReadFile(dir / "secret"), ErrorCode::kNoInput, "Permission denied");
  }
}

TEST(ReadFile, KeepsToItsLimit) {
  const TempDir dir;
  Put(dir / "f", "12345");
  EXPECT_EQ(ReadFile(dir / "f", 5), "12345");
  EXPECT_ERROR((void)ReadFile(dir / "f", 4), ErrorCode::kData, "larger than the limit of 4 bytes");
  EXPECT_ERROR((void)ReadFile("/dev/zero", 1 << 20), ErrorCode::kData, "larger than the limit of 1048576 bytes");
  EXPECT_EQ(ReadFile("/dev/null", 0), "");
}

TEST(ReadFile, GoesOnAfterShortReadsAndInterrupts) {
  const TempDir dir;
  Put(dir / "f", Pattern(1000));
  {
    const HookGuard hook([](const char* op) { return std::string_view(op) == "read" ? kFaultShort : 0; });
    EXPECT_EQ(ReadFile(dir / "f"), Pattern(1000));
  }
  const HookGuard hook([calls = 0](const char*) mutable { return ++calls % 2 == 1 ? EINTR : 0; });
  EXPECT_EQ(ReadFile(dir / "f"), Pattern(1000));
}

TEST(ReadFile, ReadErrorsAndExhaustedDescriptorsAreIoErrors) {
  const TempDir dir;
  Put(dir / "f", "x");
  {
    const HookGuard hook(FaultAt("read", 1, EIO));
    EXPECT_ERROR((void)ReadFile(dir / "f"), ErrorCode::kIo, "f': Input/output error");
  }
  const HookGuard hook(FaultAt("open", 1, EMFILE));
  EXPECT_ERROR((void)ReadFile(dir / "f"), ErrorCode::kIo, "Too many open files");
}

TEST(ReadFile, NoticesAFileThatShrinksOrGrowsMeanwhile) {
  const TempDir dir;
  for (const off_t size : {off_t{10}, off_t{900'000}}) {
    Put(dir / "f", Pattern(200'000));
    InputFile file(dir / "f");
    std::vector<char> buffer(100'000);
    (void)file.Read(buffer.data(), buffer.size());
    ASSERT_EQ(::truncate((dir / "f").c_str(), size), 0);
    EXPECT_ERROR(while (file.Read(buffer.data(), buffer.size()) > 0){}, ErrorCode::kIo, "changed while it was read");
  }
}

TEST(ReadFile, NoticesARewriteOfTheSameLength) {
  const TempDir dir;
  Put(dir / "f", "aaaa");
  InputFile file(dir / "f");
  char buffer[64];
  EXPECT_EQ(file.Read(buffer, sizeof(buffer)), 4u);
  const struct timespec later[2] = {{0, UTIME_OMIT}, {4'000'000'000, 5}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (dir / "f").c_str(), later, 0), 0);
  EXPECT_ERROR((void)file.Read(buffer, sizeof(buffer)), ErrorCode::kIo, "changed while it was read");
}

TEST(ReadFile, ReadsAFifoAsAStream) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  for (const std::string& text : {std::string(), std::string("hello"), Pattern(300'000)}) {
    std::thread writer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      std::ofstream out(dir / "fifo", std::ios::binary);
      std::this_thread::sleep_for(std::chrono::milliseconds(60));  // a writer that is there but silent
      out << text;
    });
    const std::string read = ReadFile(dir / "fifo");
    writer.join();
    EXPECT_EQ(read, text);
  }
}

TEST(ReadFile, DoesNotHangOnAFifoWithoutWriter) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_ERROR((void)ReadFile(dir / "fifo"), ErrorCode::kNoInput, "nobody writes to the FIFO");
}

TEST(ReadFile, ReadsPipesOfTheShellThroughTheirDeviceName) {
  for (const std::string& text : {std::string("from a pipe"), std::string()}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
    EXPECT_EQ(ReadFile("/dev/fd/" + std::to_string(ends[0])), text);
    ::close(ends[0]);
  }
}

TEST(ReadFile, DashIsStandardInput) {
  const TempDir dir;
  Put(dir / "in", "typed");
  const auto read_stdin = [](int fd) {
    return InChild([fd] {
      fd >= 0 ? ::dup2(fd, 0) : ::close(0);
      ::_exit(ReadFile("-") == "typed" ? 0 : 1);
    });
  };
  const int fd = ::open((dir / "in").c_str(), O_RDONLY);
  EXPECT_EQ(WEXITSTATUS(read_stdin(fd)), 0);
  ::close(fd);
  EXPECT_EQ(WEXITSTATUS(read_stdin(-1)), 66);
  const int directory = ::open(dir.path().c_str(), O_RDONLY);
  EXPECT_EQ(WEXITSTATUS(read_stdin(directory)), 66);
  ::close(directory);
}

TEST(MappedFile, MapsBytesAndMoves) {
  const TempDir dir;
  Put(dir / "f", Pattern(10'000));
  MappedFile a(dir / "f");
  MappedFile b(std::move(a));
  EXPECT_TRUE(a.bytes().empty());
  ASSERT_EQ(b.bytes().size(), 10'000u);
  EXPECT_EQ(std::memcmp(b.bytes().data(), Pattern(10'000).data(), 10'000), 0);
  Put(dir / "empty", "");
  b = MappedFile(dir / "empty");
  EXPECT_TRUE(b.bytes().empty());
}

TEST(MappedFile, RefusesWhatIsNoRegularFile) {
  const TempDir dir;
  EXPECT_ERROR(MappedFile(dir / "none"), ErrorCode::kNoInput, "No such file");
  EXPECT_ERROR(MappedFile(dir.path()), ErrorCode::kNoInput, "Is a directory");
  EXPECT_ERROR(MappedFile("/dev/null"), ErrorCode::kNoInput, "not a regular file");
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_ERROR(MappedFile(dir / "fifo"), ErrorCode::kNoInput, "not a regular file");
}

TEST(MappedFile, OutOfMemoryIsAResourceError) {
  const TempDir dir;
  Put(dir / "f", "x");
  const HookGuard hook(FaultAt("map", 1, ENOMEM));
  EXPECT_ERROR(MappedFile(dir / "f"), ErrorCode::kResource, "Cannot allocate memory");
}

TEST(ResolveInside, KeepsNamesInTheDirectory) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "model");
  std::filesystem::create_directory(dir / "model" / "sub");
  Put(dir / "model" / "a.bin", "x");
  Put(dir / "outside", "x");
  std::filesystem::create_symlink("../outside", dir / "model" / "leak");
  std::filesystem::create_symlink("a.bin", dir / "model" / "alias");
  std::filesystem::create_directory_symlink("..", dir / "model" / "up");
  const std::filesystem::path model = dir / "model";
  EXPECT_EQ(ResolveInside(model, "a.bin"), model / "a.bin");
  EXPECT_EQ(ResolveInside(model, "sub/not-yet"), model / "sub/not-yet");
  EXPECT_EQ(ResolveInside(model, "alias"), model / "alias");
  using std::string_literals::operator""s;
  for (const std::string& name :
       {"../../etc/passwd"s, "/etc/passwd"s, "sub/../../outside"s, "leak"s, "up/outside"s, ""s, "a\0b"s}) {
    EXPECT_ERROR((void)ResolveInside(model, name), ErrorCode::kCorrupt, "outside the model directory");
  }
  EXPECT_ERROR((void)ResolveInside(dir / "none", "a"), ErrorCode::kNoInput, "No such file");
}

}  // namespace
}  // namespace clner
