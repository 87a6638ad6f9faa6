// The weights of a model directory, whatever files hold them, as one list of tensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/safetensors.h"
#include "core/torch_file.h"
#include "core/weight_index.h"

namespace clner {

/// The file that holds or lists the weights of a directory: the first that exists of model.safetensors,
/// model.safetensors.index.json, pytorch_model.bin and pytorch_model.bin.index.json, the order of transformers. nullopt
/// when there is none.
[[nodiscard]] std::optional<std::filesystem::path> FindWeights(const std::filesystem::path& directory);

/// Checked, memory-mapped weights of one file or of the several files of an index. Tensors stay valid as long as the
/// object lives, also when it is moved. Thread-safe once built.
class WeightFiles {
 public:
  /// `path` as FindWeights gives it; files whose names end with .bin are PyTorch's, the others safetensors. kNoInput
  /// when it is missing, or files of its index are (all listed); kCorrupt when a file is malformed, or a tensor of the
  /// index is not in its file or is in several files (all listed).
  explicit WeightFiles(const std::filesystem::path& path);

  /// File by file, in the order of each file's reader.
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const { return tensors_; }
  [[nodiscard]] const TensorInfo* Find(const std::string& name) const;  ///< null when absent
  /// Names of entries of PyTorch files that are no tensors.
  [[nodiscard]] std::vector<std::string> Skipped() const;
  /// The file that holds a tensor of `tensors()`.
  [[nodiscard]] const std::filesystem::path& FileOf(const TensorInfo& tensor) const;
  /// Gives back the memory of a tensor of `tensors()` that has been read.
  void Release(const TensorInfo& tensor) const;
  /// The one file, or the index: the place of what concerns the weights as a whole.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Every file that was read, the index first.
  [[nodiscard]] std::vector<std::filesystem::path> Files() const;

 private:
  [[nodiscard]] const std::variant<SafetensorsFile, TorchFile>& Holder(const TensorInfo& tensor) const;
  void OpenIndexed(const WeightIndex& index);
  void Append(const std::filesystem::path& path);
  void SortNames();
  void CheckIndexed(const WeightIndex& index) const;

  std::filesystem::path path_;
  std::vector<std::variant<SafetensorsFile, TorchFile>> files_;
  std::vector<TensorInfo> tensors_;
  std::vector<uint32_t> file_of_;  // for each tensor, its position in files_
  std::vector<uint32_t> by_name_;  // positions in tensors_, sorted by name
  bool indexed_ = false;
};

/// The weights of a Hugging Face directory. kNoInput when it has none; else as WeightFiles. The names in an index are
/// checked even where model.safetensors makes it unnecessary.
[[nodiscard]] WeightFiles OpenWeights(const std::filesystem::path& directory);

}  // namespace clner
