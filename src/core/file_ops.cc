#include "core/file_ops.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/fault.h"
#include "core/utf8.h"

namespace clner::internal {
namespace {

bool IsIoFailure(int error) { return error == EIO || error == EMFILE || error == ENFILE; }

std::string FixFor(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some disk space and run again";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    case EIO:
      return "check the disk (dmesg shows its errors)";
    case EACCES:
    case EPERM:
      return "check the permissions (ls -l)";
    default:
      return "";
  }
}

// The fault planned for `op` as an errno value; 0 when the call shall be made.
int PlannedError(const char* op) {
  const int fault = Fault(op);
  return fault == kFaultShort ? 0 : fault;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

std::string Quoted(const std::filesystem::path& path) { return "'" + Printable(path.string(), 1000) + "'"; }

std::string ErrnoText(int error) { return std::generic_category().message(error); }

void ThrowInput(const std::filesystem::path& path, int error) {
  if (IsIoFailure(error)) ThrowIo("open", path, error);
  std::string fix = FixFor(error);
  if (error == ENOENT || error == ENOTDIR) fix = "check the name; relative paths start at the current directory";
  throw Error(ErrorCode::kNoInput, "cannot read " + Quoted(path) + ": " + ErrnoText(error), path.string(), fix);
}

void ThrowCreate(const std::filesystem::path& path, int error) {
  if (IsIoFailure(error) || error == ENOSPC || error == EDQUOT) ThrowIo("create", path, error);
  std::string fix = FixFor(error);
  if (error == ENOENT) fix = "create the directory first, or choose another output";
  if (error == EROFS) fix = "choose an output on a writable file system";
  throw Error(ErrorCode::kOutput, "cannot create " + Quoted(path) + ": " + ErrnoText(error), path.string(), fix);
}

void ThrowIo(const char* verb, const std::filesystem::path& path, int error) {
  throw Error(ErrorCode::kIo, std::string("cannot ") + verb + " " + Quoted(path) + ": " + ErrnoText(error),
              path.string(), FixFor(error));
}

int Open(const std::filesystem::path& path, int flags, mode_t mode) {
  while (true) {
    errno = PlannedError("open");
    const int fd = errno != 0 ? -1 : open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

ssize_t ReadSome(int fd, char* buffer, size_t size) {
  while (true) {
    const int fault = Fault("read");
    errno = fault == kFaultShort ? 0 : fault;
    const ssize_t count = errno != 0 ? -1 : read(fd, buffer, fault == kFaultShort && size > 0 ? 1 : size);
    if (count >= 0 || errno != EINTR) return count;
  }
}

int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const int fault = Fault("write");
    errno = fault == kFaultShort ? 0 : fault;
    const ssize_t count = errno != 0 ? -1 : write(fd, bytes.data(), fault == kFaultShort ? 1 : bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (count == 0) {
      return EIO;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

void SyncFile(int fd, const std::filesystem::path& path) {
  while (true) {
    errno = PlannedError("fsync");
    if (errno == 0 && fsync(fd) == 0) return;
    if (errno == EINVAL || errno == EROFS || errno == ENOTSUP) return;  // pipes and devices cannot be synced
    if (errno != EINTR) ThrowIo("write", path, errno);
  }
}

void CloseFile(int fd, const std::filesystem::path& path) {
  const int planned = PlannedError("close");
  // Linux has closed the descriptor whatever close() answers, EINTR too: it is never tried again.
  const int error = close(fd) == 0 ? planned : errno;
  if (error != 0 && error != EINTR) ThrowIo("write", path, error);
}

void SyncDirectory(const std::filesystem::path& directory) {
  const Descriptor fd(Open(directory, O_RDONLY | O_DIRECTORY));
  if (fd.get() < 0) ThrowIo("sync", directory, errno);
  const int planned = PlannedError("sync_directory");
  if (planned != 0) ThrowIo("sync", directory, planned);
  SyncFile(fd.get(), directory);
}

void Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  errno = PlannedError("rename");
  if (errno != 0 || std::rename(from.c_str(), to.c_str()) != 0) ThrowIo("rename a finished file to", to, errno);
}

bool Exchange(const std::filesystem::path& a, const std::filesystem::path& b) {
  errno = PlannedError("rename");
  if (errno != 0) ThrowIo("rename a finished file to", b, errno);
  return renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
}

void MakeDirectory(const std::filesystem::path& path) {
  errno = PlannedError("mkdir");
  if (errno != 0 || mkdir(path.c_str(), 0777) != 0) ThrowCreate(path, errno);
}

int TryLock(int fd) {
  while (true) {
    errno = PlannedError("lock");
    if (errno == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

void RemoveQuietly(const std::filesystem::path& path) noexcept {
  try {
    std::error_code ignored;
    if (std::filesystem::is_directory(std::filesystem::symlink_status(path, ignored))) {
      for (const auto& entry : std::filesystem::directory_iterator(path, ignored)) RemoveQuietly(entry.path());
    }
    if (PlannedError("unlink") == 0) std::filesystem::remove(path, ignored);
  } catch (...) {
    // Clean-up is best effort: what stays behind is removed by RemoveStaleTemporaries of a later run.
  }
}

std::filesystem::path ParentOf(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.parent_path();
  return parent.empty() ? std::filesystem::path(".") : parent;
}

std::filesystem::path FollowLink(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const std::filesystem::path target = std::filesystem::weakly_canonical(path, error);
  return error ? path : target;
}

std::filesystem::path WithoutTrailingSlash(const std::filesystem::path& path) {
  return path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
}

std::string TemporaryPrefix() { return ".tmp-" + std::to_string(getpid()) + "-"; }

}  // namespace clner::internal
