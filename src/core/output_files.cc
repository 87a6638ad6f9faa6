// The writing half of files.h.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

#include "core/error.h"
#include "core/fault.h"
#include "core/file_ops.h"
#include "core/files.h"
#include "core/temporary_paths.h"

namespace clner {
namespace {

using internal::Descriptor;
using internal::FollowLink;

constexpr size_t kBufferBytes = 256 * 1024;
// Room for the prefix within the 255 bytes of a file name.
constexpr size_t kNameBytes = 100;

// Creates and locks a new file beside `target`. The lock tells RemoveStaleTemporaries that its owner lives.
std::pair<Descriptor, std::filesystem::path> CreateTemporary(const std::filesystem::path& target) {
  static std::atomic<uint64_t> counter{0};
  const std::string name = target.filename().string().substr(0, kNameBytes);
  while (true) {
    std::filesystem::path path =
        internal::ParentOf(target) / (internal::TemporaryPrefix() + std::to_string(++counter) + "-" + name);
    // Before the file is there: a signal in between would leave it.
    internal::RememberTemporary(path);
    Descriptor fd(internal::Open(path, O_WRONLY | O_CREAT | O_EXCL, 0666));
    const int error = fd.get() < 0 ? errno : 0;
    if (error == 0) flock(fd.get(), LOCK_EX);
    struct stat info = {};
    // Another thread may have taken the file for a left-over before it was locked.
    const bool taken = error == 0 && (fstat(fd.get(), &info) != 0 || info.st_nlink == 0);
    if (error == 0 && !taken) return {std::move(fd), std::move(path)};
    internal::ForgetTemporary(path);
    if (error != 0 && error != EEXIST) internal::ThrowCreate(target, error);
  }
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(FollowLink(path)) {
  struct stat info = {};
  const bool exists = stat(path_.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) internal::ThrowCreate(path_, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    fd_ = internal::Open(path_, O_WRONLY | O_NOCTTY);
    if (fd_ < 0) internal::ThrowCreate(path_, errno);
    return;
  }
  if (!path_.has_filename()) internal::ThrowCreate(path_, ENOENT);
  auto [fd, temporary] = CreateTemporary(path_);
  temporary_ = std::move(temporary);
  if (exists) (void)fchmod(fd.get(), info.st_mode & 0777);
  fd_ = fd.Release();
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (temporary_.empty()) return;
  internal::RemoveQuietly(temporary_);
  internal::ForgetTemporary(temporary_);
}

void AtomicFile::Flush() {
  const int error = internal::WriteAll(fd_, buffer_);
  buffer_.clear();
  if (error != 0) internal::ThrowIo("write", path_, error);
}

void AtomicFile::Write(std::string_view text) {
  CLNER_CHECK(fd_ >= 0, "write after commit");
  if (buffer_.size() + text.size() > kBufferBytes) Flush();
  if (text.size() < kBufferBytes) {
    buffer_ += text;
    return;
  }
  if (const int error = internal::WriteAll(fd_, text); error != 0) internal::ThrowIo("write", path_, error);
}

void AtomicFile::Write(std::span<const std::byte> bytes) {
  Write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void AtomicFile::Commit() {
  CLNER_CHECK(fd_ >= 0, "commit twice");
  Flush();
  internal::SyncFile(fd_, path_);
  const Descriptor lock(dup(fd_));  // shares the lock, which must be held until the file has its name
  internal::CloseFile(std::exchange(fd_, -1), path_);
  if (temporary_.empty()) return;
  internal::Rename(temporary_, path_);
  internal::ForgetTemporary(temporary_);
  temporary_.clear();
  internal::SyncDirectory(internal::ParentOf(path_));
}

void WriteFileAtomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.Write(text);
  file.Commit();
}

OutputFile::OutputFile(const std::string& path_or_dash) {
  if (path_or_dash != "-") file_ = std::make_unique<AtomicFile>(path_or_dash);
}

OutputFile::~OutputFile() = default;

void OutputFile::Write(std::string_view text) {
  if (file_ != nullptr) return file_->Write(text);
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) Flush();
}

void OutputFile::Flush() {
  if (file_ != nullptr) return;
  const int error = internal::WriteAll(STDOUT_FILENO, buffer_);
  buffer_.clear();
  if (error == EPIPE) {
    // SIGPIPE was ignored by a parent process: end as if it had not been.
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  if (error != 0) internal::ThrowIo("write", "standard output", error);
}

void OutputFile::Close() {
  if (file_ != nullptr) {
    file_->Commit();
    file_.reset();
    return;
  }
  Flush();
  // Some file systems report a failed write only at close; the stream itself stays open for others.
  const int copy = dup(STDOUT_FILENO);
  if (copy >= 0) internal::CloseFile(copy, "standard output");
}

AppendFile::AppendFile(const std::filesystem::path& path) : path_(path) {
  Descriptor fd(internal::Open(path, O_RDWR | O_APPEND | O_CREAT, 0666));
  const int reason = errno;
  // A file that may be written but not read still takes text; a failure here says less than the first one.
  if (fd.get() < 0) fd = Descriptor(internal::Open(path, O_WRONLY | O_APPEND));
  if (fd.get() < 0) internal::ThrowCreate(path, reason);
  struct stat info = {};
  char last = '\n';
  if (fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
      pread(fd.get(), &last, 1, info.st_size - 1) == 1 && last != '\n') {
    if (const int error = internal::WriteAll(fd.get(), "\n"); error != 0) internal::ThrowIo("write", path_, error);
  }
  fd_ = fd.Release();
}

AppendFile::~AppendFile() {
  if (fd_ >= 0) close(fd_);
}

void AppendFile::Append(std::string_view text) {
  if (const int error = internal::WriteAll(fd_, text); error != 0) internal::ThrowIo("write", path_, error);
}

}  // namespace clner
