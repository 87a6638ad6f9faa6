#include "core/weight_index.h"

#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/safetensors_header.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr uint64_t kMaxIndexBytes = UINT64_C(64) << 20;
constexpr size_t kMaxFiles = 1000;  // each is mapped; the largest public models have fewer than 200
constexpr const char* kFix = "copy the model again";

[[noreturn]] void Refuse(const std::string& what, const std::filesystem::path& path) {
  throw Error(ErrorCode::kCorrupt, what, path.string(), kFix);
}

// Names come from outside: they must not lead anywhere but to a file beside the index.
void CheckFileName(const std::string& name, const std::filesystem::path& index) {
  (void)ResolveInside(index.parent_path(), name);
  if (name.empty() || name == "." || name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
    Refuse("'weight_map' names '" + Printable(name, 200) + "', which is not a plain file name", index);
}

}  // namespace

std::vector<std::string> WeightIndex::Files() const {
  std::set<std::string> names;
  for (const auto& [tensor, file] : file_of) names.insert(file);
  return {names.begin(), names.end()};
}

WeightIndex ReadWeightIndex(const std::filesystem::path& path) {
  const Json json = ParseJson(ReadFile(path, kMaxIndexBytes), path.string(), ErrorCode::kCorrupt);
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (!json.is_object() || map == json.end() || !map->is_object())
    Refuse("'weight_map' is missing or not an object", path);
  if (map->size() > internal::kMaxTensors)
    Refuse("'weight_map' lists more than " + std::to_string(internal::kMaxTensors) + " tensors", path);
  WeightIndex index{path, {}};
  std::set<std::string> checked;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string()) Refuse("'weight_map' names no file for tensor '" + Printable(tensor) + "'", path);
    const std::string& name = file.get_ref<const std::string&>();
    if (checked.insert(name).second) CheckFileName(name, path);
    if (checked.size() > kMaxFiles)
      Refuse("'weight_map' names more than " + std::to_string(kMaxFiles) + " files", path);
    index.file_of.emplace(tensor, name);
  }
  return index;
}

}  // namespace clner
