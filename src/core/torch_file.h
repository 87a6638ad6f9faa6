// Weights that PyTorch saved (pytorch_model.bin), without Torch and without a general unpickler: both containers of
// torch.save, the zip archive (since 1.6) and the older file of pickles followed by raw storages.
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "core/files.h"
#include "core/safetensors.h"

namespace clner {

/// A checked, memory-mapped state dict. Tensors are views of the file; those whose values are not stored in row-major
/// order (transposed, sliced or expanded ones) are gathered into memory, at most as many bytes as the file has.
/// Tensors may share bytes. Nothing in the file can be executed; see core/torch_pickle.h for what is accepted.
/// Throws kCorrupt naming the broken rule, kNoInput when missing.
class TorchFile {
 public:
  explicit TorchFile(const std::filesystem::path& path);
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const { return tensors_; }   ///< in the order of the dict
  [[nodiscard]] const std::vector<std::string>& skipped() const { return skipped_; }  ///< entries that are no tensors
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Gives back the memory of a tensor that has been read.
  void Release(const TensorInfo& tensor) const { file_.Release(tensor.bytes); }

 private:
  std::filesystem::path path_;
  MappedFile file_;
  std::deque<std::vector<std::byte>> gathered_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::string> skipped_;
};

}  // namespace clner
