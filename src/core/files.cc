#include "core/files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "core/error.h"
#include "core/fault.h"
#include "core/file_ops.h"
#include "core/utf8.h"

namespace clner {
namespace {

using internal::Descriptor;

constexpr auto kWriterTimeout = std::chrono::seconds(10);
constexpr int kWriterPollMs = 20;
constexpr size_t kStreamChunk = 64 * 1024;

int64_t ModifiedNs(const struct stat& info) {
  return static_cast<int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

// A FIFO in the file system, which may have no writer yet; not the pipe of a shell's <(...).
bool IsNamedFifo(int fd, const struct stat& info) {
  struct statfs system = {};
  return S_ISFIFO(info.st_mode) && fstatfs(fd, &system) == 0 && system.f_type != PIPEFS_MAGIC;
}

void SetBlocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : name_(path) {
  if (path == "-") {
    name_ = "standard input";
    fd_ = STDIN_FILENO;
    return;
  }
  // Opening a FIFO without O_NONBLOCK would wait for a writer for ever.
  Descriptor fd(internal::Open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat info = {};
  if (fd.get() < 0 || fstat(fd.get(), &info) != 0) internal::ThrowInput(path, errno);
  if (S_ISDIR(info.st_mode)) internal::ThrowInput(path, EISDIR);
  regular_ = S_ISREG(info.st_mode);
  waiting_ = IsNamedFifo(fd.get(), info);
  if (!waiting_) SetBlocking(fd.get());
  if (regular_) size_ = static_cast<uint64_t>(info.st_size);
  modified_ns_ = ModifiedNs(info);
  fd_ = fd.Release();
}

InputFile::~InputFile() {
  if (fd_ > STDIN_FILENO) close(fd_);
}

// Reads from a FIFO whose writer may be missing. True if the answer is in `*count`, false when a writer is there.
bool InputFile::WaitForWriter(char* buffer, size_t capacity, size_t* count) {
  const auto deadline = std::chrono::steady_clock::now() + kWriterTimeout;
  while (true) {
    const ssize_t got = internal::ReadSome(fd_, buffer, capacity);
    if (got < 0 && errno != EAGAIN) internal::ThrowIo("read", name_, errno);
    struct pollfd state = {fd_, POLLIN, 0};
    // 0 bytes mean the end only if a writer has been there: then poll reports a hang-up.
    const bool ended =
        got == 0 && poll(&state, 1, kWriterPollMs) > 0 && (state.revents & (POLLHUP | POLLIN)) == POLLHUP;
    if (got != 0 || ended) {
      waiting_ = false;
      SetBlocking(fd_);
      *count = got > 0 ? static_cast<size_t>(got) : 0;
      return got >= 0;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(ErrorCode::kNoInput, "nobody writes to the FIFO " + internal::Quoted(name_) + " (waited 10 s)",
                  name_.string(), "start the program that fills it first");
    }
  }
}

void InputFile::CheckUnchanged() const {
  struct stat info = {};
  if (fstat(fd_, &info) != 0) internal::ThrowIo("read", name_, errno);
  if (position_ == size_ && static_cast<uint64_t>(info.st_size) == size_ && ModifiedNs(info) == modified_ns_) return;
  throw Error(ErrorCode::kIo,
              internal::Quoted(name_) + " changed while it was read (" + std::to_string(size_) + " bytes at first, " +
                  std::to_string(info.st_size) + " now)",
              name_.string(), "wait until the program that writes it has ended");
}

size_t InputFile::Read(char* buffer, size_t capacity) {
  size_t waited = 0;
  if (waiting_ && WaitForWriter(buffer, capacity, &waited)) return waited;
  const ssize_t got = internal::ReadSome(fd_, buffer, capacity);
  if (got < 0 && (errno == EISDIR || errno == EBADF)) internal::ThrowInput(name_, errno);
  if (got < 0) internal::ThrowIo("read", name_, errno);
  position_ += static_cast<uint64_t>(got);
  // Files of /proc have size 0 and content.
  if (got == 0 && regular_ && size_ > 0) CheckUnchanged();
  return static_cast<size_t>(got);
}

std::string ReadFile(const std::filesystem::path& path, uint64_t max_bytes) {
  InputFile file(path);
  const auto check_size = [&](uint64_t size) {
    if (size <= max_bytes) return;
    throw Error(ErrorCode::kData,
                internal::Quoted(file.name()) + " is larger than the limit of " + std::to_string(max_bytes) + " bytes",
                file.name().string(), "check that it is the right file");
  };
  check_size(file.size());
  std::string text;
  size_t used = 0;
  while (true) {
    if (used == text.size()) {
      // One byte more than the known size, so that the end shows without another allocation.
      const uint64_t wanted = used == 0 ? std::max<uint64_t>(file.size() + 1, kStreamChunk) : 2 * uint64_t{used};
      text.resize(static_cast<size_t>(std::min(wanted, std::max(max_bytes, max_bytes + 1))));
    }
    const size_t got = file.Read(text.data() + used, text.size() - used);
    if (got == 0) break;
    used += got;
    check_size(used);
  }
  text.resize(used);
  if (text.capacity() - used > used / 4 + kStreamChunk) text.shrink_to_fit();
  return text;
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  const Descriptor fd(internal::Open(path, O_RDONLY | O_NONBLOCK));
  struct stat info = {};
  if (fd.get() < 0 || fstat(fd.get(), &info) != 0) internal::ThrowInput(path, errno);
  if (S_ISDIR(info.st_mode)) internal::ThrowInput(path, EISDIR);
  if (!S_ISREG(info.st_mode)) {
    throw Error(ErrorCode::kNoInput, "cannot read " + internal::Quoted(path) + ": not a regular file", path.string(),
                "copy the stream to a file first");
  }
  if (info.st_size == 0) return;
  const size_t size = static_cast<size_t>(info.st_size);
  errno = internal::Fault("map");
  void* data = errno != 0 ? MAP_FAILED : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) {
    const int error = errno;
    throw Error(
        error == ENOMEM || error == EAGAIN ? ErrorCode::kResource : ErrorCode::kIo,
        "cannot map " + internal::Quoted(path) + " (" + std::to_string(size) + " bytes): " + internal::ErrnoText(error),
        path.string(), "free some memory or raise the limit (ulimit -v)");
  }
  data_ = static_cast<const std::byte*>(data);
  size_ = size;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::Release(std::span<const std::byte> part) const {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto file = reinterpret_cast<uintptr_t>(data_), begin = reinterpret_cast<uintptr_t>(part.data());
  if (part.empty() || begin < file || begin - file > size_ || part.size() > size_ - (begin - file)) return;
  const uintptr_t first = (begin + page - 1) / page * page, last = (begin + part.size()) / page * page;
  // Advice: where it is not taken the pages just stay.
  if (first < last) (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::filesystem::path ResolveInside(const std::filesystem::path& directory, const std::string& name) {
  const std::filesystem::path relative(name);
  bool inside = !name.empty() && name.find('\0') == std::string::npos && relative.is_relative();
  for (const std::filesystem::path& part : relative) inside = inside && part != "..";
  std::error_code error;
  if (inside) {
    const std::filesystem::path root = std::filesystem::canonical(directory, error);
    if (error) internal::ThrowInput(directory, error.value());
    const std::filesystem::path resolved = std::filesystem::weakly_canonical(root / relative, error);
    const auto [root_end, unused] = std::mismatch(root.begin(), root.end(), resolved.begin(), resolved.end());
    inside = !error && root_end == root.end();
  }
  if (inside) return directory / relative;
  throw Error(ErrorCode::kCorrupt, "file name '" + Printable(name, 200) + "' is outside the model directory",
              directory.string(), "use only models whose files lie in their own directory");
}

}  // namespace clner
