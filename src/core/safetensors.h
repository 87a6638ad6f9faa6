// The safetensors format, without Torch: a validating memory-mapped reader and an atomic writer.
// Format: u64 little-endian header size, JSON header, data. Rules follow huggingface/safetensors (header <= 100 MB,
// no duplicate names, no holes, no overlaps, no trailing bytes, shape x dtype == byte count).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/files.h"

namespace clner {

enum class DType : uint8_t { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool, kU16, kU32, kU64 };
[[nodiscard]] size_t ByteSize(DType dtype);
[[nodiscard]] const char* Name(DType dtype);  ///< "F32", "BF16", ...

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape = {};
  /// Lies in the mapped file; little-endian, row-major; not aligned if the file's header has an odd length.
  std::span<const std::byte> bytes = {};
  [[nodiscard]] int64_t elements() const;
};

/// A checked, memory-mapped file. Throws kCorrupt naming the broken rule, kNoInput when missing.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const { return tensors_; }  ///< in the order of their data
  [[nodiscard]] const TensorInfo* Find(const std::string& name) const;               ///< null when absent
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Gives back the memory of a tensor that has been read.
  void Release(const TensorInfo& tensor) const { file_.Release(tensor.bytes); }

 private:
  void Parse();
  std::filesystem::path path_;
  MappedFile file_;
  std::vector<TensorInfo> tensors_;
  std::vector<uint32_t> by_name_;  // positions in tensors_, sorted by name
  std::map<std::string, std::string> metadata_;
};

/// Writes tensors in the given order (data aligned to 8 bytes by padding the header with blanks) through AtomicFile.
/// The file that the tensors are mapped from may be the target. 73 and 74 as AtomicFile; a byte count that does not fit
/// shape and dtype, a doubled or reserved name is a bug of the caller.
void WriteSafetensors(const std::filesystem::path& path, const std::vector<TensorInfo>& tensors,
                      const std::map<std::string, std::string>& metadata);
/// Throws kCorrupt "non-finite value in tensor T" if a floating tensor holds NaN or Inf.
void CheckFinite(const TensorInfo& tensor, const std::filesystem::path& path);

}  // namespace clner
