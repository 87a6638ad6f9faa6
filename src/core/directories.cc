// Directories of files.h: atomic publication, recovery after a crash, locks.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <climits>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/fault.h"
#include "core/file_ops.h"
#include "core/files.h"
#include "core/utf8.h"

namespace clner {
namespace {

using internal::Descriptor;

constexpr std::string_view kPrefix = ".tmp-";
constexpr size_t kLockTextBytes = 512;

bool Exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

std::filesystem::path OldName(const std::filesystem::path& target) {
  return internal::ParentOf(target) / ("." + target.filename().string() + "-old");
}

// The pid in a name `.tmp-<pid>-...`.
std::optional<pid_t> OwnerOf(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || pid <= 0 || end == name.data() + name.size() || *end != '-') return std::nullopt;
  return pid;
}

// Removes a temporary whose owner is gone, while holding its lock. Our own pid counts as gone when nobody holds the
// lock: process numbers are used again, in containers usually at once.
bool RemoveIfStale(const std::filesystem::path& path, pid_t owner) {
  const bool dead = kill(owner, 0) != 0 && errno == ESRCH;
  if (!dead && owner != getpid()) return false;
  const Descriptor fd(internal::Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  const int error = fd.get() < 0 ? ENOLCK : internal::TryLock(fd.get());
  if (error != 0 && (!dead || error == EWOULDBLOCK)) return false;
  internal::RemoveQuietly(path);
  return true;
}

// Makes and locks `path`; a left-over with this name is removed first. Returns the lock.
Descriptor MakeTemporaryDirectory(const std::filesystem::path& path, const std::filesystem::path& target) {
  while (true) {
    if (Exists(path) && !RemoveIfStale(path, getpid())) {
      throw Error(ErrorCode::kOutput, internal::Quoted(target) + " is being written already", target.string(),
                  "wait until the other writer has ended");
    }
    internal::MakeDirectory(path);
    Descriptor fd(internal::Open(path, O_RDONLY | O_DIRECTORY));
    if (fd.get() >= 0) flock(fd.get(), LOCK_EX);
    struct stat info = {};
    // Another thread may have taken the directory for a left-over before it was locked.
    if (fd.get() < 0 || (fstat(fd.get(), &info) == 0 && info.st_nlink > 0)) return fd;
  }
}

void SyncTree(const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::filesystem::file_status status = entry.symlink_status();
    if (std::filesystem::is_directory(status)) SyncTree(entry.path());
    if (!std::filesystem::is_regular_file(status)) continue;
    const Descriptor fd(internal::Open(entry.path(), O_RDONLY));
    if (fd.get() < 0) internal::ThrowIo("sync", entry.path(), errno);
    internal::SyncFile(fd.get(), entry.path());
  }
  internal::SyncDirectory(directory);
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "unknown";
}

[[noreturn]] void ThrowHeld(const std::filesystem::path& path, int fd) {
  char text[kLockTextBytes] = {};
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  const std::string_view holder(text, size > 0 ? static_cast<size_t>(size) : 0);
  const std::string line = Printable(holder.substr(0, holder.find('\n')), 300);
  throw Error(ErrorCode::kOutput, internal::Quoted(path) + " is locked by " + (line.empty() ? "another process" : line),
              path.string(), "wait until that process has ended, or choose another output with -o");
}

}  // namespace

AtomicDirectory::AtomicDirectory(const std::filesystem::path& target)
    : target_(internal::WithoutTrailingSlash(target)),
      temporary_(internal::ParentOf(target_) / (internal::TemporaryPrefix() + target_.filename().string())) {
  if (target_.filename().empty() || target_.filename() == "." || target_.filename() == "..") {
    throw Error(ErrorCode::kOutput, internal::Quoted(target) + " is not the name of a new directory", target.string(),
                "give a name such as runs/first");
  }
  lock_ = MakeTemporaryDirectory(temporary_, target_).Release();
}

AtomicDirectory::~AtomicDirectory() {
  if (!published_) internal::RemoveQuietly(temporary_);
  if (lock_ >= 0) close(lock_);
}

void AtomicDirectory::SyncAll() const {
  try {
    SyncTree(temporary_);
  } catch (const std::filesystem::filesystem_error& error) {
    internal::ThrowIo("sync", temporary_, error.code().value());
  }
}

void AtomicDirectory::Publish() {
  CLNER_CHECK(!published_, "publish twice");
  if (Exists(target_)) {
    throw Error(ErrorCode::kOutput, internal::Quoted(target_) + " exists already", target_.string(),
                "choose another output with -o");
  }
  SyncAll();
  internal::Rename(temporary_, target_);
  published_ = true;
  internal::SyncDirectory(internal::ParentOf(target_));
}

void AtomicDirectory::PublishReplacing() {
  CLNER_CHECK(!published_, "publish twice");
  RecoverDirectory(target_);
  if (!Exists(target_)) return Publish();
  SyncAll();
  if (internal::Exchange(temporary_, target_)) {
    published_ = true;
    internal::SyncDirectory(internal::ParentOf(target_));
    internal::RemoveQuietly(temporary_);
    return;
  }
  const std::filesystem::path old = OldName(target_);
  internal::Rename(target_, old);
  try {
    internal::Rename(temporary_, target_);
  } catch (const Error&) {
    internal::Rename(old, target_);
    throw;
  }
  published_ = true;
  internal::SyncDirectory(internal::ParentOf(target_));
  internal::RemoveQuietly(old);
}

void RemoveDirectory(const std::filesystem::path& directory) {
  static std::atomic<uint64_t> counter{0};
  const std::filesystem::path path = internal::WithoutTrailingSlash(directory);
  const std::filesystem::path hidden =
      internal::ParentOf(path) / (internal::TemporaryPrefix() + "removed-" + std::to_string(++counter));
  internal::RemoveQuietly(hidden);
  internal::Rename(path, hidden);
  internal::RemoveQuietly(hidden);
}

void RecoverDirectory(const std::filesystem::path& target) {
  const std::filesystem::path path = internal::WithoutTrailingSlash(target);
  const std::filesystem::path old = OldName(path);
  if (!Exists(old)) return;
  if (Exists(path)) return internal::RemoveQuietly(old);
  internal::Rename(old, path);
  internal::SyncDirectory(internal::ParentOf(path));
}

void RecoverDirectories(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> targets;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.size() > 5 && name.front() == '.' && name.ends_with("-old"))
      targets.push_back(directory / name.substr(1, name.size() - 5));
  }
  for (const std::filesystem::path& target : targets) RecoverDirectory(target);
}

void RemoveStaleTemporaries(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    const std::optional<pid_t> owner = OwnerOf(entry->path().filename().string());
    if (owner) RemoveIfStale(entry->path(), *owner);
  }
}

FileLock::FileLock(const std::filesystem::path& path) {
  Descriptor fd(internal::Open(path, O_RDWR | O_CREAT, 0666));
  if (fd.get() < 0) internal::ThrowCreate(path, errno);
  const int error = internal::TryLock(fd.get());
  if (error == EWOULDBLOCK) ThrowHeld(path, fd.get());
  if (error != 0) {
    throw Error(ErrorCode::kOutput, "cannot lock " + internal::Quoted(path) + ": " + internal::ErrnoText(error),
                path.string(), "choose an output on a file system with locks");
  }
  const std::string holder = "process " + std::to_string(getpid()) + " on host " + HostName() + "\n";
  if (ftruncate(fd.get(), 0) != 0) internal::ThrowIo("write", path, errno);
  if (const int failed = internal::WriteAll(fd.get(), holder); failed != 0) internal::ThrowIo("write", path, failed);
  fd_ = fd.Release();
}

FileLock::~FileLock() {
  // The file stays: removing it would let two processes lock two different files of one name.
  if (fd_ >= 0) close(fd_);
}

void CreateDirectories(const std::filesystem::path& path) {
  if (path.native().size() >= PATH_MAX) internal::ThrowCreate(path, ENAMETOOLONG);  // bounds the recursion too
  const std::filesystem::path name = internal::WithoutTrailingSlash(path);
  std::error_code error;
  if (name.empty() || std::filesystem::is_directory(name, error)) return;
  if (Exists(name)) internal::ThrowCreate(name, ENOTDIR);
  const std::filesystem::path parent = internal::ParentOf(name);
  CreateDirectories(parent);
  try {
    internal::MakeDirectory(name);
  } catch (const Error&) {
    if (std::filesystem::is_directory(name, error)) return;  // another process was faster
    throw;
  }
  internal::SyncDirectory(parent);
}

}  // namespace clner
