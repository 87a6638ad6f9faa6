#include "model/weights.h"

#include <torch/torch.h>

#include <sstream>

#include "core/error.h"
#include "core/log.h"
#include "core/weight_files.h"

namespace clner {
namespace {

at::ScalarType TorchType(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return at::kDouble;
    case DType::kF32:
      return at::kFloat;
    case DType::kF16:
      return at::kHalf;
    case DType::kBF16:
      return at::kBFloat16;
    case DType::kI64:
      return at::kLong;
    case DType::kI32:
      return at::kInt;
    case DType::kI16:
      return at::kShort;
    case DType::kI8:
      return at::kChar;
    case DType::kU8:
      return at::kByte;
    case DType::kBool:
      return at::kBool;
    default:
      break;
  }
  throw Error(ErrorCode::kCorrupt, std::string("tensors of type ") + Name(dtype) + " are not supported", "",
              "store the weights as F32, F16 or BF16");
}

DType FileType(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return DType::kF64;
    case at::kFloat:
      return DType::kF32;
    case at::kHalf:
      return DType::kF16;
    case at::kBFloat16:
      return DType::kBF16;
    case at::kLong:
      return DType::kI64;
    case at::kInt:
      return DType::kI32;
    default:
      break;
  }
  throw Error(ErrorCode::kInternal, std::string("cannot store tensors of type ") + at::toString(type));
}

std::string ShapeText(at::IntArrayRef shape) {
  std::ostringstream out;
  out << shape;
  return out.str();
}

// True if the bytes of a mapped tensor can be used as they are.
bool IsAligned(const TensorInfo& info) {
  return reinterpret_cast<uintptr_t>(info.bytes.data()) % ByteSize(info.dtype) == 0;
}

// Sets `target` from the file; with `keep_open` the target becomes the mapped data when it is float32.
void CopyInto(const TensorInfo& info, const std::string& path, at::Tensor target, ProblemList* problems,
              const std::shared_ptr<const SafetensorsFile>& keep_open = nullptr) {
  torch::NoGradGuard no_grad;
  if (at::IntArrayRef(info.shape) != target.sizes()) {
    problems->Add(ErrorCode::kCorrupt, {"tensor '" + info.name + "' has shape " + ShapeText(info.shape) +
                                            ", the model needs " + ShapeText(target.sizes()),
                                        path, "use weights and config.json of the same model"});
    return;
  }
  if (!at::isFloatingType(TorchType(info.dtype))) {
    problems->Add(ErrorCode::kCorrupt, {"tensor '" + info.name + "' holds " + Name(info.dtype) + " values, not weights",
                                        path, "store the weights as F32, F16 or BF16"});
    return;
  }
  CheckFinite(info, path);
  if (keep_open != nullptr && info.dtype == DType::kF32 && IsAligned(info)) {
    void* data = const_cast<std::byte*>(info.bytes.data());
    target.set_data(at::from_blob(
        data, info.shape, [keep_open](void*) {}, at::TensorOptions().dtype(at::kFloat)));
  } else {
    target.copy_(AsTensor(info));
  }
}

void AddMissing(const std::string& name, const std::string& path, ProblemList* problems) {
  problems->Add(ErrorCode::kCorrupt,
                {"tensor '" + name + "' is missing", path, "use the weights that belong to config.json"});
}

void SetExactWeights(const SafetensorsFile& file, torch::nn::Module& module,
                     const std::shared_ptr<const SafetensorsFile>& keep_open) {
  ProblemList problems;
  const std::string path = file.path().string();
  size_t used = 0;
  for (auto& [name, parameter] : NamedParameters(module)) {
    const TensorInfo* info = file.Find(name);
    if (info == nullptr) {
      AddMissing(name, path, &problems);
      continue;
    }
    CopyInto(*info, path, parameter, &problems, keep_open);
    ++used;
  }
  if (used < file.tensors().size() && problems.empty()) {
    const NamedTensors expected = NamedParameters(module);
    for (const TensorInfo& info : file.tensors()) {
      const bool known =
          std::any_of(expected.begin(), expected.end(), [&](const auto& item) { return item.first == info.name; });
      if (!known)
        problems.Add(ErrorCode::kCorrupt,
                     {"unexpected tensor '" + info.name + "'", path, "the file belongs to another model"});
    }
  }
  problems.ThrowIfAny();
}

}  // namespace

at::Tensor AsTensor(const TensorInfo& info) {
  // from_blob wants a mutable pointer; the map is read-only and the tensor is only read.
  void* data = const_cast<std::byte*>(info.bytes.data());
  if (IsAligned(info)) {
    return at::from_blob(data, info.shape, at::TensorOptions().dtype(TorchType(info.dtype)));
  }
  at::Tensor copy = at::empty(info.shape, at::TensorOptions().dtype(TorchType(info.dtype)));
  std::copy(info.bytes.begin(), info.bytes.end(), static_cast<std::byte*>(copy.mutable_data_ptr()));
  return copy;
}

NamedTensors NamedParameters(const torch::nn::Module& module) {
  NamedTensors tensors;
  for (const auto& item : module.named_parameters()) tensors.emplace_back(item.key(), item.value());
  return tensors;
}

void LoadEncoderWeights(const std::filesystem::path& directory, nn::Encoder& encoder) {
  const WeightFiles files = OpenWeights(directory);
  const std::string path = files.path().string();
  ProblemList problems;
  std::map<std::string, const TensorInfo*> stored;
  std::string unused;
  for (const TensorInfo& info : files.tensors()) {
    const std::string name = EncoderTensorName(encoder.config(), info.name);
    if (name.empty()) {
      unused += (unused.empty() ? "" : ", ") + info.name;
    } else if (!stored.emplace(name, &info).second) {
      problems.Add(ErrorCode::kCorrupt,
                   {"tensors '" + stored[name]->name + "' and '" + info.name + "' are the same part of the encoder",
                    path, "export the model again"});
    }
  }
  if (!unused.empty()) LogVerbose("not used by the encoder: " + unused);
  for (const std::string& name : files.Skipped()) LogVerbose("not a tensor: " + name);
  for (auto& [name, parameter] : NamedParameters(encoder)) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      AddMissing(name, path, &problems);
      continue;
    }
    CopyInto(*found->second, files.FileOf(*found->second).string(), parameter, &problems);
    files.Release(*found->second);  // else the weights would be in memory twice
    stored.erase(found);
  }
  for (const auto& [name, info] : stored)
    LogWarning("unexpected tensor", "tensor '" + info->name + "' is not part of the encoder",
               files.FileOf(*info).string());
  problems.ThrowIfAny();
}

void LoadExactWeights(const SafetensorsFile& file, torch::nn::Module& module) {
  SetExactWeights(file, module, nullptr);
}

void MapExactWeights(const std::shared_ptr<const SafetensorsFile>& file, torch::nn::Module& module) {
  SetExactWeights(*file, module, file);
}

void SaveTensors(const std::filesystem::path& path, const NamedTensors& tensors,
                 const std::map<std::string, std::string>& extra) {
  std::vector<TensorInfo> infos;
  std::vector<at::Tensor> alive;
  for (const auto& [name, tensor] : tensors) {
    alive.push_back(tensor.detach().cpu().contiguous());
    const at::Tensor& data = alive.back();
    infos.push_back({name,
                     FileType(data.scalar_type()),
                     data.sizes().vec(),
                     {static_cast<const std::byte*>(data.const_data_ptr()), data.nbytes()}});
  }
  std::map<std::string, std::string> metadata = extra;
  metadata["format"] = "pt";
  WriteSafetensors(path, infos, metadata);
}

void LoadTensors(const SafetensorsFile& file, const NamedTensors& tensors) {
  ProblemList problems;
  for (const auto& [name, tensor] : tensors) {
    const TensorInfo* info = file.Find(name);
    if (info == nullptr) {
      AddMissing(name, file.path().string(), &problems);
    } else {
      CopyInto(*info, file.path().string(), tensor, &problems);
    }
  }
  problems.ThrowIfAny();
}

}  // namespace clner
