// The files of a model directory, read and checked without Torch: config.json, clner.json, weights, SHA256SUMS.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/encoder_config.h"
#include "core/json.h"
#include "core/weight_files.h"

namespace clner {

/// A trained model, or a plain Hugging Face encoder directory (then `card` is null).
struct ModelFiles {
  std::filesystem::path directory;
  Json config;          ///< config.json, an object
  Json card;            ///< clner.json, an object or null
  WeightFiles weights;  ///< model.safetensors of a trained model, whatever OpenWeights finds of an encoder
  [[nodiscard]] bool trained() const { return !card.is_null(); }
  /// Number of floating values over all tensors.
  [[nodiscard]] int64_t parameters() const;
  /// `labels.tags` of clner.json; empty for an encoder or when the list is malformed.
  [[nodiscard]] std::vector<std::string> tags() const;
};

/// Reads configuration, card and weights. kNoInput when the directory or one of its files is missing, kCorrupt when a
/// file is malformed, or missing although there is a SHA256SUMS.
[[nodiscard]] ModelFiles ReadModelFiles(const std::filesystem::path& directory);

/// Adds a problem for every rule that clner.json breaks: format, labels, view, encoder, head. Whether the name of the
/// scheme is known is left to `data`. `encoder` is null when config.json is broken.
void CheckModelCard(const Json& card, const EncoderConfig* encoder, const std::string& path, ProblemList* problems);

struct ModelVerification {
  bool checksums = false;                   ///< SHA256SUMS was there and held
  int64_t tensors = 0, values = 0;          ///< tensors and values that were read
  std::vector<std::string> unused = {};     ///< tensors that no part of the model uses (poolers, prediction heads)
  std::vector<std::string> skipped = {};    ///< entries of a PyTorch file that are no tensors
  std::vector<std::string> converted = {};  ///< used, but stored in another type than F32
};
/// Checks every byte (SHA256SUMS; must exist for a trained model), config.json and clner.json by the rules of the
/// loader, finite values, types and shapes of the tensors, and labels against classifier and CRF. Throws kCorrupt with
/// all problems, each naming file or tensor; kNoInput as ReadModelFiles does.
/// `*files` (may be null) becomes what was read.
ModelVerification VerifyModelDirectory(const std::filesystem::path& directory,
                                       std::optional<ModelFiles>* files = nullptr);

/// "[2, 3]".
[[nodiscard]] std::string ShapeText(const std::vector<int64_t>& shape);

}  // namespace clner
