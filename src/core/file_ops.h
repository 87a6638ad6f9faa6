// System calls of the file layer, each announced to core/fault.h, retried on EINTR and turned into clner::Error.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace clner::internal {

/// Owner of a file descriptor; closes it without a check (use CloseFile where a failure matters).
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// The path in quotes, safe to print.
[[nodiscard]] std::string Quoted(const std::filesystem::path& path);
/// The text of an errno value, e.g. "No space left on device".
[[nodiscard]] std::string ErrnoText(int error);
/// Input cannot be opened: 66, or 74 for an I/O error or exhausted descriptors.
[[noreturn]] void ThrowInput(const std::filesystem::path& path, int error);
/// Output cannot be created: 73, or 74 for an I/O error, a full disk or exhausted descriptors.
[[noreturn]] void ThrowCreate(const std::filesystem::path& path, int error);
/// Reading, writing or renaming failed: 74. `verb` e.g. "write".
[[noreturn]] void ThrowIo(const char* verb, const std::filesystem::path& path, int error);

/// open(2) with O_CLOEXEC; -1 and errno on failure.
[[nodiscard]] int Open(const std::filesystem::path& path, int flags, mode_t mode = 0);
/// read(2); -1 and errno on failure (never EINTR).
[[nodiscard]] ssize_t ReadSome(int fd, char* buffer, size_t size);
/// Writes everything; 0 or the errno value of the failure.
[[nodiscard]] int WriteAll(int fd, std::string_view bytes);
/// fsync(2) of a file, close(2), fsync of a directory, rename(2), mkdir(2): 74 (mkdir: 73) on failure. Devices without
/// fsync pass.
void SyncFile(int fd, const std::filesystem::path& path);
void CloseFile(int fd, const std::filesystem::path& path);
void SyncDirectory(const std::filesystem::path& directory);
void Rename(const std::filesystem::path& from, const std::filesystem::path& to);
/// Swaps two directories in one step; false when the file system cannot.
[[nodiscard]] bool Exchange(const std::filesystem::path& a, const std::filesystem::path& b);
void MakeDirectory(const std::filesystem::path& path);
/// flock(2) without waiting: 0, EWOULDBLOCK when another holds it, or another errno value.
[[nodiscard]] int TryLock(int fd);
/// Removes a file or a tree, as far as possible; never throws (used by destructors and clean-up).
void RemoveQuietly(const std::filesystem::path& path) noexcept;

/// The directory that holds `path` ("." for a bare name).
[[nodiscard]] std::filesystem::path ParentOf(const std::filesystem::path& path);
/// The file that `path` stands for: links are followed, so that the link itself survives a rename to it.
[[nodiscard]] std::filesystem::path FollowLink(const std::filesystem::path& path);
/// `path` without trailing slashes.
[[nodiscard]] std::filesystem::path WithoutTrailingSlash(const std::filesystem::path& path);
/// `.tmp-<pid>-` of this process: the prefix of every temporary name.
[[nodiscard]] std::string TemporaryPrefix();

}  // namespace clner::internal
