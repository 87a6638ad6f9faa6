// The list of files of weights that are split over several: model.safetensors.index.json and its kin.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace clner {

/// The checked content of an index: {"metadata": ..., "weight_map": {TENSOR: FILE}}.
struct WeightIndex {
  std::filesystem::path path;
  std::map<std::string, std::string> file_of;  ///< tensor name -> plain file name in the directory of the index
  [[nodiscard]] std::vector<std::string> Files() const;  ///< every file once, sorted
};

/// Reads an index without opening the files it lists. kNoInput when missing; kCorrupt when malformed, when a file is
/// not a plain name inside the directory or leads outside it by a link, and beyond 1000 files or 100000 tensors.
[[nodiscard]] WeightIndex ReadWeightIndex(const std::filesystem::path& path);

}  // namespace clner
