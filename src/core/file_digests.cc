#include "core/file_digests.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/quick_hash.h"
#include "core/sha256.h"

namespace clner {
namespace {

constexpr std::string_view kFormat = "clner-digest-1";
constexpr uint64_t kMaxRecordBytes = 64 * 1024;
constexpr int64_t kSecondNs = 1'000'000'000;
/// The coarsest clock of a file system in use: FAT counts every other second.
constexpr int64_t kResolutionNs = 2 * kSecondNs;
constexpr size_t kDigestDigits = 64;

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * kSecondNs + time.tv_nsec; }

struct Record {
  std::string digest = {};
  FileStamp stamp = {};
};

/// One line: the format, the digest, the stamp; behind it the path, for readers of the file, and a hash of both lines.
std::string Format(const Record& record, const std::filesystem::path& file) {
  std::string text(kFormat);
  text += ' ' + record.digest;
  const FileStamp& stamp = record.stamp;
  for (const uint64_t number : {stamp.device, stamp.inode, stamp.size, static_cast<uint64_t>(stamp.modified_ns),
                                static_cast<uint64_t>(stamp.changed_ns)}) {
    text += ' ' + std::to_string(number);
  }
  text += '\n' + file.string() + '\n';
  return text + std::to_string(QuickHash(text)) + '\n';
}

/// nullopt when the text is not what Format made for this file.
std::optional<Record> Parse(std::string_view text, const std::filesystem::path& file) {
  std::vector<std::string_view> words;
  const std::string_view line = text.substr(0, text.find('\n'));
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = std::min(line.find(' ', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  if (words.size() != 7 || words[1].size() != kDigestDigits) return std::nullopt;
  std::array<uint64_t, 5> numbers = {};
  for (size_t i = 0; i < numbers.size(); ++i) {
    const std::string_view word = words[i + 2];
    (void)std::from_chars(word.data(), word.data() + word.size(), numbers[i]);
  }
  const Record record = {
      std::string(words[1]),
      {numbers[0], numbers[1], numbers[2], static_cast<int64_t>(numbers[3]), static_cast<int64_t>(numbers[4])}};
  if (Format(record, file) != text) return std::nullopt;
  return record;
}

}  // namespace

bool FileStamp::IsRacy(int64_t now_ns) const { return std::max(modified_ns, changed_ns) >= now_ns - kResolutionNs; }

std::optional<FileStamp> StampOf(const std::filesystem::path& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return FileStamp{info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size), Nanoseconds(info.st_mtim),
                   Nanoseconds(info.st_ctim)};
}

int64_t FileClockNs() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return Nanoseconds(now);
}

std::filesystem::path FileDigests::PlaceOf(const std::filesystem::path& file) const {
  return directory_ / (Sha256Hex(file.string()).substr(0, kDigestDigits / 2) + kSuffix);
}

std::string FileDigests::Sha256Of(const std::filesystem::path& file) const {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(file, error);
  const std::optional<FileStamp> stamp = error ? std::nullopt : StampOf(absolute);
  if (directory_.empty() || !stamp) return Sha256OfFile(file);
  const std::filesystem::path place = PlaceOf(absolute);
  if (trust_stamps_ && StampOf(place)) {
    try {
      const std::optional<Record> record = Parse(ReadFile(place, kMaxRecordBytes), absolute);
      if (record && record->stamp == *stamp) return record->digest;
    } catch (const Error& unreadable) {
      LogVerbose(std::string("the content is read instead of its digest: ") + unreadable.what());
    }
  }
  const int64_t began = FileClockNs();
  Record record = {Sha256OfFile(absolute), *stamp};
  if (stamp->IsRacy(began) || StampOf(absolute) != stamp) return record.digest;
  try {
    WriteFileAtomically(place, Format(record, absolute));
  } catch (const Error& unwritable) {
    LogVerbose(std::string("a digest is not remembered: ") + unwritable.what());
  }
  return record.digest;
}

}  // namespace clner
