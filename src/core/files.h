// Files and directories: whole reads, memory maps, atomic writes, locks. All failures are clner::Error (66, 73, 74).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// Sequential reader of a regular file or a stream ("-" = stdin, pipes, FIFOs, devices). 66 when missing, unreadable or
/// a directory, or when nobody opens a FIFO for writing within 10 s; 74 on a read error or when a regular file changes
/// meanwhile.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  /// Reads 1..`capacity` bytes into `buffer`; 0 only at the end.
  [[nodiscard]] size_t Read(char* buffer, size_t capacity);
  /// Size of a regular file when it was opened; 0 for a stream.
  [[nodiscard]] uint64_t size() const { return size_; }
  /// The path, or "standard input".
  [[nodiscard]] const std::filesystem::path& name() const { return name_; }

 private:
  bool WaitForWriter(char* buffer, size_t capacity, size_t* count);
  void CheckUnchanged() const;
  std::filesystem::path name_;
  int fd_ = -1;
  bool regular_ = false, waiting_ = false;
  uint64_t size_ = 0, position_ = 0;
  int64_t modified_ns_ = 0;
};

/// Reads a regular file or a stream ("-" = stdin). 66 if missing/unreadable/a directory, 65 over `max_bytes`, 74 on a
/// read error.
[[nodiscard]] std::string ReadFile(const std::filesystem::path& path, uint64_t max_bytes = UINT64_C(4) << 30);

/// Read-only private memory map of a whole regular file. A file that shrinks later can raise SIGBUS, so map model files
/// only, never user data.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  /// Gives back the memory of the whole pages of `part`, which are read from the file again when they are touched. A
  /// part that is not of this file is left alone.
  void Release(std::span<const std::byte> part) const;

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Writes a file under a temporary name in the target directory; Commit() flushes, fsyncs, renames and fsyncs the
/// directory. Destruction without Commit() removes the temporary file. Errors: 73 cannot create, 74 write failed (disk
/// full names the path). A symbolic link keeps pointing where it does; an existing device or FIFO (/dev/null) is
/// written to directly.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void Write(std::string_view text);
  void Write(std::span<const std::byte> bytes);
  void Commit();

 private:
  void Flush();
  std::filesystem::path path_, temporary_;  // no temporary for a device
  int fd_ = -1;
  std::string buffer_;
};
void WriteFileAtomically(const std::filesystem::path& path, std::string_view text);

/// Output stream to a path (atomic) or "-" (stdout, checked at close; a closed reader ends the process quietly by
/// SIGPIPE). The text of one Write is never split between flushes: give whole records, and stdout holds whole records
/// at any time.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path_or_dash);
  ~OutputFile();
  void Write(std::string_view text);
  void Flush();  ///< pushes buffered text of stdout out; no effect for a file
  void Close();  ///< must be called; 74 if anything could not be written

 private:
  std::unique_ptr<AtomicFile> file_;
  std::string buffer_;
};

/// A directory built under `.tmp-<pid>-<name>` beside its target and published by one rename.
/// Publish(): every file fsynced, MANIFEST-like files are the caller's; directory fsynced; renamed; parent fsynced.
class AtomicDirectory {
 public:
  explicit AtomicDirectory(const std::filesystem::path& target);
  ~AtomicDirectory();  ///< removes the temporary directory if not published
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return temporary_; }
  /// Renames to the target, which must not exist.
  void Publish();
  /// Replaces an existing target: both are swapped in one step where the file system can, else target -> .<name>-old,
  /// new -> target; the old one is removed.
  void PublishReplacing();

 private:
  void SyncAll() const;
  std::filesystem::path target_, temporary_;
  int lock_ = -1;  // flock on the temporary directory, by which others see that its owner lives
  bool published_ = false;
};
/// Removes a directory so that a crash leaves it whole or gone: renamed to a temporary name first. 74 when that fails.
void RemoveDirectory(const std::filesystem::path& directory);
/// Restores `.<name>-old` when a crash left only that, and removes `.tmp-<pid>-*` of dead processes in `directory`.
/// A temporary is left alone while its flock is held, whatever its pid says (another container or host may own it).
void RecoverDirectory(const std::filesystem::path& target);
/// RecoverDirectory for every `.<name>-old` in `directory`.
void RecoverDirectories(const std::filesystem::path& directory);
void RemoveStaleTemporaries(const std::filesystem::path& directory);

/// Exclusive flock on `path` holding pid and host; 73 naming the holder when taken. Released on destruction.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;
};

/// Append-only text file (metrics.jsonl, train.log): each Append is one write call. 74 on failure.
/// A last line that a killed process left without its newline is ended first, so that it spoils one line only.
class AppendFile {
 public:
  explicit AppendFile(const std::filesystem::path& path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  void Append(std::string_view text);

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

/// mkdir -p, synced; 73 when impossible.
void CreateDirectories(const std::filesystem::path& path);

/// `directory`/`name` for a file name that came from a file of the directory. 76 "outside the model directory" when the
/// name is absolute, contains `..`, or leads outside through a symbolic link. The file need not exist.
[[nodiscard]] std::filesystem::path ResolveInside(const std::filesystem::path& directory, const std::string& name);

}  // namespace clner
