// The tensors of a state dict, as its pickle describes them: names, types and places in storages, not yet the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/safetensors.h"
#include "core/torch_pickle.h"

namespace clner::internal {

/// Bytes that tensors are views of. Its file is data/KEY of a zip archive, or it follows the pickles of an old file.
struct TorchStorage {
  std::string key;
  uint64_t element_bytes = 1;  ///< of the type that the file was written with
  uint64_t bytes = 0;          ///< as the pickle says; the file must hold them
};

struct TorchTensor {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape = {}, strides = {};  ///< strides in elements, not negative
  size_t storage = 0;                             ///< position in `storages`
  uint64_t begin = 0;                             ///< first byte in the storage
  /// Bytes of the values in row-major order; bytes of the storage from the first to the last value.
  uint64_t bytes = 0, extent = 0;
  [[nodiscard]] bool contiguous() const;  ///< the values lie in row-major order without gaps
};

struct TorchState {
  std::vector<TorchStorage> storages;
  std::vector<TorchTensor> tensors;  ///< in the order of the dict
  std::vector<std::string> skipped;  ///< names of the entries that are no tensors
};

/// Reads a dict of tensors, or the one dict of tensors inside a dict ("state_dict" and "model" go first where there are
/// several). Throws kCorrupt at `path` when there is none, and for a tensor outside its storage, negative sizes or
/// strides, overflow, more than 32 dimensions, unknown types, doubled names.
[[nodiscard]] TorchState ReadTorchState(const Pickle& pickle, const std::string& path);

}  // namespace clner::internal
