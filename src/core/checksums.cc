// SHA256SUMS files: the second half of sha256.h.
#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "core/error.h"
#include "core/file_ops.h"
#include "core/files.h"
#include "core/sha256.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr size_t kHexDigits = 64;
constexpr uint64_t kMaxListBytes = UINT64_C(16) << 20;
constexpr const char* kCopyAgain = "copy or download the directory again";

bool IsHexDigest(std::string_view text) {
  return text.size() == kHexDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

using Sums = std::map<std::string, std::string>;

Sums ReadSums(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path.parent_path(), ignored)) internal::ThrowInput(path.parent_path(), ENOENT);
  if (!std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::kCorrupt, "the checksum list '" + Printable(path.filename().string(), 200) + "' is missing",
                path.string(), "copy the whole directory, or load it without verification (--no-verify)");
  }
  Sums sums;
  const std::string text = ReadFile(path, kMaxListBytes);
  int64_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    ++number;
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::string hex = line.substr(0, kHexDigits);
    const bool shaped = line.size() > kHexDigits + 2 && line.compare(kHexDigits, 2, "  ") == 0 && IsHexDigest(hex);
    if (end == text.size() || !shaped || !sums.emplace(line.substr(kHexDigits + 2), hex).second) {
      throw Error(ErrorCode::kCorrupt,
                  "line '" + Printable(line, 100) + "' of the checksum list is cut, malformed or doubled",
                  Place(path.string(), number), kCopyAgain);
    }
  }
  if (sums.empty()) throw Error(ErrorCode::kCorrupt, "the checksum list is empty", path.string(), kCopyAgain);
  return sums;
}

// The problem with one listed file, or "".
std::string Check(const std::filesystem::path& directory, const std::string& name, const std::string& expected) {
  const std::filesystem::path file = ResolveInside(directory, name);
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return "file '" + Printable(name, 200) + "' is missing";
  if (!std::filesystem::is_regular_file(file, ignored)) return "'" + Printable(name, 200) + "' is not a regular file";
  const std::string actual = Sha256OfFile(file);
  if (actual == expected) return "";
  return "file '" + Printable(name, 200) + "' is damaged: SHA-256 is " + actual + ", expected " + expected;
}

}  // namespace

std::vector<std::string> FilesBelow(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(directory, error);
  for (const std::filesystem::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    const std::filesystem::file_status status = entry->symlink_status();
    if (entry->path().filename().string().starts_with('.')) {
      if (std::filesystem::is_directory(status)) entry.disable_recursion_pending();
    } else if (!std::filesystem::is_directory(status)) {
      names.push_back(entry->path().lexically_relative(directory).generic_string());
    }
  }
  if (error) internal::ThrowInput(directory, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

void WriteChecksums(const std::filesystem::path& directory, const std::string& sums_name) {
  std::string text;
  for (const std::string& name : FilesBelow(directory)) {
    if (name == sums_name) continue;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(directory / name))) continue;
    if (name.find_first_of("\r\n") != std::string::npos) {
      throw Error(ErrorCode::kOutput, "file name '" + Printable(name, 200) + "' holds a line break", directory.string(),
                  "rename the file");
    }
    text += Sha256OfFile(directory / name) + "  " + name + "\n";
  }
  WriteFileAtomically(directory / sums_name, text);
}

void VerifyChecksums(const std::filesystem::path& directory, const std::string& sums_name) {
  const Sums sums = ReadSums(directory / sums_name);
  ProblemList problems;
  for (const auto& [name, expected] : sums) {
    const std::string what = Check(directory, name, expected);
    if (!what.empty()) problems.Add(ErrorCode::kCorrupt, {what, (directory / name).string(), kCopyAgain});
  }
  for (const std::string& name : FilesBelow(directory)) {
    if (name == sums_name || sums.contains(name)) continue;
    problems.Add(ErrorCode::kCorrupt, {"file '" + Printable(name, 200) + "' is not in the checksum list",
                                       (directory / name).string(), "remove the file; clner did not write it"});
  }
  problems.ThrowIfAny();
}

}  // namespace clner
