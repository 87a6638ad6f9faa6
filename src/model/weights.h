// Weights between files and modules.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/safetensors.h"
#include "nn/encoder.h"

namespace clner {

/// A view of a stored tensor (no copy; the file must stay open) as a Torch tensor.
[[nodiscard]] at::Tensor AsTensor(const TensorInfo& info);

/// Copies the encoder weights of a Hugging Face directory (any files of OpenWeights) into `encoder`, found by
/// EncoderTensorName. Missing tensors, doubled ones or other shapes: kCorrupt, all listed.
void LoadEncoderWeights(const std::filesystem::path& directory, nn::Encoder& encoder);

/// Copies tensors of the same names into all parameters of `module`; missing, unexpected or misshapen ones: kCorrupt,
/// all listed.
void LoadExactWeights(const SafetensorsFile& file, torch::nn::Module& module);
/// The same without copies where the file holds float32: the parameters are the mapped file, which they keep open. They
/// must not be written to.
void MapExactWeights(const std::shared_ptr<const SafetensorsFile>& file, torch::nn::Module& module);

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;
[[nodiscard]] NamedTensors NamedParameters(const torch::nn::Module& module);
/// Writes contiguous copies in the given order with metadata {"format": "pt"} and `extra`.
void SaveTensors(const std::filesystem::path& path, const NamedTensors& tensors,
                 const std::map<std::string, std::string>& extra = {});
/// Copies tensors of the same names; kCorrupt when one is missing or misshapen.
void LoadTensors(const SafetensorsFile& file, const NamedTensors& tensors);

}  // namespace clner
