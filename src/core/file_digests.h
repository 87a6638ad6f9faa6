// SHA-256 of files, remembered between runs by what the file system says about them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace clner {

/// What a change of a file's content changes too, unless it comes within the resolution of the clock.
struct FileStamp {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_ns = 0, changed_ns = 0;  ///< since 1970; the second also counts renames and set times
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
  /// True when the file was changed so shortly before `now_ns` that another change could leave the same stamp.
  [[nodiscard]] bool IsRacy(int64_t now_ns) const;
};
/// nullopt for what is missing or no regular file. Links are followed.
[[nodiscard]] std::optional<FileStamp> StampOf(const std::filesystem::path& path);
/// The clock that stamps are made with, in ns since 1970.
[[nodiscard]] int64_t FileClockNs();

/// Digests of files, kept in small files of `directory`, which are named after the path they are about. A digest is
/// taken from there when the stamp of the file is the recorded one and was not racy when it was recorded, as git does.
class FileDigests {
 public:
  static constexpr const char* kSuffix = ".digest";
  /// An empty `directory`: nothing is remembered. `trust_stamps` false: content is read every time.
  FileDigests(std::filesystem::path directory, bool trust_stamps)
      : directory_(std::move(directory)), trust_stamps_(trust_stamps) {}
  /// 66 when missing or unreadable, 74 when reading fails. What cannot be remembered is read again next time.
  [[nodiscard]] std::string Sha256Of(const std::filesystem::path& file) const;

 private:
  [[nodiscard]] std::filesystem::path PlaceOf(const std::filesystem::path& file) const;
  std::filesystem::path directory_;
  bool trust_stamps_;
};

}  // namespace clner
