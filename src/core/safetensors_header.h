// The JSON header of a safetensors file as a list of entries; rules that concern the data are checked by the file
// reader.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/safetensors.h"

namespace clner::internal {

/// A header with more tensors is refused before memory is spent on it (the largest public models have fewer).
inline constexpr size_t kMaxTensors = 100'000;
inline constexpr size_t kMaxDimensions = 32;

struct HeaderEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape = {};
  uint64_t begin = 0, end = 0;  ///< byte range in the data part
};
struct Header {
  std::vector<HeaderEntry> entries;  ///< in the order of the header
  std::map<std::string, std::string> metadata;
};

/// Throws kCorrupt at `name`:line:column for bad JSON, unknown or missing or doubled keys, wrong types, unknown dtypes,
/// negative or fractional numbers, doubled tensor names and too many tensors.
[[nodiscard]] Header ParseHeader(std::string_view json, const std::string& name);

}  // namespace clner::internal
