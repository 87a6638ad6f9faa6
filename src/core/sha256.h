// SHA-256 (FIPS 180-4), with the x86 SHA instructions when the processor has them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

class Sha256 {
 public:
  void Update(std::span<const std::byte> bytes);
  void Update(std::string_view text) { Update(std::as_bytes(std::span(text))); }
  /// Lower-case hex digest; the object may not be used afterwards.
  [[nodiscard]] std::string HexDigest();

 private:
  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_ = {};
  size_t filled_ = 0;
  uint64_t bytes_ = 0;
};
[[nodiscard]] std::string Sha256Hex(std::string_view text);
/// 66 when missing or unreadable, 74 when reading fails.
[[nodiscard]] std::string Sha256OfFile(const std::filesystem::path& path);

/// Names of everything below `directory` that is no directory, sorted, without the names that begin with a dot
/// (temporary files, .git) and what they hold. 66 when the directory cannot be read.
[[nodiscard]] std::vector<std::string> FilesBelow(const std::filesystem::path& directory);
/// Writes `sums_name` (`<hex>  <name>` lines, sorted) over the regular files of `directory` and its subdirectories.
/// Names that begin with a dot are no part of a model: neither written nor checked.
void WriteChecksums(const std::filesystem::path& directory, const std::string& sums_name = "SHA256SUMS");
/// Throws kCorrupt naming every file that is missing or differs, and unlisted ones; kCorrupt when the list itself is
/// missing or malformed.
void VerifyChecksums(const std::filesystem::path& directory, const std::string& sums_name = "SHA256SUMS");

}  // namespace clner
