// The files of a model directory, read and checked without Torch: config.json, clner.json, model.safetensors,
// SHA256SUMS.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/safetensors.h"

namespace clner {

/// A trained model, or a plain Hugging Face encoder directory (then `card` is null).
struct ModelFiles {
  std::filesystem::path directory;
  Json config;              ///< config.json, an object
  Json card;                ///< clner.json, an object or null
  SafetensorsFile weights;  ///< model.safetensors
  [[nodiscard]] bool trained() const { return !card.is_null(); }
  /// Number of floating values over all tensors.
  [[nodiscard]] int64_t parameters() const;
  /// `labels.tags` of clner.json; empty for an encoder or when the list is malformed.
  [[nodiscard]] std::vector<std::string> tags() const;
};

/// Reads all three files. kNoInput when the directory or its config.json is missing, kCorrupt when a file is malformed.
[[nodiscard]] ModelFiles ReadModelFiles(const std::filesystem::path& directory);

/// A tensor that a BERT encoder needs, named without the `bert.` prefix.
struct ExpectedTensor {
  std::string name;
  std::vector<int64_t> shape;
};
/// Every tensor of the encoder that `config` describes (Devlin et al., 2019; names of Hugging Face). Adds a problem and
/// returns nothing when the model type is not supported or a size is missing or out of range.
[[nodiscard]] std::vector<ExpectedTensor> ExpectedEncoderTensors(const Json& config, const std::string& path,
                                                                 ProblemList* problems);

struct ModelVerification {
  bool checksums = false;                   ///< SHA256SUMS was there and held
  int64_t tensors = 0, values = 0;          ///< tensors and values that were read
  std::vector<std::string> unused = {};     ///< tensors that no part of the model uses (poolers, prediction heads)
  std::vector<std::string> converted = {};  ///< used, but stored in another type than F32
};
/// Checks every byte (SHA256SUMS; must exist for a trained model), finite values, shapes against config.json, and
/// labels against classifier and CRF. Throws kCorrupt with all problems, each naming file or tensor; kNoInput as
/// ReadModelFiles does.
ModelVerification VerifyModelDirectory(const std::filesystem::path& directory);

/// "[2, 3]".
[[nodiscard]] std::string ShapeText(const std::vector<int64_t>& shape);

}  // namespace clner
