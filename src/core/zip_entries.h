// Files stored without compression in a zip archive (APPNOTE 6.3, with zip64), as views of the mapped archive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clner::internal {

/// Archives with more files are refused before memory is spent on them.
inline constexpr uint64_t kMaxZipEntries = 200'000;

struct ZipEntry {
  std::string_view name;            ///< lies in the archive; relative, without `..`, backslash and NUL
  std::span<const std::byte> data;  ///< lies in the archive
  uint32_t crc = 0;                 ///< CRC-32 of `data` as written; 0 where the writer left it out
};

/// All files of the archive `bytes`, in the order of its directory. Nothing is unpacked. Throws kCorrupt at `path` when
/// the archive is cut or inconsistent, holds compressed, encrypted, overlapping or doubled files, or names that lead
/// outside.
[[nodiscard]] std::vector<ZipEntry> ReadZipEntries(std::span<const std::byte> bytes, const std::string& path);

/// CRC-32 of zip (polynomial 0xEDB88320), about 1 GB/s.
[[nodiscard]] uint32_t Crc32(std::span<const std::byte> bytes);

}  // namespace clner::internal
