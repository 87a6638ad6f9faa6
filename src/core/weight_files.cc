#include "core/weight_files.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/safetensors_header.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr const char* kIndexEnd = ".index.json";
constexpr const char* kWeightNames[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                        "pytorch_model.bin.index.json"};
constexpr const char* kCopyAll = "copy or download all files of the model again";

bool Exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string Quoted(const std::string& name) { return "'" + Printable(name, 200) + "'"; }

const std::filesystem::path& PathOf(const std::variant<SafetensorsFile, TorchFile>& file) {
  return std::visit([](const auto& opened) -> const std::filesystem::path& { return opened.path(); }, file);
}

void RequireFiles(const WeightIndex& index) {
  ProblemList problems;
  for (const std::string& name : index.Files()) {
    const std::filesystem::path file = index.path.parent_path() / name;
    if (Exists(file)) continue;
    problems.Add(ErrorCode::kNoInput, {"file " + Quoted(name) + " of the weights is missing", file.string(), kCopyAll});
  }
  problems.ThrowIfAny();
}

}  // namespace

std::optional<std::filesystem::path> FindWeights(const std::filesystem::path& directory) {
  for (const char* name : kWeightNames) {
    if (Exists(directory / name)) return directory / name;
  }
  return std::nullopt;
}

WeightFiles::WeightFiles(const std::filesystem::path& path) : path_(path) {
  indexed_ = path.filename().string().ends_with(kIndexEnd);
  if (indexed_) {
    OpenIndexed(ReadWeightIndex(path));
  } else {
    Append(path);
    SortNames();
  }
}

void WeightFiles::OpenIndexed(const WeightIndex& index) {
  RequireFiles(index);
  for (const std::string& name : index.Files()) Append(path_.parent_path() / name);
  SortNames();
  CheckIndexed(index);
}

void WeightFiles::Append(const std::filesystem::path& path) {
  if (path.extension() == ".bin") {
    files_.emplace_back(std::in_place_type<TorchFile>, path);
  } else {
    files_.emplace_back(std::in_place_type<SafetensorsFile>, path);
  }
  const std::vector<TensorInfo>& added =
      std::visit([](const auto& file) -> const std::vector<TensorInfo>& { return file.tensors(); }, files_.back());
  if (added.size() > internal::kMaxTensors - tensors_.size()) {
    throw Error(ErrorCode::kCorrupt, "the weights hold more than " + std::to_string(internal::kMaxTensors) + " tensors",
                path_.string(), kCopyAll);
  }
  tensors_.insert(tensors_.end(), added.begin(), added.end());
  file_of_.insert(file_of_.end(), added.size(), static_cast<uint32_t>(files_.size() - 1));
}

void WeightFiles::SortNames() {
  by_name_.resize(tensors_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0);
  std::stable_sort(by_name_.begin(), by_name_.end(),
                   [&](uint32_t a, uint32_t b) { return tensors_[a].name < tensors_[b].name; });
}

void WeightFiles::CheckIndexed(const WeightIndex& index) const {
  ProblemList problems;
  for (size_t i = 1; i < by_name_.size(); ++i) {
    const TensorInfo &first = tensors_[by_name_[i - 1]], &second = tensors_[by_name_[i]];
    if (first.name != second.name) continue;
    problems.Add(ErrorCode::kCorrupt,
                 {"tensor " + Quoted(second.name) + " is in " + Quoted(FileOf(first).filename().string()) + " and in " +
                      Quoted(FileOf(second).filename().string()),
                  path_.string(), kCopyAll});
  }
  for (const auto& [name, file] : index.file_of) {
    const TensorInfo* tensor = Find(name);
    if (tensor == nullptr) {
      problems.Add(
          ErrorCode::kCorrupt,
          {"tensor " + Quoted(name) + " is not in file " + Quoted(file) + " nor in another", path_.string(), kCopyAll});
    } else if (FileOf(*tensor).filename() != file) {
      problems.Add(ErrorCode::kCorrupt, {"tensor " + Quoted(name) + " is not in file " + Quoted(file) + " but in " +
                                             Quoted(FileOf(*tensor).filename().string()),
                                         path_.string(), kCopyAll});
    }
  }
  problems.ThrowIfAny();
}

const TensorInfo* WeightFiles::Find(const std::string& name) const {
  const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                      [&](uint32_t i, const std::string& wanted) { return tensors_[i].name < wanted; });
  return found != by_name_.end() && tensors_[*found].name == name ? &tensors_[*found] : nullptr;
}

const std::variant<SafetensorsFile, TorchFile>& WeightFiles::Holder(const TensorInfo& tensor) const {
  const auto position = static_cast<size_t>(&tensor - tensors_.data());
  CLNER_CHECK_LT(position, tensors_.size());
  return files_[file_of_[position]];
}

const std::filesystem::path& WeightFiles::FileOf(const TensorInfo& tensor) const { return PathOf(Holder(tensor)); }

void WeightFiles::Release(const TensorInfo& tensor) const {
  std::visit([&](const auto& file) { file.Release(tensor); }, Holder(tensor));
}

std::vector<std::filesystem::path> WeightFiles::Files() const {
  std::vector<std::filesystem::path> paths;
  if (indexed_) paths.push_back(path_);
  for (const auto& file : files_) paths.push_back(PathOf(file));
  return paths;
}

std::vector<std::string> WeightFiles::Skipped() const {
  std::vector<std::string> names;
  for (const auto& file : files_) {
    if (const TorchFile* torch = std::get_if<TorchFile>(&file); torch != nullptr)
      names.insert(names.end(), torch->skipped().begin(), torch->skipped().end());
  }
  return names;
}

WeightFiles OpenWeights(const std::filesystem::path& directory) {
  const std::optional<std::filesystem::path> path = FindWeights(directory);
  if (!path) {
    throw Error(ErrorCode::kNoInput,
                "there are no weights: neither model.safetensors nor pytorch_model.bin, whole or split",
                directory.string(), "give a Hugging Face model directory with its weights");
  }
  for (const char* name : kWeightNames) {
    if (std::string_view(name).ends_with(kIndexEnd) && *path != directory / name && Exists(directory / name))
      (void)ReadWeightIndex(directory / name);
  }
  return WeightFiles(*path);
}

}  // namespace clner
